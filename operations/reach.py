"""What a command talks to: the servers that the environment names, else those of a running `pairloom dev`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from eventstore.store import EventStore
from operations.servers import running_ground
from serving.connection import connect, connect_to


@dataclass(frozen=True)
class Reach:
    """A Temporal and an event store that belong together."""

    client: Client
    store: EventStore


@asynccontextmanager
async def reach(dev_data: Path) -> AsyncIterator[Reach]:
    """Both connected; raises GroundError, WorkerError or StoreUnavailable with what to do where one does not answer."""
    url = os.environ.get("PAIRLOOM_DATABASE_URL")
    if url:
        client = await connect(os.environ.get("TEMPORAL_PROFILE"))
    else:
        ground = running_ground(dev_data)
        url, client = ground.database_url, await connect_to(ground.temporal_address)
    async with await EventStore.connect(url, max_size=2) as store:
        yield Reach(client, store)
