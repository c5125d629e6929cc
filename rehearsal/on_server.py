"""What the real server stored beside what the simulation tells: the same events, or the first that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.pairing.decider import PairingEvent, load
from domain.pairing.proposal import CreatePairing
from domain.sealing import without_answers
from eventstore.store import EventStore
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two streams of a pairing part: the version, and what each says there (None: it has ended)."""

    pairing: str
    version: int
    stored: str | None
    simulated: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many pairings and events were compared, and what differs."""

    pairings: int
    events: int
    differences: tuple[Difference, ...]


async def compare(store: EventStore, creates: Sequence[CreatePairing], seed: int, assumptions: Assumptions) -> Verdict:
    """Every pairing of the rehearsal with its stream on the server, field by field and time by time.

    But for what people answered: the server has sealed it, and erased it when the cohort was archived.
    """
    found, events = [], 0
    for create in creates:
        stored = [
            without_answers(load(event.data, event.schema_version))
            for event in await store.read(f"pairing/{create.cohort}/{create.pairing}")
        ]
        events += len(stored)
        simulated = [without_answers(event) for event in simulate(create, seed, assumptions)]
        difference = parted(create.pairing, stored, simulated)
        if difference is not None:
            found.append(difference)
    return Verdict(pairings=len(creates), events=events, differences=tuple(found))


def parted(pairing: str, stored: Sequence[PairingEvent], simulated: Sequence[PairingEvent]) -> Difference | None:
    """The first event in which they differ; None where they are the same."""
    for version in range(1, max(len(stored), len(simulated)) + 1):
        one = stored[version - 1] if version <= len(stored) else None
        other = simulated[version - 1] if version <= len(simulated) else None
        if one != other:
            return Difference(pairing, version, _named(one), _named(other))
    return None


def _named(event: PairingEvent | None) -> str | None:
    return None if event is None else f"{event.type} at {event.at.isoformat()}"
