"""A running cohort, from where its streams say that it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from activities.pairing_streams import folded_pairings
from domain.decider import Role
from domain.pairing.moves import waiting_for
from domain.pairing.state import Health, Pairing, Stage, health
from eventstore.store import EventStore
from rehearsal.forecast import Risk
from rehearsal.runs import Standing

RISKIEST = 10


async def standing(store: EventStore, cohort: str, now: datetime) -> list[Standing]:
    """Every pairing of the cohort, as it stands now; later where its own clock is ahead, as after a demo."""
    return [Standing(state, max(now, state.as_of)) async for state in folded_pairings(store, cohort)]


def riskiest(risks: Sequence[Risk], pairings: Sequence[Standing]) -> list[tuple[Risk, str]]:
    """The running pairings that are the least likely to complete, and what stands out about each now."""
    by_id = {pairing.state.id: pairing for pairing in pairings if not pairing.state.ended}
    running = [risk for risk in risks if risk.pairing in by_id and risk.not_completed > 0]
    return [(risk, why(by_id[risk.pairing].state, by_id[risk.pairing].now)) for risk in running[:RISKIEST]]


def why(state: Pairing, now: datetime) -> str:
    """What stands out about a pairing: counts, dates and open items, no answers."""
    found = []
    colour = health(state, now)
    if colour is not Health.GREEN:
        found.append(colour.value)
    if state.leavers:
        found.append(" and ".join(f"the {side.value} leaves on {at:%-d %b}" for side, at in state.leavers))
    if state.stage in (Stage.PAUSED, Stage.EXIT_REQUESTED):
        found.append(state.stage.value.lower().replace("_", " "))
    if state.quiet_since is not None and state.phase is not Stage.EVALUATING:
        days = (now - state.quiet_since).days
        found.append(f"{'no meeting' if state.held else 'no first meeting'} for {days} days")
    if state.phase in (Stage.GOAL_SETTING, Stage.MEETING) and not state.meetings and not state.plan_is_fulfilled:
        found.append("nothing booked")
    found.append(f"{state.held} of {state.design.meetings.planned} meetings held")
    if state.escalations:
        kinds = sorted({item.kind.value.replace("_", " ") for item in state.escalations})
        found.append(f"open: {', '.join(kinds)}")
    people = [role.value for role in waiting_for(state) if role is not Role.COORDINATOR]
    if people:
        found.append(f"waits for the {' and the '.join(people)}")
    return "; ".join(found)
