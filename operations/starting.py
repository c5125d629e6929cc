"""When a demo or a rehearsal begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import typer

ENROLMENT = timedelta(days=28)
"""A cohort is created, matched and approved so long before its first offers."""


def usual_start(zone: str, today: datetime) -> datetime:
    """The second Monday from today at nine in the program's zone: the same for every run within a week."""
    local = today.astimezone(ZoneInfo(zone)).date()
    monday = local + timedelta(days=14 - local.weekday())
    return datetime.combine(monday, time(9), ZoneInfo(zone)).astimezone(UTC)


def start_day(given: str | None, zone: str, now: datetime) -> datetime:
    """Nine o'clock in the zone on the day that was given, or the usual start."""
    if given is None:
        return usual_start(zone, now)
    try:
        return datetime.combine(date.fromisoformat(given), time(9), ZoneInfo(zone)).astimezone(UTC)
    except ValueError:
        raise typer.BadParameter(f"found {given!r}, expected a day such as 2027-01-11", param_hint="--start") from None
