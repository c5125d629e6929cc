"""A running pairing gets the amended program design: its clocks move, and nothing that has happened is rewritten.

A clock moves by as much as its figure in the design changes. It keeps its anchor, and the time that pauses gave back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, assert_never

from pydantic import AwareDatetime

from domain.decider import Clock, Event, Frozen, Rejected
from domain.pairing.cadence import BOOKING_CLOCKS, HEALTH_CLOCKS, asked_to_meet, meeting_clocks
from domain.pairing.clocks import ClockKind, clock_name, instance_of, kind_of, running
from domain.pairing.copying import replace
from domain.pairing.pausing import meaning
from domain.pairing.state import Pairing, Stage
from domain.pairing.with_cohort import CohortOrder, ordered_by_cohort
from domain.program import ProgramDesign


class DesignAmended(Event):
    """The pairing goes on by another version of its program's design, with these clocks moved, started and stopped."""

    type: Literal["DesignAmended"] = "DesignAmended"
    design: ProgramDesign


class AmendDesign(CohortOrder):
    """The cohort's design was amended, and this pairing follows it. Only the cohort's workflow sends this."""

    design: ProgramDesign


class MovedClock(Frozen):
    """A clock under an amended design, in words. `before` is None where it is new, `after` where it stops."""

    name: str
    means: str
    before: AwareDatetime | None
    after: AwareDatetime | None


def amend(state: Pairing, command: AmendDesign, at: datetime) -> tuple[DesignAmended, ...]:
    """Take the design over, or say which part of the past it would rewrite."""
    ordered_by_cohort(command.by)
    moved = moved_clocks(state, command.design, at)
    starts = tuple(Clock(name=one.name, due=one.after) for one in moved if one.after is not None)
    stops = tuple(one.name for one in moved if one.after is None)
    return (DesignAmended(at=at, design=command.design, starts=starts, stops=stops),)


def moved_clocks(state: Pairing, design: ProgramDesign, at: datetime) -> tuple[MovedClock, ...]:
    """What an amended design does to the clocks at `at`. Raises Rejected where it would rewrite the past."""
    _leaves_the_past_alone(state, design)
    due = _due(state, at)
    wanted = dict(_wanted(state, design, due, at))
    for name, after in wanted.items():
        before = due.get(name)
        if after is not None and after < at and (before is None or before >= at):
            raise Rejected(
                "rule", f"this would rewrite the past: {meaning(state, name)} would have been due on {after:%d %b %Y}"
            )
    return tuple(
        MovedClock(name=name, means=meaning(state, name), before=due.get(name), after=after)
        for name, after in sorted(wanted.items())
        if after != due.get(name)
    )


def evolve_amended(state: Pairing, event: DesignAmended) -> Pairing:
    """By the new design from now on."""
    return replace(state, design=event.design)


def _leaves_the_past_alone(state: Pairing, design: ProgramDesign) -> None:
    old = state.design
    if design.program != old.program:
        raise Rejected("rule", f"the pairing follows the program '{old.program}', not '{design.program}'")
    if design.version <= old.version:
        raise Rejected("duplicate", f"the pairing follows version {old.version} already")
    if design.meetings.planned < state.held:
        raise Rejected("rule", f"this would rewrite the past: {state.held} meetings have been held")
    if design.goals.at_most < len(state.goals):
        raise Rejected("rule", f"this would rewrite the past: {len(state.goals)} goals have been set")
    for survey in state.checkpoints:
        if _checkpoint(design, survey.number) != _checkpoint(old, survey.number):
            raise Rejected("rule", f"this would rewrite the past: checkpoint {survey.number} has been opened")


def _due(state: Pairing, at: datetime) -> dict[str, datetime]:
    """When every clock would be due if the pairing went on now."""
    due: dict[str, datetime] = {running.name: running.due for running in state.clocks}
    if state.suspension is not None:
        due |= {name: at + left for name, left in state.suspension.left}
    return due


def _wanted(
    state: Pairing, design: ProgramDesign, due: dict[str, datetime], at: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """Every clock that the new design names, with its time; None where it names the clock no more."""
    for name, before in due.items():
        old, new = _figure(state, state.design, name), _figure(state, design, name)
        if old is not None:
            yield name, None if new is None else before + (new - old)
    yield from _further_checkpoints(state, design, at)
    yield from _reminders_of_meetings(state, design, at)
    yield from _fewer_or_more_meetings(state, design, due, at)


def _figure(state: Pairing, design: ProgramDesign, name: str) -> timedelta | None:
    """How long after its anchor a clock is due by a design; None where the design does not set it (any more)."""
    kind = kind_of(name)
    match kind:
        case ClockKind.OFFER_REMIND:
            return design.offer.remind_after
        case ClockKind.OFFER_EXPIRE:
            return design.offer.expire_after
        case ClockKind.TRAINING_REMIND:
            return design.training.remind_after
        case ClockKind.TRAINING_DUE:
            return design.training.due_after
        case ClockKind.GOALS_DUE:
            return design.goals.due_after
        case ClockKind.BOOKING_NUDGE:
            return design.meetings.next_nudge if state.held else design.meetings.first_nudge
        case ClockKind.BOOKING_ESCALATE:
            rounds = (2 * design.meetings.next_nudge,) if state.held else design.meetings.first_escalate
            return rounds[instance_of(name) - 1] if instance_of(name) <= len(rounds) else None
        case ClockKind.BOOKING_REBOOK:
            return design.cancellations.rebook_within
        case ClockKind.MEETING_LOG:
            return design.meetings.log_reminder
        case ClockKind.MEETING_MISSED:
            return design.meetings.missed_after
        case ClockKind.HEALTH_AMBER:
            return design.health.amber_after
        case ClockKind.HEALTH_RED:
            return design.health.red_after
        case ClockKind.SILENCE_PROPOSE:
            return design.health.propose_closing_after
        case ClockKind.SILENCE_CONFIRM:
            return design.health.confirm_within
        case ClockKind.CHECKPOINT_OPEN:
            return _checkpoint(design, instance_of(name))
        case ClockKind.CHECKPOINT_REMIND:
            return design.checkpoints.open_for
        case ClockKind.CHECKPOINT_OVERDUE:
            return design.checkpoints.open_for + design.checkpoints.overdue_grace
        case ClockKind.PAUSE_NOTICE | ClockKind.LEAVE_NOTICE:
            return -design.pause.notice
        case ClockKind.EXIT_CLOSE:
            return design.exit.close_after
        case ClockKind.EVALUATION_OPEN:
            return design.meetings.over
        case ClockKind.EVALUATION_REMIND:
            return design.evaluation.remind_after
        case ClockKind.EVALUATION_DUE:
            return design.evaluation.due_after
        case ClockKind.EVALUATION_CLOSE:
            return design.evaluation.close_after
        case (
            ClockKind.OFFER_SEND
            | ClockKind.MEETING_REMIND
            | ClockKind.PAUSE_END
            | ClockKind.LEAVE_END
            | ClockKind.CONFLICT_CLOSE
            | ClockKind.CONCERN_REMIND
            | ClockKind.LEAVER_EFFECTIVE
            | ClockKind.UNDO_END
        ):
            return None  # agreed with people, or told by the world
        case _:
            assert_never(kind)


def _checkpoint(design: ProgramDesign, number: int) -> timedelta | None:
    after = design.checkpoints.after
    return after[number - 1] if number <= len(after) else None


def _further_checkpoints(state: Pairing, design: ProgramDesign, at: datetime) -> Iterator[tuple[str, datetime]]:
    """Those that the old design did not have; days in which the pairing rested do not count."""
    if state.activated_at is None or state.phase is Stage.EVALUATING:
        return
    rested = state.paused_for + (at - state.suspension.since if state.suspension else timedelta(0))
    known = len(state.design.checkpoints.after)
    for number, after in enumerate(design.checkpoints.after[known:], start=known + 1):
        yield clock_name(ClockKind.CHECKPOINT_OPEN, number), state.activated_at + rested + after


def _reminders_of_meetings(
    state: Pairing, design: ProgramDesign, at: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """Made anew for every booked meeting where the reminders change; one whose time has passed is not made up for."""
    if design.meetings.reminders == state.design.meetings.reminders:
        return
    yield from ((name, None) for name in running(state, ClockKind.MEETING_REMIND))
    for meeting in state.meetings:
        for made in meeting_clocks(design.meetings, meeting.number, meeting.starts_at, meeting.minutes, at):
            if kind_of(made.name) is ClockKind.MEETING_REMIND:
                yield made.name, made.due


def _fewer_or_more_meetings(
    state: Pairing, design: ProgramDesign, due: dict[str, datetime], at: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """A plan that is fulfilled now asks for nothing more; one that is not any more asks again from today."""
    fulfilled = state.held >= design.meetings.planned
    if fulfilled == state.plan_is_fulfilled or state.phase not in (Stage.GOAL_SETTING, Stage.MEETING):
        return
    if fulfilled:
        yield from ((name, None) for name in due if kind_of(name) in (*HEALTH_CLOCKS, *BOOKING_CLOCKS))
    else:
        yield from ((asked.name, asked.due) for asked in asked_to_meet(replace(state, design=design), at))
