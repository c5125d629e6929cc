"""What is decided about a whole cohort reaches its pairings, on the real servers: stop, go on, amend, close."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from live_cohort import APPROVER, COORDINATOR, LiveCohort, enrolled_and_matched, living
from live_pairing import histories, replay, when
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment

from activities.ordering import Ordering, OrderRequest
from domain.cohort.amendment import AmendProgram
from domain.cohort.closing import CancelCohort
from domain.cohort.orders import pairing_command
from domain.cohort.state import Cohort, CohortStage, Order, OrderKind
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.pairing.closing import CloseEarly
from domain.pairing.decider import fold, load
from domain.pairing.state import CloseReason, Hold, Pairing, Stage
from eventstore.store import EventStore
from workflows.commands import update_name


@pytest_asyncio.fixture
async def cohort(temporal_client: Client, database_url: str, store: EventStore) -> AsyncIterator[LiveCohort]:
    """A cohort that has been created and not opened."""
    async with living(temporal_client, database_url, store) as alive:
        yield alive


async def pairing(cohort: LiveCohort, id: str) -> Pairing:
    """As its stream tells it."""
    stored = await cohort.store.read(f"pairing/{cohort.desk.cohort}/{id}")
    return fold(load(event.data, event.schema_version) for event in stored)


async def told(cohort: LiveCohort) -> Cohort:
    """The cohort as soon as its pairings have heard everything."""
    return await when(cohort.desk.state, lambda state: not state.orders)


async def test_a_running_cohort_is_suspended_resumed_amended_and_cancelled_for_good(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    ended, *alive = running.launched
    not_working = CloseEarly(by=COORDINATOR, key="close", reason=CloseReason.LEAVE)
    await cohort.pairing(ended).execute_update("close_early", not_working)
    runs_before = await cohort.runs(running)

    await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks for time"))
    suspended = await told(cohort)
    assert (suspended.stage, suspended.clocks, suspended.refusals) == (CohortStage.SUSPENDED, (), ())
    for id in alive:
        standing = await pairing(cohort, id)
        assert standing.suspension is not None
        assert (standing.stage, standing.suspension.holds) == (Stage.PAUSED, (Hold.COHORT,))

    before = await cohort.store.count()
    order = Order(number=1, kind=OrderKind.SUSPEND, at=suspended.since)
    command = pairing_command(order)
    request = OrderRequest(
        cohort=cohort.desk.cohort,
        kind=order.kind,
        at=order.at,
        update=update_name(type(command)),
        command=command.model_dump(mode="json"),
        pairings=(*running.launched, "nobody~nobody"),
    )
    again = await ActivityEnvironment().run(Ordering(cohort.client).tell_pairings, request)
    assert (again.obeyed, again.refusals) == (len(alive), ()), "those that ended, or never were, are in neither"
    assert await cohort.store.count() == before, "a repeated order does nothing twice"

    await cohort.desk.send(ResumeCohort(by=COORDINATOR, key="resume"))
    assert (await told(cohort)).stage is CohortStage.RUNNING
    assert [(await pairing(cohort, id)).stage for id in alive] == [Stage.OFFERED] * len(alive)

    amended = running.design.model_copy(update={"version": running.design.version + 1, "title": "Once more"})
    await cohort.desk.send(AmendProgram(by=COORDINATOR, key="amend", design=amended))
    assert (await told(cohort)).design.version == amended.version
    assert [(await pairing(cohort, id)).design for id in alive] == [amended] * len(alive)

    await cohort.desk.send(CancelCohort(by=APPROVER, key="cancel", reason="the budget was withdrawn"))
    cancelled = await told(cohort)
    assert cancelled.stage is CohortStage.CANCELLED
    await cohort.until_its_next_clock(cancelled)
    await when(cohort.handle.describe, lambda found: found.status is WorkflowExecutionStatus.COMPLETED)
    stored = await cohort.store.read(cohort.handle.id)
    last = [event.type for event in stored][-4:]
    assert last == ["CohortCancelled", "OrderCarriedOut", "CohortArchived", "AnswersErased"]
    assert [event.data["obeyed"] for event in stored if event.type == "OrderCarriedOut"] == [len(alive)] * 4
    for id in alive:
        closed = await pairing(cohort, id)
        assert (closed.stage, closed.reason, closed.final) == (Stage.CANCELLED, "cohort_cancelled", True)
    assert (await cohort.runs(running)) == runs_before, "no pairing was started again"
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))
