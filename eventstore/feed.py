"""The feed: every event of every stream in one dense order, a little after it was stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

import asyncpg

from eventstore.failures import StoreUnavailable
from eventstore.statements import statement
from eventstore.store import EventStore, Line

CHANNEL = "pairloom_feed"
"""Where a publication is announced. The announcement shortens a wait; looking keeps the promise."""

LOOK_EVERY = timedelta(seconds=1)
PAGE = 1000

SILENT_FOR = timedelta(minutes=1)
"""Without an announcement, until the line is asked whether it leads anywhere: a machine that goes says nothing."""

ANSWER = timedelta(seconds=5)
"""For its answer, and for its end."""


class FedEvent(NamedTuple):
    """One event as readers of the feed get it. `data` is its JSON text, as stored; nothing has been parsed.

    A tuple, for it is made a million times in a rebuild, and a frozen dataclass takes twice as long.
    """

    position: int
    partition: int
    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    command_id: UUID
    actor_role: str
    actor_id: str
    occurred_at: datetime
    recorded_at: datetime
    data: str


class Feed:
    """Reads the feed of one event store. Raises `StoreUnavailable` as the store does."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def read(self, after: int = 0, limit: int = PAGE) -> list[FedEvent]:
        """The events behind position `after`, in order, at most `limit`."""
        async with self._store.connection() as connection:
            return [FedEvent._make(row) for row in await connection.fetch(statement("feed_page"), after, limit)]

    async def head(self) -> int:
        """The last position; 0 for an empty feed."""
        async with self._store.connection() as connection:
            found: int = await connection.fetchval("select coalesce(max(position), 0) from pairloom.feed")
        return found

    async def position_of(self, stream: str, version: int) -> int | None:
        """Where an event stands in the feed; None while it has not been published."""
        async with self._store.connection() as connection:
            found: int | None = await connection.fetchval(statement("feed_position"), stream, version)
        return found

    async def pages(self, after: int = 0, limit: int = PAGE) -> AsyncIterator[list[FedEvent]]:
        """Page after page behind `after` until there is none: what is published now. One page is read ahead."""
        ahead = asyncio.create_task(self.read(after, limit))
        try:
            while page := await ahead:
                ahead = asyncio.create_task(self.read(page[-1].position, limit))
                await asyncio.sleep(0)  # a reader that folds without waiting would not let it be asked for
                yield page
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def follow(self, after: int = 0, limit: int = PAGE) -> AsyncIterator[list[FedEvent]]:
        """Page after page behind `after`, for ever: each event once, in order, as it is published.

        Raises `StoreUnavailable` when the database goes away; go on from the last position that you have seen.
        """
        async with Bell(self._store) as bell:
            while True:
                bell.hush()
                page = await self.read(after, limit)
                if page:
                    after = page[-1].position
                    yield page
                else:
                    await bell.wait(LOOK_EVERY)


class Bell:
    """Waits for the next publication, or for the time to look anyway.

    `hush` before looking and `wait` after having found nothing: what is published in between rings at once.
    """

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._rung = asyncio.Event()
        self._line: Line | None = None
        self._heard_at = 0.0

    async def __aenter__(self) -> Self:
        await self._mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._line is not None:
            with suppress(TimeoutError):
                await self._line.close(timeout=ANSWER.total_seconds())

    def hush(self) -> None:
        """Forget announcements from before now."""
        self._rung.clear()

    async def wait(self, at_most: timedelta) -> None:
        """Return at the next announcement, or after `at_most`."""
        # Not `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes together with the ring.
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most.total_seconds()):
                await self._rung.wait()
        await self._mend()

    async def _mend(self) -> None:
        """Without a line there are no announcements; looking goes on, and finds out when the database is back."""
        now = asyncio.get_running_loop().time()
        if self._rung.is_set():
            self._heard_at = now
        elif self._line is not None and now - self._heard_at >= SILENT_FOR.total_seconds():
            await self._ask(self._line)
            self._heard_at = now
        if self._line is None or self._line.is_closed():
            self._line = None
            with suppress(StoreUnavailable):
                self._line = await self._store.listen(CHANNEL, self._rung.set)

    async def _ask(self, line: Line) -> None:
        try:
            await line.execute("select 1", timeout=ANSWER.total_seconds())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            line.terminate()
