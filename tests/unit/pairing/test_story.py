"""The timeline's sentences: each event has one, and none says who it was or what they answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.decider import Role
from domain.pairing.checkpoints import CheckpointAnswered, CheckpointOverdue
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import EmploymentChanged, PairingClosedEarly
from domain.pairing.decider import EVENT_TYPES, EVENTS
from domain.pairing.escalation import EscalationAcknowledged, EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.goal_setting import GoalSet
from domain.pairing.meetings import MeetingCancelled, MeetingMissed, MeetingScheduled
from domain.pairing.state import CloseReason, EscalationKind, Goal, Side
from domain.pairing.story import tell
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate
from tests.stored_events.samples import SAMPLES
from tests.unit.test_simulation import create

NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_has_a_sentence(event_type: str) -> None:
    stored = json.loads((SAMPLES / "pairing" / f"{event_type}.v1.json").read_text(encoding="utf-8"))
    sentence = tell(EVENTS.load(stored, 1))
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "P031" not in sentence, "an id is nobody's business in a sentence"


def test_a_whole_life_tells_no_ids() -> None:
    told = [tell(event) for number in range(20) for event in simulate(create(f"pair-{number}"), number, Assumptions())]
    assert not [sentence for sentence in told if "m1" in sentence or "e1" in sentence or "pair-" in sentence]


@pytest.mark.parametrize(
    ("side", "notice", "sentence"),
    [
        (Side.MENTEE, timedelta(hours=5, minutes=40), "The mentee cancelled meeting 3, 5 hours before it."),
        (Side.MENTOR, timedelta(hours=1), "The mentor cancelled meeting 3, 1 hour before it."),
        (Side.MENTOR, timedelta(days=4), "The mentor cancelled meeting 3, 4 days before it."),
        (Side.MENTEE, timedelta(minutes=20), "The mentee cancelled meeting 3, less than an hour before it."),
        (Side.MENTEE, -timedelta(minutes=5), "The mentee cancelled meeting 3, when it should have begun already."),
        (None, timedelta(days=3), "Meeting 3 was cancelled, as the pairing does not go on as planned."),
    ],
)
def test_a_cancellation_says_by_whom_and_how_late(side: Side | None, notice: timedelta, sentence: str) -> None:
    assert tell(MeetingCancelled(at=NOON, number=3, side=side, notice=notice)) == sentence


def test_what_came_late_says_so() -> None:
    missed = MeetingMissed(at=NOON, due=NOON - timedelta(days=2), late=True, number=2)
    assert tell(missed).endswith(" It came late: the system had been down.")
    assert "late" not in tell(missed.model_copy(update={"late": False}))


def test_answers_and_goals_stay_private() -> None:
    answered = CheckpointAnswered(at=NOON, number=2, side=Side.MENTOR, safety=4, progress=5)
    assert tell(answered) == "The mentor answered checkpoint 2."
    assert tell(GoalSet(at=NOON, goal=Goal(id="g1", text="Listen to Ada"))) == "Goal g1 was set."


def test_who_is_missing_is_named_by_role() -> None:
    overdue = CheckpointOverdue(at=NOON, due=NOON, late=False, number=2, missing=(Side.MENTOR, Side.MENTEE))
    assert tell(overdue) == "Checkpoint 2 is overdue: no answer from the mentor and the mentee."


def test_times_are_told_in_utc_whatever_offset_was_sent() -> None:
    berlin = datetime(2027, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    booked = MeetingScheduled(at=NOON, number=3, starts_at=berlin, minutes=45)
    assert tell(booked) == "Meeting 3 was booked for Mon 1 Mar 2027, 23:30 UTC, 45 minutes."


def test_the_day_on_which_somebody_leaves_is_the_day_that_hr_sent() -> None:
    midnight = datetime(2027, 3, 31, tzinfo=timezone(timedelta(hours=2)))
    leaver = EmploymentChanged(at=NOON, side=Side.MENTEE, leaves_at=midnight)
    assert tell(leaver) == "The mentee leaves the company on Wed 31 Mar 2027."


@pytest.mark.parametrize("kind", EscalationKind)
def test_an_open_item_says_what_it_is_about_from_its_opening_to_its_end(kind: EscalationKind) -> None:
    opened = tell(EscalationOpened(at=NOON, due=NOON, late=False, id=f"{kind}-2", kind=kind, to=Role.COORDINATOR))
    before, _, about = opened.partition(": ")
    assert before == "The coordinator was asked to look at it"
    assert tell(EscalationAcknowledged(at=NOON, id=f"{kind}-2")) == f"Somebody has taken the open item on: {about}"
    assert tell(EscalationClosed(at=NOON, id=f"{kind}-2", resolved_itself=True)).endswith(f"resolved itself: {about}")
    assert tell(EscalationClosed(at=NOON, id=f"{kind}-2", resolved_itself=False)).endswith(f"was settled: {about}")


@pytest.mark.parametrize("reason", CloseReason)
def test_every_early_end_says_why_and_who_is_not_to_blame(reason: CloseReason) -> None:
    told = tell(PairingClosedEarly(at=NOON, reason=reason, no_fault=reason.no_fault))
    assert told.startswith("The pairing was closed early: ")
    assert told.endswith("Nobody is to blame.") == reason.no_fault


@pytest.mark.parametrize("about", ClockKind)
def test_a_reminder_of_any_clock_can_be_told(about: ClockKind) -> None:
    told = tell(ReminderDue(at=NOON, due=NOON, late=False, about=about, number=3, to=("mentor",)))
    assert told.startswith("A reminder ")
    assert told.endswith(" was due for the mentor.")
    assert "{" not in told


def test_a_reminder_says_of_which_meeting_and_for_whom() -> None:
    everybody = ("mentor", "mentee", "coordinator")
    due = ReminderDue(at=NOON, due=NOON, late=False, about=ClockKind.MEETING_REMIND, number=3, to=everybody)
    assert tell(due) == "A reminder of meeting 3 was due for the mentor, the mentee and the coordinator."


def test_every_reminder_of_a_simulated_life_has_words_of_its_own() -> None:
    told = [tell(event) for number in range(20) for event in simulate(create(f"pair-{number}"), number, Assumptions())]
    assert not [sentence for sentence in told if 'A reminder about "' in sentence]
