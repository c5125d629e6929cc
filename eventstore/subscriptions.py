"""Subscriptions: named readers of the feed, in shares that several workers can hold, each event processed once.

What a reader writes and how far it has come are committed together. A reader that was thought dead, and has lost its
share to another, finds out before it writes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from eventstore.feed import FedEvent
from eventstore.statements import statement
from eventstore.store import Connection, EventStore

PARTITIONS = 64
"""Virtual partitions of the feed, by stream; fixed, so that shares can move between any number of readers."""

WHOLE = -1
"""The share of a subscription with one reader, which gets the whole feed in its one order."""

LEASE = timedelta(seconds=10)
"""A reader that has not renewed for this long has lost its shares."""


class LeaseLost(Exception):
    """A share has gone to another reader, or moved on: nothing of this batch was written."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the feed that this reader holds: the last position processed, and the lease's fencing number."""

    partition: int
    position: int
    epoch: int


class Subscription:
    """One reader of a named subscription. `reader` must differ from every other reader's."""

    def __init__(
        self, store: EventStore, name: str, reader: str, *, whole: bool = False, lease: timedelta = LEASE
    ) -> None:
        self.name = name
        self.reader = reader
        self._store = store
        self._whole = whole
        self._lease = lease
        self._shares: dict[int, Share] = {}

    @property
    def shares(self) -> tuple[Share, ...]:
        """What the last `renew` left in this reader's hands, by partition."""
        return tuple(self._shares.values())

    async def open(self, after: int = 0) -> None:
        """Make the subscription begin behind position `after`, unless it exists already."""
        shares = [WHOLE] if self._whole else list(range(PARTITIONS))
        async with self._store.connection() as connection:
            await connection.execute("select pairloom.subscribe($1, $2, $3)", self.name, shares, after)

    async def renew(self) -> tuple[Share, ...]:
        """Keep what is held, take what is free, give back what is too much beside others. Well within the lease."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(
                "select partition, position, epoch from pairloom.lease($1, $2, $3)", self.name, self.reader, self._lease
            )
        self._shares = {row["partition"]: Share(*row) for row in rows}
        return self.shares

    async def release(self) -> None:
        """Let others have the shares at once instead of after the lease."""
        self._shares = {}
        async with self._store.connection() as connection:
            await connection.execute("select pairloom.release($1, $2)", self.name, self.reader)

    async def page(self, limit: int, *, behind: Sequence[FedEvent] = ()) -> list[FedEvent]:
        """The next events of the held shares, in feed order, at most `limit` of each share.

        `behind` reads ahead: as if these events, of a page before, had been processed.
        """
        shares = self._shares | {share.partition: share for share in self._moved(behind)}
        if not shares:
            return []
        async with self._store.connection() as connection:
            if self._whole:
                rows = await connection.fetch(statement("feed_page"), shares[WHOLE].position, limit)
            else:
                partitions = list(shares)
                positions = [share.position for share in shares.values()]
                rows = await connection.fetch(statement("feed_shares"), partitions, positions, limit)
        return [FedEvent._make(row) for row in rows]

    @asynccontextmanager
    async def processing(self, events: Sequence[FedEvent]) -> AsyncIterator[Connection]:
        """One transaction: what the block writes through the connection, and that these events are processed.

        Raises `LeaseLost` before the block runs where a share is not this reader's any more.
        """
        moved = self._moved(events)
        before = [self._shares[share.partition] for share in moved]
        partitions, positions = [s.partition for s in moved], [s.position for s in moved]
        async with self._store.transaction() as connection:
            held = await connection.fetchval(
                "select pairloom.hold($1, $2, $3, $4)",
                self.name,
                partitions,
                [share.position for share in before],
                [share.epoch for share in before],
            )
            if not held:
                self._shares = {}
                raise LeaseLost(f"{self.name}: another reader has taken over")
            yield connection
            await connection.execute("select pairloom.advance($1, $2, $3)", self.name, partitions, positions)
        self._shares |= {share.partition: share for share in moved}

    def _moved(self, events: Sequence[FedEvent]) -> list[Share]:
        last = {WHOLE if self._whole else event.partition: event.position for event in events}
        return [replace(self._shares[partition], position=position) for partition, position in sorted(last.items())]
