"""The waiting list: who was left over, whose pairing ended, who came late; each with a priority and a target date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    Waiting,
    WaitsBecause,
    cohort_during,
)
from domain.decider import FILLED_IN, Clock, Command, Event, Frozen, ParticipantId, Rejected, Role
from domain.lateness import fired
from domain.matching.assignment import LeftOver
from domain.permissions import only

ENDED_AT_ONCE = 450
"""Ended pairings that one review takes over, each with up to two people who are owed another partner: a command stores
a thousand events at most. The next review takes the rest."""

AFTER_REMATCHES = 3
"""Priority of those whom the matching left over or who came late: behind the survivors' 1 and 2."""


class Owed(Frozen):
    """Somebody who is owed another partner since a pairing has ended for good."""

    pairing: str
    participant: ParticipantId
    priority: int = Field(ge=1)


class EndedPairing(Frozen):
    """How a pairing stands that somebody wants replaced, as the engine reads it from its stream."""

    final: bool
    owed: tuple[Owed, ...] = ()


class PairingsEnded(Event):
    """These pairings are over for good: the places of their people are free."""

    type: Literal["PairingsEnded"] = "PairingsEnded"
    pairings: tuple[str, ...]


class WaitingListJoined(Event):
    """Somebody waits for a partner, in this cohort or for the next one."""

    type: Literal["WaitingListJoined"] = "WaitingListJoined"
    entry: Waiting


class WaitingListLeft(Event):
    """Somebody waits no longer, without having got a partner."""

    type: Literal["WaitingListLeft"] = "WaitingListLeft"
    participant: ParticipantId


class RematchOverdue(Event):
    """Somebody has waited for longer than the target; the coordinator gets an item."""

    type: Literal["RematchOverdue"] = "RematchOverdue"
    number: int
    due: datetime
    late: bool


class LateJoined(Event):
    """Somebody takes part from now on."""

    type: Literal["LateJoined"] = "LateJoined"
    participant: Participant


class RequestRematch(Command):
    """The coordinator puts somebody whose pairing has ended onto the waiting list at once."""

    participant: ParticipantId
    pairing: str
    stands: EndedPairing | None = Field(default=None, description=FILLED_IN)


JOIN_AT_ONCE = 100
"""Late joiners that one command takes."""


class JoinLate(Command):
    """The coordinator adds people to a running cohort: onto the waiting list, or that of the next cohort."""

    participants: tuple[Participant, ...] = Field(min_length=1, max_length=JOIN_AT_ONCE)


class LeaveWaitingList(Command):
    """The coordinator takes somebody off the waiting list."""

    participant: ParticipantId


def too_late(state: Cohort, at: datetime) -> bool:
    """Too little of the program is left for a new pairing."""
    end = state.program_end
    return end is None or at + state.design.rematch.least_left > end


def rematches_of(state: Cohort, person: ParticipantId) -> int:
    """How often somebody has got another partner."""
    return sum(person in planned.rematched for planned in state.proposed)


def ended_and_owed(
    state: Cohort, ended: Iterable[str], owed: Iterable[Owed], at: datetime
) -> tuple[PairingsEnded | WaitingListJoined, ...]:
    """Free the places of pairings that have ended since the last time, and let those wait who are owed a partner."""
    known = {planned.pairing for planned in state.proposed} - set(state.pairings_ended)
    fresh = tuple(pairing for pairing in ended if pairing in known)[:ENDED_AT_ONCE]
    if not fresh:
        return ()
    joining = [one for one in owed if one.pairing in set(fresh)]
    return (PairingsEnded(at=at, pairings=fresh), *_owed_join(state, joining, at))


def request(state: Cohort, command: RequestRematch, at: datetime) -> tuple[PairingsEnded | WaitingListJoined, ...]:
    """Not before the pairing is over: until then its place is taken."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.RUNNING)
    planned = next((planned for planned in state.proposed if planned.pairing == command.pairing), None)
    if planned is None or command.participant not in planned.people:
        raise Rejected("unknown", f"'{command.participant}' is in no pairing '{command.pairing}' of this cohort")
    if any(entry.person == command.participant for entry in state.waiting):
        raise Rejected("duplicate", f"'{command.participant}' is on the waiting list already")
    if rematches_of(state, command.participant) >= state.design.rematch.at_most:
        raise Rejected("rule", f"'{command.participant}' has had {state.design.rematch.at_most} re-matches already")
    if too_late(state, at):
        raise Rejected("rule", "too little of the program is left for another pairing")
    stands = command.stands or EndedPairing(final=command.pairing in state.pairings_ended)
    if not stands.final and command.stands is not None:
        raise Rejected("rule", "that pairing is not over for good yet: close it first, and let its undo window pass")
    owed = stands.owed
    if all(one.participant != command.participant for one in owed):
        owed = (*owed, Owed(pairing=command.pairing, participant=command.participant, priority=1))
    ending = ended_and_owed(state, (command.pairing,), owed, at)
    mine = [one for one in owed if one.participant == command.participant]
    return ending or _owed_join(state, mine, at)


def join_late(state: Cohort, command: JoinLate, at: datetime) -> tuple[LateJoined | WaitingListJoined, ...]:
    """Until the design's day onto this cohort's list, with a shorter plan to come; later onto the next one's."""
    only(command.by, Role.COORDINATOR)
    takes_late_joiners(state)
    ids = [person.id for person in command.participants]
    known = {person.id for person in state.participants} | {entry.person for entry in state.waiting}
    if len(set(ids)) != len(ids) or known & set(ids):
        raise Rejected("duplicate", "somebody is listed twice, enrolled already or on the waiting list")
    until = takes_late_joiners_until(state)
    in_time = until is not None and at <= until
    joined = tuple(LateJoined(at=at, participant=person) for person in command.participants) if in_time else ()
    entries = [
        Waiting(
            number=state.waited + nth,
            person=person.id,
            role=person.role,
            priority=AFTER_REMATCHES,
            since=at,
            because=WaitsBecause.JOINED_LATE,
            next_cohort=not in_time,
        )
        for nth, person in enumerate(command.participants, start=1)
    ]
    return (*joined, *(_joined(state, entry, at) for entry in entries))


def takes_late_joiners(state: Cohort) -> None:
    """Refuse where nobody can join now, not even for the next cohort."""
    cohort_during(state, CohortStage.RUNNING)


def takes_late_joiners_until(state: Cohort) -> datetime | None:
    """Who comes later waits for the next cohort; None before the approval."""
    start, end, policy = state.starts_at, state.program_end, state.design.rematch
    if start is None or end is None:
        return None
    return min(start + policy.late_until + state.suspended_for, end - policy.least_left)


def for_the_next_cohort(state: Cohort) -> tuple[ParticipantId, ...]:
    """Who waits for a partner that this cohort will not find any more: too late, too often, or it is over.

    Nobody of one that never ran: all of its people are without a partner.
    """
    if state.approved_at is None:
        return ()
    over = state.stage not in (CohortStage.RUNNING, CohortStage.SUSPENDED) or too_late(state, state.as_of)
    proposed = {person for planned in state.rematches for person in planned.people if not state.ended}
    return tuple(
        entry.person for entry in state.waiting if entry.next_cohort or (over and entry.person not in proposed)
    )


def leave(state: Cohort, command: LeaveWaitingList, at: datetime) -> tuple[WaitingListLeft, ...]:
    """Gone from the list; a proposal with them falls."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.RUNNING, CohortStage.SUSPENDED)
    found = [entry for entry in state.waiting if entry.person == command.participant]
    if not found:
        raise Rejected("unknown", f"'{command.participant}' is not on the waiting list")
    return (left(state, command.participant, at),)


def left(state: Cohort, person: ParticipantId, at: datetime) -> WaitingListLeft:
    """Off the list, with the clock."""
    return WaitingListLeft(at=at, participant=person, stops=clocks_of(state, (person,)))


def overdue(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[RematchOverdue, ...]:
    """The target has passed."""
    at, late = fired(command.due, now, state.design, state.as_of)
    number = int(command.clock.partition(":")[2])
    return (RematchOverdue(at=at, number=number, due=command.due, late=late, stops=(command.clock,)),)


def clocks_of(state: Cohort, people: Sequence[ParticipantId]) -> tuple[str, ...]:
    """The clocks of these people's waiting, also of a suspended cohort."""
    running = {clock.name for clock in state.clocks}
    running |= {name for name, _ in state.suspension.left} if state.suspension else set()
    names = [_clock_name(entry.number) for entry in state.waiting if entry.person in people]
    return tuple(name for name in names if name in running)


def left_over(state: Cohort, people: Sequence[LeftOver], at: datetime) -> tuple[Waiting, ...]:
    """Whom the first matching could not pair waits from then on."""
    return tuple(
        Waiting(
            number=state.waited + nth,
            person=one.person,
            role=one.role,
            priority=AFTER_REMATCHES,
            since=at,
            because=WaitsBecause.LEFT_OVER,
        )
        for nth, one in enumerate(people, start=1)
    )


def evolve_late(state: Cohort, event: LateJoined) -> Cohort:
    """One more who takes part."""
    return replace(state, participants=(*state.participants, event.participant))


def evolve_joined(state: Cohort, event: WaitingListJoined) -> Cohort:
    """One more."""
    return replace(
        back(state, (event.entry.person,)),
        waiting=(*state.waiting, event.entry),
        waited=max(state.waited, event.entry.number),
        changes=state.changes + (not event.entry.next_cohort),
    )


def evolve_left(state: Cohort, event: WaitingListLeft) -> Cohort:
    """One fewer, and no proposal with them. Who was to wait for the next cohort alone is not asked by a repetition."""
    if all(person.id != event.participant for person in state.participants):
        state = gone(state, (event.participant,), AbsentBecause.WITHDREW)
    proposals = tuple(planned for planned in state.rematches if event.participant not in planned.people)
    waiting = tuple(entry for entry in state.waiting if entry.person != event.participant)
    return replace(state, waiting=waiting, rematches=proposals, changes=state.changes + 1)


def evolve_ended(state: Cohort, event: PairingsEnded) -> Cohort:
    """Their places are free."""
    return replace(state, pairings_ended=(*state.pairings_ended, *event.pairings), changes=state.changes + 1)


def evolve_overdue(state: Cohort, event: RematchOverdue) -> Cohort:
    """An item for the coordinator."""
    waiting = tuple(
        entry.model_copy(update={"overdue": True}) if entry.number == event.number else entry for entry in state.waiting
    )
    return replace(state, waiting=waiting)


def _owed_join(state: Cohort, owed: Sequence[Owed], at: datetime) -> tuple[WaitingListJoined, ...]:
    roles = {person.id: person.role for person in state.participants}
    waiting = {entry.person for entry in state.waiting}
    joining = {one.participant: one for one in owed if one.participant in roles and one.participant not in waiting}
    entries = [
        Waiting(
            number=state.waited + nth,
            person=person,
            role=roles[person],
            priority=one.priority,
            since=at,
            because=WaitsBecause.REMATCH,
            replaces=one.pairing,
            next_cohort=too_late(state, at) or rematches_of(state, person) >= state.design.rematch.at_most,
        )
        for nth, (person, one) in enumerate(joining.items(), start=1)
    ]
    return tuple(_joined(state, entry, at) for entry in entries)


def _joined(state: Cohort, entry: Waiting, at: datetime) -> WaitingListJoined:
    """With the clock of the target, where this cohort can still reach it."""
    target = Clock(name=_clock_name(entry.number), due=at + state.design.rematch.target)
    return WaitingListJoined(at=at, entry=entry, starts=() if entry.next_cohort else (target,))


def _clock_name(number: int) -> str:
    return f"{CohortClock.REMATCH_DUE.value}:{number}"
