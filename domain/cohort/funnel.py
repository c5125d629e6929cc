"""A cohort's funnel at a moment, from the states of its pairings at that moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.cohort.state import Funnel
from domain.pairing.facts import outcome
from domain.pairing.state import Health, Pairing, Stage, health


def funnel(pairings: Iterable[Pairing], now: datetime) -> Funnel:
    """Counts only; a pairing that has come far counts in every step before."""
    states = list(pairings)
    colours = [health(state, now) for state in states]
    completed = sum(outcome(state) == "completed" for state in states)
    return Funnel(
        launched=len(states),
        activated=sum(state.activated_at is not None for state in states),
        trained=sum(state.may_meet for state in states),
        met=sum(state.held > 0 for state in states),
        evaluating=sum(state.phase is Stage.EVALUATING for state in states),
        completed=completed,
        ended_otherwise=sum(state.ended for state in states) - completed,
        amber=colours.count(Health.AMBER),
        red=colours.count(Health.RED),
        open_items=sum(len(state.escalations) for state in states),
    )
