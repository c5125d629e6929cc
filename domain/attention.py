"""What needs a person now, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime

from domain.cohort.state import CohortStage
from domain.cohort.status import CohortStatus
from domain.decider import Frozen, Role
from domain.pairing.state import Health, health_at
from domain.pairing.status import PairingStatus

_URGENCY = {Health.RED: 0, Health.AMBER: 1, Health.GREEN: 2}


class Attention(Frozen):
    """One thing that somebody has to do. `id` is that of the open item; a cohort's own move has none."""

    cohort: str
    pairing: str | None
    id: str | None
    kind: str
    to: Role
    since: AwareDatetime
    acknowledged: bool
    health: Health


def attention(
    cohorts: Iterable[CohortStatus], pairings: Iterable[PairingStatus], now: datetime
) -> tuple[Attention, ...]:
    """Everything open, ranked: what nobody has taken on, then the worst health, then what has waited longest."""
    found = [*(move for cohort in cohorts for move in _moves(cohort)), *_items(pairings, now)]
    return tuple(sorted(found, key=_rank))


def _moves(cohort: CohortStatus) -> Iterable[Attention]:
    """A cohort before its launch stands still until somebody acts; a running one has items of its own."""
    for item in cohort.items:
        yield Attention(
            cohort=cohort.cohort,
            pairing=item.pairing,
            id=item.id,
            kind=item.kind,
            to=item.to,
            since=item.since,
            acknowledged=False,
            health=Health.GREEN,
        )
    if cohort.stage not in (CohortStage.DRAFT, CohortStage.ENROLLING, CohortStage.REVIEW):
        return
    if cohort.stage is CohortStage.ENROLLING and cohort.invited:
        return  # the invited people's move; who does not answer in time becomes an item
    kind = "approve_pairs" if cohort.stage is CohortStage.REVIEW else "enrol"
    for role in cohort.waiting_for:
        yield Attention(
            cohort=cohort.cohort,
            pairing=None,
            id=None,
            kind=kind,
            to=role,
            since=cohort.since,
            acknowledged=False,
            health=Health.GREEN,
        )


def _items(pairings: Iterable[PairingStatus], now: datetime) -> Iterable[Attention]:
    for pairing in pairings:
        for item in pairing.items:
            yield Attention(
                cohort=pairing.cohort,
                pairing=pairing.pairing,
                id=item.id,
                kind=item.kind.value,
                to=item.to,
                since=item.opened_at,
                acknowledged=item.acknowledged,
                health=health_at(pairing.health, now),
            )


def _rank(open_item: Attention) -> tuple[object, ...]:
    return (
        open_item.acknowledged,
        _URGENCY[open_item.health],
        open_item.since,
        open_item.cohort,
        open_item.pairing or "",
        open_item.id or "",
    )
