"""Who is paired with whom: the exact best proposal for everybody at once.

The order of what counts: (1) as many *people* as possible have a pairing, (2) the total score is as high as
possible, (3) ties are broken by the seed. Nobody takes the same person twice, and nobody takes more
pairings than they have places.
`formulation.py` says why the answer is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from pydantic import Field

from domain.decider import Frozen, ParticipantId
from domain.matching.bars import Bar, RosterIndex, bars
from domain.matching.compatibility import Compatibility, Parts, Share, compatibility
from domain.matching.explanation import why_left_over
from domain.matching.formulation import Pair, Place, Solver, best_pairs
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person

__all__ = ["BarCount", "LeftOver", "Proposal", "ProposedPair", "Solver", "propose"]


class ProposedPair(Frozen):
    """`score` and `parts` as `compatibility` gave them."""

    mentor: ParticipantId
    mentee: ParticipantId
    score: Share
    parts: Parts


class LeftOver(Frozen):
    """Somebody without any pairing; `reason` is a sentence without names."""

    person: ParticipantId
    role: Literal["mentor", "mentee"]
    reason: str


class BarCount(Frozen):
    """How many pairs a bar rules out. A pair with several bars counts under each."""

    bar: Bar
    pairs: int = Field(ge=1)


class Proposal(Frozen):
    """`pairs` by mentor and mentee, `left_over` by id, `barred` in the order of `Bar`."""

    pairs: tuple[ProposedPair, ...]
    left_over: tuple[LeftOver, ...]
    barred: tuple[BarCount, ...]


def propose(
    people: Iterable[Person],
    policy: MatchingPolicy,
    *,
    seed: int,
    hours: WorkingHours,
    on: date,
    solver: Solver,
    places: Mapping[ParticipantId, int] | None = None,
) -> Proposal:
    """The best proposal for the people of a roster. The order of `people` does not matter.

    `places` says how many pairings each person can take now; somebody who is not in it takes no part, and
    somebody with fewer places than their capacity has a pairing already and gives way to those without one.
    Without `places`, everybody takes part with their whole capacity.
    Raises ValueError for two people with one id, or for more places than can be solved exactly.
    """
    roster = sorted(people, key=lambda person: person.id)
    _require_unique_ids(roster)
    seats = [_Seat(person, _places(person, places)) for person in roster]
    mentors = [seat for seat in seats if seat.places and seat.person.role == "mentor"]
    mentees = [seat for seat in seats if seat.places and seat.person.role == "mentee"]
    survey = _survey(mentors, mentees, RosterIndex(roster), policy, hours, on)
    scores = {pair: fit.total for pair, fit in survey.fits.items()}
    chosen = best_pairs(_spread(mentors), _spread(mentees), scores, seed=seed, solver=solver)
    return Proposal(
        pairs=tuple(
            ProposedPair(mentor=mentor, mentee=mentee, score=fit.total, parts=fit.parts)
            for (mentor, mentee), fit in ((pair, survey.fits[pair]) for pair in sorted(chosen))
        ),
        left_over=_left_over([*mentors, *mentees], chosen, survey),
        barred=tuple(BarCount(bar=bar, pairs=survey.barred[bar]) for bar in Bar if survey.barred[bar]),
    )


@dataclass(frozen=True, slots=True)
class _Seat:
    """A person and the pairings that they can take now."""

    person: Person
    places: int

    @property
    def unmatched(self) -> bool:
        return self.places == self.person.capacity


@dataclass(frozen=True, slots=True)
class _Survey:
    """Every pair looked at once. `barred_for` counts each barred candidate once, under its first bar."""

    fits: dict[Pair, Compatibility]
    barred: Counter[Bar]
    barred_for: dict[ParticipantId, Counter[Bar]]


def _require_unique_ids(roster: list[Person]) -> None:
    twice = [one.id for one, other in pairwise(roster) if one.id == other.id]
    if twice:
        raise ValueError(f"found the id {twice[0]!r} twice, expected one row for each person")


def _places(person: Person, places: Mapping[ParticipantId, int] | None) -> int:
    return person.capacity if places is None else max(0, min(places.get(person.id, 0), person.capacity))


def _survey(
    mentors: list[_Seat],
    mentees: list[_Seat],
    index: RosterIndex,
    policy: MatchingPolicy,
    hours: WorkingHours,
    on: date,
) -> _Survey:
    survey = _Survey({}, Counter(), {seat.person.id: Counter() for seat in [*mentors, *mentees]})
    for mentor in (seat.person for seat in mentors):
        for mentee in (seat.person for seat in mentees):
            found = bars(mentor, mentee, index, policy, hours, on)
            if not found:
                survey.fits[mentor.id, mentee.id] = compatibility(mentor, mentee, policy, hours, on)
                continue
            survey.barred.update(found)
            survey.barred_for[mentor.id][found[0]] += 1
            survey.barred_for[mentee.id][found[0]] += 1
    return survey


def _spread(seats: list[_Seat]) -> list[Place]:
    return [Place(seat.person.id, first=seat.unmatched and nth == 0) for seat in seats for nth in range(seat.places)]


def _left_over(seats: list[_Seat], chosen: set[Pair], survey: _Survey) -> tuple[LeftOver, ...]:
    paired = {person for pair in chosen for person in pair}
    compatible = Counter(person for pair in survey.fits for person in pair)
    return tuple(
        LeftOver(
            person=seat.person.id,
            role=seat.person.role,
            reason=why_left_over(seat.person.role, survey.barred_for[seat.person.id], compatible[seat.person.id]),
        )
        for seat in sorted(seats, key=lambda seat: seat.person.id)
        if seat.unmatched and seat.person.id not in paired
    )
