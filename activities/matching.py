"""Matching a cohort: the roster from the `person` table, the rules from the domain, the numbers from SciPy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeAlias

from pydantic import AwareDatetime
from temporalio import activity

from activities.heartbeats import heartbeating
from activities.packing import Packed
from domain.cohort.rematch import Candidate, by_priority
from domain.cohort.state import Cohort, CohortStage, Participant, PlannedPairing
from domain.decider import Frozen, ParticipantId
from domain.matching.assignment import LeftOver, ProposedPair, propose
from domain.matching.bars import Bar, RosterIndex, bars
from domain.matching.explanation import why_paired
from domain.matching.input_hash import input_hash
from domain.program import ProgramDesign
from domain.roster import Person
from eventstore.people import people
from eventstore.store import EventStore

Pairs: TypeAlias = tuple[tuple[ParticipantId, ParticipantId], ...]


class MatchRequest(Frozen):
    """Whom to match by which design. `on` is the day whose UTC offsets count for shared working time.

    `pins` are pairs that the proposal must hold, `apart` pairs that it must not, `standing` those that people have
    seen already: as few of them as possible change.
    """

    cohort: str
    design: ProgramDesign
    seed: int
    participants: tuple[Participant, ...]
    on: AwareDatetime
    pins: Pairs = ()
    apart: Pairs = ()
    standing: Pairs = ()


class BarsRequest(Frozen):
    """Pairs that somebody wants to make by hand."""

    cohort: str
    design: ProgramDesign
    pairs: Pairs
    on: AwareDatetime


class RematchRequest(Frozen):
    """Whom to match again, and which pairs are ruled out beside those of the design."""

    cohort: str
    design: ProgramDesign
    seed: int
    candidates: tuple[Candidate, ...]
    apart: Pairs
    on: AwareDatetime


class MatchResult(Packed):
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
    async def bars_between(self, request: BarsRequest) -> list[Bar]:
        """What bars the pairs that somebody wants to make by hand."""
        return list(bars_of(await people(self._store, request.cohort), request))

    @activity.defn
    async def match_waiting(self, request: RematchRequest) -> MatchResult:
        """Partners for the waiting people, by the same bars and the same score as the first pairs."""
        async with heartbeating():
            roster = await people(self._store, request.cohort)
            return await asyncio.to_thread(match_again, roster, request)


def match_request(state: Cohort, design: ProgramDesign | None = None) -> MatchRequest:
    """What the cohort's matching takes now, or would take by another design.

    While pairs are being proposed, those proposed so far do not stand yet: a matching that begins again after a
    reset must give the very pairs that it gave before.
    """
    proposed = tuple(planned.people for planned in state.proposed)
    return MatchRequest(
        cohort=state.id,
        design=design or state.design,
        seed=state.seed,
        participants=tuple(one for one in state.participants if one.id not in state.ineligible),
        on=state.since,
        pins=tuple(pair for pair in state.pins if not {*pair} & {*state.ineligible}),
        apart=state.apart,
        standing=state.stood if state.stage is CohortStage.MATCHING else proposed,
    )


def match(roster: Sequence[Person], request: MatchRequest, *, keep: bool = True) -> MatchResult:
    """The best pairs of a roster around the pinned ones, by SciPy; takes seconds for a thousand people.

    Without `keep`, standing pairs count among equals alone: what other rules would give, not what a correction costs.
    """
    # NumPy and SciPy: without them, every other command about a cohort starts in two thirds of the time.
    from activities.pair_survey import surveyed  # noqa: PLC0415

    design, on, standing = request.design, request.on.date(), request.standing
    ruled_out = (*design.matching.forbidden, *request.apart)
    pinned = (*design.matching.pinned, *request.pins)
    policy = design.matching.model_copy(update={"forbidden": ruled_out, "pinned": pinned})
    places = {participant.id: participant.capacity for participant in request.participants}
    seed, hours = request.seed, design.working_hours
    found = propose(
        roster,
        policy,
        seed=seed,
        hours=hours,
        on=on,
        surveyor=surveyed,
        places=places,
        standing=standing,
        keep=keep,
    )
    digest = input_hash(roster, policy, seed=seed, hours=hours, on=on, places=places, standing=standing)
    return MatchResult(
        input_hash=digest, pairs=tuple(_planned(pair, design) for pair in found.pairs), left_over=found.left_over
    )


def _planned(pair: ProposedPair, design: ProgramDesign) -> PlannedPairing:
    why = why_paired(pair.parts, design.matching.weights)
    return PlannedPairing(pairing=f"{pair.mentor}~{pair.mentee}", pair=pair, why=why)


def bars_of(roster: Sequence[Person], request: BarsRequest) -> tuple[Bar, ...]:
    """Everything that bars any of the pairs, in the order of `Bar`. People without a row bar nothing here."""
    people_by_id, index = {person.id: person for person in roster}, RosterIndex(roster)
    policy, hours, on = request.design.matching, request.design.working_hours, request.on.date()
    found = {
        bar
        for mentor, mentee in request.pairs
        if mentor in people_by_id and mentee in people_by_id
        for bar in bars(people_by_id[mentor], people_by_id[mentee], index, policy, hours, on)
    }
    return tuple(bar for bar in Bar if bar in found)


def match_again(roster: Sequence[Person], request: RematchRequest) -> MatchResult:
    """One round of matching for each priority. Nobody is left over: who finds nobody goes on waiting."""
    roles, digests = {person.id: person.role for person in request.candidates}, list[str]()

    def one_round(places: dict[ParticipantId, int], apart: Pairs) -> tuple[PlannedPairing, ...]:
        taking_part = tuple(Participant(id=id, role=roles[id], capacity=free) for id, free in places.items())
        found = match(
            roster,
            MatchRequest(
                cohort=request.cohort,
                design=request.design,
                seed=request.seed,
                participants=taking_part,
                on=request.on,
                apart=apart,
            ),
        )
        digests.append(found.input_hash)
        return found.pairs

    pairs = tuple(by_priority(request.candidates, request.apart, one_round))
    return MatchResult(input_hash=sha256("\n".join(digests).encode()).hexdigest(), pairs=pairs, left_over=())
