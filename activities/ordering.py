"""Telling a cohort's pairings what was decided about all of them, in batches that can be interrupted and repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

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
from domain.pairing.decider import fold, load
from eventstore.store import EventStore

T = TypeVar("T")

IN_FLIGHT = 16
"""Updates under way at one time."""

PATIENCE = timedelta(seconds=20)
"""How long a pairing may take to accept an order, twice; a batch of which none does stays within an activity's time."""

ANSWERED_WITHIN = timedelta(minutes=4)
"""From a batch's begin: who has accepted an order by then, and not said what came of it, is waited for no longer."""

LOOKS_EVERY = 0.5
"""Seconds between two looks at a pairing that has something before it."""

HANDED_OVER_WITHIN = (1.0, 2.0, 4.0)
"""Seconds until a pairing that did not understand is asked once more: a newer release may take it over till then."""


GIVEN_UP = (RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.UNAVAILABLE)
"""How the server answers where as many updates wait as it holds for one workflow, and where it lets go of one.

Where it is the server that is unavailable, what is sent next fails, and the batch is repeated.
"""


class OrderRequest(Frozen):
    """A batch of pairings that get one command. Its key is the update's id too: a repetition is the same update.

    The pairings `behind` have not done an earlier order yet. `again`: all of them have got this one before.
    """

    cohort: str
    kind: OrderKind
    at: AwareDatetime
    update: str
    signal: str
    command: dict[str, Any]
    pairings: tuple[str, ...]
    behind: tuple[str, ...] = ()
    again: bool = False


class OrderResult(Frozen):
    """How the batch took it. Pairings that had ended are in neither."""

    obeyed: int
    refusals: tuple[Refusal, ...]


class _Without(StrEnum):
    """Why there is no answer."""

    ENDED = "the pairing is over and needs to be told nothing"
    SILENT = "it gave no answer; the order lies before it until it works again"
    LOST = "its workflow does not run and it is not at its end: `pairloom reconcile` starts it again"
    BEWILDERED = "its worker is of a version that does not understand the order"


class Ordering:
    """Sends updates to pairings. Repeating a batch does nothing twice: the command's key decides."""

    def __init__(self, client: Client, store: EventStore) -> None:
        self._client = client
        self._store = store

    @activity.defn
    async def tell_pairings(self, request: OrderRequest) -> OrderResult:
        """Tell every pairing of the batch; returns when each of them has stored it, refused it, or had ended.

        Who does not take an order in within the patience (its worker's version is gone, its tasks fail) gets it as a
        signal, which lies in its history; then it counts as a refusal that waits. So does who has taken it in and gives
        no answer, whom Temporal has lost, and who cannot understand it. So one pairing stops no cohort.
        """
        slots, until = asyncio.Semaphore(IN_FLIGHT), asyncio.get_running_loop().time() + ANSWERED_WITHIN.total_seconds()

        async def tell(pairing: str) -> str | _Without | None:
            answer = await self._tell(request, pairing, slots, until)
            for pause in HANDED_OVER_WITHIN:
                if answer is _Without.BEWILDERED:
                    # A refused update is no event; whatever is one lets a newer release take the pairing over.
                    with suppress(RPCError):
                        await self._pairing(request, pairing).signal(request.signal, request.command)
                    await asyncio.sleep(pause)
                    answer = await self._tell(request, pairing, slots, until)
            return answer

        async with heartbeating(), asyncio.TaskGroup() as telling:
            told = {pairing: telling.create_task(tell(pairing)) for pairing in request.pairings}
        answers = {pairing: task.result() for pairing, task in told.items()}
        refusals = tuple(
            Refusal(
                pairing=pairing,
                kind=request.kind,
                at=request.at,
                reason=str(answer),
                waits=isinstance(answer, _Without),
            )
            for pairing, answer in answers.items()
            if answer is not None and answer is not _Without.ENDED
        )
        return OrderResult(obeyed=list(answers.values()).count(None), refusals=refusals)

    async def _tell(
        self, request: OrderRequest, pairing: str, slots: asyncio.Semaphore, until: float
    ) -> str | _Without | None:
        """None where the pairing obeyed, now or before; else why not."""
        handle = self._pairing(request, pairing)
        try:
            async with slots:
                accepted = await self._given(request, handle, pairing)
            return await _answered(accepted, until) if accepted else _Without.SILENT
        except WorkflowUpdateFailedError as failed:
            return _why(failed)
        except RPCError as missing:
            if missing.status is not RPCStatusCode.NOT_FOUND:
                raise
            return _Without.ENDED if await self._is_at_its_end(handle.id) else _Without.LOST

    def _pairing(self, request: OrderRequest, pairing: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(f"pairing/{request.cohort}/{pairing}")

    async def _given(
        self, request: OrderRequest, handle: WorkflowHandle[Any, Any], pairing: str
    ) -> WorkflowUpdateHandle[Any] | None:
        """The update that the pairing has accepted; None where it takes nothing in."""
        if pairing in request.behind or request.again:
            if not request.again:
                await handle.signal(request.signal, request.command)
            # An update goes before the signals of its workflow task, and so before earlier orders.
            return await self._accepted(handle, request) if await _takes_in(handle) else None
        accepted = await self._accepted(handle, request)
        if accepted is None:
            await handle.signal(request.signal, request.command)
            accepted = await self._accepted(handle, request)
        return accepted

    async def _is_at_its_end(self, stream: str) -> bool:
        """By its record: Temporal says the same of a pairing that has ended and of one that was terminated or lost."""
        stored = await self._store.read(stream)
        return bool(stored) and fold(load(event.data, event.schema_version) for event in stored).final

    async def _accepted(
        self, handle: WorkflowHandle[Any, Any], request: OrderRequest
    ) -> WorkflowUpdateHandle[Any] | None:
        """The update once it is in the pairing's history, from where no outage takes it; None without one in time."""
        update_id, stage = str(request.command["key"]), WorkflowUpdateStage.ACCEPTED
        asking = handle.start_update(request.update, request.command, id=update_id, wait_for_stage=stage)
        try:
            return await _within(PATIENCE.total_seconds(), asking)
        except TimeoutError:
            return None
        except RPCError as error:
            if error.status not in GIVEN_UP:
                raise
            return None


async def _takes_in(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether the pairing has taken in, within the patience, whatever lay before it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE.total_seconds()
    while (await handle.describe()).raw_description.HasField("pending_workflow_task"):
        if loop.time() > until:
            return False
        await asyncio.sleep(LOOKS_EVERY)
    return True


async def _answered(accepted: WorkflowUpdateHandle[Any], until: float) -> _Without | None:
    """None where it obeyed. What is accepted needs no signal: it is carried out before all that comes later."""
    try:
        await _within(until - asyncio.get_running_loop().time(), accepted.result())
    except TimeoutError:
        return _Without.SILENT
    return None


async def _within(seconds: float, asking: Awaitable[T]) -> T:
    """Raises TimeoutError. A cancelled activity ends: the SDK gives an error of its own for that, too."""
    try:
        return await asyncio.wait_for(asking, seconds)
    except WorkflowUpdateRPCTimeoutOrCancelledError as given_up:
        task = asyncio.current_task()
        raise (asyncio.CancelledError if task is not None and task.cancelling() else TimeoutError) from given_up


def _why(failed: WorkflowUpdateFailedError) -> str | _Without | None:
    cause = failed.cause
    code = (cause.type or "") if isinstance(cause, ApplicationError) else ""
    if code == "Rejected:duplicate":
        return None
    if code == "Rejected:stage":  # an order is refused for its stage only by a pairing that has ended
        return _Without.ENDED
    if code.startswith("Rejected:") and isinstance(cause, ApplicationError):
        return cause.message
    return _Without.BEWILDERED
