"""How far publishing and the readers of the feed are behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from eventstore.statements import statement
from eventstore.store import EventStore

COUNTED = 1000
"""Events of a share, at most: what a read model that is being rebuilt has before it is the whole feed."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A reader of the feed: published events still before it, and how many processes are at it now.

    The events are counted, and where a share has a thousand or more before it, estimated.
    """

    name: str
    events: int
    readers: int


@dataclass(frozen=True, slots=True)
class Lag:
    """`unpublished` events are stored and not in the feed yet; `oldest` is the age of the oldest of them."""

    head: int
    unpublished: int
    oldest: timedelta | None
    behind: tuple[Behind, ...]


async def lag(store: EventStore, reader: str | None = None) -> Lag:
    """The figures now, of all readers or of one. Raises `StoreUnavailable` as the store does.

    Costs what is not published; of readers in shares, no more than `COUNTED` events of each share are looked at.
    """
    async with store.connection() as connection:
        feed = await connection.fetchrow("select head, behind, oldest from pairloom.lag_of_feed()")
        readers = await connection.fetch(statement("lag"), reader, COUNTED)
    assert feed is not None
    return Lag(
        head=feed["head"],
        unpublished=feed["behind"],
        oldest=feed["oldest"],
        behind=tuple(Behind(row["name"], row["behind"], row["readers"]) for row in readers),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored at a moment: what `snapshot` sees. `unpublished` of it was not in the feed yet, the rest lies up
    to position `head`."""

    snapshot: str
    head: int
    unpublished: int


async def stored_now(store: EventStore) -> Stored:
    """To be asked about with `lacking`."""
    async with store.connection() as connection:
        row = await connection.fetchrow(
            "select pg_current_snapshot()::text as snapshot, head, behind from pairloom.lag_of_feed()"
        )
    assert row is not None
    return Stored(row["snapshot"], row["head"], row["behind"])


async def lacking(store: EventStore, name: str, stored: Stored) -> tuple[int, Stored]:
    """How much of it the live generation of a read model has not processed, share by share; and what to ask with next.

    Of what is published together with the last of it, later events count too. Costs, and estimates, as `lag` does.
    """
    up_to = None if stored.unpublished else stored.head
    async with store.connection() as connection:
        row = await connection.fetchrow(statement("unread"), name, stored.snapshot, up_to, COUNTED)
    assert row is not None
    if stored.unpublished and (row["looked"] or not row["unpublished"]):
        stored = replace(stored, head=row["head"], unpublished=0)
    unread: int = row["unread"]
    return unread + min(stored.unpublished, row["unpublished"]), stored
