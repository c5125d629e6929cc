"""How well two people fit: one score from 0 to 1, and the parts that it is made of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from domain.decider import Frozen
from domain.program import MatchingPolicy, MatchingWeights, WorkingHours
from domain.roster import BigFive, Person
from domain.working_time import Calendar, shared_hours

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

DECIMALS = 4
"""Scores are rounded to this many decimals, so the figure that people see is the one that was optimised."""

FULL_GENERATION = 25
"""Years between mentee and mentor from which the generation part is 1 (own)."""

FOR_THE_MENTEE = 0.75
"""Share of the skills part for what the mentee wants; the rest is what flows back to the mentor (own)."""

_WEDNESDAY = 2


class Parts(Frozen):
    """The parts of a score before weighting, named like the weights in `MatchingWeights`."""

    skills: Share
    interests: Share
    personality: Share
    generation: Share
    working_time: Share
    department_mix: Share
    site_mix: Share


class Compatibility(Frozen):
    """`total` is the weighted mean of `parts`: 0 when every weight is 0."""

    total: Share
    parts: Parts


def compatibility(
    mentor: Person, mentee: Person, policy: MatchingPolicy, hours: WorkingHours, on: date
) -> Compatibility:
    """The score of one pair. `on` is the date whose UTC offsets count, usually the first day of the pairing."""
    parts = {
        "skills": _skills(mentor, mentee),
        "interests": _overlap(mentor.interests, mentee.interests),
        "personality": _personality(mentor.traits, mentee.traits, policy.personality),
        "generation": min(max((mentor.birth_year - mentee.birth_year) / FULL_GENERATION, 0.0), 1.0),
        "working_time": shared_working_time(mentor.zone, mentee.zone, hours, on) / _length(hours),
        "department_mix": _differs(mentor.department, mentee.department),
        "site_mix": _differs(mentor.site, mentee.site),
    }
    return Compatibility(
        total=round(_weighted_mean(parts, policy.weights), DECIMALS),
        parts=Parts(**{name: round(part, DECIMALS) for name, part in parts.items()}),
    )


@lru_cache(maxsize=4096)
def shared_working_time(one: str, other: str, hours: WorkingHours, on: date) -> timedelta:
    """How long two people who both work `hours` in their own zones are at work together on an ordinary day.

    The ordinary day is the Wednesday of the week of `on`, so a start on a weekend bars nobody. Zones on both sides
    of the date line count too: Auckland's morning is Honolulu's late morning of the day before.
    """
    first, second = sorted((one, other))
    ordinary = on + timedelta(days=_WEDNESDAY - on.weekday())
    return shared_hours(Calendar(zone=first, hours=hours), Calendar(zone=second, hours=hours), ordinary)


def _length(hours: WorkingHours) -> timedelta:
    day = date(2000, 1, 1)
    return datetime.combine(day, hours.end) - datetime.combine(day, hours.start)


def _skills(mentor: Person, mentee: Person) -> float:
    return FOR_THE_MENTEE * _covered(mentee.skills_wanted, mentor.skills_offered) + (1 - FOR_THE_MENTEE) * _covered(
        mentor.skills_wanted, mentee.skills_offered
    )


def _covered(wanted: frozenset[str], offered: frozenset[str]) -> float:
    # Nothing wanted scores nothing: scarce skills then go to the people who asked for them.
    return len(wanted & offered) / len(wanted) if wanted else 0.0


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient: a long list alone earns nothing, and both lists must hold what is shared."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _personality(one: BigFive, other: BigFive, wanted: Literal["similar", "complementary"]) -> float:
    distances = [abs(getattr(one, trait) - getattr(other, trait)) for trait in BigFive.model_fields]
    distance: float = sum(distances) / len(distances)
    return 1 - distance if wanted == "similar" else distance


def _differs(one: str, other: str) -> float:
    return float(one.strip().casefold() != other.strip().casefold())


def _weighted_mean(parts: dict[str, float], weights: MatchingWeights) -> float:
    weight_of = {name: float(getattr(weights, name)) for name in parts}
    whole = sum(weight_of.values())
    return min(sum(weight_of[name] * part for name, part in parts.items()) / whole, 1.0) if whole else 0.0
