"""Means, shares and effect sizes with what they rest on: their groups are large enough to be shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

from domain.figures import Hidden, Interval, Shown, ShownSpread, Suppressed

CONFIDENCE = 0.95


def ratio(part: float, whole: float, *, n: int) -> Shown | Suppressed:
    return Shown(value=part / whole, n=n) if whole else Suppressed(reason=Hidden.NOTHING_YET)


def mean(values: Sequence[float]) -> Shown:
    return Shown(value=fmean(values), n=len(values))


def mean_with_interval(values: Sequence[float]) -> Shown:
    """The mean with its interval by Student's t; for two values or more."""
    n, middle = len(values), fmean(values)
    margin = t_critical(n - 1) * stdev(values) / math.sqrt(n)
    return Shown(value=middle, n=n, interval=Interval(low=middle - margin, high=middle + margin, method="Student t"))


def share_with_interval(answers: Sequence[bool]) -> Shown:
    yes, n = sum(answers), len(answers)
    low, high = wilson_interval(yes, n)
    return Shown(value=yes / n, n=n, interval=Interval(low=low, high=high, method="Wilson score"))


def nps(scores: Sequence[int]) -> Shown:
    promoters, _, detractors = _promoters_passives_detractors(scores)
    return Shown(value=100 * (promoters - detractors) / len(scores), n=len(scores))


def spread(scores: Sequence[int]) -> ShownSpread:
    named = zip(("promoters", "passives", "detractors"), _promoters_passives_detractors(scores), strict=True)
    return ShownSpread(counts=tuple(named), n=len(scores))


def _promoters_passives_detractors(scores: Sequence[int]) -> tuple[int, int, int]:
    promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
    return promoters, len(scores) - promoters - detractors, detractors


def effect(changes: Sequence[float]) -> Shown | Suppressed:
    if len(set(changes)) == 1:
        return Suppressed(reason=Hidden.NO_VARIATION)
    return Shown(value=hedges_g_z(changes), n=len(changes))


def hedges_g_z(changes: Sequence[float]) -> float:
    """Hedges' g_z of paired changes: Cohen's d_z = mean / standard deviation of the changes, times
    Hedges' exact correction for small samples, Γ(m/2) / (√(m/2) · Γ(m/2 - ½)) with m = n - 1 (Hedges 1981).

    For three changes or more that are not all equal.
    """
    m = len(changes) - 1
    correction = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    return fmean(changes) / stdev(changes) * correction


def wilson_interval(successes: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The Wilson score interval of a proportion, for `n` of 1 or more; always within 0 and 1."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    centre = share + z * z / (2 * n)
    margin = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = ((centre + sign * margin) / (1 + z * z / n) for sign in (-1, 1))
    # Nothing and everything have exact ends, which rounding would miss by a hair.
    return (0.0 if successes == 0 else max(0.0, low)), (1.0 if successes == n else min(1.0, high))


def t_critical(degrees: int, confidence: float = CONFIDENCE) -> float:
    """The t for which Student's distribution lies within ±t with probability `confidence`.

    By halving the angle in the closed form of the probability, which is finite for whole degrees of
    freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    low, high = 0.0, math.pi / 2
    while low < (middle := (low + high) / 2) < high:
        if _probability_within(middle, degrees) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) * math.tan(low)


def _probability_within(angle: float, degrees: int) -> float:
    """P(|T| ≤ t) where t = √degrees · tan(angle)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2 == 1
    # 1 + ½cos² + (1·3)/(2·4)cos⁴ + … for even degrees; cos + ⅔cos³ + (2·4)/(3·5)cos⁵ + … for odd ones.
    term = cosine if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(3 if odd else 2, degrees, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
