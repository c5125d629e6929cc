"""TRAINING: both prepare, and nobody meets before both are done."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.clocks import ClockKind
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.meetings import LogMeeting, ScheduleMeeting
from domain.pairing.state import EscalationKind, Side, Stage
from domain.pairing.training import CompleteTraining, TrainingCompleted, TrainingWaived, WaiveTraining

from .given import COORDINATOR, MENTEE, MENTOR, SERVICE, SPONSOR, an, day, in_goal_setting, in_training, offered

WHY = "led such a program before"


def test_the_first_to_finish_waits_for_the_other() -> None:
    story = in_training().when(CompleteTraining, SERVICE, on=3, side=Side.MENTOR)

    story.then(an(TrainingCompleted, side=Side.MENTOR, starts=(), stops=()))
    assert story.stage is Stage.TRAINING
    assert story.state.trained_at is None
    assert "training.due" in story.clocks


def test_when_both_are_done_the_gate_opens_and_the_next_clocks_start() -> None:
    story = in_training().when(CompleteTraining, SERVICE, on=3, side=Side.MENTOR)
    story.when(CompleteTraining, SERVICE, on=7, side=Side.MENTEE)

    story.then(an(TrainingCompleted, side=Side.MENTEE, stops=("training.remind", "training.due")))
    assert story.stage is Stage.GOAL_SETTING
    assert story.state.trained_at == day(7)
    started = {clock.name: story.clocks[clock.name] - 7 for clock in story.latest[0].starts}
    assert started == {"goals.due": 30, "booking.nudge": 10, "booking.escalate:1": 14, "booking.escalate:2": 28}


def test_the_coordinator_waives_a_training_with_a_reason() -> None:
    story = in_training().when(WaiveTraining, COORDINATOR, side=Side.MENTEE, reason=WHY)

    story.then(an(TrainingWaived, side=Side.MENTEE, reason=WHY))
    story.when(CompleteTraining, SERVICE, side=Side.MENTOR)
    assert story.stage is Stage.GOAL_SETTING


@pytest.mark.parametrize("actor", [MENTOR, MENTEE, SPONSOR], ids=lambda actor: actor.role.value)
def test_nobody_reports_or_waives_the_own_training(actor: Actor) -> None:
    story = in_training().refuses(CompleteTraining, actor, code="role", side=Side.MENTOR)
    story.refuses(WaiveTraining, actor, code="role", side=Side.MENTOR, reason=WHY)


def test_the_learning_platform_does_not_decide_about_waiving() -> None:
    in_training().refuses(WaiveTraining, SERVICE, code="role", side=Side.MENTOR, reason=WHY)


def test_no_meeting_before_both_are_trained() -> None:
    story = in_training().when(CompleteTraining, SERVICE, side=Side.MENTOR)

    story.refuses(ScheduleMeeting, MENTOR, code="stage", starts_at=day(5), minutes=60)
    story.refuses(LogMeeting, MENTOR, code="stage", held_at=day(0), minutes=60)


def test_after_10_days_whoever_is_not_done_is_reminded() -> None:
    story = in_training().when(CompleteTraining, SERVICE, side=Side.MENTEE).rings("training.remind")

    story.then(an(ReminderDue, about=ClockKind.TRAINING_REMIND, to=("mentor",), at=day(10)))


def test_after_14_days_the_coordinator_has_an_item_that_closes_when_both_are_done() -> None:
    story = in_training().when(CompleteTraining, SERVICE, side=Side.MENTEE).rings("training.due")
    story.then(an(EscalationOpened, kind=EscalationKind.TRAINING_OVERDUE, at=day(14)))

    story.when(CompleteTraining, SERVICE, on=16, side=Side.MENTOR)

    story.then(an(TrainingCompleted), an(EscalationClosed, id="training_overdue-1", resolved_itself=True))
    assert story.items == []


def test_one_of_two_is_not_enough_to_close_the_item() -> None:
    story = in_training().rings("training.due").when(CompleteTraining, SERVICE, side=Side.MENTEE)

    assert story.items == ["training_overdue"]


def test_a_report_that_comes_twice_is_a_duplicate_in_whatever_stage() -> None:
    story = in_training().when(CompleteTraining, SERVICE, side=Side.MENTOR)
    story.refuses(CompleteTraining, SERVICE, code="duplicate", side=Side.MENTOR)

    in_goal_setting().refuses(CompleteTraining, SERVICE, code="duplicate", side=Side.MENTOR)


def test_before_the_training_is_assigned_there_is_none_to_finish() -> None:
    offered().refuses(CompleteTraining, SERVICE, code="stage", side=Side.MENTOR)


def test_a_training_finished_after_the_programs_end_does_not_lead_back_to_goal_setting() -> None:
    story = in_training().when(CompleteTraining, SERVICE, side=Side.MENTOR).rings("evaluation.open")
    assert story.stage is Stage.EVALUATING
    assert story.items == ["checkpoint_overdue"]

    story.refuses(CompleteTraining, SERVICE, code="stage", side=Side.MENTEE)
