"""How current a read model is: who gives a command and then looks should see what the command did."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from eventstore.lag import lacking, stored_now
from eventstore.store import EventStore

LOOK_EVERY = 0.05


async def catches_up(store: EventStore, name: str, patience: timedelta) -> int:
    """Wait until the live generation has processed what was stored when this was asked, published or not.

    How many of these events it still lacks then: 0, or more where `patience` ran out first, as where no worker runs,
    or one has died and its shares are not free yet. Raises `StoreUnavailable` as the store does.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    stored = await stored_now(store)
    while True:
        lacks, stored = await lacking(store, name, stored)
        if not lacks or loop.time() > deadline:
            return lacks
        await asyncio.sleep(LOOK_EVERY)
