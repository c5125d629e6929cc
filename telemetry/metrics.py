"""The worker's own metrics, by the Temporal SDK's meter: one endpoint has both, and replay counts nothing twice.

Labels are names that the code knows (commands, outcomes, codes, read models): bounded, and nothing of a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig

from eventstore.failures import StoreUnavailable
from eventstore.lag import Behind, lag
from eventstore.store import EventStore
from readmodels.questions import Questions

MEASURED_EVERY = 15.0
"""Seconds between looks at the database for the gauges: Prometheus' own usual interval."""

COUNTED = 10_000
"""Of what waits, at most: every worker asks every few seconds, however much there is."""

BUCKETS: dict[str, Sequence[float]] = {
    "pairloom_append_latency": [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30]
}
"""Seconds. Two is where a workflow stops waiting for the append at once, and lets an activity wait."""

log = structlog.get_logger("pairloom.metrics")


def prometheus(address: str) -> PrometheusConfig:
    """The endpoint `/metrics` at `host:port`, names and units as Prometheus wants them: `_total`, seconds."""
    return PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides=BUCKETS,
    )


class Gauges:
    """How far behind things are. Every worker says it of the same database: take the highest, not the sum."""

    def __init__(self, meter: MetricMeter, store: EventStore) -> None:
        self._store = store
        self._questions = Questions(store)
        self._seen = set[str]()
        self._unpublished = meter.create_gauge(
            "pairloom_feed_unpublished_events", "Events that are stored and not yet in the feed"
        )
        self._oldest = meter.create_gauge_float(
            "pairloom_feed_oldest_unpublished_seconds", "Age of the oldest event that is not yet in the feed"
        )
        self._behind = meter.create_gauge("pairloom_projection_lag_events", "Published events before a reader")
        self._readers = meter.create_gauge("pairloom_projection_readers", "Processes that read for a read model")
        self._overdue = meter.create_gauge(
            "pairloom_overdue_clocks",
            f"Pairings whose next clock was due a minute ago or more and has not rung, up to {COUNTED:,}",
        )
        self._waiting = meter.create_gauge(
            "pairloom_outbox_waiting_messages", f"Messages that are due and undelivered, up to {COUNTED:,}"
        )

    async def measure(self) -> None:
        """Look once. Raises `StoreUnavailable` as the store does."""
        now = await lag(self._store)
        self._unpublished.set(now.unpublished)
        self._oldest.set(now.oldest.total_seconds() if now.oldest else 0.0)
        for reader in now.behind:
            self._show_reader(reader)
        there = {reader.name for reader in now.behind}
        for gone in self._seen - there:  # a meter cannot forget
            self._show_reader(Behind(gone, events=0, readers=0))
        self._seen = there
        self._waiting.set(await self._store.waiting_messages(COUNTED))
        self._overdue.set(await self._questions.overdue(timedelta(minutes=1), COUNTED))

    def _show_reader(self, reader: Behind) -> None:
        self._behind.set(reader.events, {"projection": reader.name})
        self._readers.set(reader.readers, {"projection": reader.name})

    async def run(self) -> None:
        """Look again and again until cancelled; what cannot be read keeps its last figure."""
        while True:
            try:
                await self.measure()
            except StoreUnavailable as away:
                log.warning("gauges wait for the database", reason=away.sentence)
            await asyncio.sleep(MEASURED_EVERY)
