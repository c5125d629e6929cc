"""Behind a restore to an earlier point: which workflows know of events that the store has no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from eventstore.store import EventStore
from operations.reconciling import Difference, Divergence

AT_A_TIME = 20
"""Workflows that are asked side by side: each that is not cached has to be replayed for its answer."""

PATIENCE = timedelta(seconds=20)
"""With the answer of each."""

RUNNING = "ExecutionStatus = 'Running' AND WorkflowType IN ('PairingWorkflow', 'CohortWorkflow')"


async def beyond(
    client: Client, store: EventStore, *, cohort: str | None = None, patience: timedelta = PATIENCE
) -> AsyncIterator[Difference]:
    """Every running workflow that is ahead of its stream, or gives no answer, of one cohort or of all.

    Asks each, so it needs workers. What is stored while it looks is no difference.
    """
    asked: list[str] = []
    async for found in client.list_workflows(RUNNING):
        if cohort is None or found.id == f"cohort/{cohort}" or found.id.startswith(f"pairing/{cohort}/"):
            asked.append(found.id)
        if len(asked) == AT_A_TIME:
            for difference in await _differences(client, store, asked, patience):
                yield difference
            asked = []
    for difference in await _differences(client, store, asked, patience):
        yield difference


async def _differences(client: Client, store: EventStore, ids: list[str], patience: timedelta) -> list[Difference]:
    answers = await asyncio.gather(*(_difference(client, store, id, patience) for id in ids))
    return [answer for answer in answers if answer is not None]


async def _difference(client: Client, store: EventStore, id: str, patience: timedelta) -> Difference | None:
    said = await _version(client, id, patience)
    # Looked up behind the answer: what a workflow counts has been stored before.
    stored = await store.version(id)
    if said is None:
        return Difference(stream=id, divergence=Divergence.SILENT, status="running", version=stored)
    if said <= stored:
        return None
    return Difference(stream=id, divergence=Divergence.AHEAD, status="running", version=stored, workflow_version=said)


async def _version(client: Client, id: str, patience: timedelta) -> int | None:
    """None where it does not say; 0 where there is no such workflow any more."""
    try:
        said: int = await client.get_workflow_handle(id).query("version", result_type=int, rpc_timeout=patience)
    except WorkflowQueryFailedError:
        return None
    except RPCError as error:
        return 0 if error.status is RPCStatusCode.NOT_FOUND else None
    return said
