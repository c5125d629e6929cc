"""The clocks: their names, their titles, when they count as late, and that every kind can run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.decider import Clock, Rejected, Role
from domain.pairing.clocks import RUNS_THROUGH_PAUSE, TITLES, ClockKind, clock, fire, instance_of, kind_of, title
from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.concern import RaiseConcern
from domain.pairing.conflict import ReportReportingLine
from domain.pairing.decider import decide
from domain.pairing.escalation import ReminderDue
from domain.pairing.leave import ReportLeave
from domain.pairing.meetings import CancelMeeting
from domain.pairing.offer import AcceptOffer, OfferExpired, PairingOffered

from .given import (
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    START,
    Story,
    an,
    day,
    hours,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
    with_a_meeting,
)


def test_every_kind_has_a_title_of_its_own() -> None:
    assert set(TITLES) == set(ClockKind)
    assert len(set(TITLES.values())) == len(ClockKind)


def test_every_kind_can_run() -> None:
    stories: list[Story] = [
        proposed(),
        offered(),
        in_goal_setting(),
        with_a_meeting(starts=20),
        with_a_meeting(starts=20).when(CancelMeeting, MENTEE, meeting=1),
        in_meetings().rings("silence.propose"),
        in_training().rings("checkpoint.open:1"),
        paused(),
        in_meetings().when(ReportLeave, SERVICE, participant="junior", returns_at=day(60)),
        in_meetings().when(ReportReportingLine, SERVICE, mentor_managers=["senior"], mentee_managers=[]),
        in_meetings().when(RaiseConcern, MENTOR),
        in_meetings().when(RequestExit, MENTOR),
        in_meetings().when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(30)),
        in_evaluation().rings("evaluation.due"),
        in_meetings().when(CloseEarly, COORDINATOR, reason="not_working"),
    ]

    started = {kind_of(clock.name) for story in stories for event in story.events for clock in event.starts}
    assert started == set(ClockKind)


@pytest.mark.parametrize(
    ("running", "kind", "instance", "words"),
    [
        ("offer.expire", ClockKind.OFFER_EXPIRE, 0, "the offer expires"),
        ("checkpoint.open:2", ClockKind.CHECKPOINT_OPEN, 2, "open checkpoint 2"),
        ("meeting.log:2", ClockKind.MEETING_LOG, 2, "ask whether meeting 2 was held"),
        ("meeting.missed:2", ClockKind.MEETING_MISSED, 2, "count meeting 2 as missed"),
        ("checkpoint.overdue:1", ClockKind.CHECKPOINT_OVERDUE, 1, "checkpoint 1 is overdue"),
        ("booking.escalate:2", ClockKind.BOOKING_ESCALATE, 2, "nothing booked: tell the coordinator (step 2)"),
        ("booking.rebook:4", ClockKind.BOOKING_REBOOK, 4, "count the executive's cancellation of meeting 4"),
        ("meeting.remind:13/24 h before", ClockKind.MEETING_REMIND, 13, "remind of meeting 13, 24 h before"),
    ],
)
def test_a_name_is_the_kind_and_which_one_of_several(running: str, kind: ClockKind, instance: int, words: str) -> None:
    assert (kind_of(running), instance_of(running), title(running)) == (kind, instance, words)


def test_a_clock_is_named_after_its_kind() -> None:
    assert clock(ClockKind.OFFER_SEND, START) == Clock(name="offer.send", due=START)
    assert clock(ClockKind.MEETING_LOG, START, 3).name == "meeting.log:3"


def test_a_pause_does_not_stop_its_own_clocks_nor_the_world() -> None:
    of_holds = {ClockKind.PAUSE_NOTICE, ClockKind.PAUSE_END, ClockKind.LEAVE_NOTICE, ClockKind.LEAVE_END}
    assert (
        of_holds | {ClockKind.CONFLICT_CLOSE, ClockKind.CONCERN_REMIND, ClockKind.LEAVER_EFFECTIVE}
        == RUNS_THROUGH_PAUSE
    )


def test_a_firing_is_a_command_whose_key_is_the_clock_and_its_time() -> None:
    command = fire(Clock(name="offer.send", due=START))

    assert command.by.role is Role.CLOCK
    assert command.key == f"clock:offer.send@{START.isoformat()}"


def test_on_time_the_deadline_itself_is_the_effective_time() -> None:
    story = proposed().asleep_until(hours(0.9)).rings("offer.send")

    story.then(an(PairingOffered, at=day(0), due=day(0), late=False))


def test_after_an_outage_a_clock_rings_once_late_and_says_so() -> None:
    story = proposed().asleep_until(2).rings("offer.send")

    story.then(an(PairingOffered, at=day(2), due=day(0), late=True))
    assert story.clocks == {"offer.remind": 9, "offer.expire": 14}  # the 12th day is a Saturday


def test_a_clock_that_rings_after_somebody_acted_takes_effect_after_them() -> None:
    story = offered().asleep_until(7 + hours(0.5)).when(AcceptOffer, MENTOR)

    story.rings("offer.remind").then(an(ReminderDue, to=("mentee",), at=day(7 + hours(0.5)), late=False))


def test_after_a_long_outage_every_clock_rings_in_its_order() -> None:
    story = offered().asleep_until(30)

    story.rings("offer.remind").then(an(ReminderDue, late=True, due=day(7), at=day(30)))
    story.rings("offer.expire").then(an(OfferExpired, late=True, due=day(10), at=day(30)))


def test_a_clock_rings_once() -> None:
    story = offered()
    remind = fire(story.state.clocks[0])
    story.rings("offer.remind")

    with pytest.raises(Rejected) as refusal:
        decide(story.state, remind, story.now)

    assert refusal.value.code == "duplicate"


def test_a_clock_that_was_moved_does_not_ring_at_its_old_time() -> None:
    story = in_meetings()
    old = next(clock for clock in story.state.clocks if clock.name == "health.amber")
    moved = Clock(name=old.name, due=old.due + timedelta(days=1))

    with pytest.raises(Rejected) as refusal:
        decide(story.state, fire(moved), story.now)
    assert refusal.value.code == "duplicate"


def test_the_earliest_clock_comes_first_and_ties_go_by_name() -> None:
    running = in_goal_setting().state.clocks

    assert list(running) == sorted(running, key=lambda clock: (clock.due, clock.name))
