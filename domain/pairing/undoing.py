"""Decisions taken back within their window, by a compensating event: an acceptance, a close by the coordinator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from domain.decider import Command, Event, Rejected, Role
from domain.pairing.clocks import RUNS_THROUGH_PAUSE, ClockKind, FireClock, FiredEvent, fired_at, kind_of
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, settle
from domain.pairing.offer import answer_clocks
from domain.pairing.permissions import during, own_side
from domain.pairing.state import EscalationKind, Hold, Pairing, Side, Stage, in_stage
from domain.pairing.suspension import held, lifted
from domain.permissions import only


class AcceptanceUndone(Event):
    """One side has not accepted after all. `deactivates`: the program had begun, and the offer runs anew."""

    type: Literal["AcceptanceUndone"] = "AcceptanceUndone"
    side: Side
    deactivates: bool


class CloseUndone(Event):
    """The close is taken back: the pairing stands where it stood, with the time that its clocks had left."""

    type: Literal["CloseUndone"] = "CloseUndone"


class CloseBecameFinal(FiredEvent):
    """The window in which the close could be taken back is over; nothing happens to this pairing any more."""

    type: Literal["CloseBecameFinal"] = "CloseBecameFinal"


class UndoAcceptance(Command):
    """The mentor or the mentee takes the own acceptance back, before the training is done."""


class UndoClose(Command):
    """The coordinator takes the early close back."""


class SettleClose(Command):
    """The workflow ends before the window does: the close stands. Only the engine sends this."""


def undo_acceptance(
    state: Pairing, command: UndoAcceptance, at: datetime
) -> tuple[AcceptanceUndone | EscalationClosed, ...]:
    """While the other side is still to answer, at any time; once the program runs, within the window."""
    side = own_side(state, command.by)
    during(state, Stage.OFFERED, Stage.TRAINING)
    if side not in state.accepted:
        raise Rejected("duplicate", f"the {side.value} has not accepted")
    if state.activated_at is None:
        return (AcceptanceUndone(at=at, side=side, deactivates=False),)
    window = state.design.undo.within
    if at > state.activated_at + window:
        raise Rejected("time", f"an acceptance can be taken back within {window.days} days; ask to exit instead")
    stops = tuple(c.name for c in state.clocks if kind_of(c.name) not in RUNS_THROUGH_PAUSE)
    undone = AcceptanceUndone(at=at, side=side, deactivates=True, starts=answer_clocks(state, at), stops=stops)
    return (*settle(state, at, *EscalationKind), undone)


def undo_close(state: Pairing, command: UndoClose, at: datetime) -> tuple[CloseUndone, ...]:
    """The engine asks no more than whether the window is still open: why it was closed does not matter."""
    only(command.by, Role.COORDINATOR)
    if not state.ended:
        raise Rejected("stage", f"the pairing is {state.stage.value}: there is no close to take back")
    if state.before_close is None:
        raise Rejected("rule", "only a close by the coordinator can be taken back, and only within its window")
    return (CloseUndone(at=at, stops=(ClockKind.UNDO_END.value,)),)


def close_becomes_final(state: Pairing, command: FireClock, now: datetime) -> tuple[CloseBecameFinal, ...]:
    """Nobody took it back in time."""
    at, late = fired_at(state, command, now)
    return (CloseBecameFinal(at=at, due=command.due, late=late, stops=(command.clock,)),)


def settle_close(state: Pairing, command: SettleClose, at: datetime) -> tuple[CloseBecameFinal, ...]:
    """Nobody is left who could take it back."""
    only(command.by, Role.COORDINATOR)
    if state.before_close is None:
        raise Rejected("stage", "there is no close that could still be taken back")
    return (CloseBecameFinal(at=at, due=at, late=False, stops=(ClockKind.UNDO_END.value,)),)


def evolve_acceptance_undone(state: Pairing, event: AcceptanceUndone) -> Pairing:
    """Back to the offer; what was learnt in a training that had begun stays learnt."""
    accepted = tuple(side for side in state.accepted if side is not event.side)
    state = replace(state, accepted=accepted, activated_at=None, quiet_since=None, paused_for=timedelta(0))
    return in_stage(state, Stage.OFFERED, event.at) if event.deactivates else state


def evolve_close_undone(state: Pairing, event: CloseUndone) -> Pairing:
    """As before the close, which counts as a rest: nobody loses time, and no meeting was planned in it."""
    before, closed_at = state.before_close, state.ended_at
    if before is None or closed_at is None:
        return state
    return lifted(held(before, Hold.CLOSED, closed_at), Hold.CLOSED, event.at)


def evolve_final(state: Pairing) -> Pairing:
    """Forget what it would have come back to."""
    return replace(state, before_close=None)
