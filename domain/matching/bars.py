"""What rules a pair out, whatever its score, and what it would take to let it be."""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum

from domain.matching.compatibility import hours_shared
from domain.matching.facts import Facts, PairFacts, Value
from domain.matching.roster_index import RosterIndex
from domain.program import MatchingPolicy, WorkingHours
from domain.reporting_line import Relation
from domain.roster import Person

__all__ = ["LIFTABLE", "Bar", "RosterIndex", "bars", "price", "shortfalls"]


class Bar(StrEnum):
    """In the order of `bars`: what no policy can lift stands first, the more telling before the wider."""

    SAME_PERSON = "same_person"
    SKIP_LEVEL = "skip_level"
    REPORTING_LINE = "reporting_line"
    SAME_MANAGER = "same_manager"
    DECLARED_CONFLICT = "declared_conflict"
    EARLIER_PAIRING = "earlier_pairing"
    FORBIDDEN_PAIR = "forbidden_pair"
    LANGUAGE = "language"
    SENIORITY_GAP = "seniority_gap"
    WORKING_TIME = "working_time"


LIFTABLE = (Bar.EARLIER_PAIRING, Bar.FORBIDDEN_PAIR, Bar.LANGUAGE, Bar.SENIORITY_GAP, Bar.WORKING_TIME)
"""What an operations team may decide otherwise. The rest are conflicts of interest."""


def bars(
    mentor: Person,
    mentee: Person,
    index: RosterIndex,
    policy: MatchingPolicy,
    hours: WorkingHours,
    on: date,
) -> tuple[Bar, ...]:
    """Everything that bars the pair, in the order of `Bar`; empty when they may be paired.

    A pair two levels apart has both `SKIP_LEVEL` and `REPORTING_LINE`. Forbidden and earlier pairs
    count whichever of the two is named first. `on` is the date whose UTC offsets count.
    """
    missing = shortfalls(PairFacts(mentor, mentee, index), policy, hours, on)
    return tuple(bar for bar in Bar if missing[bar] > 0)


def shortfalls(facts: Facts, policy: MatchingPolicy, hours: WorkingHours, on: date) -> dict[Bar, Value]:
    """By how much a pair misses what each bar asks: grades, hours a day, or 1. Above 0, the pair is barred."""
    gap = facts.number("mentee", "grade") - facts.number("mentor", "grade")
    earlier = facts.names("earlier_partners") + facts.among(policy.earlier_pairs)
    shared = facts.shared("languages", "languages") if policy.language == "required" else 1.0
    return {
        Bar.SAME_PERSON: 1.0 - facts.differs("id"),
        Bar.SKIP_LEVEL: facts.related(Relation.SKIP_LEVEL),
        Bar.REPORTING_LINE: facts.related(Relation.REPORTING_LINE),
        Bar.SAME_MANAGER: facts.related(Relation.SAME_MANAGER),
        Bar.DECLARED_CONFLICT: facts.names("conflicts"),
        Bar.EARLIER_PAIRING: facts.limited(earlier, 0.0, 1.0),
        Bar.FORBIDDEN_PAIR: facts.among(policy.forbidden),
        Bar.LANGUAGE: facts.limited(1.0 - shared, 0.0, 1.0),
        Bar.SENIORITY_GAP: facts.limited(policy.seniority_gap_at_least - gap, 0.0, math.inf),
        Bar.WORKING_TIME: facts.limited(
            policy.shared_working_hours_at_least - hours_shared(facts, hours, on), 0.0, math.inf
        ),
    }


def price(missing: dict[Bar, Value], policy: MatchingPolicy) -> Value:
    """What lifting all bars of a pair asks (own): the share that is missing of what each demands, added up.

    Half an hour of two is a quarter, a rule that holds or not is 1. From UNPAYABLE on, no design can let the pair be.
    """
    asked = {Bar.SENIORITY_GAP: float(policy.seniority_gap_at_least) or 1.0}
    asked |= {Bar.WORKING_TIME: policy.shared_working_hours_at_least or 1.0}
    return sum(short / asked.get(bar, 1.0) if bar in LIFTABLE else short * UNPAYABLE for bar, short in missing.items())


UNPAYABLE = 1e9
