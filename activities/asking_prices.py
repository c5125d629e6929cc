"""What each mentee would go for in an auction: prices with which the exact solver has little left to do.

Everybody on the other side gets somebody when there are as many rows as columns, so a price on a column is paid
whatever the assignment: the best one stays the best, and prices need not be right. The nearer they are to what the
optimum would ask, the shorter are the solver's paths.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.matching.compatibility import STEPS

WORTHWHILE = 500
"""Rows from which the auction saves more than it takes."""

_RAISE = np.float32(60)
"""Steps by which a bid is above what the column is worth to the bidder at least: more is quicker, and rougher."""

_AT_ONCE = 64
"""Bidders who bid by the same prices."""

_LEFT_TO_THE_SOLVER = 0.01
_ROUNDS_PER_ROW = 0.25
"""An auction for columns that are too few would go on for long."""


def asking_prices(scores: NDArray[np.int16]) -> NDArray[np.float64]:
    """A price for each column, in whole steps, none above STEPS, of a square matrix of scores; -1 is a barred pair."""
    worth = scores.astype(np.float32)
    side = len(worth)
    prices, holder, waiting = np.zeros(side, dtype=np.float32), np.full(side, -1), np.arange(side)
    for _ in range(int(side * _ROUNDS_PER_ROW)):
        if waiting.size <= side * _LEFT_TO_THE_SOLVER:
            break
        bidders, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        columns, offers = _bids(worth[bidders] - prices)
        sold, winners = _highest(columns, offers)
        prices[sold] += offers[winners]
        outbid = holder[sold]
        holder[sold] = bidders[winners]
        waiting = np.concatenate([waiting, np.delete(bidders, winners), outbid[outbid >= 0]])
    return np.minimum(np.rint(prices), STEPS).astype(np.float64)


def _bids(gains: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Of each bidder: the column that gains them most, and what they add to its price before the second is as good."""
    each = np.arange(len(gains))
    columns = gains.argmax(axis=1)
    most = gains[each, columns]
    gains[each, columns] = -np.inf
    return columns, most - gains.max(axis=1) + _RAISE


def _highest(columns: NDArray[np.intp], offers: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each column that somebody bids for, and which of the bids is its highest; of equals, the first."""
    by_column = np.lexsort((-offers, columns))
    sold, first = np.unique(columns[by_column], return_index=True)
    return sold, by_column[first]
