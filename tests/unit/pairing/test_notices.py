"""Who is told what: in the recipient's working hours, never dropped, and nothing that is not theirs to know."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.decider import Notice
from domain.pairing.closing import CloseEarly, RequestExit
from domain.pairing.decider import PairingEvent, notices
from domain.pairing.escalation import CloseEscalation
from domain.pairing.goal_setting import NameDelegate, SignAgreement
from domain.pairing.meetings import CancelMeeting, LogMeeting, MoveMeeting
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason, Party, Side
from domain.working_time import is_working

from .given import (
    COORDINATOR,
    MENTEE,
    MENTOR,
    Story,
    day,
    hours,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    with_a_meeting,
)

NEW_YORK = Party(participant="senior", zone="America/New_York", holidays=(date(2026, 1, 6),))


def told(story: Story) -> list[Notice]:
    """The notices of the last step."""
    return [notice for event in story.latest for notice in notices(story.state, event)]


def about(story: Story) -> list[tuple[str, str]]:
    """To whom, and what."""
    return [(notice.to, notice.template) for notice in told(story)]


BOTH = ("junior", "senior")


@pytest.mark.parametrize(
    ("story", "template"),
    [
        (lambda: offered(), "PairingOffered"),
        (lambda: offered().rings("offer.expire"), "OfferExpired"),
        (lambda: in_training(), "TrainingAssigned"),
        (lambda: with_a_meeting(), "MeetingScheduled"),
        (lambda: with_a_meeting().when(MoveMeeting, MENTOR, meeting=1, starts_at=day(30)), "MeetingMoved"),
        (lambda: with_a_meeting().when(CancelMeeting, MENTOR, meeting=1), "MeetingCancelled"),
        (lambda: in_meetings().rings("checkpoint.open:1"), "CheckpointOpened"),
        (lambda: paused(), "PairingPaused"),
        (lambda: paused().when(Resume, COORDINATOR), "PairingResumed"),
        (lambda: in_evaluation(), "EvaluationOpened"),
        (lambda: in_evaluation().rings("evaluation.close"), "PairingCompleted"),
        (lambda: in_meetings().when(CloseEarly, COORDINATOR, reason=CloseReason.SILENCE), "PairingClosedEarly"),
    ],
)
def test_what_concerns_both_is_told_to_both(story: object, template: str) -> None:
    assert about(story()) == [(person, template) for person in BOTH]  # type: ignore[operator]


def test_whoever_was_declined_hears_of_the_next_partner_too() -> None:
    story = offered().when(DeclineOffer, MENTEE)

    assert about(story) == [*((person, "OfferDeclined") for person in BOTH), ("junior", "RematchRequested")]


def test_a_reminder_goes_to_those_that_it_names_and_says_what_about() -> None:
    story = offered().when(AcceptOffer, MENTOR).rings("offer.remind")

    assert about(story) == [("senior", "ReminderDue")]
    assert told(story)[0].about == (("about", "remind about the offer"), ("number", "0"))


def test_the_delegate_is_reminded_by_id() -> None:
    story = in_goal_setting().when(NameDelegate, MENTEE, delegate="assistant").rings("booking.nudge")

    assert about(story) == [("junior", "ReminderDue"), ("assistant", "ReminderDue")]


def test_an_item_is_told_to_the_coordinators_role_and_to_nobody_else() -> None:
    story = in_training().rings("training.due")

    assert about(story) == [("role:coordinator", "EscalationOpened")]
    assert told(story)[0].about == (("kind", "training_overdue"),)


@pytest.mark.parametrize(
    "story",
    [
        lambda: offered().when(AcceptOffer, MENTOR),
        lambda: in_goal_setting().when(SignAgreement, MENTOR, skill=1),
        lambda: in_meetings().when(LogMeeting, MENTOR, held_at=day(4), minutes=60),
        lambda: in_training().rings("training.due").when(CloseEscalation, COORDINATOR, id="training_overdue-1"),
    ],
)
def test_what_needs_nobody_is_told_to_nobody(story: object) -> None:
    assert told(story()) == []  # type: ignore[operator]


# --- An exit ---


def test_an_exit_is_told_to_the_coordinator_alone() -> None:
    story = in_meetings().when(RequestExit, MENTOR)

    assert about(story) == [("role:coordinator", "EscalationOpened")]


def test_a_partner_who_had_a_meeting_hears_that_it_is_off_and_not_why() -> None:
    story = with_a_meeting().when(RequestExit, MENTOR)

    to_partner = [notice for notice in told(story) if notice.to == "senior"]
    assert [notice.template for notice in to_partner] == ["MeetingCancelled"]
    assert not any("exit" in word for fact in to_partner[0].about for word in fact)


def test_the_end_after_an_exit_does_not_tell_who_left() -> None:
    story = in_meetings().when(RequestExit, MENTOR).rings("exit.close")

    assert [notice.about for notice in told(story)] == [(), (), (("priority", "2"),)]


# --- Quiet hours ---


def utc(month: int, on: int, hour: int) -> datetime:
    return datetime(2026, month, on, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "delivered"),
    [
        (hours(1), utc(1, 5, 10)),
        (hours(8), utc(1, 6, 9)),
        (hours(20), utc(1, 6, 9)),
        (4 + hours(9), utc(1, 12, 9)),
    ],
    ids=["in working hours", "at the closing", "before the opening", "on a Friday evening"],
)
def test_a_notice_in_quiet_hours_moves_to_the_next_slot(at: float, delivered: datetime) -> None:
    story = offered().when(DeclineOffer, MENTOR, on=at)

    assert {notice.deliver_after for notice in told(story)} == {delivered}


def test_each_is_told_in_the_own_zone_and_after_the_own_holidays() -> None:
    story = Story(mentee=NEW_YORK).until(0)

    assert [(notice.to, notice.deliver_after) for notice in told(story)] == [
        ("junior", utc(1, 5, 9)),
        ("senior", utc(1, 5, 14)),
    ]
    story.when(DeclineOffer, MENTOR, on=1)
    assert [notice.deliver_after for notice in told(story)] == [utc(1, 6, 9), utc(1, 7, 14), utc(1, 7, 14)]


def test_the_coordinator_is_told_in_the_programs_zone() -> None:
    story = in_meetings().when(RequestExit, MENTOR, on=5)

    assert told(story)[0].deliver_after == utc(1, 12, 9)


def test_no_notice_is_ever_dropped_or_early() -> None:
    story = Story(mentee=NEW_YORK).until(0).when(AcceptOffer, MENTOR).when(AcceptOffer, MENTEE)
    story.rings("evaluation.close")
    calendars = {"junior": story.state.calendar(Side.MENTOR), "senior": story.state.calendar(Side.MENTEE)}

    checked = 0
    for event in story.events:
        for notice in notices(story.state, event):
            assert notice.deliver_after >= event.at
            if notice.to in calendars:
                assert is_working(calendars[notice.to], notice.deliver_after)
                checked += 1
    assert checked > 20


def test_notices_carry_neither_names_nor_answers() -> None:
    story = in_evaluation(10)
    words = {word for event in story.events for word in _words(story, event)}

    assert not any(text in word for word in words for text in ("junior", "senior", "Run a meeting"))


def test_of_a_pause_without_an_end_nobody_hears_that_it_ends() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason=PauseReason.WORKLOAD)
    assert [(notice.to, notice.about) for notice in told(story)] == [(one, ()) for one in BOTH]

    story.rings("pause.notice")

    (notice,) = told(story)
    assert notice.to == "role:coordinator"
    assert dict(notice.about)["about"] == "remind the coordinator of the pause without an end"


def test_an_agreed_return_is_announced_to_everybody() -> None:
    announced = told(paused(on=10, until=50).rings("pause.notice"))
    assert [notice.to for notice in announced] == [*BOTH, "role:coordinator"]
    assert {dict(notice.about)["about"] for notice in announced} == {"announce the end of the pause"}


def test_a_pause_tells_when_it_ends_and_not_why() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason=PauseReason.LEAVE, until=day(40))

    facts = dict(told(story)[0].about)
    assert facts["pause.end"] == day(40).isoformat()
    assert "leave" not in facts.values()


def _words(story: Story, event: PairingEvent) -> list[str]:
    return [word for notice in notices(story.state, event) for fact in notice.about for word in fact]
