"""Prices change no answer, and spare the solver most of its work."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from activities.asking_prices import asking_prices
from domain.matching.compatibility import STEPS

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
