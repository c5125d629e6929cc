"""Sending a command as an update, and giving up the wait for an answer at some time."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from domain.decider import Command
from workflows.commands import update_name
from workflows.contract import Receipt

PATIENCE = 60
"""Seconds for an answer. The command itself is not given up: it waits at the server for a worker."""


async def send(handle: WorkflowHandle[Any, Any], command: Command) -> Receipt:
    """The receipt: *stored*. Raises WorkflowUpdateFailedError where refused, TimeoutError without an answer."""
    async with asyncio.timeout(PATIENCE):
        receipt: Receipt = await handle.execute_update(update_name(type(command)), command, result_type=Receipt)
        return receipt


async def ask(handle: WorkflowHandle[Any, Any], query: str, result_type: type[Any]) -> Any:
    """A query's answer; raises TimeoutError where no worker gives one. A busy worker is asked again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await handle.query(query, result_type=result_type)
            except RPCError as error:
                if error.status not in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                    raise


def pairing_handle(client: Client, pairing: str) -> WorkflowHandle[Any, Any]:
    """The workflow of `<cohort>/<pairing>`, whichever run is current."""
    return client.get_workflow_handle(f"pairing/{pairing}")
