"""Seconds that `mentor-match` takes: `python mentor_match.py COHORT computed|given`, in an environment that has it.

COHORT is a JSON file, see `peer_cohort.py`. `computed`: its rules compute every part of a score and every bar from
the people, one rule for each, as somebody who uses the library would write them. `given`: they look our scores up.
Prints a JSON object: the processor's seconds, and the total of the pairs' scores in our steps.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import sub
from pathlib import Path
from typing import Any

from matching.match import Match
from matching.mentee import Mentee
from matching.mentor import Mentor
from matching.process import process_data
from matching.rules.rule import Disqualify

WHOLE = 1_000_000
"""A score of 1 in the whole numbers that its rules must give: fine enough for the sum of eight of them."""

Row = dict[str, Any]


class _Facts:
    """What the rules ask of a person, beside what the library keeps: read once, not for each pair."""

    def read(self, nth: int, row: Row) -> None:
        self.nth = nth
        self.id: str = row["id"]
        self.manager: str | None = row["manager"]
        self.above = frozenset(row["above"])
        self.department, self.site = row["department"], row["site"]
        self.birth_year: int = row["birth_year"]
        self.offered, self.wanted = frozenset(row["skills_offered"]), frozenset(row["skills_wanted"])
        self.interests, self.languages = frozenset(row["interests"]), frozenset(row["languages"])
        self.traits: list[float] = row["traits"]
        self.hours_with: dict[str, float] = row["hours_with"]
        self.zone: str = row["zone"]


class OurMentor(Mentor, _Facts):  # type: ignore[misc]  # the library is not where types are checked
    """The library's mentor, with the facts."""

    def __init__(self, nth: int, row: Row) -> None:
        super().__init__(email=f"mentor-{nth}@northlight.example", grade=row["grade"])
        self.read(nth, row)


class OurMentee(Mentee, _Facts):  # type: ignore[misc]
    """The library's mentee, with the facts."""

    def __init__(self, nth: int, row: Row) -> None:
        super().__init__(email=f"mentee-{nth}@northlight.example", grade=row["grade"])
        self.read(nth, row)


@dataclass(frozen=True, slots=True)
class Part:
    """Keeps to its `RuleProtocol`: one part of the score, from 0 to 1, by its share in the whole."""

    share: float
    of: Callable[[OurMentor, OurMentee], float]

    def apply(self, match_object: Match) -> int:
        return round(self.of(match_object.mentor, match_object.mentee) * self.share)


def skills(mentor: OurMentor, mentee: OurMentee) -> float:
    learnt = len(mentor.offered & mentee.wanted) / (len(mentee.wanted) or 1)
    return 0.75 * learnt + 0.25 * len(mentor.wanted & mentee.offered) / (len(mentor.wanted) or 1)


def interests(mentor: OurMentor, mentee: OurMentee) -> float:
    both = len(mentor.interests) + len(mentee.interests)
    return 2 * len(mentor.interests & mentee.interests) / (both or 1)


def personality(mentor: OurMentor, mentee: OurMentee) -> float:
    apart: float = sum(map(abs, map(sub, mentor.traits, mentee.traits)))
    return 1 - apart / 5


def generation(mentor: OurMentor, mentee: OurMentee) -> float:
    return min(max((mentor.birth_year - mentee.birth_year) / 25, 0.0), 1.0)


PARTS: dict[str, Callable[[OurMentor, OurMentee], float]] = {
    "skills": skills,
    "interests": interests,
    "personality": personality,
    "generation": generation,
    "working_time": lambda mentor, mentee: mentor.hours_with[mentee.zone] / 8,
    "department_mix": lambda mentor, mentee: mentor.department != mentee.department,
    "site_mix": lambda mentor, mentee: mentor.site != mentee.site,
    "language": lambda mentor, mentee: not mentor.languages.isdisjoint(mentee.languages),
}


def bars(cohort: Row) -> list[Disqualify]:
    """What rules a pair out; the library looks at the last rule first, so the one that bars most stands last."""
    gap, hours = cohort["seniority_gap_at_least"], cohort["shared_hours_at_least"]
    return [
        Disqualify(lambda match: match.mentor.id in match.mentee.above or match.mentee.id in match.mentor.above),
        Disqualify(lambda match: match.mentor.manager is not None and match.mentor.manager == match.mentee.manager),
        Disqualify(lambda match: match.mentor.hours_with[match.mentee.zone] < hours),
        Disqualify(lambda match: match.mentee.grade - match.mentor.grade < gap),
    ]


def computed(cohort: Row) -> list[object]:
    """The rules that compute."""
    whole = sum(cohort["weights"].values())
    parts = [Part(cohort["weights"][name] * WHOLE / whole, of) for name, of in PARTS.items()]
    return [*parts, *bars(cohort)]


@dataclass(frozen=True, slots=True)
class Given:
    """Keeps to its `RuleProtocol`: the score of the pair in the table, -1 for a barred one."""

    scores: list[list[int]]

    def evaluate(self, match_object: Match) -> bool:
        return self.apply(match_object) < 0

    def apply(self, match_object: Match) -> int:
        score: int = self.scores[match_object.mentor.nth][match_object.mentee.nth]
        return score


def given(cohort: Row) -> list[object]:
    """The rules that look up."""
    table = Given(cohort["scores"])
    return [table, Disqualify(table.evaluate)]


def matched(cohort: Row, rules: list[object]) -> Row:
    """One round of matching."""
    mentors = [OurMentor(nth, row) for nth, row in enumerate(cohort["mentors"])]
    mentees = [OurMentee(nth, row) for nth, row in enumerate(cohort["mentees"])]
    began = time.process_time()
    process_data(mentors, mentees, [rules])
    seconds = time.process_time() - began
    total = sum(cohort["scores"][one.nth][other.nth] for one in mentors for other in one.mentees)
    return {"seconds": seconds, "total": total}


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps(matched(read, {"computed": computed, "given": given}[sys.argv[2]](read))))
