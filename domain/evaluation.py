"""The headline of a cohort: counts, rates, intervals and effect sizes, and what stays hidden.

What people did (matched, met, completed) is counted as it is. What people answered, and figures that
judge a person's conduct, are shown only for groups large enough that nobody can be recognised: a
figure is `Shown` or `Suppressed` with its reason, never silently absent. No figure names a pairing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field

from domain.decider import Frozen
from domain.estimates import effect, mean, mean_with_interval, nps, ratio, share_with_interval, spread
from domain.figures import (
    BySide,
    EarlyClosures,
    EffectBySide,
    Funnel,
    Headline,
    Hidden,
    SafetyAt,
    Shown,
    SpreadBySide,
    Suppressed,
)

RESPONDENTS_FOR_A_MEAN = 5
RESPONDENTS_FOR_A_DISTRIBUTION = 8

_SECONDS_PER_DAY = 86_400

Outcome = Literal["completed", "below_standard", "closed_early", "declined", "expired", "cancelled", "running"]
T = TypeVar("T")


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


def headline(pairings: Sequence[PairingFacts], *, matched: int, eligible: int) -> Headline:
    """The figures of a cohort. The order of `pairings` does not matter; none at all is fine."""
    mentors = [pairing.mentor for pairing in pairings]
    mentees = [pairing.mentee for pairing in pairings]
    changes = _changes(mentors), _changes(mentees)
    recommendations = _given(a.recommend for a in mentors), _given(a.recommend for a in mentees)
    return Headline(
        pairings=len(pairings),
        running=sum(pairing.outcome == "running" for pairing in pairings),
        match_rate=ratio(matched, eligible, n=eligible),
        funnel=_funnel(pairings),
        days_to_first_meeting=_days_to_first_meeting(pairings),
        adherence=_adherence(pairings),
        executive_cancel_rate=_executive_cancel_rate(pairings),
        completion_rate=_completion_rate(pairings),
        early_closures=_early_closures(pairings),
        skill_change=_by_side(*changes, figure=mean_with_interval, overall=mean),
        skill_effect=_effects(*changes),
        goal_attainment=_goal_attainment(pairings),
        safety=_safety(mentors, mentees),
        nps=_by_side(*recommendations, figure=nps),
        recommendation=_recommendation(*recommendations),
        would_repeat=_by_side(
            _given(a.would_repeat for a in mentors),
            _given(a.would_repeat for a in mentees),
            figure=share_with_interval,
            overall=mean,
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
    return ratio(sum(p.held for p in counted), sum(p.planned for p in counted), n=len(counted))


def _executive_cancel_rate(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    # It judges people, so it needs a group; no interval, as one person's cancellations hang together.
    counted = [pairing for pairing in pairings if pairing.scheduled]
    too_few = _too_few(len(counted), RESPONDENTS_FOR_A_MEAN)
    if too_few:
        return too_few
    cancelled = sum(pairing.executive_cancellations for pairing in counted)
    return ratio(cancelled, sum(pairing.scheduled for pairing in counted), n=len(counted))


def _completion_rate(pairings: Sequence[PairingFacts]) -> Shown | Suppressed:
    counted = [p.meets_standard for p in pairings if p.is_activated and not p.is_closed_without_fault]
    return share_with_interval(counted) if counted else Suppressed(reason=Hidden.NOTHING_YET)


def _early_closures(pairings: Sequence[PairingFacts]) -> EarlyClosures:
    closed = [pairing for pairing in pairings if pairing.outcome == "closed_early"]
    counted = [p.outcome == "closed_early" for p in pairings if p.is_activated and not p.is_closed_without_fault]
    return EarlyClosures(
        rate=share_with_interval(counted) if counted else Suppressed(reason=Hidden.NOTHING_YET),
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
    return ratio(reached, math.fsum(weight for weight, _ in goals), n=len(counted))


# --- What people answered ---------------------------------------------------------------------


def _changes(answers: Iterable[Answers]) -> list[float]:
    return [
        answer.skill_after - answer.skill_before
        for answer in answers
        if answer.skill_before is not None and answer.skill_after is not None
    ]


def _effects(mentors: Sequence[float], mentees: Sequence[float]) -> EffectBySide:
    effects = _by_side(mentors, mentees, figure=effect)
    return EffectBySide(mentor=effects.mentor, mentee=effects.mentee)


def _safety(mentors: Sequence[Answers], mentees: Sequence[Answers]) -> tuple[SafetyAt, ...]:
    numbers = sorted({number for answer in (*mentors, *mentees) for number, _ in answer.safety})
    moments = [
        SafetyAt(
            moment=f"checkpoint {number}",
            mean=_by_side(_safety_scores(mentors, number), _safety_scores(mentees, number), figure=mean),
        )
        for number in numbers
    ]
    at_end = SafetyAt(
        moment="end",
        mean=_by_side(
            _given(answer.safety_at_end for answer in mentors),
            _given(answer.safety_at_end for answer in mentees),
            figure=mean,
        ),
    )
    return (*moments, at_end)


def _safety_scores(answers: Iterable[Answers], number: int) -> list[float]:
    return _given(dict(answer.safety).get(number) for answer in answers)


def _recommendation(mentors: Sequence[int], mentees: Sequence[int]) -> SpreadBySide:
    mentor, mentee, both = _hidden(len(mentors), len(mentees), RESPONDENTS_FOR_A_DISTRIBUTION)
    return SpreadBySide(
        mentor=mentor or spread(mentors),
        mentee=mentee or spread(mentees),
        both=both or spread([*mentors, *mentees]),
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
