"""Leave, beyond what its scenarios tell: who may report it, when, and what is refused."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.closing import RequestExit
from domain.pairing.escalation import CloseEscalation, EscalationOpened
from domain.pairing.leave import LeaveEnded, LeaveStarted, ReportLeave, ReportReturn
from domain.pairing.notices import notices
from domain.pairing.state import EscalationKind, Side, Stage
from domain.pairing.training import CompleteTraining

from .given import (
    APPROVER,
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    an,
    day,
    having_met,
    in_meetings,
    in_training,
    offered,
    paused,
)


@pytest.mark.parametrize("by", [MENTOR, MENTEE, APPROVER])
@pytest.mark.parametrize("kind", [ReportLeave, ReportReturn])
def test_only_the_hr_system_and_the_coordinator_report_it(by: Actor, kind: type) -> None:
    in_meetings().refuses(kind, by, code="role", participant="junior")


@pytest.mark.parametrize("kind", [ReportLeave, ReportReturn])
def test_a_stranger_is_not_in_this_pairing(kind: type) -> None:
    in_meetings().refuses(kind, SERVICE, code="unknown", participant="somebody")


def test_before_the_program_began_there_is_nothing_to_rest() -> None:
    offered().refuses(ReportLeave, SERVICE, code="stage", participant="junior")


def test_a_return_before_the_leave_is_refused() -> None:
    story = in_meetings().until(10)
    story.refuses(ReportLeave, SERVICE, code="time", participant="junior", returns_at=day(10))


def test_who_is_not_away_cannot_come_back() -> None:
    paused(on=10).refuses(ReportReturn, SERVICE, code="duplicate", participant="junior", saying="mentor is not on")
    in_meetings().refuses(ReportReturn, SERVICE, code="stage", participant="junior")


def test_a_return_soon_is_not_announced() -> None:
    story = in_meetings().when(ReportLeave, COORDINATOR, on=10, participant="senior", returns_at=day(24))
    assert story.clocks == {"leave.end": 24}
    story = in_meetings().when(ReportLeave, COORDINATOR, on=10, participant="senior", returns_at=day(24.5))
    assert story.clocks == {"leave.notice": 10.5, "leave.end": 24.5}


def test_two_who_return_on_one_day_return_together() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(50))
    story.when(ReportLeave, SERVICE, on=11, participant="senior", returns_at=day(50))
    story.rings("leave.end").then(
        an(LeaveEnded, side=Side.MENTOR, runs=False), an(LeaveEnded, side=Side.MENTEE, runs=True)
    )
    assert (story.stage, story.state.on_leave) == (Stage.MEETING, ())
    assert "leave.end" not in story.clocks


def test_the_later_return_gets_its_clocks_when_the_earlier_has_come() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="senior", returns_at=day(90))
    story.when(ReportLeave, SERVICE, on=11, participant="junior", returns_at=day(40))
    assert story.clocks == {"leave.notice": 26, "leave.end": 40}
    story.rings("leave.end")
    assert story.clocks == {"leave.notice": 76, "leave.end": 90}


def test_a_return_that_comes_due_in_an_outage_is_late_and_happens_once() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(20))
    story.asleep_until(23).rings("leave.end").then(an(LeaveEnded, due=day(20), at=day(23), late=True, runs=True))


@pytest.mark.parametrize(("returns", "asked"), [(182, False), (182.01, True)])
def test_long_is_what_ends_after_the_program(returns: float, asked: bool) -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(returns))
    assert (story.items == ["long_leave"]) is asked


def test_two_long_leaves_are_one_item_until_both_are_settled() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior")
    story.then(an(LeaveStarted), an(EscalationOpened, kind=EscalationKind.LONG_LEAVE, id="long_leave-1"))
    story.when(ReportLeave, SERVICE, on=11, participant="senior").then(an(LeaveStarted))
    story.when(ReportReturn, SERVICE, on=12, participant="junior").then(an(LeaveEnded, runs=False))
    assert story.items == ["long_leave"]
    story.when(ReportReturn, SERVICE, on=13, participant="senior")
    assert story.items == []


def test_a_leave_without_an_end_cannot_be_waved_through() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior")
    story.refuses(CloseEscalation, COORDINATOR, code="rule", saying="report when", id="long_leave-1")
    story.when(ReportLeave, SERVICE, on=11, participant="junior", returns_at=day(300))
    assert story.items == ["long_leave"]
    assert story.when(CloseEscalation, COORDINATOR, on=12, id="long_leave-1").items == []


def test_time_away_counts_as_rest() -> None:
    story = having_met(20).when(ReportLeave, SERVICE, on=30, participant="junior", returns_at=day(70)).until(70)
    assert story.state.paused_for.days == 40
    assert story.state.quiet_since == day(20 + 40)


def test_what_is_reported_meanwhile_moves_what_it_comes_back_to() -> None:
    story = in_training().when(ReportLeave, SERVICE, on=5, participant="senior", returns_at=day(30))
    story.when(CompleteTraining, SERVICE, on=6, side="mentor").when(CompleteTraining, SERVICE, on=7, side="mentee")
    assert story.stage is Stage.PAUSED
    assert story.until(30).stage is Stage.GOAL_SETTING


def test_an_exit_during_the_leave_ends_it() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(60))
    story.when(RequestExit, MENTEE, on=20)
    assert (story.stage, story.state.on_leave, set(story.clocks)) == (Stage.EXIT_REQUESTED, (), {"exit.close"})


def test_both_hear_that_it_rests_and_that_it_goes_on_but_not_that_something_else_still_holds_it() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(60))
    story.when(ReportLeave, SERVICE, on=10, participant="senior", returns_at=day(61)).until(61)
    told = {
        (type(event).__name__, notice.to)
        for event in story.events
        for notice in notices(story.state, event)
        if isinstance(event, LeaveStarted | LeaveEnded)
    }
    assert told == {(kind, to) for kind in ("LeaveStarted", "LeaveEnded") for to in ("junior", "senior")}
    first_back = next(event for event in story.events if isinstance(event, LeaveEnded))
    assert notices(story.state, first_back) == ()
