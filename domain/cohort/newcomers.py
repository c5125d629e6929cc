"""A roster beside a cohort: who is new in it, whom the cohort knows and as what, and whose row reads otherwise now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Literal

from domain.cohort.state import DECIDING, AbsentBecause, Cohort
from domain.decider import Frozen, ParticipantId, Rejected
from domain.roster import BigFive, Person


class KnownAs(StrEnum):
    """As what a cohort knows somebody."""

    ENROLLED = "enrolled"
    WAITING = "waiting"
    NEXT_COHORT = "next_cohort"
    INVITED = "invited"
    DECLINED = "declined"
    WITHDREW = "withdrew"
    NO_ANSWER = "no_answer"
    ERASED = "erased"


NEEDED = (KnownAs.ENROLLED, KnownAs.WAITING, KnownAs.NEXT_COHORT, KnownAs.INVITED)
"""Whose row is needed: of who takes no part, nothing more is stored."""


class Known(Frozen):
    """Somebody of the roster, with the role there. `differs` names the columns that the cohort has otherwise."""

    person: ParticipantId
    role: Literal["mentor", "mentee"]
    known_as: KnownAs
    differs: tuple[str, ...] = ()


class Newcomers(Frozen):
    """A roster, sorted out: who is new, and who is known.

    `unread` are known people of whom the cohort needs a row and has none, `renewed` those whose row reads otherwise.
    """

    new: tuple[Person, ...]
    known: tuple[Known, ...]
    unread: tuple[Person, ...] = ()
    renewed: tuple[Person, ...] = ()


def newcomers(state: Cohort, roster: Sequence[Person], stored: Sequence[Person]) -> Newcomers:
    """Sort the roster out, by id. `stored` are the rows that the cohort has."""
    known, rows = known_as(state), {person.id: person for person in stored}
    in_order = sorted(roster, key=lambda person: person.id)
    needed = [person for person in in_order if known.get(person.id) in NEEDED]
    return Newcomers(
        new=tuple(person for person in in_order if person.id not in known),
        known=tuple(
            Known(
                person=person.id,
                role=person.role,
                known_as=known[person.id],
                differs=tuple(_differing(person, rows.get(person.id))),
            )
            for person in in_order
            if person.id in known
        ),
        unread=tuple(person for person in needed if person.id not in rows),
        renewed=tuple(person for person in needed if rows.get(person.id, person) != person),
    )


ENROLLED_AS = {"role", "capacity"}
"""Columns of which the cohort itself keeps its own record."""

REACHED_BY = {"name", "email"}
"""Columns that no matching looks at."""

BEGUN_WITH = {"zone", "country"}
"""Columns that a pairing has had from its start."""


def corrections(state: Cohort, found: Newcomers) -> tuple[Person, ...]:
    """The rows to take over; raises Rejected where one of them may not change, and then none does."""
    ids = {person.id for person in found.renewed}
    differing = {one.person: set(one.differs) for one in found.known if one.person in ids}
    if state.answers_erased:
        raise Rejected("stage", "the cohort is archived, and what was known of its people has been erased")
    enrolled_as = sorted(person for person, columns in differing.items() if columns & ENROLLED_AS)
    if enrolled_as:
        raise Rejected("rule", f"another role or capacity than they were enrolled with: {', '.join(enrolled_as)}")
    matched_by = sorted(person for person, columns in differing.items() if columns - REACHED_BY)
    if state.stage in DECIDING and matched_by:
        raise Rejected(
            "stage",
            f"the pairs that are being decided rest on the rows of {', '.join(matched_by)}: until they are approved, "
            "only a name and an address can change",
        )
    return found.renewed


_ABSENT = {
    AbsentBecause.DECLINED: KnownAs.DECLINED,
    AbsentBecause.WITHDREW: KnownAs.WITHDREW,
    AbsentBecause.NO_ANSWER: KnownAs.NO_ANSWER,
}


def known_as(state: Cohort) -> Mapping[ParticipantId, KnownAs]:
    """Everybody whom the cohort knows; of two answers, the one that says more: who waits takes part too."""
    found = {one.participant: _ABSENT[one.because] for one in state.absent}
    found |= {one.participant.id: KnownAs.INVITED for one in state.invited}
    found |= {person.id: KnownAs.ENROLLED for person in state.participants}
    found |= {entry.person: KnownAs.NEXT_COHORT if entry.next_cohort else KnownAs.WAITING for entry in state.waiting}
    return found | dict.fromkeys((*state.erasing, *state.erased), KnownAs.ERASED)


def without_row(state: Cohort, stored: Collection[ParticipantId]) -> tuple[ParticipantId, ...]:
    """Of whom the cohort needs a row and has none: no matching can pair them. `stored` are the ids that have one."""
    return tuple(sorted(one for one, as_what in known_as(state).items() if as_what in NEEDED and one not in stored))


def _differing(person: Person, stored: Person | None) -> Iterator[str]:
    """The columns in which the two rows differ; where there is none, nothing differs."""
    if stored is None:
        return
    for column in Person.model_fields:
        if column != "traits" and getattr(person, column) != getattr(stored, column):
            yield column
    for trait in BigFive.model_fields:
        if getattr(person.traits, trait) != getattr(stored.traits, trait):
            yield trait
