"""Holds: why a pairing stands still. Its clocks stop with the first hold and run again when the last is lifted."""

from __future__ import annotations

from datetime import datetime

from domain.decider import Clock
from domain.pairing.clocks import RUNS_THROUGH_PAUSE, kind_of
from domain.pairing.copying import replace
from domain.pairing.state import Hold, Pairing, Stage, Suspension


def held(state: Pairing, hold: Hold, at: datetime) -> Pairing:
    """One more reason to stand still; the first keeps the time left on every clock (of the world's, none)."""
    if state.suspension is not None:
        others = tuple(other for other in state.suspension.holds if other is not hold)
        return replace(state, suspension=replace(state.suspension, holds=(*others, hold)))
    left = tuple((c.name, c.due - at) for c in state.clocks if kind_of(c.name) not in RUNS_THROUGH_PAUSE)
    through = tuple(c for c in state.clocks if kind_of(c.name) in RUNS_THROUGH_PAUSE)
    suspension = Suspension(stage=state.stage, since=at, until=None, left=left, holds=(hold,))
    return replace(state, stage=Stage.PAUSED, since=at, suspension=suspension, clocks=through)


def lifted(state: Pairing, hold: Hold, at: datetime) -> Pairing:
    """One reason less; without any, every clock gets back the time that it had left."""
    if state.suspension is None:
        return state
    others = tuple(other for other in state.suspension.holds if other is not hold)
    if others:
        return replace(state, suspension=replace(state.suspension, holds=others))
    back = tuple(Clock(name=name, due=at + left) for name, left in state.suspension.left)
    rested = at - state.suspension.since
    return replace(
        state,
        stage=state.suspension.stage,
        since=at,
        suspension=None,
        paused_for=state.paused_for + rested if state.activated_at else state.paused_for,
        quiet_since=state.quiet_since and state.quiet_since + rested,
        clocks=tuple(sorted((*state.clocks, *back), key=lambda c: (c.due, c.name))),
    )


def runs_without(state: Pairing, *holds: Hold) -> bool:
    """Whether the pairing would run if these holds were lifted."""
    return state.suspension is None or not set(state.suspension.holds) - set(holds)
