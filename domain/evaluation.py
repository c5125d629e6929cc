"""The headline of a cohort: counts, rates, intervals and effect sizes, and what stays hidden.

What people did (matched, met, completed) is counted as it is. What people answered, and figures that
judge a person's conduct, are shown only for groups large enough that nobody can be recognised: a
figure is `Shown` or `Suppressed` with its reason, never silently absent. No figure names a pairing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from statistics import NormalDist, fmean, median, stdev
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field

from domain.decider import Frozen

RESPONDENTS_FOR_A_MEAN = 5
RESPONDENTS_FOR_A_DISTRIBUTION = 8
CONFIDENCE = 0.95

_SECONDS_PER_DAY = 86_400

Outcome = Literal["completed", "below_standard", "closed_early", "declined", "expired", "cancelled", "running"]
T = TypeVar("T")


# --- What goes in -----------------------------------------------------------------------------


def _goal_level(value: float) -> float:
    if value not in (0.0, 0.5, 1.0):
        raise ValueError("expected a level of 0, 0.5 or 1")
    return value


Count = Annotated[int, Field(ge=0)]
Scale = Annotated[float, Field(ge=1, le=5)]
GoalLevel = Annotated[float, AfterValidator(_goal_level)]
GoalWeight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Answers(Frozen):
    """What one side of one pairing answered. `None` means not answered."""

    evaluated: bool = Field(default=False, description="the end evaluation was submitted")
    skill_before: Scale | None = Field(default=None, description="own rating at the agreement, 1 to 5")
    skill_after: Scale | None = Field(default=None, description="own rating at the end, 1 to 5")
    safety: tuple[tuple[int, Scale], ...] = Field(
        default=(), description="psychological safety, 1 to 5: (number of the checkpoint, score)"
    )
    safety_at_end: Scale | None = None
    recommend: int | None = Field(default=None, ge=0, le=10)
    would_repeat: bool | None = None


class PairingFacts(Frozen):
    """One pairing, as far as it went."""

    pairing: str
    outcome: Outcome
    reason: str | None = None
    no_fault: bool = False
    offered_at: AwareDatetime | None = None
    activated_at: AwareDatetime | None = Field(default=None, description="both sides accepted")
    trained_at: AwareDatetime | None = Field(default=None, description="both sides trained or waived")
    first_held_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    planned: Count = Field(default=0, description="meetings that the plan asks for until now, pauses excluded")
    held: Count = 0
    scheduled: Count = Field(default=0, description="meetings ever booked")
    executive_cancellations: Count = 0
    enough: int = Field(default=5, ge=1, description="held meetings that count as completed")
    goals: tuple[tuple[GoalWeight, GoalLevel], ...] = Field(default=(), description="(weight, level)")
    mentor: Answers = Answers()
    mentee: Answers = Answers()

    @property
    def is_activated(self) -> bool:
        """Both sides accepted."""
        return self.activated_at is not None

    @property
    def is_evaluated(self) -> bool:
        """Both sides looked back."""
        return self.mentor.evaluated and self.mentee.evaluated

    @property
    def meets_standard(self) -> bool:
        """Enough meetings were held and both sides evaluated."""
        return self.held >= self.enough and self.is_evaluated

    @property
    def is_closed_without_fault(self) -> bool:
        """It ended early and neither side could have carried on: out of every rate."""
        return self.outcome == "closed_early" and self.no_fault


# --- What comes out ---------------------------------------------------------------------------


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


def headline(pairings: Sequence[PairingFacts], *, matched: int, eligible: int) -> Headline:
    """The figures of a cohort. The order of `pairings` does not matter; none at all is fine."""
    mentors = [pairing.mentor for pairing in pairings]
    mentees = [pairing.mentee for pairing in pairings]
    changes = _changes(mentors), _changes(mentees)
    recommendations = _given(a.recommend for a in mentors), _given(a.recommend for a in mentees)
    return Headline(
        pairings=len(pairings),
        running=sum(pairing.outcome == "running" for pairing in pairings),
        match_rate=_ratio(matched, eligible, n=eligible),
        funnel=_funnel(pairings),
        days_to_first_meeting=_days_to_first_meeting(pairings),
        adherence=_adherence(pairings),
        executive_cancel_rate=_executive_cancel_rate(pairings),
        completion_rate=_completion_rate(pairings),
        early_closures=_early_closures(pairings),
        skill_change=_by_side(*changes, figure=_mean_with_interval, overall=_mean),
        skill_effect=_effects(*changes),
        goal_attainment=_goal_attainment(pairings),
        safety=_safety(mentors, mentees),
        nps=_by_side(*recommendations, figure=_nps),
        recommendation=_recommendation(*recommendations),
        would_repeat=_by_side(
            _given(a.would_repeat for a in mentors),
            _given(a.would_repeat for a in mentees),
            figure=_share_with_interval,
            overall=_mean,
        ),
    )


# --- What people did --------------------------------------------------------------------------


def _funnel(pairings: Sequence[PairingFacts]) -> Funnel:
    return Funnel(
        matched=len(pairings),
        offered=sum(pairing.offered_at is not None for pairing in pairings),
        activated=sum(pairing.is_activated for pairing in pairings),
        trained=sum(pairing.trained_at is not None for pairing in pairings),
        met=sum(pairing.first_held_at is not None for pairing in pairings),
        evaluated=sum(pairing.is_evaluated for pairing in pairings),
        completed=sum(pairing.is_activated and pairing.meets_standard for pairing in pairings),
    )


def _days_to_first_meeting(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    days = [
        (pairing.first_held_at - pairing.activated_at).total_seconds() / _SECONDS_PER_DAY
        for pairing in pairings
        if pairing.activated_at is not None and pairing.first_held_at is not None
    ]
    return Shown(value=median(days), n=len(days)) if days else Suppressed(reason=Hidden.NOTHING_YET)


def _adherence(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    counted = [pairing for pairing in pairings if pairing.is_activated and pairing.planned]
    return _ratio(sum(p.held for p in counted), sum(p.planned for p in counted), n=len(counted))


def _executive_cancel_rate(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    # It judges people, so it needs a group; no interval, as one person's cancellations hang together.
    counted = [pairing for pairing in pairings if pairing.scheduled]
    too_few = _too_few(len(counted), RESPONDENTS_FOR_A_MEAN)
    if too_few:
        return too_few
    cancelled = sum(pairing.executive_cancellations for pairing in counted)
    return _ratio(cancelled, sum(pairing.scheduled for pairing in counted), n=len(counted))


def _completion_rate(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    counted = [p.meets_standard for p in pairings if p.is_activated and not p.is_closed_without_fault]
    return _share_with_interval(counted) if counted else Suppressed(reason=Hidden.NOTHING_YET)


def _early_closures(pairings: Sequence[PairingFacts]) -> EarlyClosures:
    closed = [pairing for pairing in pairings if pairing.outcome == "closed_early"]
    counted = [p.outcome == "closed_early" for p in pairings if p.is_activated and not p.is_closed_without_fault]
    return EarlyClosures(
        rate=_share_with_interval(counted) if counted else Suppressed(reason=Hidden.NOTHING_YET),
        reasons=_reasons(pairing for pairing in closed if not pairing.no_fault),
        no_fault=_reasons(pairing for pairing in closed if pairing.no_fault),
    )


def _reasons(closed: Iterable[PairingFacts]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(pairing.reason or "unknown" for pairing in closed).items()))


def _goal_attainment(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    counted = [p.goals for p in pairings if p.goals and not p.is_closed_without_fault]
    too_few = _too_few(len(counted), RESPONDENTS_FOR_A_MEAN)
    if too_few:
        return too_few
    goals = [goal for goals in counted for goal in goals]
    reached = math.fsum(weight * level for weight, level in goals)
    return _ratio(reached, math.fsum(weight for weight, _ in goals), n=len(counted))


# --- What people answered ---------------------------------------------------------------------


def _changes(answers: Iterable[Answers]) -> list[float]:
    return [
        answer.skill_after - answer.skill_before
        for answer in answers
        if answer.skill_before is not None and answer.skill_after is not None
    ]


def _effects(mentors: Sequence[float], mentees: Sequence[float]) -> EffectBySide:
    effects = _by_side(mentors, mentees, figure=_effect)
    return EffectBySide(mentor=effects.mentor, mentee=effects.mentee)


def _safety(mentors: Sequence[Answers], mentees: Sequence[Answers]) -> tuple[SafetyAt, ...]:
    numbers = sorted({number for answer in (*mentors, *mentees) for number, _ in answer.safety})
    moments = [
        SafetyAt(
            moment=f"checkpoint {number}",
            mean=_by_side(_safety_scores(mentors, number), _safety_scores(mentees, number), figure=_mean),
        )
        for number in numbers
    ]
    at_end = SafetyAt(
        moment="end",
        mean=_by_side(
            _given(answer.safety_at_end for answer in mentors),
            _given(answer.safety_at_end for answer in mentees),
            figure=_mean,
        ),
    )
    return (*moments, at_end)


def _safety_scores(answers: Iterable[Answers], number: int) -> list[float]:
    return _given(dict(answer.safety).get(number) for answer in answers)


def _recommendation(mentors: Sequence[int], mentees: Sequence[int]) -> SpreadBySide:
    mentor, mentee, both = _hidden(len(mentors), len(mentees), RESPONDENTS_FOR_A_DISTRIBUTION)
    return SpreadBySide(
        mentor=mentor or _spread(mentors),
        mentee=mentee or _spread(mentees),
        both=both or _spread([*mentors, *mentees]),
    )


def _given(answers: Iterable[T | None]) -> list[T]:
    return [answer for answer in answers if answer is not None]


# --- What stays hidden ------------------------------------------------------------------------


def _by_side(
    mentors: Sequence[T],
    mentees: Sequence[T],
    *,
    figure: Callable[[Sequence[T]], Shown | Suppressed],
    overall: Callable[[Sequence[T]], Shown | Suppressed] | None = None,
) -> BySide:
    """`figure` of each side and `overall` of both, each only where its group may be shown."""
    mentor, mentee, both = _hidden(len(mentors), len(mentees), RESPONDENTS_FOR_A_MEAN)
    return BySide(
        mentor=mentor or figure(mentors),
        mentee=mentee or figure(mentees),
        both=both or (overall or figure)([*mentors, *mentees]),
    )


def _hidden(
    mentors: int, mentees: int, at_least: int
) -> tuple[Suppressed | None, Suppressed | None, Suppressed | None]:
    """What hides the mentors', the mentees' and the common figure, given how many answered.

    The total minus one side is the other side, so where one side is too small both sides are hidden
    and the total stays. A side without any answer has nothing to give away.
    """
    mentor, mentee = _too_few(mentors, at_least), _too_few(mentees, at_least)
    both = _too_few(mentors + mentees, at_least)
    gives_away = Suppressed(reason=Hidden.GIVES_SIBLING_AWAY, at_least=at_least)
    if mentor is None and mentee is not None and mentees:
        mentor = gives_away
    elif mentee is None and mentor is not None and mentors:
        mentee = gives_away
    return mentor, mentee, both


def _too_few(respondents: int, at_least: int) -> Suppressed | None:
    if respondents == 0:
        return Suppressed(reason=Hidden.NOTHING_YET, at_least=at_least)
    if respondents < at_least:
        return Suppressed(reason=Hidden.TOO_FEW, at_least=at_least)
    return None


# --- The statistics ---------------------------------------------------------------------------


def _ratio(part: float, whole: float, *, n: int) -> Shown | Suppressed:
    return Shown(value=part / whole, n=n) if whole else Suppressed(reason=Hidden.NOTHING_YET)


def _mean(values: Sequence[float]) -> Shown:
    return Shown(value=fmean(values), n=len(values))


def _mean_with_interval(values: Sequence[float]) -> Shown:
    """The mean with its interval by Student's t; for two values or more."""
    n, mean = len(values), fmean(values)
    margin = t_critical(n - 1) * stdev(values) / math.sqrt(n)
    return Shown(value=mean, n=n, interval=Interval(low=mean - margin, high=mean + margin, method="Student t"))


def _share_with_interval(answers: Sequence[bool]) -> Shown:
    yes, n = sum(answers), len(answers)
    low, high = wilson_interval(yes, n)
    return Shown(value=yes / n, n=n, interval=Interval(low=low, high=high, method="Wilson score"))


def _nps(scores: Sequence[int]) -> Shown:
    promoters, _, detractors = _promoters_passives_detractors(scores)
    return Shown(value=100 * (promoters - detractors) / len(scores), n=len(scores))


def _spread(scores: Sequence[int]) -> ShownSpread:
    named = zip(("promoters", "passives", "detractors"), _promoters_passives_detractors(scores), strict=True)
    return ShownSpread(counts=tuple(named), n=len(scores))


def _promoters_passives_detractors(scores: Sequence[int]) -> tuple[int, int, int]:
    promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
    return promoters, len(scores) - promoters - detractors, detractors


def _effect(changes: Sequence[float]) -> Shown | Suppressed:
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
