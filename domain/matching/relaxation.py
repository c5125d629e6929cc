"""The cheapest change that would match somebody who is left over, in words and figures."""

from __future__ import annotations

from datetime import date

from domain.matching.bars import Bar, RosterIndex, shortfalls
from domain.matching.compatibility import compatibility
from domain.matching.facts import PairFacts
from domain.matching.proposal import Relaxation
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person


def cheapest_relaxation(
    person: Person,
    partner: Person,
    price: float,
    place: bool,
    index: RosterIndex,
    policy: MatchingPolicy,
    hours: WorkingHours,
    on: date,
) -> Relaxation:
    """The change that makes the two a pair; `place`: the partner must take one pairing more."""
    mentor, mentee = (person, partner) if person.role == "mentor" else (partner, person)
    missing = shortfalls(PairFacts(mentor, mentee, index), policy, hours, on)
    lifted = tuple(bar for bar in Bar if missing[bar] > 0)
    changes = [_change(bar, missing[bar], policy) for bar in lifted]
    changes += [f"one pairing more for {partner.id}"] if place else []
    fit = compatibility(mentor, mentee, policy, hours, on)
    with_whom = f"a pairing with {partner.id}" if not place else "a pairing with them"
    says = f"{' and '.join(changes) or 'a change of other pairs'} would allow {with_whom}, score {fit.total:.2f}."
    return Relaxation(
        partner=partner.id,
        bars=lifted,
        place=place,
        price=round(price, 4),
        score=fit.total,
        says=says[0].upper() + says[1:],
    )


def _change(bar: Bar, missing: float, policy: MatchingPolicy) -> str:
    match bar:
        case Bar.SENIORITY_GAP:
            asked = policy.seniority_gap_at_least
            return f"a gap of {asked - missing:g} grades instead of {asked}"
        case Bar.WORKING_TIME:
            hours = policy.shared_working_hours_at_least
            return f"{hours - missing:g} shared working hours a day instead of {hours:g}"
        case Bar.LANGUAGE:
            return "no shared language"
        case Bar.EARLIER_PAIRING:
            return "an earlier pairing once more"
        case Bar.FORBIDDEN_PAIR:
            return "a forbidden pair less in the program design"
        case _:
            raise AssertionError(f"{bar.value} cannot be lifted")
