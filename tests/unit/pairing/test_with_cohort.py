"""A suspended cohort stops its pairings at whatever stage; each goes on with the time that it had left."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.closing import CloseEarly, PairingClosedEarly, RequestExit
from domain.pairing.conflict import ReportReportingLine
from domain.pairing.leave import ReportLeave
from domain.pairing.meetings import LogMeeting, MeetingCancelled
from domain.pairing.offer import AcceptOffer
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason, Stage
from domain.pairing.with_cohort import ResumedWithCohort, ResumeWithCohort, SuspendedWithCohort, SuspendWithCohort

from .given import (
    COHORT,
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    an,
    day,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
    with_a_meeting,
)


@pytest.mark.parametrize(
    "beginning", [proposed, offered, in_training, in_goal_setting, in_meetings, in_evaluation, paused]
)
def test_a_pairing_goes_on_where_it_was_with_the_time_that_it_had_left(beginning: type[Story]) -> None:
    story = beginning()
    began = (story.now - day(0)).days
    stage, clocks = story.stage, story.clocks
    through = {name for name in clocks if name.startswith("pause.")}

    story.when(SuspendWithCohort, COHORT).then(an(SuspendedWithCohort))
    assert (story.stage, set(story.clocks)) == (Stage.PAUSED, through)
    story.when(ResumeWithCohort, COHORT, on=began + 7).then(an(ResumedWithCohort, runs=stage is not Stage.PAUSED))

    assert story.stage is stage
    assert story.clocks == {name: due + (0 if name in through else 7) for name, due in clocks.items()}


def test_what_is_booked_is_cancelled_by_the_program() -> None:
    story = with_a_meeting(starts=20).when(SuspendWithCohort, COHORT, on=10)

    story.then(an(MeetingCancelled, number=1, side=None), an(SuspendedWithCohort))


def test_an_order_that_comes_again_changes_nothing() -> None:
    story = in_meetings().refuses(ResumeWithCohort, COHORT, code="duplicate")
    story.when(SuspendWithCohort, COHORT).refuses(SuspendWithCohort, COHORT, code="duplicate")


@pytest.mark.parametrize("by", [COORDINATOR, SERVICE, MENTOR], ids=lambda by: f"{by.role.value} {by.id}")
def test_nobody_but_the_cohort_orders_it(by: Actor) -> None:
    in_meetings().refuses(SuspendWithCohort, by, code="role")
    in_meetings().when(SuspendWithCohort, COHORT).refuses(ResumeWithCohort, by, code="role")
    in_meetings().refuses(CloseEarly, by, code="role", reason="cohort_cancelled")


def test_an_order_of_long_ago_takes_effect_where_it_can() -> None:
    story = in_meetings().until(100)

    story.when(SuspendWithCohort, COHORT, at=day(1))

    assert story.latest[-1].at == story.state.as_of >= day(90)


def test_the_other_holds_go_on_beside_it() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason=PauseReason.OTHER, until=day(20))
    story.when(SuspendWithCohort, COHORT, on=12).rings("pause.end")
    assert story.stage is Stage.PAUSED
    story.refuses(
        Resume, COORDINATOR, code="rule", saying="rests with its cohort, until `pairloom cohort resume spring`"
    )

    story.when(ResumeWithCohort, COHORT, on=25).then(an(ResumedWithCohort, runs=True))
    assert story.stage is Stage.MEETING


def test_an_offer_under_a_suspension_is_neither_accepted_nor_left_by_an_exit_nor_met() -> None:
    story = offered().when(SuspendWithCohort, COHORT)

    story.refuses(AcceptOffer, MENTOR, code="stage")
    story.refuses(RequestExit, MENTEE, code="stage", saying="decline the offer")
    story.refuses(LogMeeting, MENTEE, code="stage", held_at=day(-1), minutes=60)


def test_the_days_before_the_program_are_none_of_its_rest() -> None:
    story = offered().when(SuspendWithCohort, COHORT).when(ResumeWithCohort, COHORT, on=5)
    story.when(AcceptOffer, MENTOR).when(AcceptOffer, MENTEE)

    assert story.state.paused_for.total_seconds() == 0


def test_a_conflict_of_interest_ends_an_offer_under_a_suspension_too() -> None:
    story = offered().when(SuspendWithCohort, COHORT)

    story.when(ReportReportingLine, SERVICE, mentor_managers=["senior"], mentee_managers=[])

    assert story.state.reason == "conflict_of_interest"


def test_a_leave_begins_and_ends_under_a_suspension() -> None:
    story = in_meetings().when(SuspendWithCohort, COHORT, on=10)
    story.when(ReportLeave, SERVICE, on=12, participant="junior", returns_at=day(20)).rings("leave.end")

    assert story.when(ResumeWithCohort, COHORT, on=30).stage is Stage.MEETING


def test_a_cancelled_cohort_ends_its_pairings_for_good_and_owes_nobody_a_partner() -> None:
    story = with_a_meeting(starts=20).when(CloseEarly, COHORT, on=10, reason="cohort_cancelled")

    story.then(an(MeetingCancelled), an(PairingClosedEarly, reason=CloseReason.COHORT_CANCELLED, no_fault=True))
    assert (story.stage, story.state.final, story.state.owed) == (Stage.CANCELLED, True, ())
