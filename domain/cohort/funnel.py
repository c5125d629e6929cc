"""A cohort's funnel at a moment, from how its pairings stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.cohort.state import Funnel
from domain.pairing.state import Health, Stage, health_at
from domain.pairing.status import PairingStatus


def funnel(pairings: Iterable[PairingStatus], now: datetime) -> Funnel:
    """Counts only; a pairing that has come far counts in every step before."""
    standing = list(pairings)
    colours = [health_at(pairing.health, now) for pairing in standing]
    completed = sum(pairing.outcome == "completed" for pairing in standing)
    return Funnel(
        launched=len(standing),
        activated=sum(pairing.activated_at is not None for pairing in standing),
        trained=sum(pairing.trained for pairing in standing),
        met=sum(pairing.held > 0 for pairing in standing),
        evaluating=sum(pairing.phase is Stage.EVALUATING for pairing in standing),
        completed=completed,
        ended_otherwise=sum(pairing.ended for pairing in standing) - completed,
        amber=colours.count(Health.AMBER),
        red=colours.count(Health.RED),
        undoable=sum(pairing.undoable for pairing in standing),
        open_items=sum(len(pairing.items) for pairing in standing),
    )
