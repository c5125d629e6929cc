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
        def make() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            mine = [getattr(person, of_mentor) for person in self.roster.people["mentor"]]
            theirs = [getattr(person, of_mentee) for person in self.roster.people["mentee"]]
            known = {term: nth for nth, term in enumerate(sorted(set().union(*mine)))}
            return _incidence(mine, known), _incidence(theirs, known)

        def block() -> Floats:
            mine, theirs = self.roster.once(("shared", of_mentor, of_mentee), make)
            shared: Floats = (mine[self.rows] @ theirs[self.columns].T).astype(np.float64)
            return shared

        return self._once_a_block(("shared", of_mentor, of_mentee), block)

    def differs(self, field: TextOf) -> Floats:
        return 1.0 - self._same(self.roster.codes(("text", field), lambda person: folded(person, field)))

    def between_zones(self, value: Callable[[str, str], float]) -> Floats:
        zones = self.roster.codes("zone", lambda person: person.zone)
        mine, theirs = zones["mentor"][self.rows], zones["mentee"][self.columns]
        names: list[str] = self.roster.once("zones", self._zones)
        table = np.zeros((len(names), len(names)))
        for one in np.unique(mine):
            for other in np.unique(theirs):
                table[one, other] = value(names[one], names[other])
        return table[np.ix_(mine, theirs)]

    def related(self, relation: Relation) -> Floats:
        index = self.roster.index
        if relation is Relation.SAME_MANAGER:
            return self._same(self.roster.codes("manager", lambda person: next(iter(index.above(person.id)), None)))
        return self._marked(relation, lambda: index.of_one_line((one.id for one in self._people()), relation))

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

    def _same(self, codes: dict[Side, Ints]) -> Floats:
        same: Floats = np.equal(codes["mentor"][self.rows, np.newaxis], codes["mentee"][self.columns]).astype(
            np.float64
        )
        return same

    def _marked(self, key: object, pairs: Callable[[], Iterable[tuple[str, str]]]) -> Floats:
        rows, columns = self.roster.once(("cells", key), lambda: self.roster.cells(pairs()))
        first, last = np.searchsorted(rows, [self.rows.start, self.rows.stop])
        rows, columns = rows[first:last] - self.rows.start, columns[first:last] - self.columns.start
        marked = np.zeros((self.rows.stop - self.rows.start, self.columns.stop - self.columns.start))
        within = (columns >= 0) & (columns < marked.shape[1])
        marked[rows[within], columns[within]] = 1.0
        return marked


def _code(known: dict[str, int], text: str | None, side: Side, nth: int) -> int:
    if text is None:
        return -1 - 2 * nth - (side == "mentee")
    return known.setdefault(text, len(known))


def _incidence(lists: Sequence[Collection[str]], known: dict[str, int]) -> NDArray[np.float32]:
    """A row for each list, a column for each known term; sums of ones are exact in 32 bits, and quick."""
    made = np.zeros((len(lists), len(known)), dtype=np.float32)
    for nth, terms in enumerate(lists):
        made[nth, [known[term] for term in terms if term in known]] = 1.0
    return made
