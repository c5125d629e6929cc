"""MEETING: booking, moving, cancelling, holding; and what happens when nobody books."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.decider import Actor, Clock, Command, Event, Moment, Rejected, Role
from domain.pairing import cancellations
from domain.pairing.cadence import BOOKING_CLOCKS, HEALTH_CLOCKS, booking_clocks, health_clocks, meeting_clocks
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, fired_at, instance_of, running, with_clocks
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue, remind, settle
from domain.pairing.permissions import during, own_side
from domain.pairing.state import EscalationKind, Meeting, Pairing, Side, Stage
from domain.permissions import CLOCK_SKEW

Minutes = Annotated[int, Field(ge=5, le=480)]
BOOKING = (Stage.GOAL_SETTING, Stage.MEETING)
SAME_MEETING = timedelta(hours=4)
"""Reports of meetings closer than this are of one meeting (own): two people and a calendar report the same."""

OPEN_AT_MOST = 6
"""Meetings booked ahead at one time (own): a whole program by the default plan; bounds the clocks of a pairing."""


class MeetingScheduled(Event):
    """A meeting is booked. `number` counts the pairing's bookings from 1."""

    type: Literal["MeetingScheduled"] = "MeetingScheduled"
    number: int
    starts_at: AwareDatetime
    minutes: int


class MeetingMoved(Event):
    """A booked meeting has another time."""

    type: Literal["MeetingMoved"] = "MeetingMoved"
    number: int
    starts_at: AwareDatetime
    minutes: int


class MeetingCancelled(Event):
    """A booked meeting will not happen. `side` is None where the program itself cancelled it."""

    type: Literal["MeetingCancelled"] = "MeetingCancelled"
    number: int
    side: Side | None
    notice: timedelta


class MeetingHeld(Event):
    """The two met. `held_at` is when; the event's `at` is when that was reported."""

    type: Literal["MeetingHeld"] = "MeetingHeld"
    number: int
    held_at: AwareDatetime
    minutes: int
    booked: bool


class MeetingMissed(FiredEvent):
    """A booked meeting passed and nobody said that it was held."""

    type: Literal["MeetingMissed"] = "MeetingMissed"
    number: int


class ScheduleMeeting(Command):
    """One of the pair, the mentee's delegate or the calendar books a meeting."""

    starts_at: Moment
    minutes: Minutes


class ScheduleSeries(Command):
    """One of the pair, the mentee's delegate or the calendar books several meetings at once: all of them, or none."""

    times: tuple[Moment, ...] = Field(min_length=1, max_length=OPEN_AT_MOST)
    minutes: Minutes


class MoveMeeting(Command):
    """One of the pair, the mentee's delegate or the calendar moves a booked meeting."""

    meeting: int = Field(ge=1)
    starts_at: Moment


class CancelMeeting(Command):
    """One of the pair, or the mentee's delegate on the mentee's behalf, cancels a booked meeting."""

    meeting: int = Field(ge=1)


class LogMeeting(Command):
    """One of the pair or the calendar reports that the two met; `meeting` is left out if it was never booked."""

    meeting: int | None = Field(default=None, ge=1)
    held_at: Moment
    minutes: Minutes


def schedule(
    state: Pairing, command: ScheduleMeeting, at: datetime, now: datetime
) -> tuple[MeetingScheduled | EscalationClosed, ...]:
    """Book the next meeting."""
    return _book(state, command.by, (command.starts_at,), command.minutes, at, now)


def schedule_series(
    state: Pairing, command: ScheduleSeries, at: datetime, now: datetime
) -> tuple[MeetingScheduled | EscalationClosed, ...]:
    """Book meetings in the order of their times."""
    return _book(state, command.by, sorted(command.times), command.minutes, at, now)


def _book(
    state: Pairing, by: Actor, times: Iterable[datetime], minutes: int, at: datetime, now: datetime
) -> tuple[MeetingScheduled | EscalationClosed, ...]:
    _may_book(state, by)
    during(state, *BOOKING)
    settled, booked = settle(state, at, EscalationKind.NOTHING_BOOKED), list[MeetingScheduled]()
    for starts_at in times:
        booked.append(_booking(state, starts_at, minutes, at, now))
        state = with_clocks(evolve_scheduled(state, booked[-1]), booked[-1])
    return (*booked, *settled)


def _booking(state: Pairing, starts_at: datetime, minutes: int, at: datetime, now: datetime) -> MeetingScheduled:
    _bookable(state, starts_at, minutes, now)
    coming = state.held + len(state.meetings) + 1
    if coming >= state.design.goals.before_meeting and not state.has_goals:
        raise Rejected("rule", f"meeting {coming} needs the signed agreement and a goal first")
    if len(state.meetings) >= OPEN_AT_MOST:
        raise Rejected("rule", f"{OPEN_AT_MOST} meetings are booked ahead already")
    number = state.scheduled + 1
    return MeetingScheduled(
        at=at,
        number=number,
        starts_at=starts_at,
        minutes=minutes,
        starts=meeting_clocks(state.design.meetings, number, starts_at, minutes, at),
        stops=running(state, *BOOKING_CLOCKS),
    )


def move(state: Pairing, command: MoveMeeting, at: datetime, now: datetime) -> tuple[MeetingMoved, ...]:
    """Give a booked meeting another time."""
    _may_book(state, command.by)
    during(state, *BOOKING)
    meeting = _booked(state, command.meeting)
    if meeting.starts_at == command.starts_at:
        raise Rejected("duplicate", f"meeting {meeting.number} starts at that time already")
    _bookable(state, command.starts_at, meeting.minutes, now)
    starts = meeting_clocks(state.design.meetings, meeting.number, command.starts_at, meeting.minutes, at)
    return (
        MeetingMoved(
            at=at,
            number=meeting.number,
            starts_at=command.starts_at,
            minutes=meeting.minutes,
            starts=starts,
            stops=_clocks_of(state, meeting.number),
        ),
    )


def cancel(
    state: Pairing, command: CancelMeeting, at: datetime
) -> tuple[MeetingCancelled | cancellations.CancellationCounted | EscalationOpened, ...]:
    """One side cancels; a delegate's cancellation counts as the mentee's."""
    side = Side.MENTEE if _is_delegate(state, command.by) else own_side(state, command.by)
    during(state, *BOOKING)
    meeting = _booked(state, command.meeting)
    if meeting.starts_at <= at:
        raise Rejected("time", f"meeting {meeting.number} has begun; log it or let it count as missed")
    cancelled = _cancellation(state, meeting, side, at)
    if side is Side.MENTOR or not cancellations.is_short(state, cancelled.notice):
        return (cancelled,)
    return (cancelled, *cancellations.cancelled_at_short_notice(state, meeting.number, at))


def cancel_all(state: Pairing, at: datetime) -> tuple[MeetingCancelled, ...]:
    """The program cancels what is booked: a pause, an exit, a leaver."""
    events = []
    for meeting in state.meetings:
        if meeting.starts_at > at:
            events.append(_cancellation(state, meeting, None, at))
            state = evolve_cancelled(state, events[-1])
    return tuple(events)


def log(state: Pairing, command: LogMeeting, at: datetime) -> tuple[MeetingHeld | EscalationClosed, ...]:
    """The two met."""
    if command.by.role is not Role.SERVICE:
        own_side(state, command.by)
    during(state, *BOOKING, Stage.EVALUATING, Stage.PAUSED)
    if state.activated_at is None:
        raise Rejected("stage", "the program has not begun: no meeting can have been held")
    if command.held_at > at + CLOCK_SKEW:
        raise Rejected("time", "a meeting is logged after it was held")
    if command.held_at < state.activated_at:
        raise Rejected("time", f"the pairing began on {state.activated_at.date().isoformat()}, after this meeting")
    meeting = _booked(state, command.meeting) if command.meeting is not None else _meant(state, command.held_at)
    booked, number = meeting is not None, meeting.number if meeting is not None else state.scheduled + 1
    starts, stops = _next_round(state, number, at, held_at=command.held_at)
    held = MeetingHeld(
        at=at,
        number=number,
        held_at=command.held_at,
        minutes=command.minutes,
        booked=booked,
        starts=starts,
        stops=stops,
    )
    ends_silence = _ends_silence(state, command.held_at) or evolve_held(state, held).plan_is_fulfilled
    kinds = (EscalationKind.RED, EscalationKind.SILENCE) if ends_silence else ()
    return (held, *settle(state, at, EscalationKind.NOTHING_BOOKED, EscalationKind.CANCELLATIONS, *kinds))


def count_as_missed(state: Pairing, command: FireClock, now: datetime) -> tuple[MeetingMissed, ...]:
    """Nobody logged it in time."""
    at, late = fired_at(state, command, now)
    number = instance_of(command.clock)
    starts, stops = _next_round(state, number, at)
    return (MeetingMissed(at=at, due=command.due, late=late, number=number, starts=starts, stops=stops),)


def remind_of_meeting(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both, before it begins."""
    return remind(state, command, now, to=("mentor", "mentee"))


def ask_to_log(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both; the junior alone is never made to chase."""
    return remind(state, command, now, to=("mentor", "mentee"))


def freeze(state: Pairing) -> tuple[str, ...]:
    """The clocks of every booked meeting, to be stopped where meetings are taken off without a cancellation."""
    return tuple(name for meeting in state.meetings for name in _clocks_of(state, meeting.number))


def evolve_scheduled(state: Pairing, event: MeetingScheduled) -> Pairing:
    """One more booked meeting."""
    meeting = Meeting(number=event.number, starts_at=event.starts_at, minutes=event.minutes)
    return replace(
        state,
        meetings=(*state.meetings, meeting),
        scheduled=state.scheduled + 1,
        unbooked_since=None,
        cancelled_last=None,
    )


def evolve_moved(state: Pairing, event: MeetingMoved) -> Pairing:
    """The same meeting at another time."""
    moved = Meeting(number=event.number, starts_at=event.starts_at, minutes=event.minutes)
    return replace(state, meetings=tuple(moved if m.number == event.number else m for m in state.meetings))


def evolve_cancelled(state: Pairing, event: MeetingCancelled) -> Pairing:
    """Gone, and counted for the side that cancelled."""
    return replace(
        _without(state, event.number, event.at),
        cancelled_by_mentor=state.cancelled_by_mentor + (event.side is Side.MENTOR),
        cancelled_by_mentee=state.cancelled_by_mentee + (event.side is Side.MENTEE),
        cancelled_last=event.side,
    )


def evolve_held(state: Pairing, event: MeetingHeld) -> Pairing:
    """One more meeting held; the first and the last are remembered."""
    return replace(
        _without(state, event.number, event.at),
        held=state.held + 1,
        scheduled=state.scheduled + (not event.booked),
        first_held_at=min(event.held_at, state.first_held_at or event.held_at),
        last_held_at=max(event.held_at, state.last_held_at or event.held_at),
        quiet_since=max(event.held_at, state.quiet_since or event.held_at),
        cancelled_in_a_row=0,
        cancelled_last=None,
    )


def evolve_missed(state: Pairing, event: MeetingMissed) -> Pairing:
    """Booked and not held."""
    return replace(_without(state, event.number, event.at), missed=state.missed + 1)


def _without(state: Pairing, number: int, at: datetime) -> Pairing:
    meetings = tuple(meeting for meeting in state.meetings if meeting.number != number)
    return replace(state, meetings=meetings, unbooked_since=None if meetings else at)


def _is_delegate(state: Pairing, actor: Actor) -> bool:
    if actor.role is not Role.DELEGATE:
        return False
    if actor.id != state.delegate:
        raise Rejected("role", "this is not the delegate that the mentee named")
    return True


def _may_book(state: Pairing, actor: Actor) -> None:
    if actor.role is not Role.SERVICE and not _is_delegate(state, actor):
        own_side(state, actor)


def _bookable(state: Pairing, starts_at: datetime, minutes: int, now: datetime) -> None:
    policy = state.design.meetings
    if starts_at <= now:  # by our clock: a booking that is dated back must not be for a meeting that is over
        raise Rejected("time", "a meeting is booked for a time to come; log one that was held")
    if not policy.minutes_at_least <= minutes <= policy.minutes_at_most:
        raise Rejected("rule", f"a meeting takes {policy.minutes_at_least} to {policy.minutes_at_most} minutes")
    end = next((clock.due for clock in state.clocks if clock.name == ClockKind.EVALUATION_OPEN), None)
    if end is not None and starts_at >= end:
        raise Rejected("time", f"the program's meetings end on {end.date().isoformat()}")
    if any(meeting.starts_at == starts_at for meeting in state.meetings):
        raise Rejected("duplicate", "a meeting is booked for that time already")


def _booked(state: Pairing, number: int) -> Meeting:
    for meeting in state.meetings:
        if meeting.number == number:
            return meeting
    raise Rejected("unknown", f"there is no booked meeting {number}")


def _meant(state: Pairing, held_at: datetime) -> Meeting | None:
    """The booked meeting that a report without a number means; refuse a second report of a meeting held."""
    if state.last_held_at is not None and abs(held_at - state.last_held_at) < SAME_MEETING:
        raise Rejected("duplicate", "a meeting at that time has been logged already")
    near = [meeting for meeting in state.meetings if abs(meeting.starts_at - held_at) < SAME_MEETING]
    return min(near, key=lambda meeting: abs(meeting.starts_at - held_at), default=None)


def _cancellation(state: Pairing, meeting: Meeting, side: Side | None, at: datetime) -> MeetingCancelled:
    starts, stops = _next_round(state, meeting.number, at)
    notice = meeting.starts_at - at
    if any(started.name == ClockKind.BOOKING_NUDGE for started in starts):  # nothing else is booked, and more is wanted
        starts += cancellations.rebooking_clock(state, side, meeting.number, notice, at)
    return MeetingCancelled(at=at, number=meeting.number, side=side, notice=notice, starts=starts, stops=stops)


def _clocks_of(state: Pairing, number: int) -> tuple[str, ...]:
    kinds = (ClockKind.MEETING_REMIND, ClockKind.MEETING_LOG, ClockKind.MEETING_MISSED)
    return tuple(name for name in running(state, *kinds) if instance_of(name) == number)


def _next_round(
    state: Pairing, number: int, at: datetime, held_at: datetime | None = None
) -> tuple[tuple[Clock, ...], tuple[str, ...]]:
    """What starts and stops when a meeting is over: held, cancelled or missed.

    The latest meeting held winds the health clocks up again, until the plan is fulfilled: then
    nobody is asked for more. Without another meeting booked, the booking clocks start anew.
    """
    stops = _clocks_of(state, number)
    held = state.held + (held_at is not None)
    if held >= state.design.meetings.planned or state.phase is Stage.EVALUATING:
        return (), (*stops, *running(state, *HEALTH_CLOCKS, *BOOKING_CLOCKS))
    starts: tuple[Clock, ...] = ()
    if held_at is not None and _ends_silence(state, held_at):
        starts = health_clocks(state, held_at)
        stops = (*stops, *running(state, ClockKind.SILENCE_CONFIRM))
    if all(meeting.number == number for meeting in state.meetings):
        starts = (*starts, *booking_clocks(state, held, at))
        stops = (*stops, *running(state, *BOOKING_CLOCKS))
    return starts, stops


def _ends_silence(state: Pairing, held_at: datetime) -> bool:
    """Later than all that is known; an older meeting, logged late, winds nothing up again."""
    return state.quiet_since is None or held_at > state.quiet_since
