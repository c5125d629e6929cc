"""Moving one real workflow through virtual time, step by step, with everything that happens on the way.

Each execution has a clock of its own: the wall's, plus what it has skipped. A step skips to a moment
and stops there; the timers on the way fire, and the workflow handles each before the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

T = TypeVar("T")

PATIENCE = timedelta(seconds=90)
"""How long a step may take in real time: longer than it takes to notice a dead worker and start another."""

TRANSIENT = {
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.FAILED_PRECONDITION,
}
"""What a client sees while no worker runs: worth asking again."""


class RehearsalStuck(Exception):
    """A workflow did not get where it should within the patience."""


class VirtualTime:
    """Travels and asks on behalf of a driver, through the death of a worker if need be."""

    def __init__(self, client: Client) -> None:
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        self.client: Client = self._skipper.client
        """What it starts can be moved."""

    async def travel(self, handle: WorkflowHandle[Any, Any], to: datetime) -> None:
        """Skip to a moment; nothing happens if the workflow's clock is past it."""
        await persistently(lambda: self._step(handle, to))

    async def _step(self, handle: WorkflowHandle[Any, Any], to: datetime) -> None:
        # The distance is measured anew in each attempt: one whose answer was lost may have covered some of it.
        left = to - await self._skipper.get_current_time(handle)
        if left > timedelta(0):
            await self._skipper.fast_forward(handle, left)


async def persistently(call: Callable[[], Awaitable[T]]) -> T:
    """Repeat a call that is safe to repeat while the server or the worker is away."""
    deadline = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    while True:
        try:
            return await call()
        except (RPCError, WorkflowQueryFailedError) as error:
            transient = isinstance(error, WorkflowQueryFailedError) or error.status in TRANSIENT
            if not transient or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
