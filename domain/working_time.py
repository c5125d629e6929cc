"""When people work: the next moment at which a person may be told something, and working days.

Every instant is aware; every result is in UTC. Hours are local wall times: 09:00 stays 09:00 when
the clocks change. Working time is Monday to Friday without the calendar's holidays, from the opening
up to but not including the closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from domain.decider import Frozen
from domain.program import ProgramDesign, WorkingHours

Slot: TypeAlias = tuple[datetime, datetime]
"""The opening and closing of one working day."""

_DAY = timedelta(days=1)
_DAYS_OF_WEEK = 7
_SECOND = timedelta(seconds=1)
_SATURDAY = 5


def _loadable_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected an IANA time zone such as 'Europe/London'") from None
    return value


class Calendar(Frozen):
    """When one person, or an operations team, works.

    The zone is checked by loading it, which is cached: calendars are made by the thousand, and
    listing every zone that exists costs milliseconds each time.
    """

    zone: Annotated[str, AfterValidator(_loadable_zone)]
    hours: WorkingHours = WorkingHours()
    holidays: tuple[date, ...] = ()

    @cached_property
    def days_off(self) -> frozenset[date]:
        """The holidays, to look one up."""
        return frozenset(self.holidays)

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone, loaded."""
        return ZoneInfo(self.zone)

    @cached_property
    def weeks(self) -> dict[int, tuple[Slot, ...]]:
        """The slots of each week, counted from the year 1, as far as they have been asked for."""
        return {}


def calendar_of(zone: str, hours: WorkingHours, holidays: tuple[date, ...]) -> Calendar:
    """The calendar; kept, as the same person's is asked for with every message."""
    return _calendar(zone, hours.start, hours.end, holidays)


@lru_cache(maxsize=4096)
def _calendar(zone: str, start: time, end: time, holidays: tuple[date, ...]) -> Calendar:
    """Found by plain values: models are hashed and compared in Python, which costs more than the rest of it."""
    return Calendar(zone=zone, hours=WorkingHours(start=start, end=end), holidays=holidays)


def operations(design: ProgramDesign) -> Calendar:
    """When the operations team of a program works."""
    return calendar_of(design.zone, design.working_hours, design.holidays)


def is_working(calendar: Calendar, instant: datetime) -> bool:
    """Whether `instant` lies inside the calendar's working time."""
    moment = _in_utc(instant)  # across zones, Python never finds a repeated local time equal to anything
    return next_slot(calendar, moment) == moment


def next_slot(calendar: Calendar, instant: datetime) -> datetime:
    """`instant` itself inside working time, else the next opening. Never earlier; keeps order."""
    moment = _in_utc(instant)
    for opening, closing in _slots_around(calendar, moment):
        if moment < closing:
            return max(moment, opening)
    raise AssertionError("working days go on without end")  # pragma: no cover


def due_on_working_day(calendar: Calendar, instant: datetime) -> datetime:
    """`instant` itself on a working day (at any hour), else the same local time on the next one.

    Two instants of one weekend keep their times of day, and so may change their order.
    """
    moment = _in_utc(instant)
    holidays = calendar.days_off
    local = _local(calendar, moment)
    day = local.date()
    # A loop and not one step: a wall time that the clocks jump over may land on the following day.
    while not _works_on(calendar, day, holidays):
        while not _works_on(calendar, day, holidays):
            day += _DAY
        moment = _first_instant(calendar, day, local.time())
        day = _local(calendar, moment).date()
    return moment


def due_on_shared_working_day(calendars: Sequence[Calendar], instant: datetime) -> datetime:
    """The first instant from `instant` on, by whole days, that is on a working day of every one of the calendars."""
    moment = _in_utc(instant)
    while True:
        later = moment
        for calendar in calendars:
            later = due_on_working_day(calendar, later)
        if later == moment:
            return moment
        moment = later


def after_working_days(calendar: Calendar, instant: datetime, number: int) -> datetime:
    """The same local time on the `number`-th working day after the local date of `instant`; `number` from 1."""
    start = _local(calendar, _in_utc(instant))
    holidays, day = calendar.days_off, start.date()
    while number > 0:
        day += _DAY
        number -= _works_on(calendar, day, holidays)
    return _first_instant(calendar, day, start.time())


def working_days_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Working days after the local date of `start`, up to and with that of `end`; 0 if `end` is no later."""
    holidays = calendar.days_off
    day = _local(calendar, _in_utc(start)).date()
    last = _local(calendar, _in_utc(end)).date()
    count = 0
    while day < last:
        day += _DAY
        count += _works_on(calendar, day, holidays)
    return count


def after_working_time(calendar: Calendar, instant: datetime, span: timedelta) -> datetime:
    """The moment at which so much working time has passed since `instant`; inside working time. `span` from 0."""
    moment = _in_utc(instant)
    for opening, closing in _slots_around(calendar, moment):
        begin = max(moment, opening)
        if begin < closing:
            if begin + span < closing:
                return begin + span
            span -= closing - begin
    raise AssertionError("working days go on without end")  # pragma: no cover


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two instants; nothing if `end` is no later than `start`."""
    first, last, total = _in_utc(start), _in_utc(end), timedelta(0)
    for opening, closing in _slots_around(calendar, first):
        if opening >= last:
            return total
        total += max(timedelta(0), min(closing, last) - max(opening, first))
    raise AssertionError("working days go on without end")  # pragma: no cover


def shared_hours(a: Calendar, b: Calendar, on: date) -> timedelta:
    """How much of `a`'s working day `on` is working time of `b` too, whatever date it is for `b`.

    The same from either side, except that two zones far apart may share the hours of different
    dates; a date in the middle of the week stands for an ordinary one.
    """
    if not _works_on(a, on, a.days_off):
        return timedelta(0)
    opening, closing = _slot(a, on)
    shared = timedelta(0)
    for other_opening, other_closing in _slots(b, on - 2 * _DAY):
        if other_opening >= closing:
            break
        shared += max(timedelta(0), min(closing, other_closing) - max(opening, other_opening))
    return shared


def _in_utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("expected an instant with its UTC offset")
    return instant.astimezone(UTC)


def _local(calendar: Calendar, moment: datetime) -> datetime:
    return moment.astimezone(calendar.zone_info)


def _slots_around(calendar: Calendar, moment: datetime) -> Iterator[Slot]:
    """Every slot that ends after `moment` (in UTC), without end, and some earlier ones.

    Two days early: a zone's date is a day behind at the most, and where its clocks go back over midnight,
    yesterday's date may show after today's opening.
    """
    return _slots(calendar, moment.date() - 2 * _DAY)


def _slots(calendar: Calendar, day: date) -> Iterator[Slot]:
    """The slot of every working day of the week of `day` and of all later ones, without end."""
    weeks, week = calendar.weeks, (day.toordinal() - 1) // _DAYS_OF_WEEK
    while True:
        slots = weeks.get(week)
        if slots is None:
            slots = weeks[week] = tuple(_slots_of_week(calendar, week))
        yield from slots
        week += 1


def _slots_of_week(calendar: Calendar, week: int) -> Iterator[Slot]:
    monday = date.fromordinal(week * _DAYS_OF_WEEK + 1)
    for day in (monday + number * _DAY for number in range(_SATURDAY)):
        if _works_on(calendar, day, calendar.days_off):
            yield _slot(calendar, day)


def _works_on(calendar: Calendar, day: date, holidays: frozenset[date]) -> bool:
    if day.weekday() >= _SATURDAY or day in holidays:
        return False
    opening, closing = _slot(calendar, day)
    return opening < closing  # false where a zone left out the whole day, as Samoa did in 2011


def _slot(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    return _opened(calendar.zone, day, calendar.hours.start, calendar.hours.end)


@lru_cache(maxsize=20_000)
def _opened(zone: str, day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """Kept: the same openings and closings are asked for thousands of times."""
    return _shown(zone, day, start), _shown(zone, day, end)


def _first_instant(calendar: Calendar, day: date, at: time) -> datetime:
    return _shown(calendar.zone, day, at)


def _shown(zone_name: str, day: date, at: time) -> datetime:
    """The first instant at which the zone's clocks show `at` on `day`, or later.

    So a time that occurs twice means the first, and one that the clocks jump over means the jump.
    """
    zone = ZoneInfo(zone_name)
    wall = datetime.combine(day, at.replace(fold=0), tzinfo=zone)
    first = wall.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return first
    # Inside a gap: fold=1 reads the wall with the offset after the jump, which is before the jump.
    before = wall.replace(fold=1).astimezone(UTC).replace(microsecond=0)
    after = before + (first - before) // _SECOND * _SECOND + _SECOND
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).replace(tzinfo=None) < wall.replace(tzinfo=None):
            before = middle
        else:
            after = middle
    return after
