"""The same people and the same rules without any server: a discrete-event loop over the pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.decider import Actor, Rejected, Role
from domain.pairing.clocks import fire, kind_of
from domain.pairing.decider import PairingCommand, PairingEvent, decide, evolve
from domain.pairing.proposal import CreatePairing, PairingCreated
from domain.pairing.state import Pairing
from rehearsal.assumptions import Assumptions
from rehearsal.people import NOBODY_REACTS, Actors, people_of

STEPS_AT_MOST = 5_000

Step: TypeAlias = tuple[Pairing, PairingEvent]
"""An event and the state that includes it."""


class NeverEnds(Exception):
    """A pairing in which nobody acts and no clock runs, or that goes on and on: a defect of the rules or the people."""


def simulate(create: CreatePairing, seed: int, assumptions: Assumptions) -> list[PairingEvent]:
    """Every event of one pairing, from its creation to its end, as the real workflow would store them."""
    return [event for _, event in steps(create, seed, assumptions)]


def steps(create: CreatePairing, seed: int, assumptions: Assumptions) -> Iterator[Step]:
    """The same, event by event, with the state after each."""
    now = create.starts_at - timedelta(days=1)
    state: Pairing | None = None
    for event in decide(None, create, now):
        state = evolve(state, event)
        yield state, event
    assert state is not None
    yield from carried_on(state, now, people_of(state, seed, assumptions))


def carried_on(state: Pairing, now: datetime, actors: Actors) -> Iterator[Step]:
    """What happens from a state and a moment on, to the end. What the rules refuse changes nothing."""
    act = actors.next_act(state, now)
    for _ in range(STEPS_AT_MOST):
        if state.final:
            return
        bell = state.clocks[0] if state.clocks else None
        if act is not None and (bell is None or act.at < bell.due):
            now, command, asks = act.at, act.command, True
        elif bell is not None:
            now, command, asks = max(bell.due, now), fire(bell), kind_of(bell.name) not in NOBODY_REACTS
        else:
            break
        for event in _decided(state, command, now):  # type: ignore[arg-type]
            state = evolve(state, event)
            yield state, event
        if asks or act is None:
            act = actors.next_act(state, now)
    raise NeverEnds(f"the pairing {state.id} never ends: {state.stage.value}, nobody acts, no clock runs")


def _decided(state: Pairing, command: PairingCommand, now: datetime) -> tuple[PairingEvent, ...]:
    try:
        return decide(state, command, now)
    except Rejected:
        return ()


def simulate_again(stored: Sequence[PairingEvent], seed: int, assumptions: Assumptions) -> list[PairingEvent]:
    """What the simulation makes of a pairing that was carried through for real: the same stream, if both are right."""
    return simulate(creation_of(stored), seed, assumptions)


def creation_of(stored: Sequence[PairingEvent]) -> CreatePairing:
    """The command that a pairing's stream began with."""
    first = stored[0]
    if not isinstance(first, PairingCreated):
        raise ValueError("a pairing's stream begins with its creation")
    return CreatePairing(
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
