"""What a run adds up to, event by event: load per week and role, funnel, closures, conflicts. No event is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.decider import Notice, Role
from domain.evaluation import PairingFacts
from domain.pairing.clocks import ClockKind
from domain.pairing.decider import PairingEvent, notices
from domain.pairing.escalation import ReminderDue
from domain.pairing.facts import facts
from domain.pairing.meetings import MeetingHeld
from domain.pairing.state import Pairing, Party

ROLES = ("mentor", "mentee", "coordinator", "sponsor")
KINDS = ("messages", "reminders", "items")
LONGEST_WEEKS = 120
"""Weeks that a calendar shows at most; what comes later counts for the last one."""

WEEK = timedelta(weeks=1)
BROKEN = 1.5
"""A gap between two meetings this many times as long as the plan's breaks the cadence (own)."""

STEPS = ("matched", "offered", "activated", "trained", "met", "evaluated", "completed")

_KIND_OF = {"ReminderDue": "reminders", "EscalationOpened": "items"}


@dataclass(slots=True)
class Tally:
    """Sums over the pairings of one run, or of a part of it. Weeks count from the Monday `first` (UTC)."""

    first: datetime
    weekly: dict[str, list[int]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    over_holiday: Counter[date] = field(default_factory=Counter)
    broken_on: Counter[date] = field(default_factory=Counter)
    first_meetings: list[float] = field(default_factory=list)
    appointments: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    endings: dict[str, str] = field(default_factory=dict)

    def take(self, before: Pairing | None, state: Pairing, event: PairingEvent) -> None:
        """One more event; `state` includes it."""
        for notice in notices(state, event):
            self._told(state, event, notice)
        if isinstance(event, MeetingHeld):
            self._held(before, state, event)

    def end(self, state: Pairing) -> None:
        """The pairing is over."""
        assert state.ended_at is not None
        fact = facts(state, state.ended_at)
        self.endings[state.id] = fact.outcome if fact.outcome != "closed_early" else f"closed_early:{fact.reason}"
        self.counts.update(f"step:{step}" for step in _reached(fact))
        self.counts[f"outcome:{fact.outcome}"] += 1
        if fact.outcome == "closed_early":
            self.counts[f"reason:{fact.reason}"] += 1
        if fact.is_activated and not fact.is_closed_without_fault:
            self.counts["rated"] += 1
            self.counts["rated:completed"] += fact.meets_standard
        self.counts["held"] += fact.held
        self.counts["planned"] += fact.planned
        self.counts["scheduled"] += fact.scheduled
        self.counts["cancelled_by_mentee"] += state.cancelled_by_mentee
        self.counts["cancelled_by_mentor"] += state.cancelled_by_mentor
        if fact.activated_at and fact.first_held_at:
            self.first_meetings.append((fact.first_held_at - fact.activated_at) / timedelta(days=1))

    def merge(self, other: Tally) -> None:
        """Take in what another part of the same run adds up to."""
        for series, weeks in other.weekly.items():
            for week, amount in enumerate(weeks):
                if amount:
                    self._add(series, week, amount)
        self.counts.update(other.counts)
        self.over_holiday.update(other.over_holiday)
        self.broken_on.update(other.broken_on)
        self.first_meetings += other.first_meetings
        self.appointments += other.appointments
        self.endings |= other.endings

    def _told(self, state: Pairing, event: PairingEvent, notice: Notice) -> None:
        role, party = _recipient(state, notice.to)
        if role == Role.CONCERN_HANDLER.value:
            return  # a count would tell that there is a concern
        week = (notice.deliver_after - self.first) // WEEK
        self._add(f"messages:{role}", week)
        kind = _KIND_OF.get(notice.template)
        if kind:
            self._add(f"{kind}:{role}", week)
        if notice.deliver_after <= event.at:
            return
        self.counts[f"deferred:{role}"] += 1
        if party is not None:
            for day in _holidays_between(party, event.at, notice.deliver_after):
                self.over_holiday[day] += 1
        if isinstance(event, ReminderDue) and event.about is ClockKind.MEETING_REMIND:
            starts = [meeting.starts_at for meeting in state.meetings if meeting.number == event.number]
            self.counts["reminders_too_late"] += any(notice.deliver_after >= start for start in starts)

    def _held(self, before: Pairing | None, state: Pairing, event: MeetingHeld) -> None:
        self._add("meetings", (event.held_at - self.first) // WEEK)
        for person in (state.mentor.participant, state.mentee.participant):
            self.appointments.append((person, event.held_at, event.held_at + timedelta(minutes=event.minutes)))
        last = (before.last_held_at or before.trained_at) if before is not None else None
        policy = state.design.meetings
        if last is not None and event.held_at - last > BROKEN * policy.over / policy.planned:
            days = (event.held_at.date() - last.date()).days
            self.broken_on.update(last.date() + timedelta(days=day) for day in range(1, days))

    def _add(self, series: str, week: int, amount: int = 1) -> None:
        week = max(0, min(week, LONGEST_WEEKS - 1))
        weeks = self.weekly.setdefault(series, [])
        if len(weeks) <= week:
            weeks.extend([0] * (week + 1 - len(weeks)))
        weeks[week] += amount


def overlaps(appointments: list[tuple[str, datetime, datetime]]) -> int:
    """How many meetings begin while another one of the same person goes on."""
    count, until = 0, dict[str, datetime]()
    for person, begins, ends in sorted(appointments):
        count += person in until and begins < until[person]
        until[person] = max(ends, until.get(person, ends))
    return count


def monday_of(moment: datetime) -> datetime:
    """The beginning of its week (UTC)."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _reached(fact: PairingFacts) -> list[str]:
    held = (
        True,
        fact.offered_at is not None,
        fact.is_activated,
        fact.trained_at is not None,
        fact.first_held_at is not None,
        fact.is_evaluated,
        fact.is_activated and fact.meets_standard,
    )
    return [step for step, reached in zip(STEPS, held, strict=True) if reached]


def _recipient(state: Pairing, to: str) -> tuple[str, Party | None]:
    if to == state.mentor.participant:
        return "mentor", state.mentor
    if to == state.mentee.participant:
        return "mentee", state.mentee
    return to.removeprefix("role:"), None


def _holidays_between(party: Party, start: datetime, end: datetime) -> list[date]:
    if not party.holidays:
        return []
    zone = ZoneInfo(party.zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    return [day for day in party.holidays if first <= day <= last]
