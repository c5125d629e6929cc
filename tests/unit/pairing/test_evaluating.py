"""EVALUATING: after 26 weeks both look back; then the pairing is complete."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import PairingCompleted
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.evaluating import EvaluationOpened, EvaluationOverdue, EvaluationSubmitted, SubmitEvaluation
from domain.pairing.meetings import LogMeeting, ScheduleMeeting
from domain.pairing.state import EscalationKind, Side, Stage
from domain.pairing.training import CompleteTraining

from .given import (
    COORDINATOR,
    DELEGATE,
    MENTEE,
    MENTOR,
    SERVICE,
    an,
    day,
    evaluation,
    having_met,
    in_evaluation,
    in_meetings,
    in_training,
)

FIVE = (10, 40, 80, 120, 160)


def test_after_26_weeks_the_evaluation_opens_and_nobody_is_asked_to_meet_any_more() -> None:
    story = having_met(10).rings("evaluation.open")

    assert story.latest[0] == an(EvaluationOpened, at=day(182), late=False)
    assert story.stage is Stage.EVALUATING
    assert story.clocks == {"evaluation.remind": 189, "evaluation.due": 196}


def test_what_the_weeks_left_open_is_settled_except_for_surveys() -> None:
    story = in_meetings().rings("evaluation.open")

    assert {an(EscalationClosed, resolved_itself=True) == event for event in story.latest[1:]} == {True}
    assert len(story.latest) > 3
    assert story.items == ["checkpoint_overdue"]


def test_it_opens_for_a_pair_that_never_finished_its_training_too() -> None:
    story = in_training().rings("evaluation.open")

    assert story.stage is Stage.EVALUATING
    assert story.clocks == {"evaluation.remind": 189, "evaluation.due": 196}


def test_it_opens_for_a_pair_that_was_trained_just_before_the_end() -> None:
    story = in_training()
    for side in Side:
        story.when(CompleteTraining, SERVICE, on=170, side=side)
    assert {"goals.due", "booking.escalate:1", "booking.escalate:2"} <= set(story.clocks)

    story.rings("evaluation.open")

    assert story.clocks == {"evaluation.remind": 189, "evaluation.due": 196}


def test_the_second_evaluation_completes_the_pairing() -> None:
    story = in_evaluation(*FIVE).when(SubmitEvaluation, MENTOR, on=183, **evaluation())
    (submitted,) = story.latest
    assert isinstance(submitted, EvaluationSubmitted)
    assert submitted.evaluation.side is Side.MENTOR

    story.when(SubmitEvaluation, MENTEE, on=185, **evaluation(recommend=10))

    story.then(
        an(EvaluationSubmitted),
        an(PairingCompleted, meets_standard=True, held=5, planned=6, at=day(185)),
    )
    assert story.stage is Stage.COMPLETED
    assert story.state.reason == "5 of 6 meetings held"
    assert story.clocks == {}


def test_fewer_than_five_meetings_do_not_meet_the_standard() -> None:
    story = in_evaluation(*FIVE[:4])
    for actor in (MENTOR, MENTEE):
        story.when(SubmitEvaluation, actor, **evaluation())

    assert story.latest[-1] == an(PairingCompleted, meets_standard=False, held=4)


def test_a_meeting_held_at_the_very_end_can_still_be_logged() -> None:
    story = having_met(*FIVE[:4]).when(ScheduleMeeting, MENTOR, on=170, starts_at=day(181), minutes=60)
    story.rings("evaluation.open").when(LogMeeting, MENTOR, on=183, meeting=1 + 4, held_at=day(181), minutes=60)

    assert story.state.held == 5
    assert set(story.clocks) == {"evaluation.remind", "evaluation.due"}


def test_each_side_evaluates_once_and_for_itself() -> None:
    story = in_evaluation().when(SubmitEvaluation, MENTOR, **evaluation())

    story.refuses(SubmitEvaluation, MENTOR, code="duplicate", **evaluation())
    in_meetings().refuses(SubmitEvaluation, MENTOR, code="stage", **evaluation())


@pytest.mark.parametrize("actor", [COORDINATOR, DELEGATE, SERVICE], ids=lambda actor: actor.role.value)
def test_nobody_evaluates_for_another(actor: Actor) -> None:
    in_evaluation().refuses(SubmitEvaluation, actor, code="role", **evaluation())


def test_after_7_days_whoever_is_missing_is_reminded() -> None:
    story = in_evaluation().when(SubmitEvaluation, MENTEE, **evaluation()).rings("evaluation.remind")

    story.then(an(ReminderDue, about=ClockKind.EVALUATION_REMIND, to=("mentor",), at=day(189)))


def test_after_14_days_the_coordinator_is_told_and_an_evaluation_still_settles_it() -> None:
    story = in_evaluation().when(SubmitEvaluation, MENTEE, **evaluation()).rings("evaluation.due")
    story.then(
        an(EvaluationOverdue, missing=(Side.MENTOR,), at=day(196)),
        an(EscalationOpened, kind=EscalationKind.EVALUATION_OVERDUE),
    )
    assert story.clocks == {"evaluation.close": 210}

    story.when(SubmitEvaluation, MENTOR, on=200, **evaluation())

    story.then(an(EvaluationSubmitted), an(EscalationClosed, resolved_itself=True), an(PairingCompleted))


def test_14_days_later_the_pairing_ends_with_what_there_is() -> None:
    story = in_evaluation(*FIVE).when(SubmitEvaluation, MENTEE, **evaluation()).rings("evaluation.close")

    story.then(an(PairingCompleted, meets_standard=False, at=day(210)))
    assert story.state.reason == "5 of 6 meetings held; no evaluation from the mentor"
    assert (story.stage, story.items) == (Stage.COMPLETED, [])
