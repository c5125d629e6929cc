"""People for the matching tests: ordinary values for whatever a test does not care about."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.program import WorkingHours
from domain.roster import BigFive, Person

OFFICE = WorkingHours()
WINTER = date(2026, 3, 2)
SUMMER = date(2026, 7, 1)
EVEN = BigFive(openness=0.5, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)


def person(id: str, role: str, **fields: Any) -> Person:
    ordinary: dict[str, Any] = {
        "name": id,
        "email": f"{id}@northlight.example",
        "grade": 4 if role == "mentor" else 14,
        "department": "Claims",
        "site": "London",
        "country": "GB",
        "zone": "Europe/London",
        "birth_year": 1998 if role == "mentor" else 1968,
        "traits": EVEN,
    }
    return Person.model_validate({"id": id, "role": role} | ordinary | fields)


def mentor(id: str = "junior", **fields: Any) -> Person:
    return person(id, "mentor", **fields)


def mentee(id: str = "senior", **fields: Any) -> Person:
    return person(id, "mentee", **fields)
