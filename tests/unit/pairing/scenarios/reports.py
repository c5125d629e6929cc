"""Facts come twice, late and out of order."""

from __future__ import annotations

from domain.pairing.escalation import EscalationClosed, EscalationOpened
from domain.pairing.meetings import LogMeeting, MeetingHeld
from domain.pairing.state import EscalationKind
from domain.pairing.training import CompleteTraining, TrainingCompleted

from ..given import MENTEE, MENTOR, SERVICE, Story, an, day, hours, in_meetings, in_training


def a_report_comes_twice_and_counts_once() -> Story:
    story = in_training().when(CompleteTraining, SERVICE, on=3, side="mentor").then(an(TrainingCompleted))
    story.refuses(CompleteTraining, SERVICE, code="duplicate", side="mentor")

    story.when(CompleteTraining, SERVICE, on=5, side="mentee").then(an(TrainingCompleted))
    story.when(LogMeeting, MENTOR, on=9, held_at=day(8), minutes=60).then(an(MeetingHeld, number=1, booked=False))
    story.refuses(LogMeeting, MENTEE, code="duplicate", held_at=day(8 + hours(0.5)), minutes=45)
    assert story.state.held == 1
    return story


def meetings_are_reported_out_of_order_and_the_later_one_counts_for_the_silence() -> Story:
    story = in_meetings().when(LogMeeting, MENTOR, on=30, held_at=day(29), minutes=60)
    assert story.clocks["health.amber"] == 29 + 45

    story.when(LogMeeting, SERVICE, on=31, held_at=day(12), minutes=60).then(an(MeetingHeld, held_at=day(12)))

    assert (story.state.first_held_at, story.state.last_held_at) == (day(12), day(29))
    assert story.clocks["health.amber"] == 29 + 45
    return story


def a_report_that_comes_late_ends_the_escalation_that_it_would_have_prevented() -> Story:
    story = in_meetings().rings("booking.escalate:1").then(an(EscalationOpened, kind=EscalationKind.NOTHING_BOOKED))

    return story.when(LogMeeting, SERVICE, on=20, held_at=day(8), minutes=60).then(
        an(MeetingHeld), an(EscalationClosed, id="nothing_booked-1", resolved_itself=True)
    )
