"""Two designs, the same people and the same luck: what the second one changes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from domain.decider import Frozen
from rehearsal.forecast import FIGURES, Interval, interval
from rehearsal.runs import Run


class Difference(Frozen):
    """A figure by the first design, by the second, and the second less the first, run by run.

    `more_often`: the share of runs in which the second's is higher.
    """

    figure: str
    first: Interval
    second: Interval
    change: Interval
    more_often: float


def differences(first: Sequence[Run], second: Sequence[Run]) -> tuple[Difference, ...]:
    """Every figure. The runs are paired by their number: each pair has the same luck."""
    found = []
    for name, measure in FIGURES.items():
        one, other = [measure(run) for run in first], [measure(run) for run in second]
        changes = [after - before for before, after in zip(one, other, strict=True)]
        found.append(
            Difference(
                figure=name,
                first=interval(one),
                second=interval(other),
                change=interval(changes),
                more_often=fmean(change > 0 for change in changes),
            )
        )
    return tuple(found)
