"""A safeguarding concern: it bypasses the coordinator, takes every meeting off, and the other side does not hear of it.

What it is about is told to its handler in person. The record holds that it was raised, and how it was resolved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.decider import Clock, Command, Event, Rejected, Role
from domain.pairing.cadence import asked_to_book
from domain.pairing.clocks import ClockKind, FireClock, clock, fired_at, running
from domain.pairing.closing import PairingClosedEarly, closed
from domain.pairing.copying import replace
from domain.pairing.escalation import ReminderDue, remind
from domain.pairing.meetings import freeze
from domain.pairing.permissions import during, own_side
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import ACTIVE, CloseReason, Concern, Hold, Pairing, Side, Stage
from domain.pairing.suspension import held, lifted, runs_without
from domain.permissions import only


class ConcernRaised(Event):
    """One side has raised a concern. The meetings that were booked (by number) are off, and every clock stops."""

    type: Literal["ConcernRaised"] = "ConcernRaised"
    id: str
    side: Side
    frozen: tuple[int, ...]


class ConcernResolved(Event):
    """Its handler has resolved the concern. `runs`: nothing else holds the pairing, which goes on."""

    type: Literal["ConcernResolved"] = "ConcernResolved"
    id: str
    runs: bool


class RaiseConcern(Command):
    """The mentor or the mentee raises a safeguarding concern; its handler gets in touch and nobody else hears of it."""


class ResolveConcern(Command):
    """The concern handler resolves a concern: the pairing goes on, or it ends for a reason that stays confidential."""

    id: str = Field(max_length=80)
    outcome: Literal["go_on", "close"]


def raise_concern(state: Pairing, command: RaiseConcern, at: datetime) -> tuple[ConcernRaised, ...]:
    """At once, whatever else holds the pairing. Once more by the same side is the same concern."""
    side = own_side(state, command.by)
    during(state, Stage.OFFERED, *ACTIVE, Stage.PAUSED, Stage.EXIT_REQUESTED)
    if any(concern.side is side for concern in state.concerns):
        raise Rejected("duplicate", "this concern is with its handler already")
    return (
        ConcernRaised(
            at=at,
            id=f"concern-{state.concerns_raised + 1}",
            side=side,
            frozen=tuple(meeting.number for meeting in state.meetings),
            starts=(_reminder(state, at), *(asked_to_book(state, at) if state.meetings else ())),
            stops=freeze(state),
        ),
    )


def resolve(
    state: Pairing, command: ResolveConcern, at: datetime
) -> tuple[ConcernResolved | PairingClosedEarly | RematchRequested, ...]:
    """By its handler alone."""
    only(command.by, Role.CONCERN_HANDLER)
    if all(concern.id != command.id for concern in state.concerns):
        there = ", ".join(concern.id for concern in state.concerns) or "none"
        raise Rejected("unknown", f"there is no open concern '{command.id}'; open concerns: {there}")
    last = len(state.concerns) == 1
    closes = command.outcome == "close"
    resolved = ConcernResolved(
        at=at,
        id=command.id,
        runs=last and not closes and state.stage is Stage.PAUSED and runs_without(state, Hold.CONCERN),
        stops=running(state, ClockKind.CONCERN_REMIND) if last else (),
    )
    return (resolved, *closed(state, at, CloseReason.CONFIDENTIAL)) if closes else (resolved,)


def remind_handler(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Again and again, until nothing is open: a concern that is forgotten is the worst case."""
    at, _ = fired_at(state, command, now)
    (reminder,) = remind(state, command, now, to=(Role.CONCERN_HANDLER.value,))
    return (reminder.model_copy(update={"starts": (_reminder(state, at),), "stops": ()}),)


def evolve_raised(state: Pairing, event: ConcernRaised) -> Pairing:
    """Held by one more concern; the meetings are off and count for nobody."""
    concern = Concern(id=event.id, side=event.side, raised_at=event.at)
    concerns, raised = (*state.concerns, concern), state.concerns_raised + 1
    unbooked = event.at if event.frozen else state.unbooked_since
    state = replace(state, concerns=concerns, concerns_raised=raised, meetings=(), unbooked_since=unbooked)
    return held(state, Hold.CONCERN, event.at)


def evolve_resolved(state: Pairing, event: ConcernResolved) -> Pairing:
    """The hold is lifted with the last of them."""
    concerns = tuple(concern for concern in state.concerns if concern.id != event.id)
    state = replace(state, concerns=concerns)
    return state if concerns else lifted(state, Hold.CONCERN, event.at)


def _reminder(state: Pairing, at: datetime) -> Clock:
    return clock(ClockKind.CONCERN_REMIND, at + state.design.concern.remind_every)
