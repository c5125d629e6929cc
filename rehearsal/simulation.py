"""The same people and the same rules without any server: a discrete-event loop over the pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from domain.decider import Actor, Rejected, Role
from domain.pairing.clocks import fire, kind_of
from domain.pairing.decider import PairingEvent, decide, evolve
from domain.pairing.proposal import CreatePairing, PairingCreated
from domain.pairing.state import Pairing
from rehearsal.acts import Act, Actors
from rehearsal.assumptions import Assumptions
from rehearsal.people import NOBODY_REACTS, people_of

STEPS_AT_MOST = 5_000

Step: TypeAlias = tuple[Pairing, PairingEvent]
"""An event and the state that includes it."""


class NeverEnds(Exception):
    """A pairing in which nobody acts and no clock runs, or that goes on and on. Which one is not said: it may be that
    somebody else must not hear of it.
    """


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


def carried_on(state: Pairing, now: datetime, actors: Actors, until: datetime | None = None) -> Iterator[Step]:
    """What happens from a state and a moment on, to the end or `until` then. What is refused changes nothing."""
    act = actors.next_act(state, now)
    for _ in range(STEPS_AT_MOST):
        bell = state.clocks[0] if state.clocks else None
        acts = act is not None and (bell is None or act.at < bell.due)
        following = act.at if act is not None and acts else bell.due if bell is not None else None
        if state.final or (until is not None and (following is None or following > until)):
            return
        if act is not None and acts:
            now = act.at
            events = _obeyed(state, act, actors)
        elif bell is not None:
            now = max(bell.due, now)
            events = decide(state, fire(bell), now)
        else:
            break
        for event in events:
            state = evolve(state, event)
            yield state, event
        if acts or act is None or (bell is not None and kind_of(bell.name) not in NOBODY_REACTS):
            act = actors.next_act(state, now)
    raise NeverEnds("a pairing never ends: nobody acts and no clock runs, or too much happens")


def _obeyed(state: Pairing, act: Act, actors: Actors) -> tuple[PairingEvent, ...]:
    try:
        return decide(state, act.command, act.at)  # type: ignore[arg-type]
    except Rejected:
        actors.refused(act)
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
