"""The clocks of a pairing: their kinds, their names, and how a firing one becomes a command.

A clock's name is its kind, and behind a colon which one of several: `checkpoint.open:2`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from operator import attrgetter

from domain.decider import Actor, Clock, Command, Event, Role
from domain.lateness import fired
from domain.pairing.copying import replace
from domain.pairing.state import Pairing


class ClockKind(StrEnum):
    """Every kind of clock that a pairing can run."""

    OFFER_SEND = "offer.send"
    OFFER_REMIND = "offer.remind"
    OFFER_EXPIRE = "offer.expire"
    TRAINING_REMIND = "training.remind"
    TRAINING_DUE = "training.due"
    GOALS_DUE = "goals.due"
    BOOKING_NUDGE = "booking.nudge"
    BOOKING_ESCALATE = "booking.escalate"
    BOOKING_REBOOK = "booking.rebook"
    MEETING_REMIND = "meeting.remind"
    MEETING_LOG = "meeting.log"
    MEETING_MISSED = "meeting.missed"
    HEALTH_AMBER = "health.amber"
    HEALTH_RED = "health.red"
    SILENCE_PROPOSE = "silence.propose"
    SILENCE_CONFIRM = "silence.confirm"
    CHECKPOINT_OPEN = "checkpoint.open"
    CHECKPOINT_REMIND = "checkpoint.remind"
    CHECKPOINT_OVERDUE = "checkpoint.overdue"
    PAUSE_NOTICE = "pause.notice"
    PAUSE_END = "pause.end"
    LEAVE_NOTICE = "leave.notice"
    LEAVE_END = "leave.end"
    CONFLICT_CLOSE = "conflict.close"
    CONCERN_REMIND = "concern.remind"
    EXIT_CLOSE = "exit.close"
    LEAVER_EFFECTIVE = "leaver.effective"
    EVALUATION_OPEN = "evaluation.open"
    EVALUATION_REMIND = "evaluation.remind"
    EVALUATION_DUE = "evaluation.due"
    EVALUATION_CLOSE = "evaluation.close"
    UNDO_END = "undo.end"


TITLES: dict[ClockKind, str] = {
    ClockKind.OFFER_SEND: "send the offer",
    ClockKind.OFFER_REMIND: "remind about the offer",
    ClockKind.OFFER_EXPIRE: "the offer expires",
    ClockKind.TRAINING_REMIND: "remind about the training",
    ClockKind.TRAINING_DUE: "training is due",
    ClockKind.GOALS_DUE: "agreement and goals are due",
    ClockKind.BOOKING_NUDGE: "nudge to book a meeting",
    ClockKind.BOOKING_ESCALATE: "nothing booked: tell the coordinator",
    ClockKind.BOOKING_REBOOK: "count the executive's cancellation",
    ClockKind.MEETING_REMIND: "remind of the meeting",
    ClockKind.MEETING_LOG: "ask whether the meeting was held",
    ClockKind.MEETING_MISSED: "count the meeting as missed",
    ClockKind.HEALTH_AMBER: "AMBER without a meeting held",
    ClockKind.HEALTH_RED: "RED without a meeting held",
    ClockKind.SILENCE_PROPOSE: "propose closing after silence",
    ClockKind.SILENCE_CONFIRM: "ask again whether to close",
    ClockKind.CHECKPOINT_OPEN: "open the checkpoint",
    ClockKind.CHECKPOINT_REMIND: "remind about the checkpoint",
    ClockKind.CHECKPOINT_OVERDUE: "the checkpoint is overdue",
    ClockKind.PAUSE_NOTICE: "announce the end of the pause",
    ClockKind.PAUSE_END: "the pause ends",
    ClockKind.LEAVE_NOTICE: "announce the return from leave",
    ClockKind.LEAVE_END: "a participant returns from leave",
    ClockKind.CONFLICT_CLOSE: "close after a conflict of interest",
    ClockKind.CONCERN_REMIND: "remind of an open matter",
    ClockKind.EXIT_CLOSE: "close after the requested exit",
    ClockKind.LEAVER_EFFECTIVE: "a participant leaves the company",
    ClockKind.EVALUATION_OPEN: "open the evaluation",
    ClockKind.EVALUATION_REMIND: "remind about the evaluation",
    ClockKind.EVALUATION_DUE: "the evaluation is due",
    ClockKind.EVALUATION_CLOSE: "end without the missing evaluation",
    ClockKind.UNDO_END: "the close becomes final",
}


_WITH_A_NUMBER: dict[ClockKind, str] = {
    ClockKind.BOOKING_ESCALATE: "nothing booked: tell the coordinator (step {})",
    ClockKind.BOOKING_REBOOK: "count the executive's cancellation of meeting {}",
    ClockKind.MEETING_REMIND: "remind of meeting {}",
    ClockKind.MEETING_LOG: "ask whether meeting {} was held",
    ClockKind.MEETING_MISSED: "count meeting {} as missed",
    ClockKind.CHECKPOINT_OPEN: "open checkpoint {}",
    ClockKind.CHECKPOINT_REMIND: "remind about checkpoint {}",
    ClockKind.CHECKPOINT_OVERDUE: "checkpoint {} is overdue",
}
"""Where a number behind the title would not read as the one that it counts."""


RUNS_THROUGH_PAUSE = frozenset(
    {
        ClockKind.PAUSE_NOTICE,
        ClockKind.PAUSE_END,
        ClockKind.LEAVE_NOTICE,
        ClockKind.LEAVE_END,
        ClockKind.CONFLICT_CLOSE,
        ClockKind.CONCERN_REMIND,
        ClockKind.LEAVER_EFFECTIVE,
    }
)
"""Clocks that no hold stops: those of the holds themselves, and what happens in the world."""


CONFIDENTIAL = frozenset({ClockKind.CONCERN_REMIND})
"""Clocks that say by their name what only a few may know."""


_DUE_THEN_NAME = attrgetter("due", "name")


class FireClock(Command):
    """A clock has come due. Only the engine sends this."""

    clock: str
    due: datetime


class FiredEvent(Event):
    """An event that a clock caused: when it was due, and whether it fired late (after an outage)."""

    due: datetime
    late: bool


def clock(kind: ClockKind, due: datetime, instance: str | int | None = None) -> Clock:
    """A running clock of a kind."""
    return Clock(name=clock_name(kind, instance), due=due)


def clock_name(kind: ClockKind, instance: str | int | None = None) -> str:
    """`kind` or `kind:instance`."""
    return str(kind) if instance is None else f"{kind}:{instance}"


@lru_cache(maxsize=1_000)
def kind_of(name: str) -> ClockKind:
    """The kind of a clock by its name."""
    return ClockKind(name.partition(":")[0])


def instance_of(name: str) -> int:
    """Which one of several (checkpoint 2, meeting 3); 0 where there is only one."""
    rest = name.partition(":")[2].partition("/")[0]
    return int(rest) if rest else 0


def title(name: str) -> str:
    """What a clock is waiting to do, in words: `open checkpoint 2`."""
    kind, rest = kind_of(name), name.partition(":")[2].replace("/", ", ")
    if rest and kind in _WITH_A_NUMBER:
        return _WITH_A_NUMBER[kind].format(rest)
    return f"{TITLES[kind]} {rest}".rstrip()


def running(state: Pairing, *kinds: ClockKind) -> tuple[str, ...]:
    """Names of the clocks (running, or kept by a pause) of these kinds, for an event's `stops`."""
    names = [running.name for running in state.clocks]
    if state.suspension is not None:
        names += [name for name, _ in state.suspension.left]
    return tuple(name for name in names if kind_of(name) in kinds)


def with_clocks(state: Pairing, event: Event) -> Pairing:
    """Fold the clocks that an event starts and stops, and its effective time.

    A paused pairing keeps the time left instead of a due time, but for the clocks of the pause itself.
    """
    as_of = max(event.at, state.as_of)
    if not event.starts and not event.stops:
        return replace(state, as_of=as_of)
    gone = {*event.stops, *(started.name for started in event.starts)}
    clocks = [kept for kept in state.clocks if kept.name not in gone]
    suspension = state.suspension
    if suspension is None:
        clocks += event.starts
    else:
        clocks += [started for started in event.starts if kind_of(started.name) in RUNS_THROUGH_PAUSE]
        begun = [(c.name, c.due - event.at) for c in event.starts if kind_of(c.name) not in RUNS_THROUGH_PAUSE]
        kept = [(name, left) for name, left in suspension.left if name not in gone]
        suspension = replace(suspension, left=tuple(sorted([*kept, *begun])))
    in_order = tuple(sorted(clocks, key=_DUE_THEN_NAME))
    return replace(state, clocks=in_order, suspension=suspension, as_of=as_of)


def fire(running: Clock) -> FireClock:
    """The command that a clock's firing means. Its key makes a second firing a duplicate."""
    return FireClock(
        by=_clock_itself(kind_of(running.name)),
        key=f"clock:{running.name}@{running.due.isoformat()}",
        clock=running.name,
        due=running.due,
    )


@cache
def _clock_itself(kind: ClockKind) -> Actor:
    """Kept: every firing of a kind has the same sender."""
    return Actor(role=Role.CLOCK, id=kind.value)


def fired_at(state: Pairing, command: FireClock, now: datetime) -> tuple[datetime, bool]:
    """The effective time of a firing and whether it is late, never earlier than what has happened already."""
    return fired(command.due, now, state.design, state.as_of)
