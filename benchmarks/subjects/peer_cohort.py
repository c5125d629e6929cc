"""The cohort of the matching benchmark as a file for `mentor_match.py`, which runs where Pairloom is not installed."""

from __future__ import annotations

import json
from typing import Any

from activities.pair_survey import surveyed
from benchmarks.subjects.company import HOURS, ON, POLICY
from domain.matching.compatibility import shared_working_time
from domain.matching.roster_index import RosterIndex
from domain.matching.survey import Question
from domain.roster import Person


def as_json(people: list[Person]) -> str:
    """Both sides with all that the rules ask about, the weights and limits, and our scores in steps, -1 for barred.

    Working hours that two zones share, and everybody's managers at any distance, are given, so that the peer need not
    look them up for each pair.
    """
    index = RosterIndex(people)
    zones = sorted({person.zone for person in people})
    mentors, mentees = ([person for person in people if person.role == role] for role in ("mentor", "mentee"))
    survey = surveyed(Question(mentors, mentees, index, POLICY, HOURS, ON))
    return json.dumps(
        {
            "mentors": [_row(person, index, zones) for person in mentors],
            "mentees": [_row(person, index, zones) for person in mentees],
            "weights": POLICY.weights.model_dump(),
            "seniority_gap_at_least": POLICY.seniority_gap_at_least,
            "shared_hours_at_least": POLICY.shared_working_hours_at_least,
            "scores": survey.steps.tolist(),
        }
    )


def _row(person: Person, index: RosterIndex, zones: list[str]) -> dict[str, Any]:
    hours = {zone: shared_working_time(person.zone, zone, HOURS, ON).total_seconds() / 3600 for zone in zones}
    traits = list(person.traits.model_dump().values()) if person.traits else []
    row = person.model_dump(mode="json", include=_FIELDS)
    return row | {"above": index.above(person.id), "traits": traits, "hours_with": hours}


_FIELDS = {
    *("id", "manager", "grade", "department", "site", "zone", "birth_year"),
    *("skills_offered", "skills_wanted", "interests", "languages"),
}
