"""Erasure: one person's data on request, everybody's answers when the cohort is archived. The streams stay whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from domain.cohort.capacity import reserved
from domain.cohort.state import Cohort, CohortStage, EngineReport
from domain.cohort.waiting import WaitingListLeft, left
from domain.decider import Command, Event, ParticipantId, Rejected, Role
from domain.permissions import only


class ErasureRequested(Event):
    """A person's data are to be erased: the answers, the name and the address."""

    type: Literal["ErasureRequested"] = "ErasureRequested"
    participant: ParticipantId


class SubjectErased(Event):
    """They are erased. The bare id stays in the streams, and says nothing any more."""

    type: Literal["SubjectErased"] = "SubjectErased"
    participant: ParticipantId


class AnswersErased(Event):
    """What the people of an archived cohort answered is erased, and what names them; that they answered stays.

    `people` counts them.
    """

    type: Literal["AnswersErased"] = "AnswersErased"
    people: int


class EraseSubject(Command):
    """The coordinator has a participant's data erased: answers, name and address. It cannot be taken back."""

    participant: ParticipantId


class RecordErasure(EngineReport):
    """The engine has erased one person's data, or everybody's answers. Only the engine sends this."""

    participant: ParticipantId | None
    people: int


def request(state: Cohort, command: EraseSubject, at: datetime) -> tuple[ErasureRequested | WaitingListLeft, ...]:
    """Not while the person is in a pairing: that would go on with somebody whom nobody can reach."""
    only(command.by, Role.COORDINATOR)
    if command.participant in (*state.erasing, *state.erased):
        raise Rejected("duplicate", "this person's data are erased already, or about to be")
    if command.participant not in _known(state):
        raise Rejected("unknown", f"'{command.participant}' neither takes part, nor waits, nor was invited")
    if not state.ended and reserved(state)[command.participant]:
        raise Rejected("rule", f"'{command.participant}' is in a pairing: close it first, or forbid the proposed pair")
    requested = ErasureRequested(at=at, participant=command.participant)
    waits = any(entry.person == command.participant for entry in state.waiting)
    return (requested, left(state, command.participant, at)) if waits else (requested,)


def record(state: Cohort, command: RecordErasure, at: datetime) -> tuple[SubjectErased | AnswersErased, ...]:
    """What was asked for is done."""
    only(command.by, Role.SERVICE)
    if command.participant is None:
        if not answers_are_due(state):
            raise Rejected("duplicate", "the answers are kept until the cohort is archived, or erased already")
        return (AnswersErased(at=at, people=command.people),)
    if command.participant not in state.erasing:
        raise Rejected("duplicate", "nobody asked for this erasure, or it is done")
    return (SubjectErased(at=at, participant=command.participant),)


def is_due(state: Cohort) -> bool:
    """Something is to be erased now."""
    return bool(state.erasing) or answers_are_due(state)


def answers_are_due(state: Cohort) -> bool:
    """An archived cohort keeps no answers."""
    return state.stage is CohortStage.ARCHIVED and not state.answers_erased


def everybody(state: Cohort) -> tuple[ParticipantId, ...]:
    """Who takes part or ever was in a pair, each once."""
    enrolled = (person.id for person in state.participants)
    paired = (person for planned in state.proposed for person in planned.people)
    return tuple(dict.fromkeys((*enrolled, *paired)))


def _known(state: Cohort) -> frozenset[ParticipantId]:
    """Everybody whose row of the roster the cohort may have: also who was only asked, or waits for the next one."""
    asked = (*(one.participant.id for one in state.invited), *(one.participant for one in state.absent))
    return frozenset((*everybody(state), *asked, *(entry.person for entry in state.waiting)))


def evolve_requested(state: Cohort, event: ErasureRequested) -> Cohort:
    """Nobody matches the person any more, and nobody asks them."""
    state = replace(state, invited=tuple(one for one in state.invited if one.participant.id != event.participant))
    ineligible = tuple(dict.fromkeys((*state.ineligible, event.participant)))
    return replace(state, erasing=(*state.erasing, event.participant), ineligible=ineligible)


def evolve_subject_erased(state: Cohort, event: SubjectErased) -> Cohort:
    """Done."""
    still = tuple(person for person in state.erasing if person != event.participant)
    return replace(state, erasing=still, erased=(*state.erased, event.participant))


def evolve_answers_erased(state: Cohort) -> Cohort:
    """Done for everybody."""
    return replace(state, answers_erased=True)
