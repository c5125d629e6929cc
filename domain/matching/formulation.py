"""How "who with whom?" becomes a matrix whose best linear assignment is exactly the best proposal.

Every person has one row (mentors) or column (mentees) for each place. The cell of two places weighs
the pair's score, plus one `person` bonus for each of the two places that is its owner's *first*. One bonus is
larger than all the scores that a proposal can add up to, so a proposal that reaches one person more
always outweighs one that does not, and a second place is used only where that costs nobody the first.
Barred pairs weigh nothing, like places that stay free.

Where both people have two places, the same pair could come out twice. A pair that does gets a *gate*: the cells
between its places are replaced by one extra column that only the mentor's places reach, one extra row that
only the mentee's places reach, and one cell that joins the two. Leaving any half of a gate unused costs
more than any pair is worth, so in the optimum a gate is either shut (its own cell is taken) or
open (one of the mentor's places and one of the mentee's places pass it): the pair exists never or once.
Then everything is solved again. Without a gate more is allowed, never less; so the first answer in which no pair
comes out twice is the best of all that are allowed, and only the few pairs that need a gate have one.

Every weight is a whole number, and small enough for sums along any path of the solver to stay below
2**53, so floating point adds them without rounding: exact means exact. The price is a limit of about 3,000 places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from domain.decider import ParticipantId
from domain.matching.compatibility import DECIMALS

Solver = Callable[[Sequence[Sequence[float]]], Sequence[tuple[int, int]]]
"""Takes a rectangular matrix of weights of at least 0 and returns (row, column) cells of the highest total weight,
no row and no column twice. Cells of weight 0 may be left out."""

Pair = tuple[ParticipantId, ParticipantId]
"""The mentor's id, then the mentee's."""

_EXACT_BELOW = 2**53
_FINEST_TIE = 2**16
_STEPS: int = 10**DECIMALS


@dataclass(frozen=True, slots=True)
class Place:
    """Room for one pairing. `first` says that filling it gives a pairing to somebody who has none."""

    owner: ParticipantId
    first: bool


def best_pairs(
    mentor_places: Sequence[Place],
    mentee_places: Sequence[Place],
    scores: Mapping[Pair, float],
    *,
    seed: int,
    solver: Solver,
) -> set[Pair]:
    """The pairs of the best proposal; a pair that is not in `scores` is barred.

    The same arguments in the same order give the same pairs. Raises ValueError when there are more
    places than can be solved exactly, or when `solver` does not keep its contract.
    """
    if not scores:
        return set()
    gates: list[Pair] = []
    while True:
        board = _Board(mentor_places, mentee_places, gates, scores, seed)
        found = Counter(board.read(solver(board.matrix)))
        twice = [pair for pair, times in found.items() if times > 1]
        if not twice:
            return set(found)
        gates = sorted([*gates, *twice])


@dataclass(frozen=True, slots=True)
class _Scale:
    """Whole-number tiers, each larger than all that the tier below can add up to over `pairs` pairs.

    A tie weight is in 0 … `ties`-1, so all of them together are less than one `step` of score; all steps and
    ties together are less than one `person`; one `person` and one pair together are less than half a `gate`.
    The tie weights therefore never change the optimum of people and score, and only choose among equals. They
    come from a hash of the seed and the two ids, so equals are not always decided for the lowest id.
    """

    ties: int
    step: int
    person: int
    gate: int

    @classmethod
    def for_places(cls, pairs: int, side: int) -> _Scale:
        # The solver adds weights along paths of at most 2 * side cells of at most one gate each, and keeps a few
        # such sums at a time: 8 paths * 2 * side * gate, with gate = 4 * person, must stay exact.
        largest_person = _EXACT_BELOW // (64 * side)
        ties = min(largest_person // ((pairs * _STEPS + 1) * pairs), _FINEST_TIE)
        if ties < 1:
            raise ValueError(f"found {side} places on one side, expected few enough to solve exactly: split the cohort")
        step = pairs * ties
        person = (pairs * _STEPS + 1) * step
        return cls(ties, step, person, gate=4 * person)

    def worth(self, pair: Pair, score: float, seed: int) -> int:
        return round(score * _STEPS) * self.step + self._tie(pair, seed)

    def _tie(self, pair: Pair, seed: int) -> int:
        digest = sha256("\n".join((str(seed), *pair)).encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.ties


class _Board:
    """The matrix: a row for each mentor's place and each gate, a column for each mentee's place and each gate."""

    def __init__(
        self,
        mentor_places: Sequence[Place],
        mentee_places: Sequence[Place],
        gates: Sequence[Pair],
        scores: Mapping[Pair, float],
        seed: int,
    ) -> None:
        self._mentor_places = mentor_places
        self._mentee_places = mentee_places
        self._gate_row = {pair: len(mentor_places) + nth for nth, pair in enumerate(gates)}
        self._gate_column = {pair: len(mentee_places) + nth for nth, pair in enumerate(gates)}
        height, width = len(mentor_places) + len(gates), len(mentee_places) + len(gates)
        pairs = min(len(mentor_places), len(mentee_places))
        self._scale = _Scale.for_places(pairs, side=max(height, width))
        self._worth = {pair: self._scale.worth(pair, score, seed) for pair, score in scores.items()}
        self.matrix = [[0.0] * width for _ in range(height)]
        self._weigh_places()
        for pair in gates:
            self._weigh_gate(pair)

    def _weigh_places(self) -> None:
        for row, mentor in enumerate(self._mentor_places):
            for column, mentee in enumerate(self._mentee_places):
                pair = mentor.owner, mentee.owner
                if pair in self._worth and pair not in self._gate_row:
                    bonus = (mentor.first + mentee.first) * self._scale.person
                    self.matrix[row][column] = float(self._worth[pair] + bonus)

    def _weigh_gate(self, pair: Pair) -> None:
        mentor, mentee = pair
        gate_row, gate_column = self._gate_row[pair], self._gate_column[pair]
        half = self._scale.gate // 2
        self.matrix[gate_row][gate_column] = float(self._scale.gate)
        for row, place in enumerate(self._mentor_places):
            if place.owner == mentor:
                self.matrix[row][gate_column] = float(half + place.first * self._scale.person + self._worth[pair])
        for column, place in enumerate(self._mentee_places):
            if place.owner == mentee:
                self.matrix[gate_row][column] = float(half + place.first * self._scale.person)

    def read(self, cells: Sequence[tuple[int, int]]) -> list[Pair]:
        """The pairs that the solver's cells mean, possibly one of them twice if it has no gate."""
        if len({row for row, _ in cells}) < len(cells) or len({column for _, column in cells}) < len(cells):
            raise ValueError("expected a solver that takes no row and no column twice")
        taken = [(row, column) for row, column in cells if self.matrix[row][column] > 0]
        met = [
            (self._mentor_places[row].owner, self._mentee_places[column].owner)
            for row, column in taken
            if row < len(self._mentor_places) and column < len(self._mentee_places)
        ]
        return [*met, *self._open_gates(taken)]

    def _open_gates(self, taken: list[tuple[int, int]]) -> list[Pair]:
        entered = {column for row, column in taken if row < len(self._mentor_places)}
        left = {row for row, column in taken if column < len(self._mentee_places)}
        opened = [pair for pair, column in self._gate_column.items() if column in entered]
        if opened != [pair for pair, row in self._gate_row.items() if row in left]:
            raise ValueError("expected a solver that finds the highest total weight")
        return opened
