"""EVALUATING: both sides look back; then the pairing is complete."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from domain.decider import Command, Event, Rejected
from domain.pairing.cadence import BOOKING_CLOCKS, HEALTH_CLOCKS
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, clock, fired_at, running
from domain.pairing.closing import PairingCompleted, completed
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, escalate, remind, settle
from domain.pairing.goal_setting import Score
from domain.pairing.permissions import during, own_side
from domain.pairing.state import SIDES, EscalationKind, Evaluation, Pairing, Side, Stage, in_stage


class EvaluationOpened(FiredEvent):
    """The meetings are over and both sides are asked to look back."""

    type: Literal["EvaluationOpened"] = "EvaluationOpened"


class EvaluationSubmitted(Event):
    """One side's evaluation."""

    sealed: ClassVar = (
        "evaluation.skill",
        "evaluation.safety",
        "evaluation.recommend",
        "evaluation.would_repeat",
    )

    type: Literal["EvaluationSubmitted"] = "EvaluationSubmitted"
    evaluation: Evaluation


class EvaluationOverdue(FiredEvent):
    """Somebody has not evaluated in time; `evaluation.close` says how long we still wait."""

    type: Literal["EvaluationOverdue"] = "EvaluationOverdue"
    missing: tuple[Side, ...]


class SubmitEvaluation(Command):
    """One side's end evaluation: own skill and psychological safety 1 to 5, recommendation 0 to 10."""

    skill: Score
    safety: Score
    recommend: int = Field(ge=0, le=10)
    would_repeat: bool


def open_evaluation(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[EvaluationOpened | EscalationClosed, ...]:
    """The program's weeks are over."""
    at, late = fired_at(state, command, now)
    policy = state.design.evaluation
    starts = (
        clock(ClockKind.EVALUATION_REMIND, at + policy.remind_after),
        clock(ClockKind.EVALUATION_DUE, at + policy.due_after),
    )
    over = running(
        state,
        *HEALTH_CLOCKS,
        *BOOKING_CLOCKS,
        ClockKind.GOALS_DUE,
        ClockKind.TRAINING_REMIND,
        ClockKind.TRAINING_DUE,
    )
    opened = EvaluationOpened(at=at, due=command.due, late=late, starts=starts, stops=(command.clock, *over))
    past = tuple(kind for kind in EscalationKind if kind is not EscalationKind.CHECKPOINT_OVERDUE)
    return (opened, *settle(state, at, *past))


def submit(
    state: Pairing, command: SubmitEvaluation, at: datetime
) -> tuple[EvaluationSubmitted | EscalationClosed | PairingCompleted, ...]:
    """One side looks back; the second one completes the pairing."""
    side = own_side(state, command.by)
    during(state, Stage.EVALUATING)
    if side not in _missing(state):
        raise Rejected("duplicate", f"the {side.value} has evaluated already")
    evaluation = Evaluation(
        side=side,
        skill=command.skill,
        safety=command.safety,
        recommend=command.recommend,
        would_repeat=command.would_repeat,
    )
    submitted = EvaluationSubmitted(at=at, evaluation=evaluation)
    if len(_missing(state)) > 1:
        return (submitted,)
    settled = settle(state, at, EscalationKind.EVALUATION_OVERDUE)
    return (submitted, *settled, completed(evolve_submitted(state, submitted), at))


def remind_to_evaluate(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Whoever has not evaluated."""
    return remind(state, command, now, to=tuple(side.value for side in _missing(state)))


def overdue(state: Pairing, command: FireClock, now: datetime) -> tuple[EvaluationOverdue | EscalationOpened, ...]:
    """The coordinator is told, and we wait a last while."""
    at, late = fired_at(state, command, now)
    starts = (clock(ClockKind.EVALUATION_CLOSE, at + state.design.evaluation.close_after),)
    event = EvaluationOverdue(
        at=at, due=command.due, late=late, missing=_missing(state), starts=starts, stops=(command.clock,)
    )
    return (event, *escalate(state, command, now, EscalationKind.EVALUATION_OVERDUE))


def end_without(state: Pairing, command: FireClock, now: datetime) -> tuple[PairingCompleted, ...]:
    """The last while is over: the pairing ends with what there is."""
    at, _ = fired_at(state, command, now)
    return (completed(state, at),)


def evolve_opened(state: Pairing, event: EvaluationOpened) -> Pairing:
    """EVALUATING from now on."""
    return in_stage(state, Stage.EVALUATING, event.at)


def evolve_submitted(state: Pairing, event: EvaluationSubmitted) -> Pairing:
    """Keep the evaluation."""
    return replace(state, evaluations=(*state.evaluations, event.evaluation))


def _missing(state: Pairing) -> tuple[Side, ...]:
    done = {evaluation.side for evaluation in state.evaluations}
    return tuple(side for side in SIDES if side not in done)
