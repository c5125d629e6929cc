"""One small cohort on the real servers, from its creation to its headline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from live_pairing import design, histories, replay, settings_for, when, working
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment, TimeSkipper, TimeSkippingConfig

from activities.launching import Launching, LaunchRequest
from domain.cohort.decider import evolve, load
from domain.cohort.enrolment import EnrolParticipants, OpenEnrolment
from domain.cohort.matching import ApproveMatches
from domain.cohort.state import Cohort, CohortStage, Participant
from domain.decider import Actor, Command, Role
from domain.pairing.closing import CloseEarly
from domain.pairing.offer import DeclineOffer
from domain.pairing.state import CloseReason
from domain.roster import BigFive, Person
from eventstore.people import save_people
from eventstore.store import EventStore
from operations.cohorts import CohortDesk
from worker import Settings
from workflows.contract import CohortResult

COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
APPROVER = Actor(role=Role.APPROVER, id="head-of-learning")

NAMES = {
    "p-101": "Zoë Quarrington",
    "p-102": "Ibrahim Featherstonehaugh",
    "p-103": "Matilda Oxenbridge",
    "p-104": "Łukasz Wyrzykowski",
    "p-201": "Gwendolyn Thistlewood",
    "p-202": "Bartholomew Ravensworth",
    "p-203": "Ngozi Adichukwu",
}
"""Four mentors and three mentees: one mentor waits."""


def roster() -> list[Person]:
    return [_person(number, id, name) for number, (id, name) in enumerate(NAMES.items())]


def _person(number: int, id: str, name: str) -> Person:
    junior = id < "p-200"
    traits = BigFive(openness=0.5, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)
    return Person(
        id=id,
        name=name,
        email=f"{name.split()[1].lower()}.{number}@northlight.example",
        role="mentor" if junior else "mentee",
        grade=4 if junior else 14,
        department=("Claims", "Underwriting", "Legal", "Finance")[number % 4],
        site="York",
        country="GB",
        zone="Europe/London",
        birth_year=1998 if junior else 1966,
        skills_offered=frozenset({"python"} if junior else set()),
        skills_wanted=frozenset(set() if junior else {"python"}),
        traits=traits,
    )


@dataclass
class LiveCohort:
    """A cohort's desk, with the clock and the database behind it."""

    desk: CohortDesk
    client: Client
    store: EventStore
    settings: Settings
    skipper: TimeSkipper

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The cohort's workflow, whichever run is current."""
        return self.desk.handle

    async def once(self, stage: CohortStage) -> Cohort:
        """The state as soon as the cohort stands there."""
        return await when(self.desk.state, lambda cohort: cohort.stage is stage)

    async def launched(self) -> Cohort:
        """The state as soon as every pairing runs."""
        found = await when(self._state, lambda cohort: cohort is not None and cohort.launched and not cohort.unlaunched)
        assert found is not None
        return found

    async def _state(self) -> Cohort | None:
        """None while a run that was reset has not come to its first event."""
        try:
            return await self.desk.state()
        except WorkflowQueryFailedError:
            return None

    async def refusal(self, command: Command) -> ApplicationError:
        """Why the command is refused."""
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.desk.send(command)
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause

    def pairing(self, id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of one of its pairings."""
        return self.client.get_workflow_handle(f"pairing/{self.desk.cohort}/{id}")

    async def runs(self, cohort: Cohort) -> dict[str, str | None]:
        """The current run of every pairing."""
        return {id: (await self.pairing(id).describe()).run_id for id in cohort.launched}

    async def pass_a_week(self, cohort: Cohort) -> None:
        """To just behind the next review."""
        now = await self.skipper.get_current_time(self.handle)
        await self.skipper.fast_forward(self.handle, cohort.clocks[0].due - now + timedelta(seconds=1))


@pytest_asyncio.fixture
async def cohort(temporal_client: Client, database_url: str, store: EventStore) -> AsyncIterator[LiveCohort]:
    """A cohort that has been created and not opened, and a worker for it and its pairings."""
    settings = settings_for(database_url)
    skipper = TimeSkipper(temporal_client, config=TimeSkippingConfig(enabled=False))
    desk = CohortDesk(skipper.client, f"autumn-{uuid4().hex[:8]}", COORDINATOR, settings.task_queue)
    async with working(temporal_client, settings):
        await desk.create(design(), seed=7)
        yield LiveCohort(desk, skipper.client, store, settings, skipper)


async def enrolled_and_matched(cohort: LiveCohort) -> Cohort:
    await cohort.desk.enrol(cohort.store, roster())
    return await cohort.once(CohortStage.REVIEW)


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
    await cohort.pass_a_week(running)
    reviewed = await when(cohort.desk.state, lambda state: state.reviews == 1)
    assert (reviewed.funnel.launched, reviewed.funnel.ended_otherwise) == (3, 1)
    assert reviewed.stage is CohortStage.RUNNING
    timers = [
        e async for e in cohort.handle.fetch_history_events() if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]
    assert b"review of week 2" in timers[-1].user_metadata.summary.data

    for id in others:
        closing = CloseEarly(by=COORDINATOR, key="close", reason=CloseReason.NOT_WORKING)
        await cohort.pairing(id).execute_update("close_early", closing)
    await cohort.pass_a_week(reviewed)
    result = await cohort.client.get_workflow_handle(cohort.handle.id, result_type=CohortResult).result()
    stored = await cohort.store.read(cohort.handle.id)
    assert result == CohortResult(outcome="CLOSED", pairings=3, events=len(stored))
    closed = load(stored[-1].data, stored[-1].schema_version)
    assert closed.type == "CohortClosed"
    assert await cohort.desk.state() == await _folded(cohort)
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def _folded(cohort: LiveCohort) -> Cohort:
    state: Cohort | None = None
    for event in await cohort.store.read(cohort.handle.id):
        state = evolve(state, load(event.data, event.schema_version))
    assert state is not None
    return state


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
    await cohort.pairing(one).execute_update(
        "close_early", CloseEarly(by=COORDINATOR, key="close", reason=CloseReason.LEAVE)
    )
    await cohort.pairing(one).result()
    runs, events = await cohort.runs(running), await cohort.store.count()

    assert running.approved_at is not None
    assert running.starts_at is not None
    request = LaunchRequest(
        cohort=cohort.desk.cohort,
        design=running.design,
        pairs=proposed.proposed,
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
    await cohort.pass_a_week(running)
    await when(cohort.desk.state, lambda state: state.reviews == 1)


async def test_no_name_and_no_address_leaves_the_person_table(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    for id in running.launched:
        await when(lambda id=id: cohort.store.read(f"pairing/{cohort.desk.cohort}/{id}"), lambda found: len(found) == 2)
    await cohort.pass_a_week(running)
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


async def test_a_cancelled_cohort_is_ended_in_the_record_first(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.handle.cancel()
    await when(cohort.handle.describe, lambda found: found.status is WorkflowExecutionStatus.CANCELED)
    assert (await cohort.store.read(cohort.handle.id))[-1].type == "CohortCancelled"
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))
