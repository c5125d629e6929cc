"""The ends of a pairing: complete, closed early, left by one side."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from domain.decider import Clock, Command, Event, Moment, ParticipantId, Rejected, Role
from domain.pairing.clocks import ClockKind, FireClock, clock, fired_at, kind_of
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationOpened
from domain.pairing.meetings import MeetingCancelled, cancel_all
from domain.pairing.permissions import during, own_side, side_of
from domain.pairing.rematch import RematchRequested, after_close
from domain.pairing.state import (
    ACTIVE,
    SIDES,
    CloseReason,
    EscalationKind,
    Pairing,
    Side,
    Stage,
    in_stage,
)
from domain.pairing.with_cohort import ordered_by_cohort
from domain.permissions import only

OUTLASTS_EXIT = (ClockKind.LEAVER_EFFECTIVE, ClockKind.CONCERN_REMIND)
"""Clocks that a requested exit does not stop."""


class PairingCompleted(Event):
    """The program ran to its end. `meets_standard`: enough meetings held and both sides evaluated."""

    type: Literal["PairingCompleted"] = "PairingCompleted"
    meets_standard: bool
    held: int
    planned: int
    reason: str


class PairingClosedEarly(Event):
    """The pairing ended before its plan."""

    type: Literal["PairingClosedEarly"] = "PairingClosedEarly"
    reason: CloseReason
    no_fault: bool


class ExitRequested(Event):
    """One side wants to leave, without having to say why."""

    type: Literal["ExitRequested"] = "ExitRequested"
    side: Side


class EmploymentChanged(Event):
    """HR reports that one of the two leaves the company at `leaves_at`."""

    type: Literal["EmploymentChanged"] = "EmploymentChanged"
    side: Side
    leaves_at: AwareDatetime


class RequestExit(Command):
    """The mentor or the mentee wants to leave; no reason is asked for."""


class CloseEarly(Command):
    """The coordinator ends the pairing before its plan."""

    reason: CloseReason


class ReportLeaver(Command):
    """The HR system reports that a participant leaves the company at `leaves_at` (past or future)."""

    participant: ParticipantId
    leaves_at: Moment


def completed(state: Pairing, at: datetime) -> PairingCompleted:
    """The end of the plan, with how it compares to what counts as completed."""
    plan = state.design.meetings
    missing = [side.value for side in SIDES if side not in {e.side for e in state.evaluations}]
    reason = f"{state.held} of {plan.planned} meetings held"
    if missing:
        reason += f"; no evaluation from the {' and the '.join(missing)}"
    return PairingCompleted(
        at=at, meets_standard=state.meets_standard, held=state.held, planned=plan.planned, reason=reason
    )


def request_exit(
    state: Pairing, command: RequestExit, at: datetime
) -> tuple[MeetingCancelled | EscalationOpened | ExitRequested, ...]:
    """Everything stops; the coordinator has some days to act, then the pairing closes by itself."""
    side = own_side(state, command.by)
    during(state, *ACTIVE, Stage.PAUSED)
    if state.activated_at is None:
        raise Rejected("stage", "the program has not begun; decline the offer instead")
    if state.phase is Stage.EXIT_REQUESTED:
        raise Rejected("stage", "an exit has been requested already")
    close_by = clock(ClockKind.EXIT_CLOSE, at + state.design.exit.close_after)
    item = EscalationOpened(
        at=at,
        due=at,
        late=False,
        id=f"{EscalationKind.EXIT.value}-{state.escalations_opened + 1}",
        kind=EscalationKind.EXIT,
        to=Role.COORDINATOR,
    )
    # The item comes first: once the exit stands, only its own clock may run.
    return (*cancel_all(state, at), item, ExitRequested(at=at, side=side, starts=(close_by,)))


def close_early(
    state: Pairing, command: CloseEarly, at: datetime
) -> tuple[MeetingCancelled | PairingClosedEarly | RematchRequested, ...]:
    """The coordinator ends it, and can take that back for some days; or it ends with its cohort."""
    if command.reason is CloseReason.COHORT_CANCELLED:
        ordered_by_cohort(command.by)
    else:
        only(command.by, Role.COORDINATOR)
    if command.reason is CloseReason.CONFIDENTIAL:
        raise Rejected("role", "only the concern handler closes a pairing for a confidential reason")
    window = (clock(ClockKind.UNDO_END, at + state.design.undo.within),) if _can_be_undone(command.reason) else ()
    return (*cancel_all(state, at), *closed(state, at, command.reason, starts=window))


def close_after_exit(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[PairingClosedEarly | RematchRequested, ...]:
    """Nobody acted on the exit: it is granted."""
    at, _ = fired_at(state, command, now)
    return closed(state, at, CloseReason.EXIT)


def report_leaver(
    state: Pairing, command: ReportLeaver, at: datetime
) -> tuple[EmploymentChanged | MeetingCancelled | PairingClosedEarly | RematchRequested, ...]:
    """From the effective date on there is no pairing; what was held before it stays."""
    only(command.by, Role.SERVICE, Role.COORDINATOR)
    side = side_of(state, command.participant)
    if (side, command.leaves_at) in state.leavers:
        raise Rejected("duplicate", "this leaving date is known already")
    if command.leaves_at > at:
        partner = [leaves_at for leaver, leaves_at in state.leavers if leaver is side.other]
        effective = clock(ClockKind.LEAVER_EFFECTIVE, min((command.leaves_at, *partner)))
        return (EmploymentChanged(at=at, side=side, leaves_at=command.leaves_at, starts=(effective,)),)
    changed = EmploymentChanged(at=at, side=side, leaves_at=command.leaves_at)
    known = evolve_employment(state, changed)
    return (changed, *cancel_all(state, at), *closed(known, at, CloseReason.LEFT_COMPANY))


def leaver_effective(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[MeetingCancelled | PairingClosedEarly | RematchRequested, ...]:
    """The day on which a participant leaves."""
    at, _ = fired_at(state, command, now)
    return (*cancel_all(state, at), *closed(state, at, CloseReason.LEFT_COMPANY))


def evolve_employment(state: Pairing, event: EmploymentChanged) -> Pairing:
    """Remember who leaves when; a later report about the same person corrects it."""
    known = tuple(leaver for leaver in state.leavers if leaver[0] is not event.side)
    return replace(state, leavers=(*known, (event.side, event.leaves_at)))


def evolve_exit(state: Pairing, event: ExitRequested) -> Pairing:
    """EXIT_REQUESTED: a pause is over, and every clock gone but for what happens in the world and an open concern."""
    state = in_stage(_without_pause(state, event.at), Stage.EXIT_REQUESTED, event.at)
    kept = tuple(running for running in state.clocks if kind_of(running.name) in OUTLASTS_EXIT)
    return replace(state, clocks=kept, leaving=event.side)


def evolve_ended(state: Pairing, stage: Stage, at: datetime, reason: str, *, no_fault: bool = False) -> Pairing:
    """The last state: no clock runs and no item is open."""
    return replace(
        _without_pause(state, at),
        stage=stage,
        since=at,
        ended_at=at,
        reason=reason,
        no_fault=no_fault,
        clocks=(),
        meetings=(),
        escalations=(),
    )


def evolve_closed(state: Pairing, event: PairingClosedEarly) -> Pairing:
    """Ended; while the close can be taken back, what it would come back to is remembered."""
    stage = stage_of(event.reason)
    ended = evolve_ended(state, stage, event.at, event.reason.value, no_fault=event.no_fault)
    return replace(ended, before_close=state if event.starts else None)


def stage_of(reason: CloseReason) -> Stage:
    """CANCELLED where it ended from outside: by an administrator, or with its cohort. Else CLOSED_EARLY."""
    outside = (CloseReason.CANCELLED_BY_ADMIN, CloseReason.COHORT_CANCELLED)
    return Stage.CANCELLED if reason in outside else Stage.CLOSED_EARLY


def _without_pause(state: Pairing, at: datetime) -> Pairing:
    """A pause that nothing comes back from still counts as time in which no meeting was planned."""
    rested = at - state.suspension.since if state.suspension else timedelta(0)
    return replace(state, suspension=None, on_leave=(), paused_for=state.paused_for + rested)


def closed(
    state: Pairing, at: datetime, reason: CloseReason, *, starts: tuple[Clock, ...] = ()
) -> tuple[PairingClosedEarly | RematchRequested, ...]:
    """The early end, for a reason that says whether anybody could have carried on, and who is owed another partner."""
    end = PairingClosedEarly(at=at, reason=reason, no_fault=reason.no_fault, starts=starts)
    return (end, *after_close(state, reason, at))


def _can_be_undone(reason: CloseReason) -> bool:
    """What comes from outside the program ends the workflow: it is final."""
    return stage_of(reason) is not Stage.CANCELLED
