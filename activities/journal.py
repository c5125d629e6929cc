"""The journal: appending a command's events is the commit point of every workflow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from pydantic import Field
from temporalio import activity
from temporalio.common import MetricMeter

from activities.append_latency import AppendLatency
from activities.packing import PackedValue
from domain.decider import Frozen
from eventstore.records import AppendResult, Batch, StoredEvent
from eventstore.store import EventStore

log = structlog.get_logger("pairloom.journal")

PAGE = 500
"""Events in one answer."""


class Page(PackedValue[list[StoredEvent]]):
    """Part of a stream, compressed where it is large."""


class StreamRange(Frozen):
    """Which part of a stream to read: the events with a version above `after`, at most a page."""

    stream: str
    after: int = Field(ge=0)


class Journal:
    """Activities on one event store. Both are idempotent; both raise `StoreUnavailable` while it is down."""

    def __init__(self, store: EventStore, meter: MetricMeter = MetricMeter.noop) -> None:
        self._store = store
        self._latency = AppendLatency(meter)

    def appends(self, *event_types: str) -> list[Callable[[Batch], Awaitable[AppendResult]]]:
        """The append once more under each event's name: local activities show no summary in the UI's timeline."""
        return [self._append_as(event_type) for event_type in event_types]

    def _append_as(self, event_type: str) -> Callable[[Batch], Awaitable[AppendResult]]:
        async def append(batch: Batch) -> AppendResult:
            return await self._append(batch)

        return activity.defn(name=event_type)(append)

    @activity.defn(name="append")
    async def append(self, batch: Batch) -> AppendResult:
        """Store one command's events and messages, whole or not at all."""
        return await self._append(batch)

    async def _append(self, batch: Batch) -> AppendResult:
        result = await self._latency.of(self._store.append(batch))
        log.info("command answered", outcome=result.outcome, events=[event.type for event in batch.events])
        return result

    @activity.defn(name="read_stream")
    async def read(self, wanted: StreamRange) -> Page:
        """The next page of a stream; a shorter page than `PAGE` is the last one."""
        return Page(await self._store.read(wanted.stream, wanted.after, PAGE))
