"""How well two people fit: one score from 0 to 1, and the parts that it is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, get_args

from pydantic import Field

from domain.decider import Frozen
from domain.matching.facts import Facts, PairFacts, Side, TermsOf, Trait, Value
from domain.matching.roster_index import RosterIndex
from domain.program import MatchingPolicy, MatchingWeights, WorkingHours
from domain.roster import Person
from domain.working_time import Calendar, shared_hours

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

DECIMALS = 4
"""Scores are rounded to this many decimals, so the figure that people see is the one that was optimised."""

STEPS: int = 10**DECIMALS
"""A score of 1 in the whole steps that are added up."""

FULL_GENERATION = 25
"""Years between mentee and mentor from which the generation part is 1 (own)."""

FOR_THE_MENTEE = 0.75
"""Share of the skills part for what the mentee wants; the rest is what flows back to the mentor (own)."""

_WEDNESDAY = 2
_NOBODY = RosterIndex(())


class Parts(Frozen):
    """The parts of a score before weighting, named like the weights in `MatchingWeights`."""

    skills: Share
    interests: Share
    personality: Share
    generation: Share
    working_time: Share
    department_mix: Share
    site_mix: Share
    language: Share = 0.0


class Compatibility(Frozen):
    """`total` is the weighted mean of `parts`: 0 when every weight is 0."""

    total: Share
    parts: Parts


def compatibility(
    mentor: Person, mentee: Person, policy: MatchingPolicy, hours: WorkingHours, on: date
) -> Compatibility:
    """The score of one pair. `on` is the date whose UTC offsets count, usually the first day of the pairing."""
    total, parts = rounded(PairFacts(mentor, mentee, _NOBODY), policy, hours, on)
    return Compatibility(total=total, parts=Parts(**parts))


def rounded(facts: Facts, policy: MatchingPolicy, hours: WorkingHours, on: date) -> tuple[Value, dict[str, Value]]:
    """The score and its parts, as people see them."""
    parts = parts_of(facts, policy, hours, on)
    total = score_in_steps(facts, parts, policy.weights) / STEPS
    return total, {name: _in_steps(facts, part) / STEPS for name, part in parts.items()}


def parts_of(facts: Facts, policy: MatchingPolicy, hours: WorkingHours, on: date) -> dict[str, Value]:
    """Each part from 0 to 1, not rounded yet."""
    length = _hours(_length(hours))
    born_apart = facts.number("mentor", "birth_year") - facts.number("mentee", "birth_year")
    return {
        "skills": _skills(facts),
        "interests": _overlap(facts, "interests"),
        "personality": _personality(facts, policy),
        "generation": facts.limited(born_apart / FULL_GENERATION, 0.0, 1.0),
        "working_time": hours_shared(facts, hours, on) / length,
        "department_mix": facts.differs("department"),
        "site_mix": facts.differs("site"),
        "language": facts.limited(facts.shared("languages", "languages"), 0.0, 1.0),
    }


def score_in_steps(facts: Facts, parts: dict[str, Value], weights: MatchingWeights) -> Value:
    """The weighted mean, in whole steps of 1 / STEPS."""
    weight_of = {name: float(getattr(weights, name)) for name in parts}
    whole = sum(weight_of.values())
    total = 0.0 * parts["skills"]
    for name, part in parts.items():
        if weight_of[name]:  # times 1 changes no bit, and takes as long as any other product
            total = total + (part if weight_of[name] == 1 else part * weight_of[name])
    return _in_steps(facts, facts.limited(total / whole, 0.0, 1.0)) if whole else total


def hours_shared(facts: Facts, hours: WorkingHours, on: date) -> Value:
    """Hours a day at which both are at work."""
    return facts.between_zones(_HoursShared(hours, on))


@dataclass(frozen=True, slots=True)
class _HoursShared:
    """Hours a day, of two zones. Equal ones are the same question, which is then answered once."""

    hours: WorkingHours
    on: date

    def __call__(self, one: str, other: str) -> float:
        return _hours(shared_working_time(one, other, self.hours, self.on))


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


def _hours(length: timedelta) -> float:
    return length / timedelta(hours=1)


def _in_steps(facts: Facts, part: Value) -> Value:
    return facts.floored(part * STEPS + 0.5)


def _skills(facts: Facts) -> Value:
    learnt = _covered(facts, facts.shared("skills_offered", "skills_wanted"), "mentee")
    returned = _covered(facts, facts.shared("skills_wanted", "skills_offered"), "mentor")
    return learnt * FOR_THE_MENTEE + returned * (1 - FOR_THE_MENTEE)


def _covered(facts: Facts, shared: Value, wanting: Side) -> Value:
    # Nothing wanted scores nothing: scarce skills then go to the people who asked for them.
    return shared / facts.limited(facts.count(wanting, "skills_wanted"), 1.0, math.inf)


def _overlap(facts: Facts, terms: TermsOf) -> Value:
    """Dice's coefficient: a long list alone earns nothing, and both lists must hold what is shared."""
    both = facts.count("mentor", terms) + facts.count("mentee", terms)
    return facts.shared(terms, terms) * 2.0 / facts.limited(both, 1.0, math.inf)


def _personality(facts: Facts, policy: MatchingPolicy) -> Value:
    traits = get_args(Trait)
    apart = sum(abs(facts.trait("mentor", trait) - facts.trait("mentee", trait)) for trait in traits) / len(traits)
    return 1.0 - apart if policy.personality == "similar" else apart
