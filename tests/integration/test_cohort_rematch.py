"""Pairs that are made later or by hand, on the real servers: re-matches, late joiners, overrides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio
from live_cohort import APPROVER, COORDINATOR, LiveCohort, enrolled_and_matched, living, roster
from live_pairing import design, histories, replay, when
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.cohort.overriding import PinPair, SwapMentees
from domain.cohort.rematch import ApproveRematches
from domain.cohort.shorter_plan import plan_of
from domain.cohort.state import Participant
from domain.cohort.trail import ViewHistory
from domain.cohort.waiting import JoinLate, LeaveWaitingList, RequestRematch
from domain.decider import Actor, Role
from domain.pairing.closing import ReportLeaver
from domain.pairing.decider import fold
from domain.pairing.decider import load as load_pairing
from eventstore.people import save_people
from eventstore.store import EventStore

AUDITOR = Actor(role=Role.AUDITOR, id="audit")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def cohort(temporal_client: Client, database_url: str, store: EventStore) -> AsyncIterator[LiveCohort]:
    """A cohort that has been created and not opened."""
    plan = design(rematch={"least_left": "4 weeks"})
    async with living(temporal_client, database_url, store, plan) as alive:
        yield alive


async def test_a_survivor_gets_a_late_joiner_by_a_linked_pairing_with_a_shorter_plan(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    (left_over,) = running.waiting
    await cohort.desk.send(LeaveWaitingList(by=COORDINATOR, key="not-any-more", participant=left_over.person))

    gone = running.proposed[0]
    wish = RequestRematch(by=COORDINATOR, key="rematch", participant=gone.pair.mentor, pairing=gone.pairing)
    refused = await cohort.refusal(wish)
    assert (refused.type, "close it first" in refused.message) == ("Rejected:rule", True)

    by = Actor(role=Role.SERVICE, id="hr")
    leaver = ReportLeaver(by=by, key="left", participant=gone.pair.mentee, leaves_at=LONG_AGO)
    await cohort.pairing(gone.pairing).execute_update("report_leaver", leaver)
    await cohort.desk.send(wish.model_copy(update={"key": "rematch-2"}))
    late = roster()[-1].model_copy(update={"id": "p-299", "email": "late@northlight.example"})
    await save_people(cohort.store, cohort.desk.cohort, [late])
    newcomer = Participant(id=late.id, role=late.role)
    await cohort.desk.send(JoinLate(by=COORDINATOR, key="late", participants=(newcomer,)))

    proposed = await when(cohort.desk.state, lambda state: bool(state.rematches))
    (pair,) = proposed.rematches
    assert (pair.people, pair.replaces) == ((gone.pair.mentor, "p-299"), gone.pairing)
    both = (ApproveRematches(by=APPROVER, key=key, pairings=(pair.pairing,)) for key in ("one", "other"))
    answers = await asyncio.gather(*(cohort.desk.send(one) for one in both), return_exceptions=True)
    (told,) = [answer for answer in answers if isinstance(answer, WorkflowUpdateFailedError)]
    assert isinstance(told.cause, ApplicationError)
    assert (len(answers), told.cause.type) == (2, "Rejected:unknown"), "one wins, the other is told"
    launched = await when(cohort.desk.state, lambda state: pair.pairing in state.launched)

    stream = f"pairing/{cohort.desk.cohort}/{pair.pairing}"
    stored = await when(lambda: cohort.store.read(stream), lambda found: bool(found))
    created = fold(load_pairing(event.data, event.schema_version) for event in stored)
    assert created.replaces == gone.pairing
    assert created.design == plan_of(launched, launched.proposed[-1])
    assert created.design.meetings.over <= launched.design.meetings.over
    assert launched == await cohort.folded()
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def test_a_proposal_is_corrected_by_hand_and_made_anew(cohort: LiveCohort) -> None:
    proposed = await enrolled_and_matched(cohort)
    one, other = proposed.proposed[:2]
    why = "they asked for each other"
    close = roster()[0].model_copy(update={"id": "p-300", "grade": 13, "email": "close@northlight.example"})
    await save_people(cohort.store, cohort.desk.cohort, [close.model_copy(update={"id": one.pair.mentor})])
    barred = PinPair(by=COORDINATOR, key="barred", mentor=one.pair.mentor, mentee=other.pair.mentee, reason=why)
    refused = await cohort.refusal(barred)
    assert (refused.type, "seniority gap" in refused.message) == ("Rejected:rule", True)

    await save_people(cohort.store, cohort.desk.cohort, roster())
    await cohort.desk.send(SwapMentees(by=COORDINATOR, key="swap", one=one.pairing, other=other.pairing, reason=why))
    again = await when(cohort.desk.state, lambda state: state.match_runs == 2)
    pairs = {planned.people for planned in again.proposed}
    assert {(one.pair.mentor, other.pair.mentee), (other.pair.mentor, one.pair.mentee)} <= pairs
    assert len(pairs) == len(proposed.proposed)

    audit = ViewHistory(by=AUDITOR, key="look", stream=cohort.handle.id, purpose="the yearly audit")
    assert (await cohort.desk.send(audit)).events == ("HistoryViewed",)
    await cohort.desk.approve(APPROVER)
    assert len((await cohort.launched()).launched) == 3
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))
