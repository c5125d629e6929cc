"""The statistics agree with SciPy's and with published approximations."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from domain.estimates import hedges_g_z, t_critical, wilson_interval


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_t_critical_agrees_with_scipy(confidence: float) -> None:
    for degrees in [*range(1, 60), 99, 100, 1000, 2001]:
        expected = stats.t.ppf((1 + confidence) / 2, degrees)
        assert t_critical(degrees, confidence) == pytest.approx(expected, rel=1e-10)


@given(st.integers(1, 400), st.data())
def test_wilson_interval_agrees_with_scipy(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    low, high = wilson_interval(successes, n)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= successes / n <= high <= 1


def test_hedges_correction_is_close_to_its_usual_approximation() -> None:
    changes = [0.0, 1.0, 1.0, 2.0, 0.0, 1.0, 3.0, 1.0]
    d_z = stats.ttest_1samp(changes, 0).statistic / math.sqrt(len(changes))
    approximately = 1 - 3 / (4 * (len(changes) - 1) - 1)
    assert hedges_g_z(changes) == pytest.approx(d_z * approximately, rel=2e-3)
