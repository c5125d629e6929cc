"""Telling a cohort's pairings what was decided about all of them, in batches that can be interrupted and repeated."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime
from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.heartbeats import heartbeating
from domain.cohort.state import OrderKind, Refusal
from domain.decider import Frozen

IN_FLIGHT = 16
"""Updates under way at one time."""

PATIENCE = timedelta(seconds=20)
"""How long a pairing may take to accept an order, twice; a batch of which none does stays within an activity's time."""

ANSWERED_WITHIN = timedelta(minutes=4)
"""From a batch's begin: who has accepted an order by then, and not said what came of it, is waited for no longer."""

LIES_BEFORE_IT = "it gave no answer; the order lies before it until it works again"


class OrderRequest(Frozen):
    """A batch of pairings that get one command. Its key is the update's id too: a repetition is the same update.

    The pairings `behind` have not done an earlier order yet.
    """

    cohort: str
    kind: OrderKind
    at: AwareDatetime
    update: str
    signal: str
    command: dict[str, Any]
    pairings: tuple[str, ...]
    behind: tuple[str, ...] = ()


class OrderResult(Frozen):
    """How the batch took it. Pairings that had ended are in neither."""

    obeyed: int
    refusals: tuple[Refusal, ...]


class _Without(StrEnum):
    """Why there is no answer."""

    ENDED = "the pairing is over and needs to be told nothing"
    WAITS = LIES_BEFORE_IT


class Ordering:
    """Sends updates to pairings. Repeating a batch does nothing twice: the command's key decides."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn
    async def tell_pairings(self, request: OrderRequest) -> OrderResult:
        """Tell every pairing of the batch; returns when each of them has stored it, refused it, or had ended.

        Who does not take an order in within the patience (its worker's version is gone, its tasks fail) gets it as a
        signal, which lies in its history; then it counts as a refusal that waits, and so does who has taken it in and
        gives no answer. So one pairing stops no cohort.
        """
        slots, until = asyncio.Semaphore(IN_FLIGHT), asyncio.get_running_loop().time() + ANSWERED_WITHIN.total_seconds()

        async def tell(pairing: str) -> str | _Without | None:
            try:
                async with slots:
                    accepted = await self._given(request, pairing)
                return await _answered(accepted, until) if accepted else _Without.WAITS
            except WorkflowUpdateFailedError as failed:
                return _why(failed)
            except RPCError as missing:
                if missing.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return _Without.ENDED

        async with heartbeating(), asyncio.TaskGroup() as telling:
            told = {pairing: telling.create_task(tell(pairing)) for pairing in request.pairings}
        answers = {pairing: task.result() for pairing, task in told.items()}
        refusals = tuple(
            Refusal(
                pairing=pairing, kind=request.kind, at=request.at, reason=str(answer), waits=answer is _Without.WAITS
            )
            for pairing, answer in answers.items()
            if answer is not None and answer is not _Without.ENDED
        )
        return OrderResult(obeyed=list(answers.values()).count(None), refusals=refusals)

    async def _given(self, request: OrderRequest, pairing: str) -> WorkflowUpdateHandle[Any] | None:
        """The update that the pairing has accepted; None where the order lies before it as a signal."""
        handle = self._client.get_workflow_handle(f"pairing/{request.cohort}/{pairing}")
        accepted = None
        if pairing not in request.behind:
            accepted = await self._accepted(handle, request)
        if accepted is None:  # after a signal that still waits only another one comes in order
            await handle.signal(request.signal, request.command)
            accepted = await self._accepted(handle, request)
        return accepted

    async def _accepted(
        self, handle: WorkflowHandle[Any, Any], request: OrderRequest
    ) -> WorkflowUpdateHandle[Any] | None:
        """The update once it is in the pairing's history, from where no outage takes it; None without one in time."""
        update_id, stage = str(request.command["key"]), WorkflowUpdateStage.ACCEPTED
        asking = handle.start_update(request.update, request.command, id=update_id, wait_for_stage=stage)
        try:
            return await asyncio.wait_for(asking, PATIENCE.total_seconds())
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return None
        except RPCError as error:
            if error.status is not RPCStatusCode.RESOURCE_EXHAUSTED:
                raise
            return None  # as many updates as the server holds for one workflow are waiting there already


async def _answered(accepted: WorkflowUpdateHandle[Any], until: float) -> _Without | None:
    """None where it obeyed. What is accepted needs no signal: it is carried out before all that comes later."""
    try:
        await asyncio.wait_for(accepted.result(), until - asyncio.get_running_loop().time())
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return _Without.WAITS
    return None


def _why(failed: WorkflowUpdateFailedError) -> str | _Without | None:
    cause = failed.cause
    code = (cause.type or "") if isinstance(cause, ApplicationError) else ""
    if code == "Rejected:duplicate":
        return None
    if code == "Rejected:stage":  # an order is refused for its stage only by a pairing that has ended
        return _Without.ENDED
    if code.startswith("Rejected:") and isinstance(cause, ApplicationError):
        return cause.message
    raise failed
