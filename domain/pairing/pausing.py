"""The coordinator's pause: every clock stops and keeps the time it had left; resuming gives it back exactly."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from domain.decider import Clock, Command, Event, Moment, Rejected, Role
from domain.pairing.clocks import (
    ClockKind,
    FireClock,
    FiredEvent,
    clock,
    fired_at,
    kind_of,
    running,
    title,
)
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, escalate, remind, settle
from domain.pairing.meetings import MeetingCancelled, cancel_all
from domain.pairing.permissions import during
from domain.pairing.state import ACTIVE, EscalationKind, Hold, Pairing, Stage
from domain.pairing.suspension import held, lifted, runs_without
from domain.permissions import only

WITHOUT_AN_END = {
    ClockKind.PAUSE_NOTICE: "remind the coordinator of the pause without an end",
    ClockKind.PAUSE_END: "ask the coordinator about the pause without an end",
}
"""What the clocks of a pause do where no return was agreed."""


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
    """The coordinator's pause is over. `due` is the agreed return or the command's time.

    `runs`: the clocks run again with the time that they had left; False where somebody is still on leave.
    """

    type: Literal["PairingResumed"] = "PairingResumed"
    by_itself: bool
    runs: bool = True


class Pause(Command):
    """The coordinator stops a pairing's clocks, until a date or until further notice."""

    reason: PauseReason
    until: Moment | None = None


class Resume(Command):
    """The coordinator lets a paused pairing run again."""


def pause(state: Pairing, command: Pause, at: datetime) -> tuple[MeetingCancelled | PairingPaused, ...]:
    """Cancel what is booked, then stop the clocks."""
    only(command.by, Role.COORDINATOR)
    if _is_paused(state) or state.stage is not Stage.PAUSED:
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
    if not _is_paused(state):
        raise Rejected("rule", _why_not_resumed(state))
    return _resumed(state, at, due=at, late=False, by_itself=False)


def announce_return(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both, and the coordinator, before the pause ends; of one without an end, the coordinator alone that it lasts."""
    to = ("mentor", "mentee", "coordinator") if has_an_end(state) else ("coordinator",)
    return remind(state, command, now, to=to)


def end_of_pause(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[EscalationOpened | EscalationClosed | PairingResumed, ...]:
    """On the agreed date the pairing resumes by itself; without one, a person must decide."""
    if not has_an_end(state):
        return escalate(state, command, now, EscalationKind.PAUSE_TOO_LONG)
    at, late = fired_at(state, command, now)
    return _resumed(state, at, due=command.due, late=late, by_itself=True)


def has_an_end(state: Pairing) -> bool:
    """Whether a return was agreed: it comes by itself, and both are told of it before."""
    return state.suspension is not None and state.suspension.until is not None


def meaning(state: Pairing, name: str) -> str:
    """What a clock is waiting to do in this pairing: its title, or what it does in a pause without an end.

    Whoever words a clock of a pairing asks here: views, messages, timers.
    """
    return title(name) if has_an_end(state) else WITHOUT_AN_END.get(kind_of(name), title(name))


def evolve_paused(state: Pairing, event: PairingPaused) -> Pairing:
    """The coordinator's hold, until the agreed return where there is one."""
    state = held(state, Hold.PAUSE, event.at)
    return replace(state, suspension=state.suspension and replace(state.suspension, until=event.until))


def evolve_resumed(state: Pairing, event: PairingResumed) -> Pairing:
    """The coordinator holds it no longer."""
    return lifted(state, Hold.PAUSE, event.at)


def _resumed(
    state: Pairing, at: datetime, *, due: datetime, late: bool, by_itself: bool
) -> tuple[EscalationClosed | PairingResumed, ...]:
    stops = running(state, ClockKind.PAUSE_NOTICE, ClockKind.PAUSE_END)
    resumed = PairingResumed(
        at=at, due=due, late=late, by_itself=by_itself, runs=runs_without(state, Hold.PAUSE), stops=stops
    )
    return (*settle(state, at, EscalationKind.PAUSE_TOO_LONG), resumed)


def _why_not_resumed(state: Pairing) -> str:
    if state.suspension is not None and Hold.COHORT in state.suspension.holds:
        return f"it is not paused: it rests with its cohort, until `pairloom cohort resume {state.cohort}`"
    return "it is not paused: it rests until the leave, or whatever else holds it, is over"


def _is_paused(state: Pairing) -> bool:
    return state.suspension is not None and Hold.PAUSE in state.suspension.holds
