"""What is decided about a whole cohort reaches its pairings, on the real servers: stop, go on, amend, close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from cuttable_proxy import cuttable
from live_cohort import APPROVER, COORDINATOR, LiveCohort, enrolled_and_matched, living, roster
from live_pairing import histories, just_now, of_type, replay, settings_for, when, working
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment

from activities.launching import LaunchRequest, approved, creation, start_pairing
from activities.ordering import Ordering, OrderRequest
from domain.cohort.amendment import AmendProgram
from domain.cohort.closing import CancelCohort
from domain.cohort.orders import pairing_command
from domain.cohort.state import Cohort, CohortStage, Order, OrderKind
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.pairing.closing import CloseEarly
from domain.pairing.decider import fold, load
from domain.pairing.pausing import Resume
from domain.pairing.state import CloseReason, Hold, Pairing, Stage
from eventstore.records import StoredEvent
from eventstore.store import EventStore
from serving.settings import Settings
from workflows.commands import update_name
from workflows.contract import ORDERS

UPDATE_ACCEPTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED


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
    request = telling(cohort, order, *running.launched, "nobody~nobody")
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


async def test_a_pairing_that_does_not_answer_stops_no_cohort_and_misses_no_order(
    temporal_client: Client, database_url: str, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.ordering.PATIENCE", timedelta(seconds=2))
    async with living(temporal_client, database_url, store) as cohort:
        proposed = await enrolled_and_matched(cohort)
        silent, *others = (planned.pairing for planned in proposed.proposed)
        nobodys = settings_for(database_url)
        async with working(temporal_client, nobodys):
            await begun(cohort, proposed, nobodys)
        await cohort.desk.approve(APPROVER)
        await cohort.launched()

        await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks for time"))
        suspended = await told(cohort)
        (unanswered,) = suspended.refusals
        assert (unanswered.pairing, unanswered.kind, unanswered.waits) == (silent, OrderKind.SUSPEND, True)
        assert [(await pairing(cohort, id)).stage for id in others] == [Stage.PAUSED] * len(others)

        monkeypatch.setattr("activities.ordering.PATIENCE", timedelta(seconds=20))
        await cohort.desk.send(ResumeCohort(by=COORDINATOR, key="resume"))
        for id in others:
            await when(lambda id=id: pairing(cohort, id), lambda found: found.stage is Stage.OFFERED)
        async with working(temporal_client, nobodys):  # it finds both orders in one task
            assert (await told(cohort)).refusals == (), "it has answered since"
            heard = await when(lambda: cohort.store.read(f"pairing/{cohort.desk.cohort}/{silent}"), both)
            orders = [event.type for event in heard if "Cohort" in event.type]
            assert orders == ["SuspendedWithCohort", "ResumedWithCohort"], "in the order in which they were given"
        await replay(await when(lambda: histories(cohort.client, f"pairing/{cohort.desk.cohort}/{silent}")))
        await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def test_nor_does_one_that_has_as_many_updates_waiting_as_the_server_holds(
    temporal_client: Client, database_url: str, cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.ordering.PATIENCE", timedelta(seconds=15))  # the client asks again for ten
    proposed, nobodys = await enrolled_and_matched(cohort), settings_for(database_url)
    async with working(temporal_client, nobodys):
        await begun(cohort, proposed, nobodys)
    silent = proposed.proposed[0].pairing
    others = [asyncio.create_task(asked_in_vain(cohort, silent, number)) for number in range(12)]
    request = telling(cohort, Order(number=1, kind=OrderKind.SUSPEND, at=proposed.since), silent)
    told_it = await ActivityEnvironment().run(Ordering(cohort.client).tell_pairings, request)
    assert [(one.pairing, one.waits) for one in told_it.refusals] == [(silent, True)]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def test_nor_does_one_that_has_taken_the_order_and_never_says_what_came_of_it(
    temporal_client: Client, database_url: str, cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker has no database, then no worker is left: the order is in its history, and carried out once."""
    monkeypatch.setattr("activities.ordering.ANSWERED_WITHIN", timedelta(seconds=3), raising=False)
    proposed, nobodys = await enrolled_and_matched(cohort), settings_for(database_url)
    silent, *others = (planned.pairing for planned in proposed.proposed)
    async with cuttable(database_url) as proxy, working(temporal_client, replace(nobodys, database_url=proxy.url)):
        await begun(cohort, proposed, nobodys)
        await cohort.desk.approve(APPROVER)
        await cohort.launched()
        await proxy.cut()
        await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks"))
        await when(cohort.pairing(silent).fetch_history, lambda found: of_type(found.events, UPDATE_ACCEPTED))
    suspended = await told(cohort)
    assert [(one.pairing, one.kind, one.waits) for one in suspended.refusals] == [(silent, OrderKind.SUSPEND, True)]
    assert [(await pairing(cohort, id)).stage for id in others] == [Stage.PAUSED] * len(others)

    await cohort.desk.send(ResumeCohort(by=COORDINATOR, key="resume"))
    async with working(temporal_client, nobodys):
        assert (await told(cohort)).refusals == (), "it has answered since"
        heard = await when(lambda: cohort.store.read(f"pairing/{proposed.id}/{silent}"), both)
        orders = [event.type for event in heard if "Cohort" in event.type]
        assert orders == ["SuspendedWithCohort", "ResumedWithCohort"], "in the order in which they were given"
    await replay(await when(lambda: histories(cohort.client, f"pairing/{proposed.id}/{silent}")))


def telling(cohort: LiveCohort, order: Order, *pairings: str) -> OrderRequest:
    """The batch in which these pairings get an order."""
    command = pairing_command(order)
    return OrderRequest(
        cohort=cohort.desk.cohort,
        kind=order.kind,
        at=order.at,
        update=update_name(type(command)),
        signal=ORDERS[type(command)],
        command=command.model_dump(mode="json"),
        pairings=pairings,
    )


async def asked_in_vain(cohort: LiveCohort, silent: str, number: int) -> None:
    """Somebody else waits for an answer of that pairing, too."""
    resume = Resume(by=COORDINATOR, key=f"in-vain-{number}")
    await cohort.pairing(silent).execute_update("resume", resume, id=f"in-vain-{number}")


def both(stored: Sequence[StoredEvent]) -> bool:
    return sum("WithCohort" in event.type for event in stored) >= 2


async def begun(cohort: LiveCohort, proposed: Cohort, elsewhere: Settings) -> None:
    """The first pairing's workflow, on another task queue; the launch will find that it runs."""
    request = LaunchRequest(
        cohort=proposed.id,
        design=proposed.design,
        pairs=approved(proposed.proposed[:1]),
        approved_at=just_now(),
        starts_at=just_now(),
    )
    people = {person.id: person for person in roster()}
    await start_pairing(cohort.client, elsewhere.task_queue, creation(request, request.pairs[0], people))
    stream = f"pairing/{cohort.desk.cohort}/{request.pairs[0].pairing}"
    await when(lambda: cohort.store.read(stream), lambda found: len(found) == 2)
