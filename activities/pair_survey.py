"""Every pair of a cohort at once: the domain's rules over NumPy arrays, the assignment by SciPy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from activities.asking_prices import WORTHWHILE, asking_prices
from activities.pair_facts import ManyFacts, RosterArrays
from domain.matching.bars import UNPAYABLE, Bar, price, shortfalls
from domain.matching.compatibility import Compatibility, Parts, parts_of, rounded, score_in_steps
from domain.matching.facts import Side
from domain.matching.formulation import Board, Cell
from domain.matching.survey import Question

_BLOCK = 1 << 15
"""Pairs that are looked at in one go: few enough for the processor's cache, many enough for NumPy."""


def surveyed(question: Question) -> PairSurvey:
    """Look at every pair."""
    return PairSurvey(question)


class PairSurvey:
    """Four bytes a pair stay: the score in steps, or -1 for a barred pair, and a bit for each of its bars."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._roster = RosterArrays(question.mentors, question.mentees, question.index)
        shape = len(question.mentors), len(question.mentees)
        self.steps = np.empty(shape, dtype=np.int16)
        self.mask = np.zeros(shape, dtype=np.uint16)
        self._barred = dict.fromkeys(Bar, 0)
        height = max(1, _BLOCK // max(1, shape[1]))
        for start in range(0, shape[0] if shape[1] else 0, height):
            self._look_at(slice(start, min(start + height, shape[0])), slice(0, shape[1]))

    def _look_at(self, rows: slice, columns: slice) -> None:
        asked, facts = self._question, ManyFacts.block(self._roster, rows, columns)
        missing = shortfalls(facts, asked.policy, asked.hours, asked.on)
        mask = self.mask[rows]
        for nth, bar in enumerate(Bar):
            holds = np.greater(missing[bar], 0)
            if times := np.count_nonzero(holds):
                mask |= holds * np.uint16(1 << nth)
                self._barred[bar] += times * (mask.size // holds.size)
        parts = parts_of(facts, asked.policy, asked.hours, asked.on)
        self.steps[rows] = score_in_steps(facts, parts, asked.policy.weights)
        # -1 is all bits; a selection by a mask takes ten times as long.
        self.steps[rows] |= -(mask > 0).astype(np.int16)

    def best(self, board: Board) -> list[Cell]:
        """See `Survey`."""
        return solve(self.steps, board)

    def fits(self, cells: Sequence[Cell]) -> list[Compatibility]:
        """See `Survey`."""
        asked = self._question
        total, parts = rounded(ManyFacts.singles(self._roster, cells), asked.policy, asked.hours, asked.on)
        rows = zip(*(part.tolist() for part in parts.values()), strict=True)
        return [
            Compatibility(total=score, parts=Parts(**dict(zip(parts, row, strict=True))))
            for score, row in zip(total.tolist(), rows, strict=True)
        ]

    def barred(self) -> dict[Bar, int]:
        """See `Survey`."""
        return self._barred

    def first_bars(self, side: Side, position: int) -> Mapping[Bar, int]:
        """See `Survey`."""
        own = (self.mask[position] if side == "mentor" else self.mask[:, position]).astype(np.int32)
        bits, times = np.unique(own & -own, return_counts=True)
        all_bars = list(Bar)
        return {all_bars[int(bit).bit_length() - 1]: int(count) for bit, count in zip(bits, times, strict=True) if bit}

    def openings(
        self, side: Side, pairs: Collection[Cell], free: Collection[int], loose: Collection[int]
    ) -> frozenset[int]:
        """See `Survey`. From each opening, back to whoever could move to it, and so to the one whom they leave."""
        steps = self.steps if side == "mentor" else self.steps.T
        of_own: dict[int, list[int]] = {}
        for mentor, mentee in pairs:
            own, other = (mentor, mentee) if side == "mentor" else (mentee, mentor)
            of_own.setdefault(own, []).append(other)
        opened = set(free) | {other for own in loose for other in of_own.get(own, ())}
        movable = np.zeros(steps.shape[0], dtype=bool)
        movable[list(of_own)] = True
        queue = list(opened)
        while queue and movable.any():
            target = queue.pop()
            for own in np.flatnonzero((steps[:, target] >= 0) & movable).tolist():
                if target not in of_own[own]:
                    left = [other for other in of_own[own] if other not in opened]
                    opened.update(left)
                    queue.extend(left)
                    movable[own] = False
        return frozenset(opened)

    def cheapest(self, side: Side, position: int, extra: Sequence[float]) -> tuple[int, float] | None:
        """See `Survey`."""
        if not extra:
            return None
        own, everybody = slice(position, position + 1), slice(0, len(extra))
        facts = ManyFacts.block(self._roster, *((own, everybody) if side == "mentor" else (everybody, own)))
        asked = self._question
        prices = price(shortfalls(facts, asked.policy, asked.hours, asked.on), asked.policy)
        total = np.ravel(prices) + np.asarray(extra)
        lowest = float(total.min())
        if lowest >= UNPAYABLE:
            return None
        scores = np.ravel(
            score_in_steps(facts, parts_of(facts, asked.policy, asked.hours, asked.on), asked.policy.weights)
        )
        return int(np.argmax(np.where(total == lowest, scores, -1.0))), lowest


def solve(steps: NDArray[np.int16], board: Board) -> list[Cell]:
    """The assignment of the highest total weight of a `Board` over these scores in steps, -1 for a barred pair."""
    height, width = len(board.rows) + board.gates, len(board.columns) + board.gates
    cost = np.zeros((height, width))
    _weigh(cost, steps, board)
    for (row, column), weight in board.cells.items():
        cost[row, column] = -weight
    for (row, column), pair in board.scored.items():
        cost[row, column] -= float(steps[pair]) * board.step + board.preference * (pair in board.preferred)
    prices = _prices(steps, board)
    cost += prices
    # Costs and not weights to maximise: of those, SciPy makes a copy.
    rows, columns = linear_sum_assignment(cost)
    weighty = cost[rows, columns] < prices[columns]
    return list(zip(rows[weighty].tolist(), columns[weighty].tolist(), strict=True))


def _prices(steps: NDArray[np.int16], board: Board) -> NDArray[np.float64]:
    """A price for each column of the matrix: of an auction, where every column is sold and it is worth holding.

    A price is less than the bonus of a person, so sums of costs stay as exact as they were.
    """
    prices = np.zeros(len(board.columns) + board.gates)
    if len(board.columns) == len(board.rows) >= WORTHWHILE:
        auctioned = asking_prices(steps[np.ix_(board.rows, board.columns)])
        prices[: len(auctioned)] = auctioned * board.step
    return prices


def _weigh(cost: NDArray[np.float64], steps: NDArray[np.int16], board: Board) -> None:
    """Fill in the cells between places, block by block: whole copies of the matrix would be what needs most memory."""
    owners, others = np.asarray(board.rows), np.asarray(board.columns)
    marks = _marks(steps.shape, board)
    row_bonus, column_bonus = np.asarray(board.row_bonus, dtype=float), np.asarray(board.column_bonus, dtype=float)
    height = max(1, _BLOCK // len(others))
    for start in range(0, len(owners), height):
        rows = slice(start, min(start + height, len(owners)))
        score = steps[owners[rows]][:, others]
        weight = score * -float(board.step)
        weight -= row_bonus[rows, np.newaxis]
        weight -= column_bonus
        allowed = score >= 0
        if marks is not None:
            mark = marks[owners[rows]][:, others]
            weight -= float(board.preference) * (mark == _PREFERRED)
            allowed &= mark != _APART
        np.multiply(weight, allowed, out=cost[rows, : len(others)])


_APART, _PREFERRED = 1, 2


def _marks(shape: tuple[int, ...], board: Board) -> NDArray[np.int8] | None:
    """What a board says about single pairs; None where it says nothing."""
    if not board.apart and not board.preferred:
        return None
    marks = np.zeros(shape, dtype=np.int8)
    for mark, pairs in ((_PREFERRED, board.preferred), (_APART, board.apart)):
        for pair in pairs:
            marks[pair] = mark
    return marks
