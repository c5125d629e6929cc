"""Whose move it is, what they are expected to do, and by which commands they do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.decider import Command, Role
from domain.pairing.closing import CloseEarly
from domain.pairing.concern import ResolveConcern
from domain.pairing.escalation import AcknowledgeEscalation, CloseEscalation, needs_a_decision
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import SetGoals, SignAgreement
from domain.pairing.leave import ReportReturn
from domain.pairing.meetings import ScheduleMeeting, ScheduleSeries
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.pausing import Resume
from domain.pairing.state import SIDES, EscalationKind, Pairing, Side, Stage
from domain.pairing.training import CompleteTraining, WaiveTraining

_SETTLED_BY: dict[EscalationKind, tuple[type[Command], ...]] = {
    EscalationKind.TRAINING_OVERDUE: (WaiveTraining,),
    EscalationKind.SILENCE: (CloseEarly,),
    EscalationKind.EXIT: (CloseEarly,),
    EscalationKind.PAUSE_TOO_LONG: (Resume, CloseEarly),
    EscalationKind.CONFLICT_OF_INTEREST: (CloseEarly,),
    EscalationKind.LONG_LEAVE: (ReportReturn, CloseEarly),
}
"""What the coordinator can do about the cause of an item. The others are for the two, and go away when they act."""

ORDER = (Role.MENTOR, Role.MENTEE, Role.COORDINATOR)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that is waited for; `what` completes the sentence "the mentor is expected to …"."""

    role: Role
    what: str
    by: tuple[type[Command], ...]


def moves(state: Pairing) -> tuple[Move, ...]:
    """Everything that everybody may know the pairing to wait for now, in the order mentor, mentee, coordinator."""
    found = [*_of_the_two(state), *_of_the_coordinator(state)]
    return tuple(sorted(found, key=lambda move: ORDER.index(move.role)))


def moves_of_the_handler(state: Pairing) -> tuple[Move, ...]:
    """What only the concern handler may know to be waited for."""
    return tuple(Move(Role.CONCERN_HANDLER, f"resolve {concern.id}", (ResolveConcern,)) for concern in state.concerns)


def waiting_for(state: Pairing) -> tuple[Role, ...]:
    """Whose move it is now, in the order mentor, mentee, coordinator."""
    waiting = {move.role for move in moves(state)}
    return tuple(role for role in ORDER if role in waiting)


def _of_the_two(state: Pairing) -> Iterator[Move]:
    match state.stage:
        case Stage.OFFERED:
            for side in SIDES:
                if side not in state.accepted:
                    yield Move(_role(side), "answer the offer", (AcceptOffer, DeclineOffer))
        case Stage.TRAINING:
            for side in SIDES:
                if side not in state.trained:
                    yield Move(_role(side), "complete the training", (CompleteTraining, WaiveTraining))
        case Stage.GOAL_SETTING | Stage.MEETING:
            yield from _to_agree(state)
            if not state.meetings and not state.plan_is_fulfilled:
                books = Side.MENTOR if state.cancelled_last is None else state.cancelled_last
                yield Move(_role(books), "book a meeting", (ScheduleMeeting, ScheduleSeries))
        case Stage.EVALUATING:
            done = {evaluation.side for evaluation in state.evaluations}
            for side in SIDES:
                if side not in done:
                    yield Move(_role(side), "submit the end evaluation", (SubmitEvaluation,))
        case _:
            pass


def _to_agree(state: Pairing) -> Iterator[Move]:
    enough = len(state.goals) >= state.design.goals.at_least
    for side in SIDES:
        if side not in state.signed:
            yield Move(_role(side), "sign the agreement", (SignAgreement,))
        if not enough:
            yield Move(_role(side), "set the goals with the partner", (SetGoals,))


def _of_the_coordinator(state: Pairing) -> Iterator[Move]:
    for item in () if state.ended else state.escalations:
        by = _SETTLED_BY.get(item.kind, ())
        if not item.acknowledged:
            by = (*by, AcknowledgeEscalation)
        if needs_a_decision(state, item) is None:
            by = (*by, CloseEscalation)
        yield Move(Role.COORDINATOR, f"see to {item.id}", by)


def _role(side: Side) -> Role:
    return Role.MENTOR if side is Side.MENTOR else Role.MENTEE
