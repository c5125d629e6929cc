"""A cohort stands still, is amended, or ends before its plan: every pairing hears of it, and the past stays."""

from __future__ import annotations

from domain.cohort.amendment import AmendProgram, DesignAmended
from domain.cohort.archiving import CohortArchived
from domain.cohort.closing import CancelCohort, CohortCancelled
from domain.cohort.erasing import RecordErasure
from domain.cohort.orders import OrderCarriedOut
from domain.cohort.state import OrderKind, Refusal
from domain.cohort.suspending import CohortResumed, CohortSuspended, ResumeCohort, SuspendCohort

from ..given import APPROVER, COORDINATOR, ENGINE, Story, an, day, design, running


def a_works_council_stops_the_cohort_for_a_month_and_no_clock_loses_a_day() -> Story:
    story = running(2).when(SuspendCohort, COORDINATOR, on=16, reason="the works council asks for time")
    story.then(an(CohortSuspended)).told(2).then(an(OrderCarriedOut, kind=OrderKind.SUSPEND, obeyed=2))
    assert story.clocks == {}

    story.when(ResumeCohort, COORDINATOR, on=46).then(an(CohortResumed)).told(2)

    assert story.clocks == {"review:1": 51}, "due on day 21, moved by the thirty days"
    return story


def a_longer_program_reaches_the_pairings_and_the_one_that_cannot_follow_is_named() -> Story:
    plan = design(version=2, meetings={"over": "30 weeks"})
    story = running(2).when(AmendProgram, COORDINATOR, on=40, design=plan).then(an(DesignAmended, design=plan))
    stubborn = Refusal(
        pairing="m2-e2", kind=OrderKind.AMEND, at=story.now, reason="this would rewrite the past", order=1
    )

    story.told(1, stubborn).then(an(OrderCarriedOut, kind=OrderKind.AMEND, obeyed=1, refusals=(stubborn,)))

    assert story.state.refusals == (stubborn,)
    return story.refuses(AmendProgram, COORDINATOR, code="rule", saying="version 2 already", design=plan)


def the_budget_is_withdrawn_and_every_pairing_is_closed_with_the_cohort() -> Story:
    story = running(2).when(CancelCohort, APPROVER, on=40, reason="the budget was withdrawn")
    story.then(an(CohortCancelled, closes_pairings=True)).told(2)
    story.refuses(ResumeCohort, COORDINATOR, code="stage")
    story.rings().then(an(CohortArchived, at=day(405)))
    return story.when(RecordErasure, ENGINE, participant=None, people=4)
