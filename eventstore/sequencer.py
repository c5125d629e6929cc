"""The sequencer: publishes stored events into the feed. Every worker runs one; the database picks who does it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from eventstore.failures import StoreUnavailable
from eventstore.store import AS_LONG_AS_IT_TAKES, CALL, EventStore

IDLE = 0.1
"""Seconds between looks when nothing comes: an idle look costs the database half a millisecond."""

BUSY = 0.005
"""Seconds until the next look after something was published, at least."""

SHARE = 0.05
"""Of the time that publishing may take while much is written: its cost per event falls with the number of events."""

DOWN = 2.0
"""Seconds until the next try when the database is away."""

log = structlog.get_logger("pairloom.sequencer")


@dataclass(frozen=True, slots=True)
class Published:
    """What one look has brought: how many events, and the feed's last position then."""

    events: int
    head: int


async def publish(store: EventStore, patience: float = AS_LONG_AS_IT_TAKES) -> Published | None:
    """Number what has become visible since the last call; None while another sequencer is at it.

    One transaction, as long as the backlog is: after a restore it compares the tables, and nobody waits for that.
    Raises `StoreUnavailable` as the store does, after `patience` seconds, and then also where somebody holds the table.
    """
    async with store.connection() as connection:
        row = await connection.fetchrow("select published, head from pairloom.publish()", timeout=patience)
    assert row is not None
    return None if row["published"] is None else Published(row["published"], row["head"])


async def run_sequencer(store: EventStore) -> None:
    """Publish until cancelled, through outages of the database."""
    now = asyncio.get_running_loop().time
    patience = CALL
    while True:
        began = now()
        try:
            published = await publish(store, patience)
            patience = CALL
            rest = (now() - began) * (1 - SHARE) / SHARE
            await asyncio.sleep(min(max(rest, BUSY), IDLE) if published and published.events else IDLE)
        except StoreUnavailable as away:
            if now() - began >= patience:  # the server has gone, or the backlog is long
                patience = min(2 * patience, AS_LONG_AS_IT_TAKES)
            log.warning("publishing waits for the database", reason=away.sentence)
            await asyncio.sleep(DOWN)
