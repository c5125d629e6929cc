"""Invitations: people are asked whether they take part, reminded, and then the coordinator asks them in person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.absence import back, gone
from domain.cohort.enrolment import ParticipantEnrolled
from domain.cohort.state import (
    AbsentBecause,
    Cohort,
    CohortClock,
    CohortStage,
    FireCohortClock,
    Invited,
    Participant,
    cohort_during,
)
from domain.decider import Actor, Clock, Command, Event, ParticipantId, Rejected, Role
from domain.lateness import fired
from domain.permissions import only


class ParticipantsInvited(Event):
    """These people are asked whether they take part. They answer by enrolling or declining."""

    type: Literal["ParticipantsInvited"] = "ParticipantsInvited"
    batch: int
    participants: tuple[Participant, ...]


class InvitationReminderDue(Event):
    """Who was invited in this batch and has not answered is reminded; nobody, where all have."""

    type: Literal["InvitationReminderDue"] = "InvitationReminderDue"
    batch: int
    participants: tuple[ParticipantId, ...]
    due: datetime
    late: bool


class InvitationsUnanswered(Event):
    """These people of the batch have not answered in time: the coordinator gets an item."""

    type: Literal["InvitationsUnanswered"] = "InvitationsUnanswered"
    batch: int
    participants: tuple[ParticipantId, ...]
    due: datetime
    late: bool


class InvitationDeclined(Event):
    """Somebody does not want to take part."""

    type: Literal["InvitationDeclined"] = "InvitationDeclined"
    participant: ParticipantId


class InviteParticipants(Command):
    """The coordinator invites people, at most 500 at a time; they are reminded until they answer."""

    participants: tuple[Participant, ...] = Field(min_length=1, max_length=500)


class AcceptInvitation(Command):
    """Somebody who was invited takes part, and says so as the mentor or mentee that they are."""


class DeclineInvitation(Command):
    """Somebody who was invited does not take part; the coordinator can say it for them."""

    participant: ParticipantId


def invite(state: Cohort, command: InviteParticipants, at: datetime) -> tuple[ParticipantsInvited, ...]:
    """Refused as a whole when one of them is invited or enrolled already. Who declined can be asked again."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.ENROLLING)
    ids = [person.id for person in command.participants]
    known = {one.participant.id for one in state.invited} | {person.id for person in state.participants}
    again = sorted(known & set(ids))
    if again or len(set(ids)) != len(ids):
        raise Rejected(
            "duplicate", f"invited or enrolled already, or listed twice: {', '.join(again) or 'see the list'}"
        )
    batch, policy = state.invitations + 1, state.design.invitations
    reminders = tuple(
        Clock(name=f"{CohortClock.INVITATION_REMIND.value}:{batch}/{nth}", due=at + after)
        for nth, after in enumerate(policy.remind_after, start=1)
    )
    item = Clock(name=f"{CohortClock.INVITATION_UNANSWERED.value}:{batch}", due=at + policy.unanswered_after)
    return (ParticipantsInvited(at=at, batch=batch, participants=command.participants, starts=(*reminders, item)),)


def accept(state: Cohort, command: AcceptInvitation, at: datetime) -> tuple[ParticipantEnrolled, ...]:
    """Enrol, with the role and the places of the invitation."""
    only(command.by, Role.MENTOR, Role.MENTEE)
    cohort_during(state, CohortStage.ENROLLING)
    return (ParticipantEnrolled(at=at, participant=_invited(state, command.by, command.by.id).participant),)


def decline(state: Cohort, command: DeclineInvitation, at: datetime) -> tuple[InvitationDeclined, ...]:
    """Nobody reminds them any more."""
    only(command.by, Role.MENTOR, Role.MENTEE, Role.COORDINATOR)
    cohort_during(state, CohortStage.ENROLLING)
    _invited(state, command.by, command.participant)
    return (InvitationDeclined(at=at, participant=command.participant),)


def remind(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[InvitationReminderDue, ...]:
    """Whoever has not answered."""
    at, late = fired(command.due, now, state.design, state.as_of)
    batch = _batch(command.clock)
    people = _open(state, batch)
    reminder = InvitationReminderDue(
        at=at, batch=batch, participants=people, due=command.due, late=late, stops=(command.clock,)
    )
    return (reminder,)


def unanswered(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[InvitationsUnanswered, ...]:
    """The coordinator's turn."""
    at, late = fired(command.due, now, state.design, state.as_of)
    batch = _batch(command.clock)
    people = _open(state, batch)
    item = InvitationsUnanswered(
        at=at, batch=batch, participants=people, due=command.due, late=late, stops=(command.clock,)
    )
    return (item,)


def evolve_invited(state: Cohort, event: ParticipantsInvited) -> Cohort:
    """Asked, and not answered."""
    asked = tuple(Invited(participant=person, batch=event.batch) for person in event.participants)
    invited = replace(state, invited=(*state.invited, *asked), invitations=event.batch)
    return back(invited, {person.id for person in event.participants})


def evolve_unanswered(state: Cohort, event: InvitationsUnanswered) -> Cohort:
    """An item as long as one of them has not answered."""
    return replace(
        state,
        invited=tuple(
            one.model_copy(update={"overdue_since": event.at}) if one.participant.id in event.participants else one
            for one in state.invited
        ),
    )


def evolve_declined(state: Cohort, event: InvitationDeclined) -> Cohort:
    """Nobody reminds them any more, and no repetition asks them again."""
    others = tuple(one for one in state.invited if one.participant.id != event.participant)
    return gone(replace(state, invited=others), (event.participant,), AbsentBecause.DECLINED)


def _invited(state: Cohort, by: Actor, person: ParticipantId) -> Invited:
    found = next((one for one in state.invited if one.participant.id == person), None)
    if by.role is not Role.COORDINATOR and by.id != person:
        raise Rejected("role", "everybody answers for themselves")
    if found is None and any(one.id == person for one in state.participants):
        raise Rejected("duplicate", f"'{person}' takes part already")
    if found is None:
        raise Rejected("unknown", f"'{person}' has no open invitation")
    if by.role is not Role.COORDINATOR and by.role.value != found.participant.role:
        raise Rejected("role", f"'{person}' is invited as a {found.participant.role}")
    return found


def _open(state: Cohort, batch: int) -> tuple[ParticipantId, ...]:
    return tuple(one.participant.id for one in state.invited if one.batch == batch)


def _batch(clock: str) -> int:
    return int(clock.partition(":")[2].partition("/")[0])
