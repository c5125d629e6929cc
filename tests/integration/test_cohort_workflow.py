"""One small cohort on the real servers, from its creation to its headline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from live_cohort import APPROVER, COORDINATOR, NAMES, LiveCohort, enrolled_and_matched, living, roster
from live_pairing import histories, replay, when
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
)
from temporalio.testing import ActivityEnvironment

from activities import matching, reviewing
from activities.launching import Launching, LaunchRequest, approved
from domain.cohort.enrolment import EnrolParticipants, OpenEnrolment
from domain.cohort.matching import ApproveMatches
from domain.cohort.overriding import PinPair
from domain.cohort.state import Cohort, CohortStage, Participant
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.decider import Actor, Role
from domain.pairing.closing import ReportLeaver
from domain.pairing.offer import DeclineOffer
from domain.pairing.state import Pairing
from eventstore.people import people, save_people
from eventstore.store import EventStore
from operations.reconciling import reconcile
from workflows.contract import CohortResult

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def cohort(temporal_client: Client, database_url: str, store: EventStore) -> AsyncIterator[LiveCohort]:
    """A cohort that has been created and not opened."""
    async with living(temporal_client, database_url, store) as alive:
        yield alive


async def test_from_creation_to_the_headline(cohort: LiveCohort) -> None:
    proposed = await enrolled_and_matched(cohort)
    assert (len(proposed.proposed), len(proposed.participants)) == (3, 7)
    assert {pair.pair.mentee for pair in proposed.proposed} == {"p-201", "p-202", "p-203"}

    wrong_role = ApproveMatches(by=COORDINATOR, key="approve-anyway")
    history = len([event async for event in cohort.handle.fetch_history_events()])
    assert (await cohort.refusal(wrong_role)).type == "Rejected:role"
    assert len([event async for event in cohort.handle.fetch_history_events()]) == history
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    assert (running.approved_by, running.stage) == ("head-of-learning", CohortStage.RUNNING)
    assert sorted(running.launched) == sorted(pair.pairing for pair in running.proposed)

    one, *others = running.launched
    declining = Actor(role=Role.MENTEE, id=next(p.pair.mentee for p in running.proposed if p.pairing == one))
    await when(lambda: cohort.store.read(f"pairing/{cohort.desk.cohort}/{one}"), lambda stream: len(stream) == 2)
    await cohort.pairing(one).execute_update("decline_offer", DeclineOffer(by=declining, key="no"))
    await cohort.until_its_next_clock(running)
    reviewed = await when(cohort.desk.state, lambda state: state.reviews == 1)
    assert (reviewed.funnel.launched, reviewed.funnel.ended_otherwise) == (3, 1)
    assert reviewed.stage is CohortStage.RUNNING
    timers = [
        e async for e in cohort.handle.fetch_history_events() if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]
    assert b"review of week 2" in timers[-1].user_metadata.summary.data

    for id in others:
        await leave(cohort, running, id)
    await cohort.until_its_next_clock(reviewed)
    closed = await cohort.once(CohortStage.CLOSED)
    assert closed.headline is not None
    for _ in closed.clocks:
        await cohort.until_its_next_clock(await cohort.desk.state())
    result = await cohort.client.get_workflow_handle(cohort.handle.id, result_type=CohortResult).result()
    stored = await cohort.store.read(cohort.handle.id)
    assert result == CohortResult(outcome="ARCHIVED", pairings=3, events=len(stored))
    assert [event.type for event in stored][-4:] == ["CohortClosed", "FollowUpDue", "CohortArchived", "AnswersErased"]
    assert await people(cohort.store, cohort.desk.cohort) == [], "an archived cohort keeps no name and no address"
    assert await cohort.desk.state() == await cohort.folded()
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def leave(cohort: LiveCohort, running: Cohort, id: str) -> None:
    """The mentee has left the company: the pairing ends for good."""
    leaver = next(planned.pair.mentee for planned in running.proposed if planned.pairing == id)
    gone = ReportLeaver(by=Actor(role=Role.SERVICE, id="hr"), key="left", participant=leaver, leaves_at=LONG_AGO)
    await cohort.pairing(id).execute_update("report_leaver", gone)


async def test_a_large_cohort_travels_compressed_to_its_next_run_and_to_who_asks(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.packing.PACKED_FROM", 100)
    monkeypatch.setattr("workflows.engine.HISTORY_AT_MOST", 30)
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    await cohort.launched()
    runs = await when(lambda: histories(cohort.client, cohort.handle.id), lambda found: len(found) > 1)
    assert all(b'"packed"' in run.events[0].SerializeToString() for run in runs[:-1]), (
        "the first run began with nothing"
    )
    raw = await cohort.handle.query("state")
    assert list(raw) == ["packed"]
    assert await cohort.desk.state() == await cohort.folded()
    await replay(runs)


async def test_while_a_review_is_read_the_cohort_obeys_and_a_suspension_stops_it(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of thousands of pairings that takes a while; of one that only a newer release can read, as long as it takes."""
    begun = asyncio.Event()

    async def without_end(*_: object) -> AsyncIterator[Pairing]:
        begun.set()
        await asyncio.Event().wait()
        yield  # type: ignore[misc]

    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    with monkeypatch.context() as slow:
        slow.setattr(reviewing, "folded_pairings", without_end)
        await cohort.until_its_next_clock(running)
        await asyncio.wait_for(begun.wait(), 30)
        why = "the works council asks for time"
        async with asyncio.timeout(30):
            await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason=why))
        assert (await when(cohort.desk.state, lambda state: not state.orders)).reviews == 0
    await cohort.desk.send(ResumeCohort(by=COORDINATOR, key="resume"))
    await when(cohort.desk.state, lambda state: state.reviews == 1)
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def test_a_command_whose_facts_cannot_be_read_is_refused_and_holds_nobody_up(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a roster that only a newer release can read."""
    monkeypatch.setattr("workflows.cohort.GATHERED_WITHIN", timedelta(seconds=2))
    await enrolled_and_matched(cohort)

    def unreadable(*_: object) -> None:
        raise LookupError("a person of a newer release")

    pin = PinPair(by=COORDINATOR, key="pin", mentor="p-101", mentee="p-202", reason="they asked for each other")
    with monkeypatch.context() as newer:
        newer.setattr(matching, "people", unreadable)
        async with asyncio.timeout(30):
            refused = await cohort.refusal(pin)
        assert refused.type == "Rejected:unavailable"
        await cohort.desk.approve(APPROVER)
    await cohort.launched()
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def test_nobody_enrols_twice(cohort: LiveCohort) -> None:
    await cohort.desk.send(OpenEnrolment(by=COORDINATOR, key="open"))
    ada, bo = Participant(id="p-101", role="mentor"), Participant(id="p-201", role="mentee")
    await cohort.desk.send(EnrolParticipants(by=COORDINATOR, key="first", participants=(ada,)))
    refusal = await cohort.refusal(EnrolParticipants(by=COORDINATOR, key="second", participants=(bo, ada)))
    assert (refusal.type, refusal.message) == ("Rejected:duplicate", "enrolled already or listed twice: p-101")
    twice = await cohort.refusal(EnrolParticipants(by=COORDINATOR, key="third", participants=(bo, bo)))
    assert twice.type == "Rejected:duplicate"
    assert (await cohort.desk.state()).participants == (ada,)
    repeated = await cohort.desk.send(EnrolParticipants(by=COORDINATOR, key="first", participants=(ada,)))
    assert repeated.duplicate


async def test_a_repeated_launch_starts_nothing_twice(cohort: LiveCohort) -> None:
    proposed = await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    one = running.launched[0]
    for id in running.launched:
        await when(lambda id=id: cohort.store.read(f"pairing/{cohort.desk.cohort}/{id}"), lambda found: len(found) == 2)
    await leave(cohort, running, one)
    await cohort.pairing(one).result()
    runs, events = await cohort.runs(running), await cohort.store.count()
    leaver = next(planned.pair.mentee for planned in running.proposed if planned.pairing == one)
    await cohort.store.erase_person(cohort.desk.cohort, leaver)

    assert running.approved_at is not None
    assert running.starts_at is not None
    request = LaunchRequest(
        cohort=cohort.desk.cohort,
        design=running.design,
        pairs=approved(proposed.proposed),
        approved_at=running.approved_at,
        starts_at=running.starts_at,
    )
    launching = Launching(cohort.client, cohort.store, cohort.settings.task_queue)
    again = [ActivityEnvironment().run(launching.launch_pairings, request) for _ in range(2)]
    assert [sorted(found) for found in await asyncio.gather(*again)] == [sorted(running.launched)] * 2
    assert await cohort.runs(running) == runs
    assert await cohort.store.count() == events


async def test_a_cohort_that_is_reset_takes_over_what_was_stored_and_starts_nothing_twice(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    runs, stored = await cohort.runs(running), await cohort.store.read(cohort.handle.id)
    completed = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    tasks = [event.event_id async for event in cohort.handle.fetch_history_events() if event.event_type == completed]
    run = (await cohort.handle.describe()).run_id
    for task in tasks:  # wherever an operator may reset it to
        await cohort.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=cohort.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=cohort.handle.id, run_id=run),
                reason="a test",
                workflow_task_finish_event_id=task,
                request_id=uuid4().hex,
                reset_reapply_type=ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
            )
        )
        assert await cohort.launched() == running
        assert (await cohort.handle.describe()).status is WorkflowExecutionStatus.RUNNING
        assert await cohort.store.read(cohort.handle.id) == stored
        assert await cohort.runs(running) == runs
    await cohort.until_its_next_clock(running)
    await when(cohort.desk.state, lambda state: state.reviews == 1)


async def test_no_name_and_no_address_leaves_the_person_table(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    for id in running.launched:
        await when(lambda id=id: cohort.store.read(f"pairing/{cohort.desk.cohort}/{id}"), lambda found: len(found) == 2)
    await cohort.until_its_next_clock(running)
    await when(cohort.desk.state, lambda state: state.reviews == 1)

    ids = [cohort.handle.id, *(cohort.pairing(id).id for id in running.launched)]
    everything = await _database(cohort.store, "event") + await _database(cohort.store, "message")
    for id in ids:
        [history] = await when(lambda id=id: histories(cohort.client, id))
        description = (await cohort.client.get_workflow_handle(id).describe()).raw_description
        everything += b"".join(event.SerializeToString() for event in history.events) + description.SerializeToString()

    assert all(id.encode() in everything for id in NAMES), "the search finds what is there"
    for person in roster():
        for private in (person.name, *person.name.split(), person.email):
            for spelled in (private, private.encode("unicode_escape").decode()):
                assert spelled.lower().encode() not in everything.lower(), spelled


async def _database(store: EventStore, table: str) -> bytes:
    """Every row of the table as the database would print it."""
    async with store.transaction() as connection:
        rows = await connection.fetch(f"select row(t.*)::text as line from pairloom.{table} t")
    assert rows
    return "\n".join(row["line"] for row in rows).encode()


async def test_the_matching_sees_nobody_who_is_not_enrolled(cohort: LiveCohort) -> None:
    people = roster()
    await save_people(cohort.store, cohort.desk.cohort, people)
    await cohort.desk.enrol(cohort.store, [person for person in people if person.id != "p-203"])
    proposed = await cohort.once(CohortStage.REVIEW)
    assert {pair.pair.mentee for pair in proposed.proposed} == {"p-201", "p-202"}


async def test_a_cancelled_cohort_is_ended_in_the_record_first_and_archived_in_the_end(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.handle.cancel()
    await when(cohort.handle.describe, lambda found: found.status is WorkflowExecutionStatus.CANCELED)
    assert (await cohort.store.read(cohort.handle.id))[-1].type == "CohortCancelled"
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))

    queue = cohort.settings.task_queue
    again = [one async for one in reconcile(cohort.client, cohort.store, queue, cohort=cohort.desk.cohort)]
    assert [(one.stream, one.status, one.repaired) for one in again] == [(cohort.handle.id, "canceled", True)]
    await cohort.until_its_next_clock(await cohort.desk.state())
    await when(cohort.handle.describe, lambda found: found.status is WorkflowExecutionStatus.COMPLETED)
    last = [event.type for event in await cohort.store.read(cohort.handle.id)][-3:]
    assert last == ["CohortCancelled", "CohortArchived", "AnswersErased"]
    assert await people(cohort.store, cohort.desk.cohort) == []
