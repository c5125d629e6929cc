"""Servers that end with their benchmark, however that ends."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from embedded.ground import Ground, start_ground
from embedded.ports import Ports

INTERRUPTED = 128 + signal.SIGINT


def sigterm_is_ctrl_c() -> None:
    """SIGTERM ends this process as Ctrl-C does: what it has started is stopped on the way out.

    A shell lets what it starts in the background ignore Ctrl-C, and asyncio stands in for the usual handler alone.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


@asynccontextmanager
async def measured_ground() -> AsyncIterator[Ground]:
    """Both servers as they are in production, for the length of the block."""
    async with _stopped_again(virtual_time=False, preferred=Ports()) as ground:
        yield ground


@asynccontextmanager
async def counted_ground() -> AsyncIterator[Ground]:
    """Both servers in virtual time, for the length of the block: where nothing is timed."""
    async with _stopped_again(virtual_time=True, preferred=None, durable=False, in_memory=True) as ground:
        yield ground


@asynccontextmanager
async def _stopped_again(
    *, virtual_time: bool, preferred: Ports | None, durable: bool = True, in_memory: bool = False
) -> AsyncIterator[Ground]:
    """On a data directory of its own. Where the end comes while they start, that is waited for: a thread goes on."""
    with tempfile.TemporaryDirectory() as directory:
        starting = asyncio.ensure_future(
            asyncio.to_thread(
                start_ground,
                Path(directory),
                virtual_time=virtual_time,
                preferred=preferred,
                durable=durable,
                in_memory=in_memory,
            )
        )
        try:
            yield await asyncio.shield(starting)
        finally:
            await asyncio.to_thread((await starting).stop)
