"""Everybody with whom one person could be paired, and what speaks for or against each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.decider import Frozen, ParticipantId
from domain.matching.bars import Bar, RosterIndex, bars
from domain.matching.compatibility import Parts, Share, compatibility
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person


class Candidate(Frozen):
    """One person of the other side. `bars` is empty where the two may be paired; only then is there a score."""

    person: ParticipantId
    bars: tuple[Bar, ...]
    score: Share | None
    parts: Parts | None


def candidates(
    person: Person,
    roster: Iterable[Person],
    taking_part: Iterable[ParticipantId],
    policy: MatchingPolicy,
    hours: WorkingHours,
    on: date,
) -> tuple[Candidate, ...]:
    """The best first, then those who are ruled out, by id. `roster` is the whole one: lines may lead through anybody.

    `on` is the date whose UTC offsets count, as in the matching.
    """
    everybody = list(roster)
    index, others = RosterIndex(everybody), set(taking_part)
    found = [
        _candidate(person, other, index, policy, hours, on)
        for other in everybody
        if other.role != person.role and other.id in others
    ]
    return tuple(sorted(found, key=lambda one: (one.score is None, -(one.score or 0), one.person)))


def _candidate(
    person: Person, other: Person, index: RosterIndex, policy: MatchingPolicy, hours: WorkingHours, on: date
) -> Candidate:
    mentor, mentee = (person, other) if person.role == "mentor" else (other, person)
    against = bars(mentor, mentee, index, policy, hours, on)
    if against:
        return Candidate(person=other.id, bars=against, score=None, parts=None)
    fit = compatibility(mentor, mentee, policy, hours, on)
    return Candidate(person=other.id, bars=(), score=fit.total, parts=fit.parts)
