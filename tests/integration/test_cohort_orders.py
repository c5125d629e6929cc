"""What is decided about a whole cohort reaches its pairings, on the real servers: stop, go on, amend, close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from cuttable_proxy import cuttable
from live_cohort import APPROVER, COORDINATOR, LiveCohort, enrolled_and_matched, living, roster
from live_pairing import histories, just_now, of_type, replay, settings_for, when, working
from live_release import make_current, own_namespace, release
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import RawValue, VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities import launching
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
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import CloseReason, Hold, Pairing, Stage
from embedded.ground import Ground
from eventstore.records import StoredEvent
from eventstore.store import EventStore
from operations.reconciling import reconcile
from serving.settings import Settings
from workflows.cohort_orders import order_request
from workflows.contract import ORDERS

SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
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
    request = telling(cohort, order, *running.launched)
    again = await ActivityEnvironment().run(ordering(cohort).tell_pairings, request)
    assert (again.obeyed, again.refusals) == (len(alive), ()), "those that ended are in neither"
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

        monkeypatch.setattr("activities.ordering.PATIENCE", timedelta(seconds=10))
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
    proposed, silent, _ = await silenced(temporal_client, database_url, cohort)
    others = [asyncio.create_task(asked_in_vain(cohort, silent, number)) for number in range(12)]
    request = telling(cohort, Order(number=1, kind=OrderKind.SUSPEND, at=proposed.since), silent)
    told_it = await ActivityEnvironment().run(ordering(cohort).tell_pairings, request)
    assert [(one.pairing, one.waits) for one in told_it.refusals] == [(silent, True)]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def test_more_refusals_than_one_command_may_store_are_recorded_in_parts(
    temporal_client: Client, cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of thousands of pairings whose worker's version is gone."""
    monkeypatch.setattr("activities.ordering.PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr("domain.cohort.orders.REFUSALS_AT_ONCE", 2)
    monkeypatch.setattr(launching, "start_pairing", in_a_queue_without_a_worker(launching.start_pairing))
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    silent = (await cohort.launched()).launched
    with monkeypatch.context() as small:
        small.setattr("workflows.engine.BYTES_AT_ONCE", 700)
        await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks for time"))
        await when(lambda: reports(cohort), lambda found: found == [(0, 2, True), (0, 1, False)])
    suspended = await told(cohort)
    assert {one.pairing for one in suspended.refusals} == set(silent)
    assert {one.order for one in suspended.refusals} == {1}
    await cohort.until_its_next_clock(suspended)
    await when(lambda: reports(cohort), lambda found: found[2:] == [(1, 2, True), (1, 1, False)])
    assert (await told(cohort)).refusals == suspended.refusals, "asked again, and silent again"
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def reports(cohort: LiveCohort) -> list[tuple[object, int, object]]:
    """Of orders carried out: for which time, how many refusals, and whether more follow."""
    stored = [event.data for event in await cohort.store.read(cohort.handle.id) if event.type == "OrderCarriedOut"]
    return [(data["again"], len(data["refusals"]), data["more"]) for data in stored]


def in_a_queue_without_a_worker(really: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def start(client: Client, task_queue: str, create: CreatePairing) -> None:
        await really(client, f"no-{task_queue}", create)

    return start


async def test_nor_does_one_that_has_taken_the_order_and_never_says_what_came_of_it(
    temporal_client: Client, database_url: str, cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker has no database, then no worker is left: the order is in its history, and carried out once."""
    monkeypatch.setattr("activities.ordering.ANSWERED_WITHIN", timedelta(seconds=3))
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


async def test_a_pairing_that_temporal_has_lost_is_suspended_with_its_cohort_once_it_is_started_again(
    cohort: LiveCohort,
) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    lost, *others = (await cohort.launched()).launched
    await when(lambda: cohort.store.read(f"pairing/{cohort.desk.cohort}/{lost}"), lambda found: len(found) == 2)
    await cohort.pairing(lost).terminate("by mistake")
    await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks for time"))
    suspended = await told(cohort)
    assert [(one.pairing, one.waits) for one in suspended.refusals] == [(lost, True)]
    assert "`pairloom reconcile`" in suspended.refusals[0].reason

    queue = cohort.settings.task_queue
    again = [one async for one in reconcile(cohort.client, cohort.store, queue, cohort=cohort.desk.cohort)]
    assert [one.stream for one in again] == [cohort.pairing(lost).id]
    await cohort.until_its_next_clock(suspended)
    asked = await when(cohort.desk.state, lambda state: not state.refusals)
    assert (asked.stage, asked.clocks, asked.unanswered) == (CohortStage.SUSPENDED, (), ())
    for id in (lost, *others):
        assert (await pairing(cohort, id)).stage is Stage.PAUSED
    orders = [event for event in await cohort.store.read(cohort.handle.id) if event.type == "OrderCarriedOut"]
    assert [(event.data["again"], event.data["obeyed"]) for event in orders] == [(0, len(others)), (1, 1)]
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def test_orders_that_a_silent_pairing_finds_are_carried_out_in_their_order(
    temporal_client: Client, database_url: str, cohort: LiveCohort
) -> None:
    """An update goes before the signals of its workflow task: the last order must not come before the first."""
    proposed, silent, nobodys = await silenced(temporal_client, database_url, cohort)
    kinds = (OrderKind.SUSPEND, OrderKind.RESUME, OrderKind.SUSPEND)
    first, second, third = (Order(number=n, kind=kind, at=proposed.since) for n, kind in enumerate(kinds, start=1))
    for command in map(pairing_command, (first, second)):
        await cohort.pairing(silent).signal(ORDERS[type(command)], command)
    request = telling(cohort, third, silent).model_copy(update={"behind": (silent,)})
    telling_it = asyncio.create_task(ActivityEnvironment().run(ordering(cohort).tell_pairings, request))
    await when(
        lambda: cohort.pairing(silent).fetch_history(), lambda found: len(of_type(found.events, SIGNALED)) == len(kinds)
    )
    async with working(temporal_client, nobodys):
        told_it = await telling_it
        assert (told_it.obeyed, told_it.refusals) == (1, ())
    stored = await cohort.store.read(f"pairing/{proposed.id}/{silent}")
    assert [event.type for event in stored if "Cohort" in event.type] == [
        "SuspendedWithCohort",
        "ResumedWithCohort",
        "SuspendedWithCohort",
    ]


@workflow.defn(name="PairingWorkflow", sandboxed=False)
class OfAnEarlierRelease:
    """A pairing that cannot read the order, and moves on as soon as it is touched and there is a newer release."""

    @workflow.run
    async def run(self, given: dict[str, Any]) -> None:
        await workflow.wait_condition(lambda: workflow.info().is_target_worker_deployment_version_changed())
        newer = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
        workflow.continue_as_new(given, initial_versioning_behavior=newer)

    @workflow.signal(dynamic=True)
    async def any_other_signal(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Counted as ignored, in a real one."""

    @workflow.update(name="suspend_with_cohort")
    async def suspend(self, order: dict[str, Any]) -> None:
        """Refused before it begins."""

    @suspend.validator
    def cannot_read(self, order: dict[str, Any]) -> None:
        raise TypeError("a field that this release does not know")


async def test_an_order_that_a_pairing_does_not_understand_waits_and_holds_nobody_up(
    ground: Ground, database_url: str, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.ordering.HANDED_OVER_WITHIN", (0.1, 0.1))
    client = await own_namespace(ground.temporal_address)
    async with living(client, database_url, store) as cohort:
        proposed = await enrolled_and_matched(cohort)
        older, *others = (planned.pairing for planned in proposed.proposed)
        nobodys = settings_for(database_url)
        async with Worker(client, task_queue=nobodys.task_queue, workflows=[OfAnEarlierRelease]):
            await launched_by(cohort, proposed, nobodys)
            await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks"))
            suspended = await told(cohort)
        assert [(one.pairing, one.waits) for one in suspended.refusals] == [(older, True)]
        assert "version" in suspended.refusals[0].reason
        assert [(await pairing(cohort, id)).stage for id in others] == [Stage.PAUSED] * len(others)


async def test_a_pairing_that_an_order_wakes_up_understands_it_in_the_newer_release(
    ground: Ground, database_url: str, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.ordering.HANDED_OVER_WITHIN", (2.0,) * 10)  # the server hears of a release late
    client = await own_namespace(ground.temporal_address)
    async with living(client, database_url, store) as cohort:
        proposed, nobodys = await enrolled_and_matched(cohort), settings_for(database_url)
        earlier = WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(deployment_name="pairloom", build_id="1.0.0"),
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.PINNED,
        )
        old = Worker(client, task_queue=nobodys.task_queue, workflows=[OfAnEarlierRelease], deployment_config=earlier)
        async with old:
            await make_current(client, "1.0.0")
            await launched_by(cohort, proposed, nobodys)
            older = cohort.pairing(proposed.proposed[0].pairing)
            await when(older.fetch_history, lambda found: of_type(found.events, TASK_COMPLETED))
            async with working(client, release(nobodys, "2.0.0")):
                await make_current(client, "2.0.0")
                await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks"))
                assert (await told(cohort)).refusals == ()
        for planned in proposed.proposed:
            assert (await pairing(cohort, planned.pairing)).stage is Stage.PAUSED


async def launched_by(cohort: LiveCohort, proposed: Cohort, elsewhere: Settings) -> None:
    """The whole cohort, of which the first pairing is another task queue's, and has not come to any event there."""
    request = launching_of(proposed)
    people = {person.id: person for person in roster()}
    await start_pairing(cohort.client, elsewhere.task_queue, creation(request, request.pairs[0], people))
    await cohort.desk.approve(APPROVER)
    await cohort.launched()


def ordering(cohort: LiveCohort) -> Ordering:
    """What tells pairings."""
    return Ordering(cohort.client, cohort.store)


async def silenced(client: Client, database_url: str, cohort: LiveCohort) -> tuple[Cohort, str, Settings]:
    """The proposal, and its first pairing: that has begun, and its own worker is gone."""
    proposed, nobodys = await enrolled_and_matched(cohort), settings_for(database_url)
    async with working(client, nobodys):
        await begun(cohort, proposed, nobodys)
    return proposed, proposed.proposed[0].pairing, nobodys


def telling(cohort: LiveCohort, order: Order, *pairings: str) -> OrderRequest:
    """The batch in which these pairings get an order."""
    return order_request(cohort.desk.cohort, order, pairing_command(order), pairings)


async def test_nor_does_one_whose_update_the_server_gives_up(
    temporal_client: Client, database_url: str, cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does now and then with updates that no worker comes for, in the words in which it says so."""
    proposed, silent, _ = await silenced(temporal_client, database_url, cohort)

    async def aborted(*_: object, **__: object) -> None:
        raise RPCError("workflow update was aborted", RPCStatusCode.UNAVAILABLE, b"")

    monkeypatch.setattr(WorkflowHandle, "start_update", aborted)
    request = telling(cohort, Order(number=1, kind=OrderKind.SUSPEND, at=proposed.since), silent)
    told_it = await ActivityEnvironment().run(ordering(cohort).tell_pairings, request)
    assert [(one.pairing, one.waits) for one in told_it.refusals] == [(silent, True)]
    assert len(of_type((await cohort.pairing(silent).fetch_history()).events, SIGNALED)) == 1


async def test_a_batch_that_is_cancelled_tells_nobody_anything_more(
    temporal_client: Client, database_url: str, cohort: LiveCohort
) -> None:
    """As when the worker stops: the SDK answers a cancelled call with an error of its own."""
    proposed, silent, _ = await silenced(temporal_client, database_url, cohort)
    request = telling(cohort, Order(number=1, kind=OrderKind.SUSPEND, at=proposed.since), silent)
    telling_it = asyncio.create_task(ActivityEnvironment().run(ordering(cohort).tell_pairings, request))
    await when(cohort.pairing(silent).describe, lambda found: found.raw_description.HasField("pending_workflow_task"))
    telling_it.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling_it
    assert not of_type((await cohort.pairing(silent).fetch_history()).events, SIGNALED)


async def asked_in_vain(cohort: LiveCohort, silent: str, number: int) -> None:
    """Somebody else waits for an answer of that pairing, too."""
    resume = Resume(by=COORDINATOR, key=f"in-vain-{number}")
    await cohort.pairing(silent).execute_update("resume", resume, id=f"in-vain-{number}")


def both(stored: Sequence[StoredEvent]) -> bool:
    return sum("WithCohort" in event.type for event in stored) >= 2


async def begun(cohort: LiveCohort, proposed: Cohort, elsewhere: Settings) -> None:
    """The first pairing's workflow, on another task queue; the launch will find that it runs."""
    request = launching_of(proposed)
    people = {person.id: person for person in roster()}
    await start_pairing(cohort.client, elsewhere.task_queue, creation(request, request.pairs[0], people))
    stream = f"pairing/{cohort.desk.cohort}/{request.pairs[0].pairing}"
    await when(lambda: cohort.store.read(stream), lambda found: len(found) == 2)


def launching_of(proposed: Cohort) -> LaunchRequest:
    """The launch of the first pair alone."""
    return LaunchRequest(
        cohort=proposed.id,
        design=proposed.design,
        pairs=approved(proposed.proposed[:1]),
        approved_at=just_now(),
        starts_at=just_now(),
    )
