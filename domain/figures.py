"""What a cohort's headline holds: figures that may be read, each `Shown` or `Suppressed` with its reason."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from domain.decider import Frozen


class Hidden(StrEnum):
    """Why a figure is not shown."""

    NOTHING_YET = "nothing_yet"
    """There is nothing to count."""
    TOO_FEW = "too_few"
    """Fewer than `at_least` answered."""
    GIVES_SIBLING_AWAY = "gives_sibling_away"
    """This group is large enough, but with the total it would give away the other, hidden group."""
    NO_VARIATION = "no_variation"
    """Everybody changed by the same amount: the effect size divides by a spread of nothing."""


class Interval(Frozen):
    """A 95 % confidence interval."""

    low: float
    high: float
    method: Literal["Wilson score", "Student t"]


class Shown(Frozen):
    """A figure that may be read. `n`: the people or pairings that it rests on."""

    kind: Literal["shown"] = "shown"
    value: float
    n: int
    interval: Interval | None = None


class ShownSpread(Frozen):
    """A distribution that may be read: how many answered what."""

    kind: Literal["shown"] = "shown"
    counts: tuple[tuple[str, int], ...]
    n: int


class Suppressed(Frozen):
    """A figure that may not be read, and why. `at_least`: the size that its group must have."""

    kind: Literal["suppressed"] = "suppressed"
    reason: Hidden
    at_least: int | None = None


Figure = Annotated[Shown | Suppressed, Field(discriminator="kind")]
Spread = Annotated[ShownSpread | Suppressed, Field(discriminator="kind")]


class BySide(Frozen):
    """The same figure for the mentors (the juniors, always first), the mentees, and both together."""

    mentor: Figure
    mentee: Figure
    both: Figure


class SpreadBySide(Frozen):
    """The same distribution for the mentors, the mentees, and both together."""

    mentor: Spread
    mentee: Spread
    both: Spread


class EffectBySide(Frozen):
    """An effect size for each side; none for both together, whose answers are not independent."""

    mentor: Figure
    mentee: Figure


class SafetyAt(Frozen):
    """Mean psychological safety at one moment: `checkpoint 1`, `checkpoint 2`, …, `end`."""

    moment: str
    mean: BySide


class Funnel(Frozen):
    """How many pairings reached each stage."""

    matched: int
    offered: int
    activated: int
    trained: int
    met: int
    evaluated: int
    completed: int


class EarlyClosures(Frozen):
    """Why pairings closed early, by reason in alphabetical order; `no_fault` is outside the rate."""

    rate: Figure = Field(description="closed early / activated, both without the no-fault closures")
    reasons: tuple[tuple[str, int], ...]
    no_fault: tuple[tuple[str, int], ...]


class Headline(Frozen):
    """A cohort in figures."""

    pairings: int
    running: int = Field(description="not ended yet: rates over activated pairings still move")
    match_rate: Figure = Field(description="matched / eligible")
    funnel: Funnel
    days_to_first_meeting: Figure = Field(description="median from activation, over pairings that met")
    adherence: Figure = Field(description="meetings held / planned, activated pairings")
    executive_cancel_rate: Figure = Field(description="executive-side cancellations / scheduled meetings")
    completion_rate: Figure = Field(
        description="enough held and both evaluated / activated, without no-fault closures; Wilson score interval"
    )
    early_closures: EarlyClosures
    skill_change: BySide = Field(description="mean of (after minus before) over paired answers; Student t interval")
    skill_effect: EffectBySide = Field(description="Hedges' g_z: Cohen's d_z with Hedges' exact correction")
    goal_attainment: Figure = Field(description="Σ(weight · level) / Σ weight, without no-fault closures")
    safety: tuple[SafetyAt, ...]
    nps: BySide = Field(description="% of scores 9 and 10 minus % of scores 0 to 6")
    recommendation: SpreadBySide = Field(description="promoters, passives, detractors")
    would_repeat: BySide = Field(description="share of yes; Wilson score interval for one side")
