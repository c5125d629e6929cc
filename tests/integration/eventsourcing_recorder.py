"""Our store behind the recorder interface of the `eventsourcing` library, so that its own contract tests can be run.

Versions there begin at 0 and here at 1; its notification id is our position in the feed. It wants to hear
that id from the insert, so the adapter publishes after each append.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from threading import Thread
from typing import Any, TypeVar
from uuid import UUID, uuid4

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent, Subscription

from eventstore.feed import Feed
from eventstore.records import Appended, Batch, NewEvent
from eventstore.sequencer import publish
from eventstore.store import EventStore

T = TypeVar("T")


class Recorder(ApplicationRecorder):
    """Blocking calls from any thread, each carried out on an event loop of its own thread."""

    def __init__(self, url: str, *, tells_positions: bool) -> None:
        super().__init__()
        self._tells_positions = tells_positions
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._store = self._do(EventStore.connect(url))

    def close(self) -> None:
        """Close the store and end the thread."""
        self._do(self._store.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """One stream's events; the store numbers them itself, so they must be in order."""
        if not stored_events:
            return [] if self._tells_positions else None
        first = stored_events[0]
        numbers = [event.originator_version for event in stored_events]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise IntegrityError("these are not consecutive versions")
        stream = str(first.originator_id)
        if not isinstance(self._do(self._store.append(_batch(stream, stored_events))), Appended):
            raise IntegrityError("somebody else has written these versions")
        return self._do(self._positions(stream, numbers)) if self._tells_positions else None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream, or a part of it."""
        found = self._do(self._store.read(str(originator_id), after=0 if gt is None else gt + 1))
        events = [
            StoredEvent(originator_id, event.version - 1, event.type, bytes.fromhex(str(event.data["state"])))
            for event in found
            if lte is None or event.version - 1 <= lte
        ]
        return (events[::-1] if desc else events)[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The feed, or a part of it."""
        after = (start or 0) - (1 if inclusive_of_start and start else 0)
        found = self._do(Feed(self._store).read(after, 10_000))
        return [
            Notification(UUID(event.stream), event.version - 1, event.type, _state(event.data), id=event.position)
            for event in found
            if (stop is None or event.position <= stop) and (not topics or event.type in topics)
        ][:limit]

    def max_notification_id(self) -> int | None:
        """The feed's last position."""
        return self._do(Feed(self._store).head()) or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Ours is a different one: leases, and positions that are stored with what was made of the events."""
        raise NotImplementedError

    async def _positions(self, stream: str, numbers: list[int]) -> list[int]:
        feed = Feed(self._store)
        while (position := await feed.position_of(stream, numbers[-1] + 1)) is None:
            await publish(self._store)
        first = await feed.position_of(stream, numbers[0] + 1)
        assert first is not None
        return list(range(first, position + 1))

    def _do(self, call: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()


def _state(data: str) -> bytes:
    return bytes.fromhex(data.split('"')[3])


def _batch(stream: str, events: Sequence[StoredEvent]) -> Batch:
    command = uuid4()
    return Batch(
        stream=stream,
        expected=events[0].originator_version,
        command_id=command,
        correlation_id=command,
        causation_id=None,
        actor_role="service",
        actor_id="eventsourcing",
        source="test",
        idempotency_key=str(command),
        program_version=1,
        events=tuple(
            NewEvent(
                event_id=uuid4(),
                type=event.topic,
                schema_version=1,
                occurred_at=datetime(2027, 1, 11, tzinfo=UTC),
                data={"state": event.state.hex()},
            )
            for event in events
        ),
    )
