"""Checkpoints: short pulse surveys of both sides, inside the meeting phase."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from domain.decider import Command, Event, Rejected
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, clock, clock_name, fired_at, instance_of, running
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, escalate, remind, settle
from domain.pairing.goal_setting import Score
from domain.pairing.permissions import during, own_side
from domain.pairing.state import ACTIVE, SIDES, Checkpoint, EscalationKind, Pairing, Side


class CheckpointOpened(FiredEvent):
    """Both sides are asked. `checkpoint.overdue` says until when."""

    type: Literal["CheckpointOpened"] = "CheckpointOpened"
    number: int


class CheckpointAnswered(Event):
    """One side answered: psychological safety and progress, each 1 to 5."""

    sealed: ClassVar = ("safety", "progress")

    type: Literal["CheckpointAnswered"] = "CheckpointAnswered"
    number: int
    side: Side
    safety: int | None
    progress: int | None


class CheckpointOverdue(FiredEvent):
    """The survey's time and its grace are over and somebody has not answered; a late answer still counts."""

    type: Literal["CheckpointOverdue"] = "CheckpointOverdue"
    number: int
    missing: tuple[Side, ...]


class AnswerCheckpoint(Command):
    """One side answers a checkpoint: psychological safety and progress, each 1 to 5."""

    number: int = Field(ge=1)
    safety: Score
    progress: Score


def open_survey(state: Pairing, command: FireClock, now: datetime) -> tuple[CheckpointOpened, ...]:
    """The day has come: ask both."""
    at, late = fired_at(state, command, now)
    policy, number = state.design.checkpoints, instance_of(command.clock)
    starts = (
        clock(ClockKind.CHECKPOINT_REMIND, at + policy.open_for, number),
        clock(ClockKind.CHECKPOINT_OVERDUE, at + policy.open_for + policy.overdue_grace, number),
    )
    return (CheckpointOpened(at=at, due=command.due, late=late, number=number, starts=starts, stops=(command.clock,)),)


def answer(
    state: Pairing, command: AnswerCheckpoint, at: datetime
) -> tuple[CheckpointAnswered | EscalationClosed, ...]:
    """One side answers; the second answer stops the survey's clocks."""
    side = own_side(state, command.by)
    during(state, *ACTIVE)
    survey = _survey(state, command.number)
    if side in survey.answered:
        raise Rejected("duplicate", f"the {side.value} has answered checkpoint {command.number} already")
    complete = side.other in survey.answered
    stops = _clocks_of(state, command.number) if complete else ()
    answered = CheckpointAnswered(
        at=at, number=command.number, side=side, safety=command.safety, progress=command.progress, stops=stops
    )
    others_wait = any(
        other.overdue and other.number != survey.number and len(other.answered) < len(SIDES)
        for other in state.checkpoints
    )
    settled = settle(state, at, EscalationKind.CHECKPOINT_OVERDUE) if complete and not others_wait else ()
    return (answered, *settled)


def remind_to_answer(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Whoever has not answered."""
    missing = _missing(_survey(state, instance_of(command.clock)))
    return remind(state, command, now, to=tuple(side.value for side in missing))


def overdue(state: Pairing, command: FireClock, now: datetime) -> tuple[CheckpointOverdue | EscalationOpened, ...]:
    """Too late: the coordinator sees it, once however many surveys are open."""
    at, late = fired_at(state, command, now)
    number = instance_of(command.clock)
    missing = _missing(_survey(state, number))
    event = CheckpointOverdue(at=at, due=command.due, late=late, number=number, missing=missing, stops=(command.clock,))
    if any(item.kind is EscalationKind.CHECKPOINT_OVERDUE for item in state.escalations):
        return (event,)
    return (event, *escalate(state, command, now, EscalationKind.CHECKPOINT_OVERDUE))


def evolve_opened(state: Pairing, event: CheckpointOpened) -> Pairing:
    """One more survey."""
    return replace(state, checkpoints=(*state.checkpoints, Checkpoint(number=event.number, opened_at=event.at)))


def evolve_answered(state: Pairing, event: CheckpointAnswered) -> Pairing:
    """Keep the answer with its survey."""
    survey = _survey(state, event.number)
    answered = survey.model_copy(
        update={
            "answered": (*survey.answered, event.side),
            "safety": (*survey.safety, *_scored(event.side, event.safety)),
            "progress": (*survey.progress, *_scored(event.side, event.progress)),
        }
    )
    return _with(state, answered)


def _scored(side: Side, score: int | None) -> tuple[tuple[Side, int], ...]:
    return () if score is None else ((side, score),)


def evolve_overdue(state: Pairing, event: CheckpointOverdue) -> Pairing:
    """Marked, so that a late answer is known to be late."""
    return _with(state, _survey(state, event.number).model_copy(update={"overdue": True}))


def _with(state: Pairing, survey: Checkpoint) -> Pairing:
    return replace(state, checkpoints=tuple(survey if c.number == survey.number else c for c in state.checkpoints))


def _survey(state: Pairing, number: int) -> Checkpoint:
    for survey in state.checkpoints:
        if survey.number == number:
            return survey
    raise Rejected("unknown", f"checkpoint {number} has not been opened")


def _missing(survey: Checkpoint) -> tuple[Side, ...]:
    return tuple(side for side in SIDES if side not in survey.answered)


def _clocks_of(state: Pairing, number: int) -> tuple[str, ...]:
    kinds = (ClockKind.CHECKPOINT_REMIND, ClockKind.CHECKPOINT_OVERDUE)
    return tuple(name for name in running(state, *kinds) if name in {clock_name(kind, number) for kind in kinds})
