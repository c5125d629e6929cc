"""PAUSED: every clock stops and keeps the time it had left; resuming gives it back exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from domain.decider import Clock, Command, Event, Rejected, Role
from domain.pairing.clocks import (
    RUNS_THROUGH_PAUSE,
    ClockKind,
    FireClock,
    FiredEvent,
    clock,
    fired_at,
    kind_of,
    running,
)
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, escalate, remind, settle
from domain.pairing.meetings import MeetingCancelled, cancel_all
from domain.pairing.permissions import during
from domain.pairing.state import ACTIVE, EscalationKind, Pairing, Stage, Suspension
from domain.permissions import only


class PauseReason(StrEnum):
    """Why a pairing rests."""

    LEAVE = "leave"
    WORKLOAD = "workload"
    OTHER = "other"


class PairingPaused(Event):
    """Every clock stops. `until` is the agreed return, where there is one."""

    type: Literal["PairingPaused"] = "PairingPaused"
    reason: PauseReason
    until: AwareDatetime | None


class PairingResumed(FiredEvent):
    """The clocks run again with the time that they had left. `due` is the agreed return or the command's time."""

    type: Literal["PairingResumed"] = "PairingResumed"
    by_itself: bool


class Pause(Command):
    """The coordinator stops a pairing's clocks, until a date or until further notice."""

    reason: PauseReason
    until: AwareDatetime | None = None


class Resume(Command):
    """The coordinator lets a paused pairing run again."""


def pause(state: Pairing, command: Pause, at: datetime) -> tuple[MeetingCancelled | PairingPaused, ...]:
    """Cancel what is booked, then stop the clocks."""
    only(command.by, Role.COORDINATOR)
    during(state, *ACTIVE)
    policy = state.design.pause
    end = command.until or at + policy.longest
    if end <= at:
        raise Rejected("time", "'until' lies in the past")
    if end > at + policy.longest:
        raise Rejected("rule", f"a pause lasts at most {policy.longest.days} days")
    notice = (clock(ClockKind.PAUSE_NOTICE, end - policy.notice),) if end - policy.notice > at else ()
    starts: tuple[Clock, ...] = (*notice, clock(ClockKind.PAUSE_END, end))
    paused = PairingPaused(at=at, reason=command.reason, until=command.until, starts=starts)
    return (*cancel_all(state, at), paused)


def resume(state: Pairing, command: Resume, at: datetime) -> tuple[EscalationClosed | PairingResumed, ...]:
    """Run again, by the coordinator's word."""
    only(command.by, Role.COORDINATOR)
    during(state, Stage.PAUSED)
    return _resumed(state, at, due=at, late=False, by_itself=False)


def announce_return(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both, and the coordinator, before the pause ends."""
    return remind(state, command, now, to=("mentor", "mentee", "coordinator"))


def end_of_pause(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[EscalationOpened | EscalationClosed | PairingResumed, ...]:
    """On the agreed date the pairing resumes by itself; without one, a person must decide."""
    suspension = state.suspension
    if suspension is None or suspension.until is None:
        return escalate(state, command, now, EscalationKind.PAUSE_TOO_LONG)
    at, late = fired_at(state, command, now)
    return _resumed(state, at, due=command.due, late=late, by_itself=True)


def evolve_paused(state: Pairing, event: PairingPaused) -> Pairing:
    """Keep the time left on every clock; a clock of the pause itself, or of the world, runs on."""
    left = tuple((c.name, c.due - event.at) for c in state.clocks if kind_of(c.name) not in RUNS_THROUGH_PAUSE)
    through = tuple(c for c in state.clocks if kind_of(c.name) in RUNS_THROUGH_PAUSE)
    suspension = Suspension(stage=state.stage, since=event.at, until=event.until, left=left)
    return replace(state, stage=Stage.PAUSED, since=event.at, suspension=suspension, clocks=through)


def evolve_resumed(state: Pairing, event: PairingResumed) -> Pairing:
    """Give every clock back the time that it had left."""
    if state.suspension is None:
        return state
    back = tuple(Clock(name=name, due=event.at + left) for name, left in state.suspension.left)
    clocks = tuple(sorted((*state.clocks, *back), key=lambda c: (c.due, c.name)))
    return replace(
        state,
        stage=state.suspension.stage,
        since=event.at,
        suspension=None,
        paused_for=state.paused_for + (event.at - state.suspension.since),
        quiet_since=state.quiet_since and state.quiet_since + (event.at - state.suspension.since),
        clocks=clocks,
    )


def _resumed(
    state: Pairing, at: datetime, *, due: datetime, late: bool, by_itself: bool
) -> tuple[EscalationClosed | PairingResumed, ...]:
    stops = running(state, ClockKind.PAUSE_NOTICE, ClockKind.PAUSE_END)
    resumed = PairingResumed(at=at, due=due, late=late, by_itself=by_itself, stops=stops)
    return (*settle(state, at, EscalationKind.PAUSE_TOO_LONG), resumed)
