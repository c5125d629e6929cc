"""The facts that rules ask about, for a block of pairs at once: an array with a row for each of some mentors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
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
                side: np.array([_code(known, text(one), side, nth) for nth, one in enumerate(people)], dtype=np.intp)
                for side, people in self.people.items()
            }

        return self.once(key, make)

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
class BlockFacts:
    """About every pair of the mentors at `rows` with the mentees at `columns`: what `domain.matching.facts` asks."""

    roster: RosterArrays
    rows: slice
    columns: slice
    seen: dict[object, Floats] = field(default_factory=dict)

    def number(self, side: Side, field: NumberOf) -> Floats:
        return self._figures(side, field, lambda person: float(getattr(person, field)))

    def trait(self, side: Side, trait: Trait) -> Floats:
        return self._figures(side, trait, lambda person: float(getattr(person.traits, trait)))

    def count(self, side: Side, terms: TermsOf) -> Floats:
        return self._figures(side, ("count", terms), lambda person: float(len(getattr(person, terms))))

    def shared(self, of_mentor: TermsOf, of_mentee: TermsOf) -> Floats:
        def make() -> tuple[Words, Words]:
            mine = [getattr(person, of_mentor) for person in self.roster.people["mentor"]]
            theirs = [getattr(person, of_mentee) for person in self.roster.people["mentee"]]
            known = {term: nth for nth, term in enumerate(sorted(set().union(*mine)))}
            return _bits(mine, known), _bits(theirs, known)

        def block() -> Floats:
            mine, theirs = self.roster.once(("shared", of_mentor, of_mentee), make)
            shared = np.zeros((self.rows.stop - self.rows.start, self.columns.stop - self.columns.start))
            for my_word, their_word in zip(mine[:, self.rows], theirs[:, self.columns], strict=True):
                shared += np.bitwise_count(my_word[:, np.newaxis] & their_word)
            return shared

        return self._once_a_block(("shared", of_mentor, of_mentee), block)

    def differs(self, field: TextOf) -> Floats:
        codes = self.roster.codes(("text", field), lambda person: folded(person, field))
        return _floats(codes["mentor"][self.rows, np.newaxis] != codes["mentee"][self.columns])

    def between_zones(self, value: Callable[[str, str], float]) -> Floats:
        zones = self.roster.codes("zone", lambda person: person.zone)
        mine, theirs = zones["mentor"][self.rows], zones["mentee"][self.columns]
        names: list[str] = self.roster.once("zones", self._zones)
        table = np.zeros((len(names), len(names)))
        for one in np.unique(mine):
            for other in np.unique(theirs):
                table[one, other] = value(names[one], names[other])
        return table[:, theirs][mine]

    def related(self, relation: Relation) -> Floats:
        index = self.roster.index
        if relation is Relation.SAME_MANAGER:
            codes = self.roster.codes("manager", lambda person: next(iter(index.above(person.id)), None))
            return _floats(codes["mentor"][self.rows, np.newaxis] == codes["mentee"][self.columns])
        lines = self.roster.once("lines", lambda: list(index.lines(one.id for one in self._people())))
        return self._marked(relation, lambda: ((one, other) for one, other, stand in lines if relation in stand))

    def names(self, field: NamesOf) -> Floats:
        return self._marked(field, lambda: ((one.id, other) for one in self._people() for other in getattr(one, field)))

    def among(self, pairs: Collection[tuple[str, str]]) -> Floats:
        return self._marked(("among", tuple(pairs)), lambda: pairs)

    def limited(self, value: Floats, low: float, high: float) -> Floats:
        return np.clip(value, low, high)

    def floored(self, value: Floats) -> Floats:
        return np.floor(value)

    def _figures(self, side: Side, key: object, figure: Callable[[Person], float]) -> Floats:
        """A column for the mentors, a row for the mentees: together they spread over the block."""
        people = self.roster.people[side]
        made: Floats = self.roster.once(
            (side, key), lambda: np.array([figure(person) for person in people], dtype=np.float64)
        )
        return made[self.rows, np.newaxis] if side == "mentor" else made[np.newaxis, self.columns]

    def _once_a_block(self, key: object, make: Callable[[], Floats]) -> Floats:
        """What bars and score both ask about."""
        if key not in self.seen:
            self.seen[key] = make()
        return self.seen[key]

    def _people(self) -> Iterator[Person]:
        return (person for side in self.roster.people.values() for person in side)

    def _zones(self) -> list[str]:
        """By their codes: in the order in which they are met, mentors first."""
        return list(dict.fromkeys(person.zone for person in self._people()))

    def _marked(self, key: object, pairs: Callable[[], Iterable[tuple[str, str]]]) -> Floats:
        """1 for these pairs. A block without any is one 0, which spreads over it as the columns and rows do."""
        rows, columns = self.roster.once(("cells", key), lambda: self.roster.cells(pairs()))
        first, last = np.searchsorted(rows, [self.rows.start, self.rows.stop])
        rows, columns = rows[first:last] - self.rows.start, columns[first:last] - self.columns.start
        within = (columns >= 0) & (columns < self.columns.stop - self.columns.start)
        if not within.any():
            return np.zeros((1, 1))
        marked = np.zeros((self.rows.stop - self.rows.start, self.columns.stop - self.columns.start))
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
    masks = (sum(bit[term] for term in terms if term in bit) for terms in lists)
    packed = b"".join(mask.to_bytes(8 * words, "little") for mask in masks)
    return np.frombuffer(packed, dtype="<u8").reshape(len(lists), words).T.copy()
