"""What runs beside a worker for as long as it serves: publishing the feed, keeping the read models."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from uuid import uuid4

import structlog

from domain.event_versions import EventUnknown
from eventstore.projections import run_projection
from eventstore.sequencer import run_sequencer
from eventstore.store import EventStore
from readmodels.standing import Standing

AFTER_A_DEFECT = 10
"""Seconds until record keeping is tried again."""

log = structlog.get_logger("pairloom.worker")


@asynccontextmanager
async def record_keeping(store: EventStore) -> AsyncIterator[None]:
    """Publish the feed and keep the read models for the length of the block, beside the other workers."""
    reader = f"{os.uname().nodename}:{os.getpid()}:{uuid4().hex[:8]}"
    async with beside(
        kept_up("sequencer", lambda: run_sequencer(store)),
        kept_up("read model", lambda: run_projection(store, Standing, reader)),
    ):
        yield


@asynccontextmanager
async def beside(*work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run the work for the length of the block; cancelled at its end."""
    tasks = [asyncio.create_task(part) for part in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def kept_up(name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
    """A defect in the record keeping stops no pairing: it is logged, and tried again."""
    while True:
        try:
            await run()
        except EventUnknown as newer:
            log.error("record keeping waits for a newer Pairloom", part=name, reason=str(newer))
            await asyncio.sleep(AFTER_A_DEFECT)
        except Exception as defect:
            # Neither its message nor its trace: they may quote a record.
            log.error("record keeping failed", part=name, error=type(defect).__name__)
            await asyncio.sleep(AFTER_A_DEFECT)
