"""Prices change no answer, and spare the solver most of its work."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from activities import pair_survey
from activities.asking_prices import asking_prices
from domain.matching.compatibility import STEPS
from domain.matching.formulation import Board

scores = st.integers(1, 30).flatmap(
    lambda side: (
        arrays.arrays(np.int16, (side, side), elements=st.sampled_from([-1, 0, 1, 2, 50, 4999, STEPS]))
        | arrays.arrays(np.int16, (side, side), elements=st.integers(-1, STEPS))
    )
)


def lowest_cost(scores: NDArray[np.int16], prices: NDArray[np.float64]) -> float:
    """Of the assignment that SciPy finds with these prices, without them."""
    cost = np.where(scores >= 0, -(scores + 2.0 * STEPS * len(scores)), 0.0)
    rows, columns = linear_sum_assignment(cost + prices)
    return float(cost[rows, columns].sum())


@given(scores)
@settings(max_examples=200, deadline=None)
def test_the_best_assignment_stays_the_best(scores: NDArray[np.int16]) -> None:
    assert lowest_cost(scores, asking_prices(scores)) == lowest_cost(scores, np.zeros(len(scores)))


@given(scores, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_a_place_that_nobody_needs_is_filled_as_well_as_without(scores: NDArray[np.int16], luck: Random) -> None:
    """A second place has no bonus: what its pair is worth may be less than the price of its column."""
    person = STEPS * len(scores) + 1
    bonus = [[luck.choice([0, person]) for _ in scores] for _ in ("rows", "columns")]

    def weight(auction_from: int) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pair_survey, "WORTHWHILE", auction_from)
            cells = pair_survey.solve(scores, board(scores, *bonus))
        return sum(int(scores[row, column]) + bonus[0][row] + bonus[1][column] for row, column in cells)

    assert weight(1) == weight(1_000)


def board(scores: NDArray[np.int16], row_bonus: list[int], column_bonus: list[int]) -> Board:
    places = range(len(scores))
    return Board(
        rows=places,
        row_bonus=row_bonus,
        columns=places,
        column_bonus=column_bonus,
        step=1,
        preference=0,
        preferred=(),
        apart=(),
        gates=0,
        cells={},
        scored={},
    )


@given(scores)
@settings(max_examples=100, deadline=None)
def test_prices_are_whole_steps_and_none_is_above_the_highest_score(scores: NDArray[np.int16]) -> None:
    prices = asking_prices(scores)
    assert np.array_equal(prices, np.rint(prices))
    assert ((prices >= 0) & (prices <= STEPS)).all()


def test_prices_are_nearly_those_of_the_optimum() -> None:
    """What everybody would gain by their favourite, and all prices, is never less than the best total (duality)."""
    luck = np.random.default_rng(1)
    wanted_by_many = luck.normal(0, 700, 600)
    scores = np.clip(luck.normal(5000, 1000, (600, 600)) + wanted_by_many, 0, STEPS).astype(np.int16)
    rows, columns = linear_sum_assignment(scores, maximize=True)
    best = int(scores[rows, columns].sum())
    unpriced, priced = (
        float((scores - prices).max(axis=1).sum() + prices.sum()) - best
        for prices in (np.zeros(600), asking_prices(scores))
    )
    assert 0 <= priced < unpriced / 2, (priced, unpriced)
