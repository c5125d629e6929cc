"""Telling the server that an activity is alive, so that a dead worker's work is taken over in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

EVERY = 3.0
"""Seconds between two beats (own): well below the heartbeat timeout that workflows give, `HEARTBEAT_TIMEOUT`."""


@asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Beat for the length of the block, which must leave the event loop free: threads for numbers, awaits for I/O."""
    beat = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(EVERY)
