"""The numeric part of matching: the exact linear assignment, by SciPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment


def solve(matrix: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Cells of the highest total weight, one in each row or column of the shorter side, by row."""
    if not matrix or not matrix[0]:
        return []
    rows, columns = linear_sum_assignment(np.asarray(matrix, dtype=np.float64), maximize=True)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))
