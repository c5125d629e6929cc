"""Chance without a memory: a draw depends on the seed, the pairing and the question, never on the order of asking."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Chance:
    """The luck of one pairing. The same question always gets the same answer."""

    seed: int
    pairing: str

    def happens(self, question: str, probability: float) -> bool:
        """True with this probability."""
        return self._draw(question).random() < probability

    def days(self, question: str, median: float, spread: float = 0.6) -> timedelta:
        """A log-normal delay around a median in days; `spread` is the sigma of its logarithm."""
        return timedelta(seconds=round(median * 86_400 * self._draw(question).lognormvariate(0, spread)))

    def between(self, question: str, low: float, high: float) -> float:
        """Uniform."""
        return self._draw(question).uniform(low, high)

    def score(self, question: str, mean: float, low: int, high: int, spread: float = 0.9) -> int:
        """A whole number on a scale, around a mean."""
        return max(low, min(high, round(self._draw(question).gauss(mean, spread))))

    def pick(self, question: str, options: tuple[str, ...]) -> str:
        """One of them."""
        return self._draw(question).choice(options)

    def _draw(self, question: str) -> random.Random:
        return random.Random(f"{self.seed}/{self.pairing}/{question}")
