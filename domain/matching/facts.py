"""What the rules of matching may ask about a pair. One rule is written once, for one pair and for millions.

A rule computes with `Value`s: a float for one pair, or an array with one float for each of many pairs. It may add,
subtract, multiply, divide and take `abs`; what arrays do differently from floats goes through `Facts`. The same
operations in the same order give the same bits, so a pair's score does not depend on how many were asked about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from domain.decider import ParticipantId
from domain.matching.roster_index import RosterIndex
from domain.reporting_line import Relation, relations
from domain.roster import Person

Value: TypeAlias = Any
"""A float, or an array of floats."""

Side = Literal["mentor", "mentee"]
NumberOf = Literal["grade", "birth_year"]
TermsOf = Literal["skills_offered", "skills_wanted", "interests", "languages"]
NamesOf = Literal["conflicts", "earlier_partners"]
TextOf = Literal["id", "department", "site"]
Trait = Literal["openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism"]


class Facts(Protocol):
    """About one pair, or about each of many. What may be true or false is 1 or 0."""

    def number(self, side: Side, field: NumberOf) -> Value:
        """A figure of one of the two."""

    def trait(self, side: Side, trait: Trait) -> Value:
        """A trait of one of the two."""

    def count(self, side: Side, terms: TermsOf) -> Value:
        """How many terms one of the two has."""

    def shared(self, of_mentor: TermsOf, of_mentee: TermsOf) -> Value:
        """How many terms of the mentor's are the mentee's too."""

    def differs(self, field: TextOf) -> Value:
        """Whether the two texts differ, whatever their case."""

    def between_zones(self, value: Callable[[str, str], float]) -> Value:
        """`value` of the two time zones; it must be hashable."""

    def related(self, relation: Relation) -> Value:
        """Whether the two stand so in the organisation."""

    def names(self, field: NamesOf) -> Value:
        """Whether one of the two names the other."""

    def among(self, pairs: Collection[tuple[str, str]]) -> Value:
        """Whether the pair is one of these, whichever of the two stands first."""

    def limited(self, value: Value, low: float, high: float) -> Value:
        """`value`, but no less than `low` and no more than `high`."""

    def floored(self, value: Value) -> Value:
        """The next whole number down."""


@dataclass(frozen=True, slots=True)
class PairFacts:
    """About one pair."""

    mentor: Person
    mentee: Person
    index: RosterIndex

    def number(self, side: Side, field: NumberOf) -> float:
        return float(getattr(self._person(side), field))

    def trait(self, side: Side, trait: Trait) -> float:
        return float(getattr(self._person(side).traits, trait))

    def count(self, side: Side, terms: TermsOf) -> float:
        return float(len(getattr(self._person(side), terms)))

    def shared(self, of_mentor: TermsOf, of_mentee: TermsOf) -> float:
        return float(len(getattr(self.mentor, of_mentor) & getattr(self.mentee, of_mentee)))

    def differs(self, field: TextOf) -> float:
        return float(folded(self.mentor, field) != folded(self.mentee, field))

    def between_zones(self, value: Callable[[str, str], float]) -> float:
        return value(self.mentor.zone, self.mentee.zone)

    def related(self, relation: Relation) -> float:
        one, other = self.mentor.id, self.mentee.id
        return float(relation in relations(one, self.index.above(one), other, self.index.above(other)))

    def names(self, field: NamesOf) -> float:
        one, other = self.mentor, self.mentee
        return float(other.id in getattr(one, field) or one.id in getattr(other, field))

    def among(self, pairs: Collection[tuple[str, str]]) -> float:
        one, other = self.mentor.id, self.mentee.id
        return float((one, other) in pairs or (other, one) in pairs)

    def limited(self, value: float, low: float, high: float) -> float:
        return min(max(value, low), high)

    def floored(self, value: float) -> float:
        return float(math.floor(value))

    def _person(self, side: Side) -> Person:
        return self.mentor if side == "mentor" else self.mentee


def folded(person: Person, field: TextOf) -> ParticipantId:
    """A text as it is compared: an id as it stands, others without regard to case and outer spaces."""
    text: str = getattr(person, field)
    return text if field == "id" else text.strip().casefold()
