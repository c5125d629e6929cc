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


async def lag(store: EventStore) -> Lag:
    """The figures now. Raises `StoreUnavailable` as the store does."""
    async with store.connection() as connection:
        feed = await connection.fetchrow(statement("lag_of_feed"))
        readers = await connection.fetch(statement("lag"))
    assert feed is not None
    return Lag(
        head=feed["head"],
        unpublished=feed["behind"],
        oldest=feed["oldest"],
        behind=tuple(Behind(row["name"], row["behind"], row["readers"]) for row in readers),
    )
