"""Conflict of interest: the organisation changed, and the two now stand in one line or under one manager."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from domain.decider import Clock, Command, Event, ParticipantId, Rejected, Role
from domain.pairing.clocks import ClockKind, FireClock, clock, fired_at, running
from domain.pairing.closing import PairingClosedEarly, closed
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, settle
from domain.pairing.meetings import MeetingCancelled, cancel_all
from domain.pairing.permissions import during
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import ACTIVE, CloseReason, EscalationKind, Hold, Pairing, Stage
from domain.pairing.suspension import held, lifted, runs_without
from domain.permissions import only
from domain.reporting_line import Relation, relations
from domain.working_time import after_working_days, operations

Managers = Annotated[tuple[ParticipantId, ...], Field(max_length=40)]


class ReportingLineChanged(Event):
    """How the two stand to each other now. Any relation stops the clocks; `runs`: none is left, and nothing else holds.

    Who manages whom is not kept: only what it means for this pairing.
    """

    type: Literal["ReportingLineChanged"] = "ReportingLineChanged"
    relations: tuple[Relation, ...]
    runs: bool


LineReported: TypeAlias = (
    MeetingCancelled
    | ReportingLineChanged
    | EscalationOpened
    | EscalationClosed
    | PairingClosedEarly
    | RematchRequested
)
"""What may follow from a report about the reporting line."""


class ReportReportingLine(Command):
    """The HR system reports both lines of managers, the nearest first, after a change in the organisation."""

    mentor_managers: Managers
    mentee_managers: Managers


def report_line(state: Pairing, command: ReportReportingLine, at: datetime) -> tuple[LineReported, ...]:
    """A pair that may not be is suspended, for some working days to re-match; one not yet begun ends at once."""
    only(command.by, Role.SERVICE, Role.COORDINATOR)
    during(state, Stage.PROPOSED, Stage.OFFERED, *ACTIVE, Stage.PAUSED)
    now_related = relations(
        state.mentor.participant, command.mentor_managers, state.mentee.participant, command.mentee_managers
    )
    if now_related == state.relations:
        raise Rejected("duplicate", "for this pairing nothing has changed")
    if not now_related:
        return _free_again(state, at)
    if state.activated_at is None:
        ends = ReportingLineChanged(at=at, relations=now_related, runs=False)
        return (ends, *closed(state, at, CloseReason.CONFLICT_OF_INTEREST))
    if state.relations:
        return (ReportingLineChanged(at=at, relations=now_related, runs=False),)
    changed = ReportingLineChanged(at=at, relations=now_related, runs=False, starts=(_time_to_rematch(state, at),))
    return (*cancel_all(state, at), changed, _item(state, at))


def close_after_conflict(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[MeetingCancelled | PairingClosedEarly | RematchRequested, ...]:
    """Nobody re-matched them in time: the pairing ends, and neither is to blame."""
    at, _ = fired_at(state, command, now)
    return (*cancel_all(state, at), *closed(state, at, CloseReason.CONFLICT_OF_INTEREST))


def evolve_changed(state: Pairing, event: ReportingLineChanged) -> Pairing:
    """Held while there is a relation. A pairing that has not begun has no program to stop."""
    state = replace(state, relations=event.relations)
    if not event.relations:
        return lifted(state, Hold.CONFLICT, event.at)
    return held(state, Hold.CONFLICT, event.at) if state.activated_at is not None else state


def _free_again(state: Pairing, at: datetime) -> tuple[ReportingLineChanged | EscalationClosed, ...]:
    stops = running(state, ClockKind.CONFLICT_CLOSE)
    free = ReportingLineChanged(at=at, relations=(), runs=runs_without(state, Hold.CONFLICT), stops=stops)
    return (free, *settle(state, at, EscalationKind.CONFLICT_OF_INTEREST))


def _time_to_rematch(state: Pairing, at: datetime) -> Clock:
    """Working days of operations, whose move it is."""
    due = after_working_days(operations(state.design), at, state.design.conflict.working_days)
    return clock(ClockKind.CONFLICT_CLOSE, due)


def _item(state: Pairing, at: datetime) -> EscalationOpened:
    kind = EscalationKind.CONFLICT_OF_INTEREST
    number = state.escalations_opened + 1
    return EscalationOpened(at=at, due=at, late=False, id=f"{kind.value}-{number}", kind=kind, to=Role.COORDINATOR)
