"""Is the record what was stored? Every seal is made again from what the tables hold now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from eventstore.statements import statement
from eventstore.store import AS_LONG_AS_IT_TAKES, Connection, EventStore

PAGE = 5000
"""Positions in one statement: bounds its memory, and how long a look holds a snapshot."""

AT_MOST = 20
"""Findings after which the rest is not told."""

_SENTENCES = {
    "missing": "is in the feed, and not in the event table: it was deleted",
    "gap": "has no position right before it: the feed was cut",
    "misplaced": "does not stand where the feed says: its event number or partition was changed",
    "changed": "is not what was sealed: it, or its seal, was changed",
    "unpublished": "was passed over by the sequencer: it is stored and not in the feed",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `position` is None outside the feed, `version` for a whole stream."""

    stream: str
    version: int | None
    position: int | None
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the record was looked at, the seal there (hexadecimal), and what was wrong, in feed order.

    Keep position and seal elsewhere: whoever could rewrite the whole database cannot rewrite that.
    """

    position: int
    seal: str
    findings: tuple[Finding, ...]


async def verify(store: EventStore, on_progress: Callable[[int, int], None] = lambda done, total: None) -> Verified:
    """Look at everything that is published when it begins. `on_progress` hears positions done and in all.

    Raises `StoreUnavailable` as the store does. At most `AT_MOST` findings; the first is always the first wrong event.
    """
    async with store.connection() as connection:
        row = await connection.fetchrow("select position, seal from pairloom.sequencer")
    assert row is not None
    head, last_seal = row["position"], row["seal"]
    position, seal, findings = await _verify_feed(store, head, on_progress)
    if len(findings) < AT_MOST and (position, seal) != (head, last_seal):
        sentence = f"the feed ends at {position}, and the sequencer has come to {head}: its end was cut or changed"
        findings.append(Finding("feed", None, position, "end", sentence))
    findings += await _verify_events(store, AT_MOST - len(findings))
    return Verified(position=position, seal=seal.hex(), findings=tuple(findings))


async def seal_at(store: EventStore, position: int) -> str | None:
    """The seal of a position, to be compared with one that was kept elsewhere; None where the feed lacks it."""
    async with store.connection() as connection:
        found: bytes | None = await connection.fetchval("select seal from pairloom.feed where position = $1", position)
    return None if found is None else found.hex()


async def _verify_feed(
    store: EventStore, head: int, on_progress: Callable[[int, int], None]
) -> tuple[int, bytes, list[Finding]]:
    position, seal, findings = 0, b"", list[Finding]()
    while position < head and len(findings) < AT_MOST:
        async with _believing_tables_alone(store) as connection:
            page = min(PAGE, head - position)
            rows = await connection.fetch(statement("verify_feed"), position, seal, page, timeout=AS_LONG_AS_IT_TAKES)
        if not rows:
            break
        position, seal = rows[-1]["position"], rows[-1]["seal"]
        findings += [_finding(r["stream_id"], r["version"], r["position"], r["finding"]) for r in rows if r["finding"]]
        on_progress(position, head)
    return position, seal, findings[:AT_MOST]


async def _verify_events(store: EventStore, at_most: int) -> list[Finding]:
    async with _believing_tables_alone(store) as connection:
        gaps = await connection.fetch(statement("verify_streams"), at_most, timeout=AS_LONG_AS_IT_TAKES)
        passed = await connection.fetch(statement("verify_unpublished"), at_most, timeout=AS_LONG_AS_IT_TAKES)
    return [
        Finding(
            row["stream_id"],
            None,
            None,
            "versions",
            f"{row['stream_id']}: {row['events']} events, and the last is version {row['version']}: events are missing",
        )
        for row in gaps
    ] + [_finding(row["stream_id"], row["version"], None, "unpublished") for row in passed]


@asynccontextmanager
async def _believing_tables_alone(store: EventStore) -> AsyncIterator[Connection]:
    """A connection that takes functions and operators from PostgreSQL itself, whatever path the database sets."""
    async with store.transaction() as connection:
        await connection.execute("set local search_path = pg_catalog, pg_temp")
        yield connection


def _finding(stream: str, version: int, position: int | None, kind: str) -> Finding:
    where = "" if position is None else f" at position {position}"
    return Finding(stream, version, position, kind, f"{stream} version {version}{where} {_SENTENCES[kind]}")
