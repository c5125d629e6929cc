"""MEETING: booking, moving, cancelling, holding; and what happens when nobody books."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.clocks import ClockKind
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.goal_setting import NameDelegate
from domain.pairing.meetings import (
    CancelMeeting,
    LogMeeting,
    MeetingCancelled,
    MeetingHeld,
    MeetingMissed,
    MeetingMoved,
    MeetingScheduled,
    MoveMeeting,
    ScheduleMeeting,
    ScheduleSeries,
)
from domain.pairing.state import EscalationKind, Side

from .given import (
    AUDITOR,
    COORDINATOR,
    DELEGATE,
    MENTEE,
    MENTOR,
    SERVICE,
    SPONSOR,
    Story,
    an,
    day,
    design,
    having_met,
    hours,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    side_of,
    with_a_meeting,
)

HOUR = hours(1)


def clocks_of(story: Story, *kinds: str) -> dict[str, float]:
    return {name: due for name, due in story.clocks.items() if name.startswith(kinds)}


# --- Booking ---


def test_a_booked_meeting_stops_the_nudges_and_starts_its_own_clocks() -> None:
    story = with_a_meeting(starts=20, booked=5)

    story.then(an(MeetingScheduled, number=1, starts_at=day(20), minutes=60))
    assert clocks_of(story, "booking") == {}
    assert clocks_of(story, "meeting") == pytest.approx(
        {
            "meeting.remind:1/24 h before": 19,
            "meeting.remind:1/1 h before": 20 - HOUR,
            "meeting.log:1": 20 + HOUR + 2,
            "meeting.missed:1": 20 + HOUR + 7,
        }
    )


def test_a_reminder_whose_time_has_passed_is_not_started() -> None:
    story = with_a_meeting(starts=5 + hours(3), booked=5)

    assert set(clocks_of(story, "meeting.remind")) == {"meeting.remind:1/1 h before"}


def test_a_design_that_lists_an_hour_twice_reminds_once() -> None:
    story = with_a_meeting(plan=design(meetings={"reminders": ["1 day", "24 hours", "90 minutes"]}))

    reminders = [clock.name for clock in story.state.clocks if clock.name.startswith("meeting.remind")]
    assert reminders == ["meeting.remind:1/24 h before", "meeting.remind:1/90 min before"]


@pytest.mark.parametrize("actor", [MENTOR, MENTEE, DELEGATE, SERVICE], ids=lambda actor: actor.role.value)
def test_the_pair_the_delegate_and_the_calendar_book_and_move(actor: Actor) -> None:
    story = in_meetings().when(NameDelegate, MENTEE, delegate="assistant")

    story.when(ScheduleMeeting, actor, starts_at=day(12), minutes=45).then(an(MeetingScheduled))
    story.when(MoveMeeting, actor, meeting=1, starts_at=day(13)).then(an(MeetingMoved, starts_at=day(13), minutes=45))


@pytest.mark.parametrize("actor", [COORDINATOR, SPONSOR, AUDITOR, DELEGATE], ids=lambda actor: actor.role.value)
def test_nobody_else_books(actor: Actor) -> None:
    in_meetings().refuses(ScheduleMeeting, actor, code="role", starts_at=day(12), minutes=45)


def test_a_stranger_is_not_the_delegate() -> None:
    story = in_meetings().when(NameDelegate, MENTEE, delegate="somebody-else")

    story.refuses(ScheduleMeeting, DELEGATE, code="role", starts_at=day(12), minutes=45)


@pytest.mark.parametrize("minutes", [44, 61])
def test_a_meeting_takes_45_to_60_minutes(minutes: int) -> None:
    in_meetings().refuses(ScheduleMeeting, MENTOR, code="rule", starts_at=day(12), minutes=minutes)


def test_a_meeting_is_booked_ahead_and_inside_the_program() -> None:
    story = in_meetings()

    story.refuses(ScheduleMeeting, MENTOR, code="time", starts_at=day(4), minutes=60)
    story.refuses(ScheduleMeeting, MENTOR, code="time", starts_at=day(182), minutes=60)
    story.when(ScheduleMeeting, MENTOR, starts_at=day(181), minutes=60)
    story.refuses(ScheduleMeeting, MENTOR, code="duplicate", starts_at=day(181), minutes=60)


def test_six_meetings_may_be_booked_ahead_at_one_time() -> None:
    story = in_meetings()
    for number in range(6):
        story.when(ScheduleMeeting, MENTOR, starts_at=day(20 + number), minutes=60)

    story.refuses(ScheduleMeeting, MENTOR, code="rule", saying="6 meetings", starts_at=day(40), minutes=60)


def test_a_series_is_the_same_as_its_meetings_one_by_one() -> None:
    days = (12, 40, 68)
    one_by_one, at_once = in_meetings(), in_meetings()
    for on in days:
        one_by_one.when(ScheduleMeeting, MENTOR, starts_at=day(on), minutes=60)
    at_once.when(ScheduleSeries, MENTOR, times=[day(on) for on in reversed(days)], minutes=60)

    at_once.then(*(an(MeetingScheduled, number=number, starts_at=day(on)) for number, on in enumerate(days, start=1)))
    assert at_once.state == one_by_one.state


@pytest.mark.parametrize(
    ("code", "days"), [("time", (12, 182)), ("time", (4, 12)), ("duplicate", (12, 12)), ("rule", (12, 13, 14, 15))]
)
def test_a_series_is_booked_whole_or_not_at_all(code: str, days: tuple[int, ...]) -> None:
    story = in_meetings()
    if code == "rule":  # six at one time
        story.when(ScheduleSeries, MENTOR, times=[day(20 + number) for number in range(3)], minutes=60)
    before = story.state
    story.refuses(ScheduleSeries, MENTOR, code=code, times=[day(on) for on in days], minutes=60)
    assert story.state == before


def test_a_series_closes_the_item_that_nothing_is_booked() -> None:
    story = in_meetings().until(20)
    assert [item.kind for item in story.state.escalations] == [EscalationKind.NOTHING_BOOKED]
    story.when(ScheduleSeries, MENTEE, times=[day(22), day(50)], minutes=60)
    assert story.state.escalations == ()


def test_meetings_have_their_time() -> None:
    in_training().refuses(ScheduleMeeting, MENTOR, code="stage", starts_at=day(12), minutes=60)
    in_evaluation().refuses(ScheduleMeeting, MENTOR, code="stage", starts_at=day(190), minutes=60)


def test_a_moved_meeting_takes_its_clocks_along() -> None:
    story = with_a_meeting(starts=20).when(MoveMeeting, MENTEE, on=19.5, meeting=1, starts_at=day(30))

    assert clocks_of(story, "meeting") == pytest.approx(
        {
            "meeting.remind:1/24 h before": 29,
            "meeting.remind:1/1 h before": 30 - HOUR,
            "meeting.log:1": 30 + HOUR + 2,
            "meeting.missed:1": 30 + HOUR + 7,
        }
    )
    story.refuses(MoveMeeting, MENTOR, code="duplicate", meeting=1, starts_at=day(30))
    story.refuses(MoveMeeting, MENTOR, code="unknown", meeting=2, starts_at=day(31))


# --- Cancelling ---


@pytest.mark.parametrize(("actor", "counts"), [(MENTOR, (1, 0)), (MENTEE, (0, 1))], ids=["mentor", "mentee"])
def test_a_cancellation_says_by_whom_and_with_how_much_notice(actor: Actor, counts: tuple[int, int]) -> None:
    story = with_a_meeting(starts=20).when(CancelMeeting, actor, on=19, meeting=1)

    story.then(an(MeetingCancelled, number=1, side=side_of(actor), notice=day(20) - day(19)))
    assert (story.state.cancelled_by_mentor, story.state.cancelled_by_mentee) == counts
    assert clocks_of(story, "meeting") == {}


def test_the_delegate_cancels_for_the_mentee() -> None:
    story = with_a_meeting().when(NameDelegate, MENTEE, delegate="assistant").when(CancelMeeting, DELEGATE, meeting=1)

    story.then(an(MeetingCancelled, side=Side.MENTEE))


def test_after_a_cancellation_the_booking_clocks_start_anew() -> None:
    story = with_a_meeting().when(CancelMeeting, MENTOR, on=15, meeting=1)

    assert clocks_of(story, "booking") == {"booking.nudge": 25, "booking.escalate:1": 29, "booking.escalate:2": 43}


def test_while_another_meeting_is_booked_nobody_is_nudged() -> None:
    story = with_a_meeting().when(ScheduleMeeting, MENTOR, starts_at=day(40), minutes=60)

    story.when(CancelMeeting, MENTOR, meeting=1)

    assert clocks_of(story, "booking") == {}


def test_a_meeting_that_has_begun_is_not_cancelled_any_more() -> None:
    with_a_meeting(starts=20).until(20).refuses(CancelMeeting, MENTEE, code="time", meeting=1)


@pytest.mark.parametrize("actor", [COORDINATOR, SERVICE, DELEGATE], ids=lambda actor: actor.role.value)
def test_nobody_else_cancels(actor: Actor) -> None:
    with_a_meeting().refuses(CancelMeeting, actor, code="role", meeting=1)


# --- Holding and missing ---


def test_both_are_reminded_24_hours_and_1_hour_before() -> None:
    story = with_a_meeting(starts=20).rings("meeting.remind:1/24 h before")
    story.then(an(ReminderDue, about=ClockKind.MEETING_REMIND, number=1, to=("mentor", "mentee"), at=day(19)))

    story.rings("meeting.remind:1/1 h before").then(an(ReminderDue, at=day(20 - HOUR)))


def test_a_meeting_held_stops_its_clocks_and_winds_the_others_up() -> None:
    story = with_a_meeting(starts=20)
    story.when(LogMeeting, MENTEE, on=21, meeting=1, held_at=day(20), minutes=55)

    story.then(an(MeetingHeld, number=1, held_at=day(20), minutes=55, booked=True, at=day(21)))
    assert clocks_of(story, "meeting") == {}
    assert clocks_of(story, "health", "silence") == {"health.amber": 65, "health.red": 80, "silence.propose": 112}
    assert clocks_of(story, "booking") == {"booking.nudge": 35, "booking.escalate:1": 49}
    assert (story.state.held, story.state.scheduled, story.state.first_held_at) == (1, 1, day(20))


def test_a_meeting_that_was_never_booked_counts_too_and_replaces_every_booking_clock() -> None:
    story = in_meetings().when(LogMeeting, SERVICE, on=10, held_at=day(9), minutes=60)

    story.then(an(MeetingHeld, number=1, booked=False))
    assert clocks_of(story, "booking") == {"booking.nudge": 24, "booking.escalate:1": 38}


def test_two_days_after_its_end_both_are_asked_and_after_seven_it_counts_as_missed() -> None:
    story = with_a_meeting(starts=20)
    story.rings("meeting.log:1").then(an(ReminderDue, about=ClockKind.MEETING_LOG, to=("mentor", "mentee")))

    story.rings("meeting.missed:1").then(an(MeetingMissed, number=1, at=day(20 + HOUR + 7), late=False))

    assert (story.state.missed, story.state.held, story.state.meetings) == (1, 0, ())
    assert clocks_of(story, "booking") == pytest.approx(
        {"booking.nudge": 37 + HOUR, "booking.escalate:1": 42 + HOUR, "booking.escalate:2": 56 + HOUR}
    )
    story.refuses(LogMeeting, MENTOR, code="unknown", meeting=1, held_at=day(20), minutes=60)


def test_a_meeting_is_logged_after_it_was_held_and_not_from_before_the_pairing_began() -> None:
    story = in_meetings()

    story.refuses(LogMeeting, MENTOR, code="time", held_at=day(5), minutes=60)
    story.refuses(LogMeeting, MENTOR, code="time", saying="began on 2026-01-05", held_at=day(-1), minutes=60)


@pytest.mark.parametrize("actor", [COORDINATOR, DELEGATE, SPONSOR], ids=lambda actor: actor.role.value)
def test_nobody_else_says_that_the_two_met(actor: Actor) -> None:
    in_meetings().refuses(LogMeeting, actor, code="role", held_at=day(4), minutes=60)


def test_the_last_planned_meeting_ends_every_asking() -> None:
    story = having_met(10, 30, 60, 90, 120, 150)

    assert story.state.plan_is_fulfilled
    assert clocks_of(story, "booking", "health", "silence") == {}


def test_an_older_meeting_logged_late_winds_nothing_up_again() -> None:
    story = having_met(10).rings("health.red")
    before = clocks_of(story, "health", "silence")

    story.when(LogMeeting, MENTOR, held_at=day(8), minutes=60)

    assert clocks_of(story, "health", "silence") == before == {"silence.propose": 100}
    assert "red" in story.items
    assert (story.state.first_held_at, story.state.last_held_at) == (day(8), day(10))


# --- Silence ---


def test_first_meeting_not_booked_nudges_after_10_days_and_escalates_after_14_and_28() -> None:
    story = in_goal_setting()

    story.rings("booking.nudge").then(an(ReminderDue, to=("mentor", "mentee"), at=day(12)))
    story.rings("booking.escalate:1").then(an(EscalationOpened, kind=EscalationKind.NOTHING_BOOKED, at=day(16)))
    story.rings("booking.escalate:2").then(an(ReminderDue, to=("coordinator",), at=day(30)))
    assert story.items == ["nothing_booked"]


def test_the_junior_is_not_alone_in_being_nudged_and_the_delegate_stands_in_for_the_executive() -> None:
    story = in_goal_setting().when(NameDelegate, MENTEE, delegate="assistant").rings("booking.nudge")

    story.then(an(ReminderDue, to=("mentor", "delegate")))


def test_a_second_round_escalates_again_where_the_first_item_was_settled() -> None:
    story = in_meetings().rings("booking.escalate:1")
    story.when(ScheduleMeeting, MENTOR, starts_at=day(20), minutes=60)
    story.then(an(MeetingScheduled), an(EscalationClosed, resolved_itself=True))

    story.when(CancelMeeting, MENTEE, meeting=1).rings("booking.escalate:1")

    story.then(an(EscalationOpened, kind=EscalationKind.NOTHING_BOOKED, id="nothing_booked-2"))


def test_without_a_meeting_it_turns_amber_on_day_45_and_red_on_day_60() -> None:
    story = in_meetings()

    story.rings("health.amber").then(an(ReminderDue, about=ClockKind.HEALTH_AMBER, at=day(45)))
    story.rings("health.red").then(an(EscalationOpened, kind=EscalationKind.RED, at=day(60)))


def test_after_90_days_of_silence_a_person_is_asked_to_decide_and_asked_again_after_7() -> None:
    story = in_meetings().rings("silence.propose")
    story.then(an(EscalationOpened, kind=EscalationKind.SILENCE, at=day(91)))

    story.rings("silence.confirm").then(an(ReminderDue, to=("coordinator",), at=day(98)))
    assert clocks_of(story, "silence", "health") == {}


def test_a_meeting_ends_the_silence() -> None:
    story = in_meetings().rings("silence.propose")
    assert {"nothing_booked", "red", "silence"} <= set(story.items)

    story.when(LogMeeting, MENTOR, on=92, held_at=day(92), minutes=60)

    assert not {"nothing_booked", "red", "silence"} & set(story.items)
    assert clocks_of(story, "health", "silence") == {"health.amber": 137, "health.red": 154, "silence.propose": 182}


def test_two_reports_of_one_meeting_count_once() -> None:
    story = in_meetings().when(LogMeeting, MENTOR, on=12, held_at=day(11), minutes=60)

    story.refuses(LogMeeting, MENTEE, code="duplicate", held_at=day(11 + hours(0.25)), minutes=45)

    assert story.state.held == 1


def test_a_report_without_a_number_means_the_booked_meeting() -> None:
    story = with_a_meeting(starts=9).when(LogMeeting, MENTOR, on=10, held_at=day(9), minutes=60)

    assert (story.state.held, story.state.scheduled, story.state.meetings) == (1, 1, ())


def test_a_booking_is_not_dated_back_to_before_its_meeting() -> None:
    in_meetings().until(12).refuses(ScheduleMeeting, MENTOR, code="time", at=day(10), starts_at=day(11), minutes=60)
