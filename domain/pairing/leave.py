"""Leave: while one of the two is away for long, the pairing rests, and goes on when both are back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from domain.decider import Clock, Command, Event, Moment, ParticipantId, Rejected, Role
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, clock, fired_at, running
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, remind, settle
from domain.pairing.meetings import MeetingCancelled, cancel_all
from domain.pairing.permissions import during, side_of
from domain.pairing.state import ACTIVE, SIDES, EscalationKind, Hold, Pairing, Side, Stage
from domain.pairing.suspension import held, lifted, runs_without
from domain.permissions import only

HOLDS = {Side.MENTOR: Hold.LEAVE_OF_MENTOR, Side.MENTEE: Hold.LEAVE_OF_MENTEE}


class LeaveStarted(Event):
    """One of the two is away: every clock stops. Once more for the same side, it corrects the return."""

    type: Literal["LeaveStarted"] = "LeaveStarted"
    side: Side
    returns_at: AwareDatetime | None


class LeaveEnded(FiredEvent):
    """One of the two is back, on the known date (`by_itself`) or by report. `runs`: nothing else holds the pairing."""

    type: Literal["LeaveEnded"] = "LeaveEnded"
    side: Side
    by_itself: bool
    runs: bool


class ReportLeave(Command):
    """The HR system reports that a participant is on leave since `at`; again, with another return, to correct it."""

    participant: ParticipantId
    returns_at: Moment | None = None


class ReportReturn(Command):
    """The HR system reports that a participant is back from leave."""

    participant: ParticipantId


def report_leave(
    state: Pairing, command: ReportLeave, at: datetime
) -> tuple[MeetingCancelled | LeaveStarted | EscalationOpened | EscalationClosed, ...]:
    """Everything rests until the return. One after the program's end, or unknown, is for a person to decide about."""
    only(command.by, Role.SERVICE, Role.COORDINATOR)
    side = side_of(state, command.participant)
    during(state, *ACTIVE, Stage.PAUSED)
    away = dict(state.on_leave)
    if side in away and away[side] == command.returns_at:
        raise Rejected("duplicate", "this leave is known already")
    if command.returns_at is not None and command.returns_at <= at:
        raise Rejected("time", "'returns_at' lies before the leave takes effect")
    away[side] = command.returns_at
    started = LeaveStarted(
        at=at,
        side=side,
        returns_at=command.returns_at,
        starts=_return_clocks(state, away, at),
        stops=running(state, ClockKind.LEAVE_NOTICE, ClockKind.LEAVE_END),
    )
    return (*cancel_all(state, at), started, *_for_the_coordinator(state, away, at))


def report_return(
    state: Pairing, command: ReportReturn, at: datetime
) -> tuple[LeaveEnded | EscalationOpened | EscalationClosed, ...]:
    """Back, earlier or later than was known."""
    only(command.by, Role.SERVICE, Role.COORDINATOR)
    side = side_of(state, command.participant)
    during(state, Stage.PAUSED)
    if side not in dict(state.on_leave):
        raise Rejected("duplicate", f"the {side.value} is not on leave")
    return _ended(state, (side,), at, due=at, late=False, by_itself=False)


def announce_return(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both, and the coordinator, before somebody comes back."""
    return remind(state, command, now, to=("mentor", "mentee", "coordinator"))


def end_of_leave(
    state: Pairing, command: FireClock, now: datetime
) -> tuple[LeaveEnded | EscalationOpened | EscalationClosed, ...]:
    """The known date of a return has come."""
    at, late = fired_at(state, command, now)
    back = [side for side, returns_at in state.on_leave if returns_at is not None and returns_at <= command.due]
    return _ended(state, back, at, due=command.due, late=late, by_itself=True)


def evolve_started(state: Pairing, event: LeaveStarted) -> Pairing:
    """Remember who is away until when."""
    others = tuple(away for away in state.on_leave if away[0] is not event.side)
    state = replace(state, on_leave=(*others, (event.side, event.returns_at)))
    return held(state, HOLDS[event.side], event.at)


def evolve_ended(state: Pairing, event: LeaveEnded) -> Pairing:
    """One person less is away."""
    state = replace(state, on_leave=tuple(away for away in state.on_leave if away[0] is not event.side))
    return lifted(state, HOLDS[event.side], event.at)


def _ended(
    state: Pairing, sides: Sequence[Side], at: datetime, *, due: datetime, late: bool, by_itself: bool
) -> tuple[LeaveEnded | EscalationOpened | EscalationClosed, ...]:
    away = dict(state.on_leave)
    stops = running(state, ClockKind.LEAVE_NOTICE, ClockKind.LEAVE_END)
    back: list[LeaveEnded] = []
    for side in sides:
        del away[side]
        gone = [HOLDS[returned] for returned in SIDES if returned not in away]
        back.append(
            LeaveEnded(
                at=at,
                due=due,
                late=late,
                side=side,
                by_itself=by_itself,
                runs=runs_without(state, *gone),
                starts=_return_clocks(state, away, at),
                stops=stops,
            )
        )
    return (*back, *_for_the_coordinator(state, away, at))


def _return_clocks(state: Pairing, away: Mapping[Side, datetime | None], at: datetime) -> tuple[Clock, ...]:
    """Those of the earliest known return; the next one's start when that has come."""
    known = [returns_at for returns_at in away.values() if returns_at is not None]
    if not known:
        return ()
    first = min(known)
    noticed = first - state.design.pause.notice
    notice = (clock(ClockKind.LEAVE_NOTICE, noticed),) if noticed > at else ()
    return (*notice, clock(ClockKind.LEAVE_END, first))


def _for_the_coordinator(
    state: Pairing, away: Mapping[Side, datetime | None], at: datetime
) -> tuple[EscalationOpened | EscalationClosed, ...]:
    """One item while any return is unknown or after the program's end: carry over, re-match, or close without fault."""
    asked = any(item.kind is EscalationKind.LONG_LEAVE for item in state.escalations)
    if not any(_is_long(state, returns_at) for returns_at in away.values()):
        return settle(state, at, EscalationKind.LONG_LEAVE)
    if asked:
        return ()
    kind = EscalationKind.LONG_LEAVE
    number = state.escalations_opened + 1
    item = EscalationOpened(at=at, due=at, late=False, id=f"{kind.value}-{number}", kind=kind, to=Role.COORDINATOR)
    return (item,)


def _is_long(state: Pairing, returns_at: datetime | None) -> bool:
    """The program ends for everybody `meetings.over` after the activation, whatever this pairing's own clocks say."""
    if returns_at is None or state.activated_at is None:
        return True
    return returns_at > state.activated_at + state.design.meetings.over
