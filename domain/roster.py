"""People as the matching sees them. A roster is personal data: it never enters an event or a log."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from domain.decider import Frozen, ParticipantId
from domain.program import Zone

Trait = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Term = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=60)]


class BigFive(Frozen):
    """Five traits, each from 0 to 1."""

    openness: Trait
    conscientiousness: Trait
    extraversion: Trait
    agreeableness: Trait
    neuroticism: Trait


def _return(value: object) -> object:
    """A day as text; pydantic alone would take a number for seconds since 1970."""
    if not isinstance(value, str) or value == "unknown":
        return value
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2100:
        raise ValueError("expected a day such as '2027-03-01', 'unknown', or nothing")
    return day


class Person(Frozen):
    """One row of the roster. `grade` rises with seniority; `manager` is the id of another row or None.

    Conflicts and earlier partners count whichever of the two rows names the other.
    """

    id: ParticipantId
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)
    role: Literal["mentor", "mentee"]
    grade: int = Field(ge=1, le=20)
    manager: ParticipantId | None = None
    department: str = Field(min_length=1, max_length=100)
    site: str = Field(min_length=1, max_length=100)
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166, for public holidays")
    zone: Zone
    birth_year: int = Field(ge=1930, le=2015)
    skills_offered: frozenset[Term] = frozenset()
    skills_wanted: frozenset[Term] = frozenset()
    interests: frozenset[Term] = frozenset()
    traits: BigFive
    capacity: int = Field(default=1, ge=1, le=5)
    languages: frozenset[Term] = frozenset()
    returns_on: Annotated[date | Literal["unknown"] | None, BeforeValidator(_return)] = Field(
        default=None, description="the day on which somebody on leave is back; None for who is at work"
    )
    conflicts: frozenset[ParticipantId] = Field(default=frozenset(), description="declared conflicts of interest")
    earlier_partners: frozenset[ParticipantId] = Field(default=frozenset(), description="from any earlier program")
