"""Matching a cohort: the roster from the `person` table, the rules from the domain, the numbers from SciPy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeAlias

from pydantic import AwareDatetime
from temporalio import activity

from activities.assignment_solver import solve
from activities.heartbeats import heartbeating
from domain.cohort.rematch import Candidate, by_priority
from domain.cohort.state import Participant, PlannedPairing
from domain.decider import Frozen, ParticipantId
from domain.matching.assignment import LeftOver, propose
from domain.matching.explanation import why_paired
from domain.matching.input_hash import input_hash
from domain.program import ProgramDesign
from domain.roster import Person
from eventstore.people import people
from eventstore.store import EventStore

Pairs: TypeAlias = tuple[tuple[ParticipantId, ParticipantId], ...]


class MatchRequest(Frozen):
    """Whom to match by which design. `on` is the day whose UTC offsets count for shared working time."""

    cohort: str
    design: ProgramDesign
    seed: int
    participants: tuple[Participant, ...]
    on: AwareDatetime


class RematchRequest(Frozen):
    """Whom to match again, and which pairs are ruled out beside those of the design."""

    cohort: str
    design: ProgramDesign
    seed: int
    candidates: tuple[Candidate, ...]
    apart: Pairs
    on: AwareDatetime


class MatchResult(Frozen):
    """The proposal by opaque ids; `input_hash` names everything that it depends on."""

    input_hash: str
    pairs: tuple[PlannedPairing, ...]
    left_over: tuple[LeftOver, ...]


class Matching:
    """Reads only: the same request gives the same pairs."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    @activity.defn
    async def match_cohort(self, request: MatchRequest) -> MatchResult:
        """The best pairs for the enrolled people."""
        async with heartbeating():
            return await self._match(request)

    async def _match(self, request: MatchRequest) -> MatchResult:
        roster = await people(self._store, request.cohort)
        return await asyncio.to_thread(match, roster, request)

    @activity.defn
    async def match_waiting(self, request: RematchRequest) -> MatchResult:
        """Partners for the waiting people, by the same bars and the same score as the first pairs."""
        async with heartbeating():
            roster = await people(self._store, request.cohort)
            return await asyncio.to_thread(match_again, roster, request)


def match(roster: Sequence[Person], request: MatchRequest) -> MatchResult:
    """The best pairs of a roster, by SciPy; takes seconds for a thousand people."""
    places = {participant.id: participant.capacity for participant in request.participants}
    design, on = request.design, request.on.date()
    found = propose(
        roster,
        design.matching,
        seed=request.seed,
        hours=design.working_hours,
        on=on,
        solver=solve,
        places=places,
    )
    digest = input_hash(roster, design.matching, seed=request.seed, hours=design.working_hours, on=on, places=places)
    weights = request.design.matching.weights
    pairs = tuple(
        PlannedPairing(pairing=f"{pair.mentor}~{pair.mentee}", pair=pair, why=why_paired(pair.parts, weights))
        for pair in found.pairs
    )
    return MatchResult(input_hash=digest, pairs=pairs, left_over=found.left_over)


def match_again(roster: Sequence[Person], request: RematchRequest) -> MatchResult:
    """One round of matching for each priority. Nobody is left over: who finds nobody goes on waiting."""
    roles, digests = {person.id: person.role for person in request.candidates}, list[str]()

    def one_round(places: dict[ParticipantId, int], apart: Pairs) -> tuple[PlannedPairing, ...]:
        policy = request.design.matching
        ruled_out = policy.model_copy(update={"forbidden": (*policy.forbidden, *apart)})
        taking_part = tuple(Participant(id=id, role=roles[id], capacity=free) for id, free in places.items())
        found = match(
            roster,
            MatchRequest(
                cohort=request.cohort,
                design=request.design.model_copy(update={"matching": ruled_out}),
                seed=request.seed,
                participants=taking_part,
                on=request.on,
            ),
        )
        digests.append(found.input_hash)
        return found.pairs

    pairs = tuple(by_priority(request.candidates, request.apart, one_round))
    return MatchResult(input_hash=sha256("\n".join(digests).encode()).hexdigest(), pairs=pairs, left_over=())
