"""How "who with whom?" becomes a matrix whose best linear assignment is exactly the best proposal.

Every person has one row (mentors) or column (mentees) for each place. The cell of two places weighs
the pair's score, plus one `person` bonus for each of the two places that is its owner's *first*. One bonus is
larger than all the scores that a proposal can add up to, so a proposal that reaches one person more
always outweighs one that does not, and a second place is used only where that costs nobody the first.
Barred pairs weigh nothing, like places that stay free. A linear assignment takes each place at most once, so it
keeps every capacity; and every proposal that keeps them is an assignment.

Where both people have two places, the same pair could come out twice. A pair that does gets a *gate*: the cells
between its places are replaced by one extra column that only the mentor's places reach, one extra row that
only the mentee's places reach, and one cell that joins the two. Leaving any half of a gate unused costs
more than any pair is worth, so in the optimum a gate is either shut (its own cell is taken) or
open (one of the mentor's places and one of the mentee's places pass it): the pair exists never or once.
Then everything is solved again. Without a gate more is allowed, never less; so the first answer in which no pair
comes out twice is the best of all that are allowed, and only the few pairs that need a gate have one.

Every weight is a whole number, and small enough for sums along any path of the solver to stay below
2**53, so floating point adds them without rounding: exact means exact, up to some 100,000 places on a side.
Equals are not weighed apart: the order of rows and columns, which the seed gives, decides between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from domain.matching.compatibility import STEPS

Cell = tuple[int, int]
"""Row and column of a matrix; or, of a pair, the positions of mentor and mentee."""

_EXACT_BELOW = 2**53


@dataclass(frozen=True, slots=True)
class Place:
    """Room for one pairing. `owner` is a position; `first`: filling it gives a pairing to somebody who has none."""

    owner: int
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The matrix, described. The weight of the cell of a mentor's and a mentee's place is

    score in steps * `step` + `preference` if the pair is in `preferred` + the bonuses of its row and its column,

    and 0 where the pair is barred or in `apart`. `gates` rows and columns of zeros follow.
    `cells` are weights that stand instead; those in `scored` carry the score of a pair besides.
    """

    rows: Sequence[int]
    row_bonus: Sequence[int]
    columns: Sequence[int]
    column_bonus: Sequence[int]
    step: int
    preference: int
    preferred: Collection[Cell]
    apart: Collection[Cell]
    gates: int
    cells: Mapping[Cell, int]
    scored: Mapping[Cell, Cell]


Solver = Callable[[Board], Sequence[Cell]]
"""Gives the cells of the highest total weight, no row and no column twice, those that weigh nothing left out."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What stands beside the scores: pairs never to be made here, and those to keep, among equals or `at_any_score`."""

    apart: frozenset[Cell] = frozenset()
    preferred: frozenset[Cell] = frozenset()
    at_any_score: bool = False


def best_pairs(
    mentor_places: Sequence[Place], mentee_places: Sequence[Place], solver: Solver, wishes: Wishes | None = None
) -> set[Cell]:
    """The pairs of the best proposal, by the positions of mentor and mentee.

    The same arguments in the same order give the same pairs. Raises ValueError when there are more
    places than can be solved exactly, or when `solver` does not keep its contract.
    """
    if not mentor_places or not mentee_places:
        return set()
    gates: list[Cell] = []
    while True:
        layout = _Layout(mentor_places, mentee_places, gates, wishes or Wishes())
        found = Counter(layout.read(solver(layout.board())))
        twice = [pair for pair, times in found.items() if times > 1]
        if not twice:
            return set(found)
        gates = sorted([*gates, *twice])


@dataclass(frozen=True, slots=True)
class _Scale:
    """Whole-number tiers, each larger than all that the tier below can add up to over `pairs` pairs.

    All preferences together are less than one `step` of score or, at any score, one preference is more than all
    steps; all steps and preferences together are less than one `person`; one `person` and one pair together are less
    than half a `gate`. `preference` is 0 where nothing is preferred, or where there is no room for one more tier.
    """

    step: int
    preference: int
    person: int
    gate: int

    @classmethod
    def of(cls, pairs: int, side: int, wishes: Wishes) -> _Scale:
        # The solver adds weights along paths of at most 2 * side cells of at most one gate each, and keeps a few
        # such sums at a time: 8 paths * 2 * side * gate, with gate = 4 * person, must stay exact.
        largest_person = _EXACT_BELOW // (64 * side)
        scores = pairs * STEPS + 1
        if scores > largest_person:
            raise ValueError(f"found {side} places on one side, expected few enough to solve exactly: split the cohort")
        person = scores * (pairs + 1)
        if not wishes.preferred or person > largest_person:
            return cls(step=1, preference=0, person=scores, gate=4 * scores)
        if wishes.at_any_score:
            return cls(step=1, preference=scores, person=person, gate=4 * person)
        return cls(step=pairs + 1, preference=1, person=person, gate=4 * person)


@dataclass(slots=True)
class _Layout:
    """A row for each mentor's place and each gate, a column for each mentee's place and each gate."""

    mentor_places: Sequence[Place]
    mentee_places: Sequence[Place]
    gates: Sequence[Cell]
    wishes: Wishes
    scale: _Scale = field(init=False)

    def __post_init__(self) -> None:
        heights = len(self.mentor_places), len(self.mentee_places)
        self.scale = _Scale.of(min(heights), max(heights) + len(self.gates), self.wishes)

    def board(self) -> Board:
        cells: dict[Cell, int] = {}
        scored: dict[Cell, Cell] = {}
        for nth, pair in enumerate(self.gates):
            cells |= self._gate(nth, pair)
            rows = [row for row, place in enumerate(self.mentor_places) if place.owner == pair[0]]
            scored |= {(row, len(self.mentee_places) + nth): pair for row in rows}
        return Board(
            rows=[place.owner for place in self.mentor_places],
            row_bonus=[place.first * self.scale.person for place in self.mentor_places],
            columns=[place.owner for place in self.mentee_places],
            column_bonus=[place.first * self.scale.person for place in self.mentee_places],
            step=self.scale.step,
            preference=self.scale.preference,
            preferred=self.wishes.preferred if self.scale.preference else (),
            apart=self.wishes.apart,
            gates=len(self.gates),
            cells=cells,
            scored=scored,
        )

    def _gate(self, nth: int, pair: Cell) -> dict[Cell, int]:
        mentor, mentee = pair
        own_row, own_column = len(self.mentor_places) + nth, len(self.mentee_places) + nth
        half = self.scale.gate // 2
        rows = [row for row, place in enumerate(self.mentor_places) if place.owner == mentor]
        columns = [column for column, place in enumerate(self.mentee_places) if place.owner == mentee]
        cells = {(row, column): 0 for row in rows for column in columns}
        cells |= {(row, own_column): half + self.mentor_places[row].first * self.scale.person for row in rows}
        cells |= {(own_row, column): half + self.mentee_places[column].first * self.scale.person for column in columns}
        return cells | {(own_row, own_column): self.scale.gate}

    def read(self, taken: Sequence[Cell]) -> list[Cell]:
        """The pairs that the solver's cells mean, possibly one of them twice if it has no gate."""
        if len({row for row, _ in taken}) < len(taken) or len({column for _, column in taken}) < len(taken):
            raise ValueError("expected a solver that takes no row and no column twice")
        met = [
            (self.mentor_places[row].owner, self.mentee_places[column].owner)
            for row, column in taken
            if row < len(self.mentor_places) and column < len(self.mentee_places)
        ]
        return [*met, *self._open_gates(taken)]

    def _open_gates(self, taken: Sequence[Cell]) -> list[Cell]:
        entered = {column - len(self.mentee_places) for row, column in taken if row < len(self.mentor_places)}
        left = {row - len(self.mentor_places) for row, column in taken if column < len(self.mentee_places)}
        opened = [nth for nth in range(len(self.gates)) if nth in entered]
        if opened != [nth for nth in range(len(self.gates)) if nth in left]:
            raise ValueError("expected a solver that finds the highest total weight")
        return [self.gates[nth] for nth in opened]
