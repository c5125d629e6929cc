"""What keeps a pair meeting: the clocks of a booked meeting, the nudges while none is booked, the growing silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.decider import Clock
from domain.pairing.clocks import ClockKind, FireClock, clock, fired_at
from domain.pairing.escalation import EscalationOpened, ReminderDue, escalate, remind
from domain.pairing.state import EscalationKind, Pairing, Side, Stage
from domain.program import MeetingPolicy

BOOKING_CLOCKS = (ClockKind.BOOKING_NUDGE, ClockKind.BOOKING_ESCALATE, ClockKind.BOOKING_REBOOK)
HEALTH_CLOCKS = (
    ClockKind.HEALTH_AMBER,
    ClockKind.HEALTH_RED,
    ClockKind.SILENCE_PROPOSE,
    ClockKind.SILENCE_CONFIRM,
)


def nudge_to_book(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both, or the mentee's delegate instead of the mentee; the executive's side alone if it has cancelled."""
    executive = "delegate" if state.delegate else "mentee"
    to = (executive,) if state.cancelled_last is Side.MENTEE else ("mentor", executive)
    return remind(state, command, now, to=to)


def nothing_booked(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue | EscalationOpened, ...]:
    """The coordinator's turn; a second round reminds of the item that is open already."""
    if any(item.kind is EscalationKind.NOTHING_BOOKED for item in state.escalations):
        return remind(state, command, now, to=("coordinator",))
    return escalate(state, command, now, EscalationKind.NOTHING_BOOKED)


def turns_amber(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Both are asked to meet."""
    return remind(state, command, now, to=("mentor", "mentee"))


def turns_red(state: Pairing, command: FireClock, now: datetime) -> tuple[EscalationOpened, ...]:
    """The coordinator is told."""
    return escalate(state, command, now, EscalationKind.RED)


def propose_closing(state: Pairing, command: FireClock, now: datetime) -> tuple[EscalationOpened, ...]:
    """A long silence: a person decides whether the pairing closes."""
    at, _ = fired_at(state, command, now)
    starts = (clock(ClockKind.SILENCE_CONFIRM, at + state.design.health.confirm_within),)
    return escalate(state, command, now, EscalationKind.SILENCE, starts=starts)


def ask_again(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Nobody has decided about the silent pairing."""
    return remind(state, command, now, to=("coordinator",))


def meeting_clocks(
    policy: MeetingPolicy, number: int, starts_at: datetime, minutes: int, at: datetime
) -> tuple[Clock, ...]:
    """Those of a booked meeting: reminders that are still to come, when it is asked for, when it counts as missed."""
    ends_at = starts_at + timedelta(minutes=minutes)
    reminders = [
        clock(ClockKind.MEETING_REMIND, starts_at - before, f"{number}/{_short(before)} before")
        for before in policy.reminders
        if starts_at - before > at
    ]
    return (
        *{reminder.name: reminder for reminder in reminders}.values(),  # a design may list the same hour twice
        clock(ClockKind.MEETING_LOG, ends_at + policy.log_reminder, number),
        clock(ClockKind.MEETING_MISSED, ends_at + policy.missed_after, number),
    )


def asked_to_meet(state: Pairing, at: datetime) -> tuple[Clock, ...]:
    """What runs from `at` on while the plan asks for another meeting: the silence, and booking if none is booked."""
    return (*health_clocks(state, at), *(() if state.meetings else asked_to_book(state, at)))


def asked_to_book(state: Pairing, at: datetime) -> tuple[Clock, ...]:
    """What runs from `at` on while nothing is booked and the plan asks for another meeting."""
    wanted = not state.plan_is_fulfilled and state.phase is not Stage.EVALUATING
    return booking_clocks(state, state.held, at) if wanted else ()


def health_clocks(state: Pairing, since: datetime) -> tuple[Clock, ...]:
    """The silence since a moment, step by step."""
    policy = state.design.health
    return (
        clock(ClockKind.HEALTH_AMBER, since + policy.amber_after),
        clock(ClockKind.HEALTH_RED, since + policy.red_after),
        clock(ClockKind.SILENCE_PROPOSE, since + policy.propose_closing_after),
    )


def booking_clocks(state: Pairing, held: int, at: datetime) -> tuple[Clock, ...]:
    """The nudge and the coordinator's rounds while nothing is booked, after so many meetings held."""
    policy = state.design.meetings
    nudge, escalations = (
        (policy.first_nudge, policy.first_escalate) if held == 0 else (policy.next_nudge, (2 * policy.next_nudge,))
    )
    return (
        clock(ClockKind.BOOKING_NUDGE, at + nudge),
        *(clock(ClockKind.BOOKING_ESCALATE, at + after, number) for number, after in enumerate(escalations, start=1)),
    )


def _short(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
