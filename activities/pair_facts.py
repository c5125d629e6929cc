"""The facts that rules ask about, for a block of pairs at once: an array with a row for each of some mentors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from operator import attrgetter
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from domain.matching.facts import NamesOf, NumberOf, Side, TermsOf, TextOf, Trait, folded
from domain.matching.roster_index import RosterIndex
from domain.reporting_line import Relation
from domain.roster import Person

Made = TypeVar("Made")
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Words = NDArray[np.uint64]


class RosterArrays:
    """Both sides as arrays, each made when it is first asked for."""

    def __init__(self, mentors: Sequence[Person], mentees: Sequence[Person], index: RosterIndex) -> None:
        self.people: dict[Side, Sequence[Person]] = {"mentor": mentors, "mentee": mentees}
        self.index = index
        self._made: dict[object, object] = {}

    def once(self, key: object, make: Callable[[], Made]) -> Made:
        """What `make` made when it was first asked for under this key."""
        if key not in self._made:
            self._made[key] = make()
        return cast(Made, self._made[key])

    def codes(self, key: object, text: Callable[[Person], str | None]) -> dict[Side, Ints]:
        """A number for each text, on both sides alike; of a None, one that no other has."""

        def make() -> dict[Side, Ints]:
            known: dict[str, int] = {}
            return {
                side: np.array([_code(known, text(one), side, nth) for nth, one in enumerate(people)], dtype=np.int32)
                for side, people in self.people.items()
            }

        return self.once(key, make)

    def everybody(self) -> Iterator[Person]:
        """Mentors first."""
        return (person for side in self.people.values() for person in side)

    def zone_table(self, value: Callable[[str, str], float]) -> Floats:
        """`value` of each mentor's zone and each mentee's, a row for each zone, by the codes of the zones."""
        zones = list(dict.fromkeys(person.zone for person in self.everybody()))
        mine, theirs = ({person.zone for person in side} for side in self.people.values())
        values = [value(one, other) if one in mine and other in theirs else 0.0 for one in zones for other in zones]
        return np.array(values).reshape(len(zones), len(zones))

    def lines(self) -> list[tuple[str, str, tuple[Relation, ...]]]:
        """Everybody who has somebody of the other side among their managers, and how the two stand to each other."""
        mentors, mentees = self.position["mentor"], self.position["mentee"]
        return [*self.index.lines(mentors, mentees), *self.index.lines(mentees, mentors)]

    @cached_property
    def position(self) -> dict[Side, dict[str, int]]:
        """Where each id stands."""
        return {side: {person.id: nth for nth, person in enumerate(people)} for side, people in self.people.items()}

    def cells(self, pairs: Iterable[tuple[str, str]]) -> tuple[Ints, Ints]:
        """The rows and columns of these pairs, whichever of the two stands first, by row."""
        mentor_at, mentee_at = self.position["mentor"], self.position["mentee"]
        found = {
            (mentor_at[one], mentee_at[other])
            for pair in pairs
            for one, other in (pair, pair[::-1])
            if one in mentor_at and other in mentee_at
        }
        cells = np.array(sorted(found), dtype=np.intp).reshape(-1, 2)
        return cells[:, 0], cells[:, 1]


@dataclass(frozen=True, slots=True)
class ManyFacts:
    """About the pairs of the mentors at `mentors` with the mentees at `mentees`: what `domain.matching.facts` asks.

    The two positions are spread over each other as NumPy does: `block` and `singles` make them.
    """

    roster: RosterArrays
    mentors: Ints
    mentees: Ints
    seen: dict[object, Floats] = field(default_factory=dict)

    @classmethod
    def block(cls, roster: RosterArrays, rows: slice, columns: slice) -> ManyFacts:
        """Every mentor of `rows` with every mentee of `columns`: a row for each mentor."""
        return cls(
            roster,
            np.arange(rows.start, rows.stop, dtype=np.intp)[:, np.newaxis],
            np.arange(columns.start, columns.stop, dtype=np.intp)[np.newaxis, :],
        )

    @classmethod
    def singles(cls, roster: RosterArrays, pairs: Sequence[tuple[int, int]]) -> ManyFacts:
        """Of these pairs of positions, in their order."""
        cells = np.array(pairs, dtype=np.intp).reshape(-1, 2)
        return cls(roster, cells[:, 0], cells[:, 1])

    def number(self, side: Side, field: NumberOf) -> Floats:
        return self._figures(side, field, attrgetter(field))

    def trait(self, side: Side, trait: Trait) -> Floats:
        return self._figures(side, trait, attrgetter(f"traits.{trait}"))

    def count(self, side: Side, terms: TermsOf) -> Floats:
        of = attrgetter(terms)
        return self._figures(side, ("count", terms), lambda person: len(of(person)))

    def shared(self, of_mentor: TermsOf, of_mentee: TermsOf) -> Floats:
        def make() -> tuple[Words, Words]:
            mine = [getattr(person, of_mentor) for person in self.roster.people["mentor"]]
            theirs = [getattr(person, of_mentee) for person in self.roster.people["mentee"]]
            known = {term: nth for nth, term in enumerate(sorted(set().union(*mine)))}
            return _bits(mine, known), _bits(theirs, known)

        def counted() -> Floats:
            mine, theirs = self.roster.once(("shared", of_mentor, of_mentee), make)
            counts = [
                np.bitwise_count(my_word[self.mentors] & their_word[self.mentees])
                for my_word, their_word in zip(mine, theirs, strict=True)
            ]
            if not counts:
                return np.zeros(self._shape())
            first: Floats = counts[0].astype(np.float64)
            return sum(counts[1:], first)

        return self._seen(("shared", of_mentor, of_mentee), counted)

    def differs(self, field: TextOf) -> Floats:
        codes = self.roster.codes(("text", field), lambda person: folded(person, field))
        return _floats(codes["mentor"][self.mentors] != codes["mentee"][self.mentees])

    def between_zones(self, value: Callable[[str, str], float]) -> Floats:
        def spread() -> Floats:
            zones = self.roster.codes("zone", lambda person: person.zone)
            table = self.roster.once(("between", value), lambda: self.roster.zone_table(value))
            mine, theirs = zones["mentor"][self.mentors], zones["mentee"][self.mentees]
            # Of a block, columns and then whole rows: cell by cell takes three times as long.
            return table[:, theirs[0]][mine[:, 0]] if mine.ndim == 2 else table[mine, theirs]

        return self._seen(("between", value), spread)

    def related(self, relation: Relation) -> Floats:
        index = self.roster.index
        if relation is Relation.SAME_MANAGER:
            codes = self.roster.codes("manager", lambda person: next(iter(index.above(person.id)), None))
            return _floats(codes["mentor"][self.mentors] == codes["mentee"][self.mentees])
        lines = self.roster.once("lines", self.roster.lines)
        return self._marked(relation, lambda: ((one, other) for one, other, stand in lines if relation in stand))

    def names(self, field: NamesOf) -> Floats:
        everybody = self.roster.everybody
        return self._marked(field, lambda: ((one.id, other) for one in everybody() for other in getattr(one, field)))

    def among(self, pairs: Collection[tuple[str, str]]) -> Floats:
        return self._marked(("among", tuple(pairs)), lambda: pairs)

    def limited(self, value: Floats, low: float, high: float) -> Floats:
        return np.clip(value, low, high)

    def floored(self, value: Floats) -> Floats:
        return np.floor(value)

    def _shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(self.mentors.shape, self.mentees.shape)

    def _figures(self, side: Side, key: object, figure: Callable[[Person], float]) -> Floats:
        people = self.roster.people[side]
        made: Floats = self.roster.once((side, key), lambda: np.fromiter(map(figure, people), np.float64, len(people)))
        return made[self.mentors if side == "mentor" else self.mentees]

    def _seen(self, key: object, make: Callable[[], Floats]) -> Floats:
        """What bars and score both ask about."""
        if key not in self.seen:
            self.seen[key] = make()
        return self.seen[key]

    def _marked(self, key: object, pairs: Callable[[], Iterable[tuple[str, str]]]) -> Floats:
        """1 for these pairs. Where there are none, it is one 0, which spreads over all."""
        rows, columns = self.roster.once(("cells", key), lambda: self.roster.cells(pairs()))
        if not rows.size or not self.mentors.size or not self.mentees.size:
            return np.zeros(1)
        if self.mentors.ndim == 1:
            width = len(self.roster.people["mentee"])
            return _floats(np.isin(self.mentors * width + self.mentees, rows * width + columns))
        first, last = np.searchsorted(rows, [self.mentors[0, 0], self.mentors[-1, 0] + 1])
        rows, columns = rows[first:last] - self.mentors[0, 0], columns[first:last] - self.mentees[0, 0]
        within = (columns >= 0) & (columns < self.mentees.size)
        if not within.any():
            return np.zeros(1)
        marked = np.zeros(self._shape())
        marked[rows[within], columns[within]] = 1.0
        return marked


def _code(known: dict[str, int], text: str | None, side: Side, nth: int) -> int:
    if text is None:
        return -1 - 2 * nth - (side == "mentee")
    return known.setdefault(text, len(known))


def _floats(holds: NDArray[np.bool_]) -> Floats:
    return holds.astype(np.float64)


def _bits(lists: Sequence[Collection[str]], known: dict[str, int]) -> Words:
    """A column for each list, with a bit for each known term, 64 to a row.

    Counting common bits and not a product of matrices: that would be given to threads, which cost more than they save
    and take the cores from everybody else.
    """
    words = -(-len(known) // 64)
    bit = {term: 1 << nth for term, nth in known.items()}
    masks = (sum(map(bit.get, terms, repeat(0))) for terms in lists)
    packed = b"".join(mask.to_bytes(8 * words, "little") for mask in masks)
    return np.frombuffer(packed, dtype="<u8").reshape(len(lists), words).T.copy()
