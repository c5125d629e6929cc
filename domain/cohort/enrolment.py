"""DRAFT and ENROLLING: a cohort opens, people enrol and withdraw, the window closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.absence import back, gone
from domain.cohort.state import (
    AbsentBecause,
    Cohort,
    CohortClock,
    CohortStage,
    FireCohortClock,
    Participant,
    cohort_during,
)
from domain.decider import Clock, Command, Event, ParticipantId, Rejected, Role
from domain.lateness import fired
from domain.permissions import only
from domain.program import ProgramDesign, Slug


class CohortCreated(Event):
    """A cohort exists; it pins this version of its program design."""

    type: Literal["CohortCreated"] = "CohortCreated"
    cohort: str
    design: ProgramDesign
    seed: int


class CohortOpened(Event):
    """Enrolment begins. `enrolment.close` says until when."""

    type: Literal["CohortOpened"] = "CohortOpened"


class ParticipantEnrolled(Event):
    """Somebody takes part."""

    type: Literal["ParticipantEnrolled"] = "ParticipantEnrolled"
    participant: Participant


class ParticipantWithdrawn(Event):
    """Somebody does not take part after all."""

    type: Literal["ParticipantWithdrawn"] = "ParticipantWithdrawn"
    participant: ParticipantId


class EnrolmentExtended(Event):
    """The window's time was over and nobody could have been matched: it stays open for as long again."""

    type: Literal["EnrolmentExtended"] = "EnrolmentExtended"


class EnrolmentClosed(Event):
    """Nobody enrols any more; the matching can begin."""

    type: Literal["EnrolmentClosed"] = "EnrolmentClosed"
    enrolled: int


class CreateCohort(Command):
    """The coordinator creates a cohort of a program. `seed` decides ties in the matching."""

    cohort: Slug
    design: ProgramDesign
    seed: int = Field(ge=0)


class OpenEnrolment(Command):
    """The coordinator opens the enrolment window."""


class EnrolParticipants(Command):
    """The coordinator enrols people, at most 500 at a time."""

    participants: tuple[Participant, ...] = Field(min_length=1, max_length=500)


class WithdrawParticipant(Command):
    """The coordinator takes somebody out before the matching."""

    participant: ParticipantId


class CloseEnrolment(Command):
    """The coordinator closes the window before its time."""


def create(state: Cohort | None, command: CreateCohort, now: datetime) -> tuple[CohortCreated, ...]:
    """Create the cohort."""
    only(command.by, Role.COORDINATOR)
    if state is not None:
        raise Rejected("duplicate", "this cohort exists already")
    return (CohortCreated(at=command.at or now, cohort=command.cohort, design=command.design, seed=command.seed),)


def open_enrolment(state: Cohort, command: OpenEnrolment, at: datetime) -> tuple[CohortOpened, ...]:
    """Open the window."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.DRAFT)
    return (CohortOpened(at=at, starts=(_window(state, at),)),)


def enrol(state: Cohort, command: EnrolParticipants, at: datetime) -> tuple[ParticipantEnrolled, ...]:
    """Enrol people; refused as a whole when one of them is enrolled already."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.ENROLLING)
    ids = [participant.id for participant in command.participants]
    again = sorted({*ids} & {participant.id for participant in state.participants})
    if again or len(set(ids)) != len(ids):
        raise Rejected("duplicate", f"enrolled already or listed twice: {', '.join(again) or 'see the list'}")
    return tuple(ParticipantEnrolled(at=at, participant=participant) for participant in command.participants)


def withdraw(state: Cohort, command: WithdrawParticipant, at: datetime) -> tuple[ParticipantWithdrawn, ...]:
    """Take somebody out."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.ENROLLING)
    if all(participant.id != command.participant for participant in state.participants):
        raise Rejected("unknown", f"'{command.participant}' is not enrolled")
    return (ParticipantWithdrawn(at=at, participant=command.participant),)


def close_by_hand(state: Cohort, command: CloseEnrolment, at: datetime) -> tuple[EnrolmentClosed, ...]:
    """Close the window before its time."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.ENROLLING)
    if not _matchable(state):
        raise Rejected("rule", "a cohort needs at least one mentor and one mentee before its enrolment closes")
    return (_closed(state, at),)


def close_in_time(
    state: Cohort, command: FireCohortClock, now: datetime
) -> tuple[EnrolmentClosed | EnrolmentExtended, ...]:
    """The window's time is over. With nobody to match it opens again: a clock never waits for a refusal to go away."""
    at, _ = fired(command.due, now, state.design, state.as_of)
    if not _matchable(state):
        return (EnrolmentExtended(at=at, starts=(_window(state, at),)),)
    return (_closed(state, at),)


def created(event: CohortCreated) -> Cohort:
    """The first state."""
    return Cohort(
        id=event.cohort,
        design=event.design,
        seed=event.seed,
        stage=CohortStage.DRAFT,
        since=event.at,
        as_of=event.at,
    )


def evolve_enrolled(state: Cohort, event: ParticipantEnrolled) -> Cohort:
    """One more; an invitation is answered by it."""
    invited = tuple(one for one in state.invited if one.participant.id != event.participant.id)
    enrolled = replace(state, participants=(*state.participants, event.participant), invited=invited)
    return back(enrolled, (event.participant.id,))


def evolve_withdrawn(state: Cohort, event: ParticipantWithdrawn) -> Cohort:
    """One fewer."""
    others = tuple(p for p in state.participants if p.id != event.participant)
    return gone(replace(state, participants=others), (event.participant,), AbsentBecause.WITHDREW)


def evolve_closed(state: Cohort, event: EnrolmentClosed) -> Cohort:
    """Whoever has not answered takes no part."""
    silent = tuple(one.participant.id for one in state.invited)
    closed = replace(state, stage=CohortStage.MATCHING, since=event.at, invited=())
    return gone(closed, silent, AbsentBecause.NO_ANSWER)


def _window(state: Cohort, at: datetime) -> Clock:
    return Clock(name=CohortClock.ENROLMENT_CLOSE.value, due=at + state.design.cohort.enrolment)


def _matchable(state: Cohort) -> bool:
    eligible = (person for person in state.participants if person.id not in state.ineligible)
    return {person.role for person in eligible} == {"mentor", "mentee"}


def _closed(state: Cohort, at: datetime) -> EnrolmentClosed:
    return EnrolmentClosed(at=at, enrolled=len(state.participants), stops=tuple(clock.name for clock in state.clocks))
