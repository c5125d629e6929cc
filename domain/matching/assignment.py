"""Who is paired with whom: the exact best proposal for everybody at once.

The order of what counts: (0) pinned pairs are made, (1) as many *people* as possible have a pairing, (2) the total
score is as high as possible, (3) among equals, what stood before stays, and then the seed decides. When people
have corrected a proposal, what stood before comes ahead of the score. Nobody takes the same person twice, and nobody
takes more pairings than they have places.
`formulation.py` says why the answer is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise

from domain.decider import ParticipantId
from domain.matching.bars import Bar, RosterIndex, bars
from domain.matching.compatibility import Compatibility
from domain.matching.explanation import why_away, why_left_over, why_not_pinned
from domain.matching.facts import Side
from domain.matching.formulation import Cell, Place, Wishes, best_pairs
from domain.matching.proposal import BarCount, LeftOver, Proposal, ProposedPair, RefusedPin, Relaxation
from domain.matching.relaxation import cheapest_relaxation
from domain.matching.survey import Question, Survey, Surveyor
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person

__all__ = ["BarCount", "LeftOver", "Proposal", "ProposedPair", "RefusedPin", "Relaxation", "Surveyor", "propose"]

Pair = tuple[ParticipantId, ParticipantId]
"""The mentor's id, then the mentee's."""


def propose(
    people: Iterable[Person],
    policy: MatchingPolicy,
    *,
    seed: int,
    hours: WorkingHours,
    on: date,
    surveyor: Surveyor,
    places: Mapping[ParticipantId, int] | None = None,
    standing: Collection[Pair] = (),
    keep: bool = False,
) -> Proposal:
    """The best proposal for the people of a roster. The order of `people` does not matter.

    `places` says how many pairings each person can take now; somebody who is not in it takes no part, and
    somebody with fewer places than their capacity has a pairing already and gives way to those without one.
    Without `places`, everybody takes part with their whole capacity. `standing` pairs stay before equals; with `keep`
    as few of them as possible go, whatever others would score (both up to some 2,000 places on a side, above that
    they count for nothing).
    Raises ValueError for two people with one id, or for more places than can be solved exactly.
    """
    roster = sorted(people, key=lambda person: person.id)
    _require_unique_ids(roster)
    index = RosterIndex(roster)
    seats = sorted(
        (_Seat(person, count) for person in roster if (count := _places(person, places))),
        key=lambda seat: _luck(seed, seat.person.id),
    )
    present = [seat for seat in seats if not _away(seat.person, policy, on)]
    table = _Table.of(present)
    pins, refused = _pinned(table, policy, index, hours, on)
    survey = surveyor(
        Question(
            [seat.person for seat in table.mentors], [seat.person for seat in table.mentees], index, policy, hours, on
        )
    )
    wishes = Wishes(apart=frozenset(pins), preferred=table.cells(standing), at_any_score=keep)
    left = table.without(pins)
    chosen = pins | best_pairs(_spread(left.mentors), _spread(left.mentees), survey.best, wishes)
    made = sorted(chosen)
    return Proposal(
        pairs=_proposed(made, table, survey.fits(made)),
        left_over=(*_left_over(table, chosen, pins, survey, index, policy, hours, on), *_on_leave(seats, policy, on)),
        barred=_counted(survey),
        refused_pins=refused,
    ).in_order()


@dataclass(frozen=True, slots=True)
class _Seat:
    """A person and the pairings that they can take now; `has` are those decided here, by pins."""

    person: Person
    places: int
    has: int = 0

    @property
    def unmatched(self) -> bool:
        return self.places == self.person.capacity and not self.has


@dataclass(frozen=True, slots=True)
class _Table:
    """Both sides in the order that the seed gives."""

    mentors: list[_Seat]
    mentees: list[_Seat]

    @classmethod
    def of(cls, seats: list[_Seat]) -> _Table:
        return cls(
            [seat for seat in seats if seat.person.role == "mentor"],
            [seat for seat in seats if seat.person.role == "mentee"],
        )

    def cells(self, pairs: Collection[Pair]) -> frozenset[Cell]:
        """The positions of these pairs, whichever of the two stands first; those who take no part are passed over."""
        mentor_at, mentee_at = self.positions() if pairs else ({}, {})
        turned = [pair for one, other in pairs for pair in ((one, other), (other, one))]
        return frozenset(
            (mentor_at[one], mentee_at[other]) for one, other in turned if one in mentor_at and other in mentee_at
        )

    def positions(self) -> tuple[dict[ParticipantId, int], dict[ParticipantId, int]]:
        """Where each mentor and each mentee stands."""
        mentors = {seat.person.id: nth for nth, seat in enumerate(self.mentors)}
        return mentors, {seat.person.id: nth for nth, seat in enumerate(self.mentees)}

    def without(self, pairs: Collection[Cell]) -> _Table:
        """The places that these pairs leave."""
        of_mentors, of_mentees = Counter(mentor for mentor, _ in pairs), Counter(mentee for _, mentee in pairs)
        return _Table(_fewer(self.mentors, of_mentors), _fewer(self.mentees, of_mentees))

    def side(self, side: Side) -> list[_Seat]:
        return self.mentors if side == "mentor" else self.mentees


def _fewer(seats: list[_Seat], taken: Counter[int]) -> list[_Seat]:
    return [
        _Seat(seat.person, seat.places - taken[nth], has=taken[nth]) if nth in taken else seat
        for nth, seat in enumerate(seats)
    ]


def _require_unique_ids(roster: list[Person]) -> None:
    twice = [one.id for one, other in pairwise(roster) if one.id == other.id]
    if twice:
        raise ValueError(f"found the id {twice[0]!r} twice, expected one row for each person")


def _places(person: Person, places: Mapping[ParticipantId, int] | None) -> int:
    return person.capacity if places is None else max(0, min(places.get(person.id, 0), person.capacity))


def _luck(seed: int, person: ParticipantId) -> bytes:
    """Where somebody stands among equals: not always first who has the lowest id."""
    return sha256(f"{seed}\n{person}".encode()).digest()


def _away(person: Person, policy: MatchingPolicy, on: date) -> bool:
    """Whether somebody is on leave for longer than offers and training take."""
    if isinstance(person.returns_on, date):
        return person.returns_on > on + timedelta(days=policy.returns_within.days)
    return person.returns_on is not None


def _pinned(
    table: _Table, policy: MatchingPolicy, index: RosterIndex, hours: WorkingHours, on: date
) -> tuple[set[Cell], tuple[RefusedPin, ...]]:
    """The pins that can be made, first come first served, and those that cannot, each with its reason."""
    pins, refused = set[Cell](), list[RefusedPin]()
    mentor_at, mentee_at = table.positions() if policy.pinned else ({}, {})
    of_mentors, of_mentees = Counter[int](), Counter[int]()
    for one, other in dict.fromkeys(policy.pinned):
        turned = (one, other) if one in mentor_at else (other, one)
        if turned[0] not in mentor_at or turned[1] not in mentee_at:
            refused.append(RefusedPin(pair=(one, other), reason=why_not_pinned((), present=False)))
            continue
        at = mentor_at[turned[0]], mentee_at[turned[1]]
        mentor, mentee = table.mentors[at[0]], table.mentees[at[1]]
        barred = bars(mentor.person, mentee.person, index, policy, hours, on)
        if barred or of_mentors[at[0]] == mentor.places or of_mentees[at[1]] == mentee.places:
            refused.append(RefusedPin(pair=(one, other), reason=why_not_pinned(barred, present=True)))
        elif at not in pins:
            pins.add(at)
            of_mentors[at[0]] += 1
            of_mentees[at[1]] += 1
    return pins, tuple(refused)


def _spread(seats: list[_Seat]) -> list[Place]:
    return [
        Place(position, first=seat.unmatched and nth == 0)
        for position, seat in enumerate(seats)
        for nth in range(seat.places)
    ]


def _proposed(chosen: Sequence[Cell], table: _Table, fits: Sequence[Compatibility]) -> tuple[ProposedPair, ...]:
    return tuple(
        ProposedPair(
            mentor=table.mentors[mentor].person.id,
            mentee=table.mentees[mentee].person.id,
            score=fit.total,
            parts=fit.parts,
        )
        for (mentor, mentee), fit in zip(chosen, fits, strict=True)
    )


def _left_over(
    table: _Table,
    chosen: set[Cell],
    pins: set[Cell],
    survey: Survey,
    index: RosterIndex,
    policy: MatchingPolicy,
    hours: WorkingHours,
    on: date,
) -> Iterable[LeftOver]:
    """Of each side: who has nobody, the binding reason, and the cheapest change that would match them."""
    after = table.without(chosen)
    sides: tuple[tuple[Side, Side], ...] = (("mentor", "mentee"), ("mentee", "mentor"))
    for side, other in sides:
        lonely = [nth for nth, seat in enumerate(after.side(side)) if seat.unmatched]
        if not lonely:
            continue
        others = after.side(other)
        loose = {
            nth
            for nth, seat in enumerate(after.side(side))
            if seat.has > 1 or seat.places + seat.has < seat.person.capacity
        }
        free = {nth for nth, seat in enumerate(others) if seat.places}
        opened = survey.openings(side, chosen - pins, free, loose)
        extra = [0.0 if nth in opened else _price_of_a_place(seat.person) for nth, seat in enumerate(others)]
        for nth in lonely:
            person = after.side(side)[nth].person
            barred = survey.first_bars(side, nth)
            partner = survey.cheapest(side, nth, extra)
            yield LeftOver(
                person=person.id,
                role=side,
                reason=why_left_over(side, barred, len(others) - sum(barred.values())),
                relaxation=None
                if partner is None
                else cheapest_relaxation(
                    person, others[partner[0]].person, partner[1], extra[partner[0]] > 0, index, policy, hours, on
                ),
            )


def _price_of_a_place(person: Person) -> float:
    """One place more is the dearer the fewer somebody has; nobody can have more than the roster allows."""
    return 1 / person.capacity if person.capacity < MOST_PLACES else float("inf")


MOST_PLACES = 5


def _on_leave(seats: list[_Seat], policy: MatchingPolicy, on: date) -> Iterable[LeftOver]:
    for seat in seats:
        if seat.unmatched and _away(seat.person, policy, on):
            reason = why_away(seat.person.returns_on, policy.returns_within.days)
            yield LeftOver(person=seat.person.id, role=seat.person.role, reason=reason)


def _counted(survey: Survey) -> tuple[BarCount, ...]:
    barred = survey.barred()
    return tuple(BarCount(bar=bar, pairs=barred[bar]) for bar in Bar if barred.get(bar))
