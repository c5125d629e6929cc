"""How long appends take: a histogram of the worker's metrics, by what came of them."""

from __future__ import annotations

from collections.abc import Awaitable
from time import perf_counter

from temporalio.common import MetricMeter

from eventstore.records import AppendResult


class AppendLatency:
    """Measures appends. The default meter belongs to a worker without metrics, and records nothing."""

    def __init__(self, meter: MetricMeter = MetricMeter.noop) -> None:
        self._seconds = meter.create_histogram_float(
            "pairloom_append_latency", "Time until the event store had answered an append, by outcome", "seconds"
        )

    async def of(self, appending: Awaitable[AppendResult]) -> AppendResult:
        """The answer, once it is there. An append that fails or is cut off is measured too, as `failed`."""
        began, outcome = perf_counter(), "failed"
        try:
            result = await appending
            outcome = result.outcome
            return result
        finally:
            self._seconds.record(perf_counter() - began, {"outcome": outcome})
