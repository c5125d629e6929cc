"""How current a read model is: who gives a command and then looks should see what the command did."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from eventstore.lag import lag
from eventstore.projections import generations
from eventstore.store import EventStore

LOOK_EVERY = 0.05


async def catches_up(store: EventStore, name: str, patience: timedelta) -> int:
    """Wait until the live generation has read as many events as were stored when this was asked.

    How many of them it still lacks then: 0, or more where `patience` ran out first, as where no worker runs.
    Raises `StoreUnavailable` as the store does.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    live = next((one.subscription for one in await generations(store, name) if one.live), None)
    found = await lag(store, live)
    wanted = found.head + found.unpublished
    while True:
        behind = next((reader.events for reader in found.behind if reader.name == live), 0)
        lacking = max(0, wanted - (found.head - behind))
        if not lacking or loop.time() > deadline:
            return lacking
        await asyncio.sleep(LOOK_EVERY)
        found = await lag(store, live)
