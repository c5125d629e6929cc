"""What rules a pair out, whatever its score."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from domain.decider import ParticipantId
from domain.matching.compatibility import shared_working_time
from domain.program import MatchingPolicy, WorkingHours
from domain.reporting_line import Relation, relations
from domain.roster import Person


class Bar(StrEnum):
    """In the order of `bars`: what no policy can lift stands first, the more telling before the wider."""

    SAME_PERSON = "same_person"
    SKIP_LEVEL = "skip_level"
    REPORTING_LINE = "reporting_line"
    SAME_MANAGER = "same_manager"
    EARLIER_PAIRING = "earlier_pairing"
    FORBIDDEN_PAIR = "forbidden_pair"
    SENIORITY_GAP = "seniority_gap"
    WORKING_TIME = "working_time"


class RosterIndex:
    """Who reports to whom, at any distance.

    Build it from the whole roster, also when only some of its people are to be matched: the line
    between two people may lead through somebody who takes no part.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._manager_of = {person.id: person.manager for person in people}
        self._above: dict[ParticipantId, tuple[ParticipantId, ...]] = {}

    def above(self, person: ParticipantId) -> tuple[ParticipantId, ...]:
        """Managers, nearest first. A line that runs in a circle ends before it repeats anybody."""
        if person not in self._above:
            self._above[person] = self._climb(person)
        return self._above[person]

    def _climb(self, person: ParticipantId) -> tuple[ParticipantId, ...]:
        line: dict[ParticipantId, None] = {}
        manager = self._manager_of.get(person)
        while manager is not None and manager != person and manager not in line:
            line[manager] = None
            manager = self._manager_of.get(manager)
        return tuple(line)


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
    related = relations(mentor.id, index.above(mentor.id), mentee.id, index.above(mentee.id))
    pair = frozenset((mentor.id, mentee.id))
    shared = shared_working_time(mentor.zone, mentee.zone, hours, on)
    barred = {
        Bar.SAME_PERSON: mentor.id == mentee.id,
        Bar.SKIP_LEVEL: Relation.SKIP_LEVEL in related,
        Bar.REPORTING_LINE: Relation.REPORTING_LINE in related,
        Bar.SAME_MANAGER: Relation.SAME_MANAGER in related,
        Bar.EARLIER_PAIRING: pair in _unordered(policy.earlier_pairs),
        Bar.FORBIDDEN_PAIR: pair in _unordered(policy.forbidden),
        Bar.SENIORITY_GAP: mentee.grade - mentor.grade < policy.seniority_gap_at_least,
        Bar.WORKING_TIME: shared < timedelta(hours=policy.shared_working_hours_at_least),
    }
    return tuple(bar for bar in Bar if barred[bar])


@lru_cache(maxsize=8)
def _unordered(pairs: tuple[tuple[str, str], ...]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for pair in pairs)
