"""Parental or long leave: the clocks stop, with the time left on every one; a return after the end is for a person."""

from __future__ import annotations

from domain.pairing.closing import CloseEarly, PairingClosedEarly
from domain.pairing.escalation import CloseEscalation, EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.leave import LeaveEnded, LeaveStarted, ReportLeave, ReportReturn
from domain.pairing.meetings import MeetingCancelled
from domain.pairing.pausing import PairingPaused, PairingResumed, Pause, PauseReason, Resume
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import CloseReason, EscalationKind, Side, Stage

from ..given import COORDINATOR, SERVICE, Story, an, day, in_meetings, with_a_meeting


def a_return_in_time_gives_every_clock_back_what_it_had_left() -> Story:
    before = in_meetings().until(10).clocks
    story = with_a_meeting(starts=20).when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(60))
    story.then(an(MeetingCancelled, side=None), an(LeaveStarted, side=Side.MENTOR, returns_at=day(60)))
    assert (story.stage, story.clocks) == (Stage.PAUSED, {"leave.notice": 60 - 14, "leave.end": 60})

    story.rings("leave.notice").then(an(ReminderDue, to=("mentor", "mentee", "coordinator")))
    story.rings("leave.end").then(an(LeaveEnded, side=Side.MENTOR, by_itself=True, late=False, runs=True))

    kept = ("health.red", "silence.propose", "checkpoint.open:1", "evaluation.open")
    assert {name: story.clocks[name] for name in kept} == {name: before[name] + 50 for name in kept}
    return story


def both_are_away_and_a_pause_besides_and_it_goes_on_when_the_last_hold_is_lifted() -> Story:
    due = in_meetings().until(10).clocks["evaluation.open"]
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(40))
    story.when(Pause, COORDINATOR, on=15, reason=PauseReason.WORKLOAD, until=day(50)).then(an(PairingPaused))
    story.when(ReportLeave, SERVICE, on=20, participant="senior", returns_at=day(70))
    story.refuses(Pause, COORDINATOR, code="stage", reason=PauseReason.OTHER)

    story.rings("leave.end").then(an(LeaveEnded, side=Side.MENTOR, at=day(40), runs=False))
    story.rings("pause.end").then(an(PairingResumed, at=day(50), runs=False))
    assert story.stage is Stage.PAUSED
    story.refuses(Resume, COORDINATOR, code="rule", saying="until the leave")

    story.when(ReportReturn, SERVICE, on=65, participant="senior").then(
        an(LeaveEnded, side=Side.MENTEE, by_itself=False, runs=True)
    )
    assert (story.stage, story.clocks["evaluation.open"]) == (Stage.MEETING, due + 55)
    return story


def a_return_after_the_programs_end_asks_the_coordinator_who_carries_it_over() -> Story:
    story = in_meetings().when(ReportLeave, SERVICE, on=8, participant="senior", returns_at=day(200))
    story.then(an(LeaveStarted), an(EscalationOpened, kind=EscalationKind.LONG_LEAVE))

    story.when(CloseEscalation, COORDINATOR, on=11, id="long_leave-1").then(an(EscalationClosed))

    return story.rings("leave.end").then(an(LeaveEnded, at=day(200), runs=True))


def a_return_after_the_programs_end_is_closed_and_nobody_is_to_blame() -> Story:
    story = in_meetings().when(ReportLeave, SERVICE, on=30, participant="senior")
    story.then(an(LeaveStarted, returns_at=None), an(EscalationOpened, kind=EscalationKind.LONG_LEAVE))

    return story.when(CloseEarly, COORDINATOR, on=33, reason=CloseReason.LEAVE).then(
        an(PairingClosedEarly, reason=CloseReason.LEAVE, no_fault=True),
        an(RematchRequested, sides=(Side.MENTOR,), priority=1),
    )


def a_corrected_return_settles_the_question() -> Story:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior")
    story.when(ReportLeave, SERVICE, on=12, participant="junior", returns_at=day(45)).then(
        an(LeaveStarted, returns_at=day(45)), an(EscalationClosed, id="long_leave-1", resolved_itself=True)
    )
    story.refuses(ReportLeave, SERVICE, code="duplicate", participant="junior", returns_at=day(45))
    return story.rings("leave.end").then(an(LeaveEnded, at=day(45)))
