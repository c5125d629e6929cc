"""Only the executive's cancellations count: a private word after two in a row, the sponsor after three."""

from __future__ import annotations

from domain.decider import Actor, Role
from domain.pairing.cancellations import CancellationCounted
from domain.pairing.escalation import EscalationOpened, ReminderDue
from domain.pairing.goal_setting import NameDelegate
from domain.pairing.meetings import CancelMeeting, LogMeeting, MeetingCancelled, ScheduleMeeting
from domain.pairing.state import EscalationKind

from ..given import DELEGATE, MENTEE, MENTOR, Story, an, day, hours, in_meetings


def _cancels(story: Story, by: Actor, *, starts: float, notice: float) -> Story:
    story.when(ScheduleMeeting, MENTOR, on=starts - 3, starts_at=day(starts), minutes=60)
    return story.when(CancelMeeting, by, on=starts - hours(notice), meeting=story.state.meetings[-1].number)


def three_in_a_row_at_short_notice_reach_coordinator_and_sponsor() -> Story:
    story = in_meetings().when(NameDelegate, MENTEE, on=5, delegate=DELEGATE.id)
    _cancels(story, MENTEE, starts=10, notice=2).then(an(MeetingCancelled), an(CancellationCounted, in_a_row=1))
    _cancels(story, DELEGATE, starts=16, notice=23).then(
        an(MeetingCancelled), an(CancellationCounted, in_a_row=2, asks_to_rebook=True)
    )
    _cancels(story, MENTEE, starts=22, notice=5).then(
        an(MeetingCancelled),
        an(CancellationCounted, in_a_row=3),
        an(EscalationOpened, kind=EscalationKind.CANCELLATIONS, to=Role.COORDINATOR),
        an(EscalationOpened, kind=EscalationKind.CANCELLATIONS, to=Role.SPONSOR),
    )
    story.when(LogMeeting, MENTOR, on=26, held_at=day(25), minutes=60)
    assert (story.state.cancelled_in_a_row, story.items) == (0, [])
    return story


def in_good_time_it_counts_only_where_nothing_is_rebooked_and_the_junior_is_left_in_peace() -> Story:
    story = _cancels(in_meetings(), MENTEE, starts=10, notice=48).then(an(MeetingCancelled))
    story.when(ScheduleMeeting, MENTOR, on=12, starts_at=day(20), minutes=60)
    story.when(CancelMeeting, MENTEE, on=14, meeting=2).then(an(MeetingCancelled))

    story.rings("booking.nudge").then(an(ReminderDue, to=("mentee",)))

    return story.rings("booking.rebook:2").then(an(CancellationCounted, in_a_row=1, because="not_rebooked"))


def the_juniors_cancellations_are_never_counted() -> Story:
    story = in_meetings()
    for starts in (10, 16, 22):
        _cancels(story, MENTOR, starts=starts, notice=1).then(an(MeetingCancelled))
    assert (story.state.cancelled_in_a_row, story.state.cancelled_by_mentor) == (0, 3)
    return story
