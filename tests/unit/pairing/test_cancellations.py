"""The executive cancels: what counts, what two and three in a row mean, and that the junior is left in peace."""

from __future__ import annotations

import pytest

from domain.decider import Actor, Role
from domain.pairing.cancellations import CancellationCounted
from domain.pairing.decider import notices
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.goal_setting import NameDelegate
from domain.pairing.meetings import CancelMeeting, LogMeeting, MeetingCancelled, MeetingHeld, ScheduleMeeting
from domain.pairing.moves import waiting_for
from domain.pairing.pausing import Pause, Resume
from domain.pairing.state import EscalationKind

from .given import COORDINATOR, DELEGATE, MENTEE, MENTOR, Story, an, day, design, hours, in_meetings, with_a_meeting


def cancels(story: Story, by: Actor, *, starts: float, notice: float) -> Story:
    """A meeting is booked for the day `starts` and cancelled so many hours before it."""
    story.when(ScheduleMeeting, MENTOR, on=starts - 5, starts_at=day(starts), minutes=60)
    number = story.state.meetings[-1].number
    return story.when(CancelMeeting, by, on=starts - hours(notice), meeting=number)


def told(story: Story) -> list[tuple[str, str]]:
    return [(n.to, n.template) for event in story.latest for n in notices(story.state, event)]


def test_under_24_hours_it_counts_at_once() -> None:
    story = cancels(in_meetings(), MENTEE, starts=20, notice=23.9)

    story.then(
        an(MeetingCancelled),
        an(CancellationCounted, number=1, in_a_row=1, because="short_notice", asks_to_rebook=False),
    )
    assert "booking.rebook:1" not in story.clocks


def test_in_good_time_it_counts_only_if_nothing_is_booked_within_14_days() -> None:
    story = cancels(in_meetings(), MENTEE, starts=20, notice=24)

    story.then(an(MeetingCancelled))
    assert story.clocks["booking.rebook:1"] == 33
    story.until(33)
    assert [event.type for event in story.latest] == ["CancellationCounted"]
    story.then(an(CancellationCounted, number=1, in_a_row=1, because="not_rebooked", at=day(33)))


def test_booking_again_in_time_keeps_the_ledger_clean() -> None:
    story = cancels(in_meetings(), MENTEE, starts=20, notice=48)
    story.when(ScheduleMeeting, MENTOR, on=25, starts_at=day(40), minutes=60)

    assert not [clock for clock in story.clocks if clock.startswith("booking")]
    assert story.state.cancelled_in_a_row == 0


def test_with_another_meeting_booked_ahead_nothing_has_to_be_rebooked() -> None:
    story = with_a_meeting(starts=30)
    cancels(story, MENTEE, starts=20, notice=48)

    assert "booking.rebook:2" not in story.clocks


def test_the_mentors_cancellations_never_count() -> None:
    story = cancels(in_meetings(), MENTOR, starts=20, notice=1)

    story.then(an(MeetingCancelled))
    assert "booking.rebook:1" not in story.clocks
    assert story.state.cancelled_in_a_row == 0


def test_a_delegates_cancellation_counts_as_the_executives() -> None:
    story = in_meetings().when(NameDelegate, MENTEE, on=6, delegate=DELEGATE.id)
    cancels(story, DELEGATE, starts=20, notice=2)

    assert story.state.cancelled_in_a_row == 1


def test_two_in_a_row_are_a_private_word_and_a_quick_way_to_book() -> None:
    story = in_meetings().when(NameDelegate, MENTEE, on=6, delegate=DELEGATE.id)
    for starts in (20, 30):
        cancels(story, MENTEE, starts=starts, notice=2)

    story.then(an(MeetingCancelled), an(CancellationCounted, in_a_row=2, asks_to_rebook=True))
    about_the_ledger = [notice for notice in told(story) if notice[1] != "MeetingCancelled"]
    assert about_the_ledger == [("senior", "CancellationCounted"), (DELEGATE.id, "RebookSoon")]
    assert story.items == []


def test_without_a_delegate_the_executive_is_asked_to_book() -> None:
    story = in_meetings()
    for starts in (20, 30):
        cancels(story, MENTEE, starts=starts, notice=2)

    assert ("senior", "RebookSoon") in told(story)


def test_three_in_a_row_are_an_item_for_the_coordinator_and_one_for_the_sponsor() -> None:
    story = in_meetings()
    for starts in (20, 30, 40):
        cancels(story, MENTEE, starts=starts, notice=2)

    story.then(
        an(MeetingCancelled),
        an(CancellationCounted, in_a_row=3),
        an(EscalationOpened, kind=EscalationKind.CANCELLATIONS, to=Role.COORDINATOR),
        an(EscalationOpened, kind=EscalationKind.CANCELLATIONS, to=Role.SPONSOR),
    )
    assert ("role:sponsor", "EscalationOpened") in told(story)
    assert len({item.id for item in story.state.escalations}) == len(story.state.escalations)
    cancels(story, MENTEE, starts=50, notice=2)
    story.then(an(MeetingCancelled), an(CancellationCounted, in_a_row=4))


def test_a_meeting_held_ends_the_row_and_settles_the_items() -> None:
    story = in_meetings()
    for starts in (20, 30, 40):
        cancels(story, MENTEE, starts=starts, notice=2)
    story.when(LogMeeting, MENTOR, on=50, held_at=day(49), minutes=60)

    assert isinstance(story.latest[0], MeetingHeld)
    assert sum(isinstance(event, EscalationClosed) for event in story.latest) >= 2
    assert "cancellations" not in story.items
    cancels(story, MENTEE, starts=60, notice=2)
    story.then(an(MeetingCancelled), an(CancellationCounted, in_a_row=1))


def test_the_junior_is_not_asked_to_chase_the_executive() -> None:
    story = cancels(in_meetings(), MENTEE, starts=20, notice=48)
    assert Role.MENTOR not in waiting_for(story.state)
    story.rings("booking.nudge")
    story.then(an(ReminderDue, to=("mentee",)))

    mentors = cancels(in_meetings(), MENTOR, starts=20, notice=48)
    assert Role.MENTOR in waiting_for(mentors.state)
    mentors.rings("booking.nudge")
    mentors.then(an(ReminderDue, to=("mentor", "mentee")))


@pytest.mark.parametrize("off", [5, 40])
def test_a_pause_keeps_the_time_to_book_again(off: float) -> None:
    story = cancels(in_meetings(), MENTEE, starts=20, notice=48)
    due = story.clocks["booking.rebook:1"]
    story.when(Pause, COORDINATOR, on=22, reason="workload").when(Resume, COORDINATOR, on=22 + off)

    assert story.clocks["booking.rebook:1"] == due + off


def test_the_figures_are_the_programs() -> None:
    plan = design(cancellations={"short_notice": "2 hours", "nudge_at": 1, "escalate_at": 1})
    story = cancels(in_meetings(plan), MENTEE, starts=20, notice=2)
    story.then(an(MeetingCancelled))
    cancels(story, MENTEE, starts=30, notice=1.9)
    assert [event.type for event in story.latest[1:]] == ["CancellationCounted", "EscalationOpened", "EscalationOpened"]
    with pytest.raises(ValueError, match="'nudge_at' no larger than 'escalate_at'"):
        design(cancellations={"nudge_at": 4})
