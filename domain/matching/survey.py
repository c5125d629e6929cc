"""What the proposal needs to know about every pair at once; whoever is quick with numbers answers it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.matching.bars import Bar
from domain.matching.compatibility import Compatibility
from domain.matching.facts import Side
from domain.matching.formulation import Board, Cell
from domain.matching.roster_index import RosterIndex
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person


@dataclass(frozen=True, slots=True)
class Question:
    """Whose pairs, by which rules. Positions everywhere are those in `mentors` and `mentees`."""

    mentors: Sequence[Person]
    mentees: Sequence[Person]
    index: RosterIndex
    policy: MatchingPolicy
    hours: WorkingHours
    on: date


class Survey(Protocol):
    """Every pair, looked at by `shortfalls`, `parts_of` and `score_in_steps`."""

    def best(self, board: Board) -> Sequence[Cell]:
        """The cells of the highest total weight, no row and no column twice, those that weigh nothing left out."""

    def fits(self, cells: Sequence[Cell]) -> Sequence[Compatibility]:
        """How well each of these pairs fits, in their order."""

    def barred(self) -> Mapping[Bar, int]:
        """How many pairs each bar rules out; a pair with several counts under each."""

    def first_bars(self, side: Side, position: int) -> Mapping[Bar, int]:
        """Of one person's pairs: how many each bar rules out, counted under the first bar of each."""

    def openings(
        self, side: Side, pairs: Collection[Cell], free: Collection[int], loose: Collection[int]
    ) -> frozenset[int]:
        """Whom on the other side somebody more on `side` could have, by moving `pairs` without unmatching anybody.

        `free` are those with a free place, `loose` those on `side` who stay matched without any one of `pairs`.
        """

    def cheapest(self, side: Side, position: int, extra: Sequence[float]) -> tuple[int, float] | None:
        """Who on the other side costs least to be had, and the price: of the bars by `price`, and of `extra`.

        Between equals the higher score decides, then the position. None where nobody can be had.
        """


Surveyor = Callable[[Question], Survey]
