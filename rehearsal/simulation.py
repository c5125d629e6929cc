"""The same people and the same rules without any server: a discrete-event loop over the pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.decider import Actor, Role
from domain.pairing.clocks import fire, kind_of
from domain.pairing.decider import PairingCommand, PairingEvent, decide, evolve
from domain.pairing.proposal import CreatePairing, PairingCreated
from domain.pairing.state import Pairing
from rehearsal.chance import Chance
from rehearsal.people import NOBODY_REACTS, Assumptions, next_act

STEPS_AT_MOST = 5_000


def simulate(create: CreatePairing, seed: int, assumptions: Assumptions) -> list[PairingEvent]:
    """Every event of one pairing, from its creation to its end, as the real workflow would store them."""
    chance = Chance(seed, create.pairing)
    now = create.starts_at - timedelta(days=1)
    state, events = _apply(None, create, now)
    act = next_act(state, chance, now, assumptions)
    for _ in range(STEPS_AT_MOST):
        if state.final:
            return events
        bell = state.clocks[0] if state.clocks else None
        if act is not None and (bell is None or act.at < bell.due):
            now, command = act.at, act.command
        elif bell is not None:
            now, command = bell.due, fire(bell)
        else:
            break
        state, following = _apply(state, command, now)  # type: ignore[arg-type]
        events += following
        if bell is None or act is None or command is act.command or kind_of(bell.name) not in NOBODY_REACTS:
            act = next_act(state, chance, now, assumptions)
    raise RuntimeError(f"the pairing {create.pairing} never ends: {state.stage.value}, nobody acts, no clock runs")


def simulate_again(stored: Sequence[PairingEvent], seed: int, assumptions: Assumptions) -> list[PairingEvent]:
    """What the simulation makes of a pairing that was carried through for real: the same stream, if both are right."""
    first = stored[0]
    if not isinstance(first, PairingCreated):
        raise ValueError("a pairing's stream begins with its creation")
    create = CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="simulation"),
        key="create",
        at=first.at,
        pairing=first.pairing,
        cohort=first.cohort,
        replaces=first.replaces,
        design=first.design,
        mentor=first.mentor,
        mentee=first.mentee,
        starts_at=first.starts[0].due,
    )
    return simulate(create, seed, assumptions)


def _apply(state: Pairing | None, command: PairingCommand, now: datetime) -> tuple[Pairing, list[PairingEvent]]:
    events = list(decide(state, command, now))
    for event in events:
        state = evolve(state, event)
    if state is None:
        raise RuntimeError("a pairing begins with its creation")
    return state, events
