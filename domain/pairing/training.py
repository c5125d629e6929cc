"""TRAINING: both sides prepare; no meeting before both are done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.decider import Clock, Command, Event, Rejected, Role
from domain.pairing.clocks import ClockKind, FireClock, clock, running
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, escalate, remind, settle
from domain.pairing.state import SIDES, EscalationKind, Pairing, Side, Stage, in_stage
from domain.permissions import only
from domain.program import ProgramDesign


class TrainingAssigned(Event):
    """Both sides know which modules to take, and by when (`training.due`)."""

    type: Literal["TrainingAssigned"] = "TrainingAssigned"
    mentor: tuple[str, ...]
    mentee: tuple[str, ...]


class TrainingCompleted(Event):
    """One side has finished its modules, as the learning platform reports."""

    type: Literal["TrainingCompleted"] = "TrainingCompleted"
    side: Side


class TrainingWaived(Event):
    """The coordinator let one side off, with a reason."""

    type: Literal["TrainingWaived"] = "TrainingWaived"
    side: Side
    reason: str


class CompleteTraining(Command):
    """The learning platform reports that one side finished its training."""

    side: Side


class WaiveTraining(Command):
    """The coordinator lets one side off its training, with a reason."""

    side: Side
    reason: str = Field(min_length=3, max_length=500)


def assign_training(design: ProgramDesign, at: datetime) -> TrainingAssigned:
    """The event that opens the phase."""
    policy = design.training
    starts = (
        clock(ClockKind.TRAINING_REMIND, at + policy.remind_after),
        clock(ClockKind.TRAINING_DUE, at + policy.due_after),
    )
    return TrainingAssigned(at=at, mentor=policy.mentor, mentee=policy.mentee, starts=starts)


def complete(
    state: Pairing, command: CompleteTraining, at: datetime
) -> tuple[TrainingCompleted | EscalationClosed, ...]:
    """One side is done; when both are, the pairing may meet."""
    only(command.by, Role.SERVICE, Role.COORDINATOR)
    starts, stops = _gate(state, command.side, at)
    done = TrainingCompleted(at=at, side=command.side, starts=starts, stops=stops)
    return (done, *_settled(state, at))


def waive(state: Pairing, command: WaiveTraining, at: datetime) -> tuple[TrainingWaived | EscalationClosed, ...]:
    """As good as completed, by the coordinator's word."""
    only(command.by, Role.COORDINATOR)
    starts, stops = _gate(state, command.side, at)
    done = TrainingWaived(at=at, side=command.side, reason=command.reason, starts=starts, stops=stops)
    return (done, *_settled(state, at))


def remind_to_train(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Remind whoever is not done."""
    return remind(state, command, now, to=tuple(side.value for side in SIDES if side not in state.trained))


def overdue(state: Pairing, command: FireClock, now: datetime) -> tuple[EscalationOpened, ...]:
    """The training is due and somebody is not done: the coordinator's turn."""
    return escalate(state, command, now, EscalationKind.TRAINING_OVERDUE)


def evolve_assigned(state: Pairing, event: TrainingAssigned) -> Pairing:
    """TRAINING from now on."""
    return in_stage(state, Stage.TRAINING, event.at)


def evolve_trained(state: Pairing, event: TrainingCompleted | TrainingWaived) -> Pairing:
    """Remember who is done; the second one opens goal setting."""
    state = replace(state, trained=(*state.trained, event.side))
    if not state.may_meet:
        return state
    return in_stage(replace(state, trained_at=event.at, unbooked_since=event.at), Stage.GOAL_SETTING, event.at)


def _gate(state: Pairing, side: Side, at: datetime) -> tuple[tuple[Clock, ...], tuple[str, ...]]:
    """The clocks that start and stop when this side is done too."""
    if side in state.trained:
        raise Rejected("duplicate", f"the {side.value}'s training is done already")
    if state.phase is not Stage.TRAINING:
        raise Rejected("stage", f"no training is assigned while the pairing is {state.stage.value}")
    if side.other not in state.trained:
        return (), ()
    booking = state.design.meetings
    starts = (
        clock(ClockKind.GOALS_DUE, at + state.design.goals.due_after),
        clock(ClockKind.BOOKING_NUDGE, at + booking.first_nudge),
        *(
            clock(ClockKind.BOOKING_ESCALATE, at + after, number)
            for number, after in enumerate(booking.first_escalate, start=1)
        ),
    )
    return starts, running(state, ClockKind.TRAINING_REMIND, ClockKind.TRAINING_DUE)


def _settled(state: Pairing, at: datetime) -> tuple[EscalationClosed, ...]:
    both_done = len(state.trained) + 1 == len(SIDES)
    return settle(state, at, EscalationKind.TRAINING_OVERDUE) if both_done else ()
