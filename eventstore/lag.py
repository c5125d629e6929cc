"""How far publishing and the readers of the feed are behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from eventstore.statements import statement
from eventstore.store import EventStore


@dataclass(frozen=True, slots=True)
class Behind:
    """A reader of the feed: published events still before it, and how many processes are at it now."""

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

    Costs what is behind, not what is stored; of readers in shares, what is before them is counted.
    """
    async with store.connection() as connection:
        feed = await connection.fetchrow("select head, behind, oldest from pairloom.lag_of_feed()")
        readers = await connection.fetch(statement("lag"), reader)
    assert feed is not None
    return Lag(
        head=feed["head"],
        unpublished=feed["behind"],
        oldest=feed["oldest"],
        behind=tuple(Behind(row["name"], row["behind"], row["readers"]) for row in readers),
    )
