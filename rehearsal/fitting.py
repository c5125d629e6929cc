"""The people model, estimated from what a finished cohort did: every figure with its 90 % interval.

Rates and shares have Jeffreys intervals. Delays are log-normal by maximum likelihood; who was cut off before doing
something counts as having taken longer than that, and who never does something is told from who was only slow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import log_ndtr, ndtr
from scipy.stats import beta, chi2, gamma, t

from domain.decider import Frozen
from rehearsal.assumptions import Assumptions, changed

CONFIDENCE = 0.90
_TAIL = (1 - CONFIDENCE) / 2
_FEWEST = 3
"""Delays seen at least so often are estimated; fewer say too little."""

Numbers = NDArray[np.float64]


class Estimate(Frozen):
    """A figure named as in the file of assumptions (`mentee.trains.median`), with its interval; `n` it rests on."""

    name: str
    value: float
    low: float
    high: float
    n: int


@dataclass(slots=True)
class Delays:
    """Working days until something was done; `cut` where it was not done by then, `within` where sooner than that."""

    done: list[float] = field(default_factory=list)
    cut: list[float] = field(default_factory=list)
    within: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Count:
    """How many of how many; or how many in how many person-years."""

    hits: int = 0
    of: float = 0.0


def share(name: str, count: Count) -> Estimate | None:
    """A probability. None where nothing was seen."""
    if count.of <= 0:
        return None
    hits, misses = count.hits, count.of - count.hits
    low = float(beta.ppf(_TAIL, hits + 0.5, misses + 0.5)) if hits else 0.0
    high = float(beta.ppf(1 - _TAIL, hits + 0.5, misses + 0.5)) if misses else 1.0
    return Estimate(name=name, value=hits / count.of, low=low, high=high, n=round(count.of))


def rate(name: str, count: Count) -> Estimate | None:
    """A rate per person and year. None without any person-year."""
    if count.of <= 0:
        return None
    low = float(gamma.ppf(_TAIL, count.hits + 0.5)) / count.of if count.hits else 0.0
    high = float(gamma.ppf(1 - _TAIL, count.hits + 0.5)) / count.of
    return Estimate(name=name, value=count.hits / count.of, low=low, high=high, n=count.hits)


@dataclass(frozen=True, slots=True)
class _LogNormal:
    """What was seen of one delay, as logarithms."""

    done: Numbers
    cut: Numbers
    within: Numbers

    def cost(self, mu: float, sigma: float, never: float = 0.0) -> float:
        """The negative log-likelihood."""
        z = (self.done - mu) / sigma
        seen = np.sum(-0.5 * z * z) - self.done.size * log(sigma) + self.done.size * log(max(1 - never, 1e-300))
        if never > 0:
            waiting = np.sum(np.log(never + (1 - never) * (1 - ndtr((self.cut - mu) / sigma))))
        else:
            waiting = np.sum(log_ndtr(-(self.cut - mu) / sigma))
        sooner = np.sum(log_ndtr((self.within - mu) / sigma))
        return -float(seen + waiting + sooner)


def delay(name: str, seen: Delays) -> tuple[Estimate, ...]:
    """Median and spread of a delay that everybody takes sooner or later."""
    data = _data(seen)
    if data.done.size < _FEWEST:
        return ()
    start = np.array([float(np.mean(data.done)), log(max(float(np.std(data.done)), 0.05))])

    def cost(at: Numbers) -> float:
        return data.cost(float(at[0]), exp(float(at[1])))

    return _median_and_spread(name, data, minimize(cost, start, method="Nelder-Mead").x, cost)


def delay_or_never(name: str, never_name: str, seen: Delays) -> tuple[Estimate, ...]:
    """Median and spread of a delay, and the share of people who never do it."""
    data = _data(seen)
    if data.done.size < _FEWEST:
        return ()
    waiting = data.cut.size / (data.cut.size + data.done.size)
    first = [float(np.mean(data.done)), log(max(float(np.std(data.done)), 0.05)), _logit(max(waiting, 1e-3))]

    def cost(at: Numbers) -> float:
        return data.cost(float(at[0]), exp(float(at[1])), 1 / (1 + exp(-float(at[2]))))

    best = minimize(cost, np.array(first), method="Nelder-Mead", options={"maxiter": 2000}).x
    mu, sigma = float(best[0]), exp(float(best[1]))
    never = 1 / (1 + exp(-float(best[2])))

    def two(at: Numbers) -> float:
        return data.cost(float(at[0]), exp(float(at[1])), never)

    found = _median_and_spread(name, data, best[:2], two)
    return (*found, _never(never_name, data, mu, sigma, never))


def _never(name: str, data: _LogNormal, mu: float, sigma: float, best: float) -> Estimate:
    """The interval by the likelihood's ratio, at the delay's best figures."""
    lowest = data.cost(mu, sigma, best)
    allowed = float(chi2.ppf(CONFIDENCE, 1)) / 2

    def beyond(share: float) -> float:
        return data.cost(mu, sigma, share) - lowest - allowed

    tiny = 1e-6
    low = 0.0 if best <= tiny or beyond(tiny) < 0 else float(brentq(beyond, tiny, best))
    high = float(brentq(beyond, max(best, tiny), 1 - tiny)) if beyond(1 - tiny) > 0 else 1.0
    return Estimate(name=name, value=best, low=low, high=high, n=data.done.size + data.cut.size)


def _median_and_spread(name: str, data: _LogNormal, best: Numbers, cost: object) -> tuple[Estimate, ...]:
    covariance = np.linalg.pinv(_curvature(cost, best))
    n = data.done.size
    reach = float(t.ppf(1 - _TAIL, n - 1))
    mu, log_sigma = float(best[0]), float(best[1]) + 1 / (2 * n)  # the bias of the likelihood's sigma
    apart = [reach * sqrt(max(float(covariance[i, i]), 0.0)) for i in (0, 1)]
    return (
        Estimate(name=f"{name}.median", value=exp(mu), low=exp(mu - apart[0]), high=exp(mu + apart[0]), n=n),
        Estimate(
            name=f"{name}.spread",
            value=exp(log_sigma),
            low=exp(log_sigma - apart[1]),
            high=exp(log_sigma + apart[1]),
            n=n,
        ),
    )


def _curvature(cost: object, at: Numbers) -> Numbers:
    """Second derivatives by differences: what the likelihood knows about each figure."""
    assert callable(cost)
    step, size = 1e-3, at.size
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            e, f = np.eye(size)[i] * step, np.eye(size)[j] * step
            found[i, j] = (cost(at + e + f) - cost(at + e - f) - cost(at - e + f) + cost(at - e - f)) / (4 * step**2)
    return found


def _data(seen: Delays) -> _LogNormal:
    done, cut, within = (np.log(np.maximum(np.array(days), 1e-4)) for days in (seen.done, seen.cut, seen.within))
    return _LogNormal(done, cut, within)


def _logit(share: float) -> float:
    return log(share / (1 - share)) if share < 1 else 5.0


def fitted(assumptions: Assumptions, estimates: Sequence[Estimate]) -> Assumptions:
    """The assumptions with everything that was estimated; a spread only together with its median."""
    fields: dict[str, object] = {}
    values: Mapping[str, float] = {estimate.name: estimate.value for estimate in estimates}
    for name, value in values.items():
        section, trait, *part = name.split(".")
        if not part:
            fields[name] = value
        elif part == ["median"]:
            spread = values[f"{section}.{trait}.spread"]
            fields[f"{section}.{trait}"] = {"median": min(value, 250.0), "spread": min(spread, 3.0)}
    return changed(assumptions, fields)
