"""Chance without a memory: a draw depends on the seed, its owner and the question, never on the order of asking.

Every draw is a quantile of one uniform number, so two designs, or two sets of assumptions, that ask the same owner
the same question share their luck (common random numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import exp, log
from statistics import NormalDist

_STANDARD = NormalDist()
_UNITS = 2**53


@dataclass(frozen=True, slots=True)
class Chance:
    """The luck of one owner: a person, or a pair. The same question always gets the same answer."""

    seed: int
    owner: str
    _drawn: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def uniform(self, question: str) -> float:
        """Between 0 and 1, neither included."""
        drawn = self._drawn.get(question)
        if drawn is None:
            digest = blake2b(f"{self.seed}/{self.owner}/{question}".encode(), digest_size=8).digest()
            drawn = self._drawn[question] = ((int.from_bytes(digest, "big") >> 11) + 0.5) / _UNITS
        return drawn

    def happens(self, question: str, probability: float) -> bool:
        """True with this probability."""
        return self.uniform(question) < probability

    def span(self, question: str, median: float, spread: float, longer_than: float = 0.0) -> float:
        """A log-normal span around a median, in its unit; `spread` is the sigma of its logarithm.

        Given that it is `longer_than` that much already, the rest of its distribution.
        """
        share = self.uniform(question)
        if longer_than > 0:
            passed = share_within(longer_than, median, spread)
            share = min(passed + share * (1 - passed), 1 - 1 / _UNITS)
        return max(longer_than, median * exp(spread * _STANDARD.inv_cdf(share)))

    def waiting(self, question: str, per_year: float) -> float:
        """Years until something that strikes at a constant rate; endless where it never does."""
        return -log(self.uniform(question)) / per_year if per_year > 0 else float("inf")

    def between(self, question: str, low: float, high: float) -> float:
        """Uniform."""
        return low + (high - low) * self.uniform(question)

    def score(self, question: str, mean: float, low: int, high: int, spread: float = 0.9) -> int:
        """A whole number on a scale, around a mean."""
        return max(low, min(high, round(mean + spread * _STANDARD.inv_cdf(self.uniform(question)))))

    def pick(self, question: str, options: Sequence[str]) -> str:
        """One of them."""
        return options[int(self.uniform(question) * len(options))]


def share_within(span: float, median: float, spread: float) -> float:
    """The share of log-normal spans that are over within `span`."""
    return _STANDARD.cdf(log(span / median) / spread) if span > 0 else 0.0


def still_to_come(never: float, within: float) -> float:
    """The probability that it never comes, where the share `within` of what comes would have come by now."""
    silent = never + (1 - never) * (1 - within)
    return never / silent if silent > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Luck:
    """The luck of a pairing: each person's own, by the person, and that of the two together."""

    people: Mapping[str, Chance]
    together: Chance


def luck_of(seed: int, pairing: str, mentor: str, mentee: str) -> Luck:
    """A person has the same luck in every pairing and design; two people together, in every design."""
    return Luck({person: Chance(seed, person) for person in (mentor, mentee)}, Chance(seed, pairing))
