"""Telling a cohort's pairings what was decided about all of them, in batches that can be interrupted and repeated."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.heartbeats import heartbeating
from domain.cohort.state import OrderKind, Refusal
from domain.decider import Frozen

IN_FLIGHT = 16
"""Updates under way at one time."""


class OrderRequest(Frozen):
    """A batch of pairings that get one command. Its key is the update's id too: a repetition is the same update."""

    cohort: str
    kind: OrderKind
    at: AwareDatetime
    update: str
    command: dict[str, Any]
    pairings: tuple[str, ...]


class OrderResult(Frozen):
    """How the batch took it. Pairings that had ended are in neither."""

    obeyed: int
    refusals: tuple[Refusal, ...]


class _Ended(StrEnum):
    """The pairing is over and needs to be told nothing."""

    ENDED = "ended"


class Ordering:
    """Sends updates to pairings. Repeating a batch does nothing twice: the command's key decides."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn
    async def tell_pairings(self, request: OrderRequest) -> OrderResult:
        """Tell every pairing of the batch; returns when each of them has stored it, refused it, or had ended."""
        slots = asyncio.Semaphore(IN_FLIGHT)

        async def tell(pairing: str) -> str | _Ended | None:
            async with slots:
                return await self._tell(request, pairing)

        async with heartbeating(), asyncio.TaskGroup() as telling:
            told = {pairing: telling.create_task(tell(pairing)) for pairing in request.pairings}
        answers = {pairing: task.result() for pairing, task in told.items()}
        refusals = tuple(
            Refusal(pairing=pairing, kind=request.kind, at=request.at, reason=answer)
            for pairing, answer in answers.items()
            if answer is not None and answer is not _Ended.ENDED
        )
        return OrderResult(obeyed=list(answers.values()).count(None), refusals=refusals)

    async def _tell(self, request: OrderRequest, pairing: str) -> str | _Ended | None:
        """None where the pairing obeyed, now or before; else why not."""
        handle = self._client.get_workflow_handle(f"pairing/{request.cohort}/{pairing}")
        try:
            await handle.execute_update(request.update, request.command, id=str(request.command["key"]))
        except WorkflowUpdateFailedError as failed:
            return _why(failed)
        except RPCError as missing:
            if missing.status is not RPCStatusCode.NOT_FOUND:
                raise
            return _Ended.ENDED
        return None


def _why(failed: WorkflowUpdateFailedError) -> str | _Ended | None:
    cause = failed.cause
    code = (cause.type or "") if isinstance(cause, ApplicationError) else ""
    if code == "Rejected:duplicate":
        return None
    if code == "Rejected:stage":  # an order is refused for its stage only by a pairing that has ended
        return _Ended.ENDED
    if code.startswith("Rejected:") and isinstance(cause, ApplicationError):
        return cause.message
    raise failed
