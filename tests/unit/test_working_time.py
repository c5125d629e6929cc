"""Working time in real zones, on ordinary days and on the days when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.program import WorkingHours
from domain.working_time import (
    Calendar,
    after_working_days,
    after_working_time,
    due_on_working_day,
    is_working,
    next_slot,
    shared_hours,
    working_days_between,
    working_time_between,
)

ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
)
# Around these days the clocks of at least one of the zones change (or leave out a whole day).
TRANSITIONS = (
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 4, 23, 22, tzinfo=UTC),
    datetime(2026, 9, 26, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 10, 29, 21, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2006, 10, 29, 2, 31, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
)

wall_times = st.integers(min_value=0, max_value=24 * 60 - 1).map(lambda m: time(m // 60, m % 60))


@st.composite
def working_hours(draw: st.DrawFn) -> WorkingHours:
    start, end = sorted(draw(st.lists(wall_times, min_size=2, max_size=2, unique=True)))
    return WorkingHours(start=start, end=end)


def dates_near(instant: datetime) -> st.SearchStrategy[tuple[date, ...]]:
    offsets = st.lists(st.integers(min_value=-5, max_value=15), max_size=12)
    return offsets.map(lambda days: tuple(instant.date() + timedelta(days=d) for d in days))


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    anywhere = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
    near_a_change = st.builds(
        lambda at, seconds: at + timedelta(seconds=seconds),
        st.sampled_from(TRANSITIONS),
        st.integers(min_value=-3 * 86_400, max_value=3 * 86_400),
    )
    moment = draw(st.one_of(anywhere, near_a_change))
    return moment.astimezone(ZoneInfo(draw(st.sampled_from(ZONES))))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    instant = draw(instants())
    hours = draw(st.one_of(st.just(WorkingHours()), working_hours()))
    calendar = Calendar(zone=draw(st.sampled_from(ZONES)), hours=hours, holidays=draw(dates_near(instant)))
    return calendar, instant


def local(calendar: Calendar, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(calendar.zone))


@given(cases())
def test_next_slot_is_the_first_working_moment_from_here(case: tuple[Calendar, datetime]) -> None:
    calendar, instant = case
    slot = next_slot(calendar, instant)
    moment = instant.astimezone(UTC)
    assert slot >= moment
    assert slot.tzinfo is UTC
    assert is_working(calendar, slot)
    assert next_slot(calendar, slot) == slot
    assert (slot == moment) == is_working(calendar, instant)
    if slot > moment:
        assert not is_working(calendar, slot - timedelta(microseconds=1))
        assert local(calendar, slot).date() not in calendar.holidays
        assert local(calendar, slot).weekday() < 5


@given(cases(), st.timedeltas(timedelta(0), timedelta(days=5)))
def test_next_slot_keeps_the_order_of_instants(case: tuple[Calendar, datetime], later: timedelta) -> None:
    calendar, instant = case
    second = instant.astimezone(UTC) + later
    slot = next_slot(calendar, instant)
    assert slot <= next_slot(calendar, second)
    if second <= slot and not is_working(calendar, instant):
        assert next_slot(calendar, second) == slot, "nothing opens between an instant and its next slot"


@given(st.sampled_from(ZONES), instants())
def test_ordinary_office_hours_are_what_the_clock_on_the_wall_says(zone: str, instant: datetime) -> None:
    calendar = Calendar(zone=zone)
    wall = local(calendar, instant)
    assert is_working(calendar, instant) == (wall.weekday() < 5 and time(9) <= wall.time() < time(17))


@given(cases())
def test_due_on_working_day_keeps_the_time_of_day(case: tuple[Calendar, datetime]) -> None:
    calendar, instant = case
    due = due_on_working_day(calendar, instant)
    day = local(calendar, due).date()
    moment = instant.astimezone(UTC)
    assert due >= moment
    assert due.tzinfo is UTC
    assert day.weekday() < 5
    assert day not in calendar.holidays
    assert due_on_working_day(calendar, due) == due
    if due != moment and local(calendar, due).time() != local(calendar, instant).time():
        before = local(calendar, due - timedelta(microseconds=1))
        assert before.utcoffset() != local(calendar, due).utcoffset(), "only a jump of the clocks moves the time"


@given(cases(), st.timedeltas(timedelta(0), timedelta(days=60)), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_working_days_add_up(case: tuple[Calendar, datetime], first: timedelta, second: timedelta) -> None:
    calendar, start = case
    start = start.astimezone(UTC)
    middle, end = start + first, start + first + second
    parts = working_days_between(calendar, start, middle) + working_days_between(calendar, middle, end)
    assert working_days_between(calendar, start, end) == parts
    assert working_days_between(calendar, end, start) == 0


@given(cases(), st.sampled_from(ZONES), working_hours())
def test_shared_hours_fit_into_both_days(case: tuple[Calendar, datetime], zone: str, hours: WorkingHours) -> None:
    a, instant = case
    on = instant.date()
    b = Calendar(zone=zone, hours=hours)
    shared = shared_hours(a, b, on)
    assert timedelta(0) <= shared <= shared_hours(a, a, on)
    dates_of_b = [on + timedelta(days=d) for d in range(-2, 3)]
    assert shared <= sum((shared_hours(b, a, day) for day in dates_of_b), timedelta(0))


@pytest.mark.parametrize(
    ("zone", "instant", "expected"),
    [
        # Friday evening in London waits for Monday; the clocks go forward in between, 09:00 stays 09:00.
        ("Europe/London", "2026-03-27T18:00+00:00", "2026-03-30T08:00+00:00"),
        ("Europe/London", "2026-10-23T18:00+01:00", "2026-10-26T09:00+00:00"),
        ("America/New_York", "2026-03-06T17:00-05:00", "2026-03-09T13:00+00:00"),
        ("Pacific/Auckland", "2026-04-03T17:00+13:00", "2026-04-05T21:00+00:00"),
        ("Asia/Kathmandu", "2026-06-10T03:14+00:00", "2026-06-10T03:15+00:00"),
        ("Asia/Kolkata", "2026-06-10T04:00+00:00", "2026-06-10T04:00+00:00"),
        ("Asia/Kolkata", "2026-06-10T11:30+00:00", "2026-06-11T03:30+00:00"),
    ],
)
def test_next_slot_on_known_days(zone: str, instant: str, expected: str) -> None:
    slot = next_slot(Calendar(zone=zone), datetime.fromisoformat(instant))
    assert slot == datetime.fromisoformat(expected)


def test_an_opening_that_the_clocks_jump_over_is_the_jump() -> None:
    # Cairo, Friday 24 April 2026: 00:00 becomes 01:00.
    calendar = Calendar(zone="Africa/Cairo", hours=WorkingHours(start=time(0, 30), end=time(8)))
    slot = next_slot(calendar, datetime(2026, 4, 23, 12, tzinfo=UTC))
    assert local(calendar, slot).replace(tzinfo=None) == datetime(2026, 4, 24, 1, 0)
    assert slot == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_an_opening_that_occurs_twice_is_the_first() -> None:
    # Cairo, night to Friday 30 October 2026: 24:00 becomes 23:00 on Thursday.
    calendar = Calendar(zone="Africa/Cairo", hours=WorkingHours(start=time(23, 15), end=time(23, 45)))
    slot = next_slot(calendar, datetime(2026, 10, 29, 12, tzinfo=UTC))
    assert slot == datetime(2026, 10, 29, 20, 15, tzinfo=UTC)
    assert not is_working(calendar, datetime(2026, 10, 29, 21, 15, tzinfo=UTC)), "the day has one slot, not two"


def test_an_instant_given_in_a_repeated_local_hour_of_another_zone_is_understood() -> None:
    in_cairo = datetime(2026, 10, 29, 23, 30, fold=1, tzinfo=ZoneInfo("Africa/Cairo"))
    assert is_working(Calendar(zone="Pacific/Auckland"), in_cairo)
    assert next_slot(Calendar(zone="Pacific/Auckland"), in_cairo) == datetime(2026, 10, 29, 21, 30, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_is_no_working_day() -> None:
    calendar = Calendar(zone="Pacific/Apia")
    thursday_evening = datetime(2011, 12, 29, 18, tzinfo=ZoneInfo("Pacific/Apia"))
    assert local(calendar, next_slot(calendar, thursday_evening)).date() == date(2012, 1, 2)
    monday = datetime(2012, 1, 2, 18, tzinfo=ZoneInfo("Pacific/Apia"))
    assert working_days_between(calendar, thursday_evening, monday) == 1


def test_a_year_of_holidays_ends() -> None:
    year = tuple(date(2026, 1, 1) + timedelta(days=d) for d in range(365))
    calendar = Calendar(zone="Europe/London", holidays=year)
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert next_slot(calendar, start) == datetime(2027, 1, 1, 9, tzinfo=UTC)
    assert due_on_working_day(calendar, start) == datetime(2027, 1, 1, 12, tzinfo=UTC)


def test_due_on_working_day_moves_a_weekend_to_monday_at_the_same_local_time() -> None:
    calendar = Calendar(zone="Europe/London", holidays=(date(2026, 3, 30),))
    saturday = datetime(2026, 3, 28, 11, 20, tzinfo=UTC)
    assert due_on_working_day(calendar, saturday) == datetime(2026, 3, 31, 10, 20, tzinfo=UTC)
    late_on_friday = datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert due_on_working_day(calendar, late_on_friday) == late_on_friday


def test_working_days_of_an_ordinary_week_and_of_easter() -> None:
    good_friday_and_easter_monday = (date(2026, 4, 3), date(2026, 4, 6))
    calendar = Calendar(zone="Europe/London", holidays=good_friday_and_easter_monday)
    thursday = datetime(2026, 4, 2, 10, tzinfo=UTC)
    assert working_days_between(calendar, thursday, thursday + timedelta(days=7)) == 3
    assert working_days_between(calendar, thursday, thursday + timedelta(hours=2)) == 0


@pytest.mark.parametrize(
    ("a", "b", "hours"),
    [
        ("Europe/London", "Europe/London", 8.0),
        ("Europe/London", "America/New_York", 3.0),
        ("Europe/London", "Asia/Kolkata", 3.5),
        ("Asia/Kathmandu", "Asia/Kolkata", 7.75),
        ("America/New_York", "Asia/Kolkata", 0.0),
        ("Pacific/Auckland", "Pacific/Honolulu", 6.0),
    ],
)
def test_shared_hours_in_the_middle_of_a_week(a: str, b: str, hours: float) -> None:
    wednesday = date(2026, 6, 10)
    assert shared_hours(Calendar(zone=a), Calendar(zone=b), wednesday) == timedelta(hours=hours)
    assert shared_hours(Calendar(zone=b), Calendar(zone=a), wednesday) == timedelta(hours=hours)


def test_shared_hours_on_a_day_off_are_none() -> None:
    on = date(2026, 6, 10)
    off, works = Calendar(zone="Europe/London", holidays=(on,)), Calendar(zone="Europe/London")
    assert shared_hours(off, works, on) == shared_hours(works, off, on) == timedelta(0)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "America", "../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="IANA time zone"):
        Calendar(zone=zone)


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        next_slot(Calendar(zone="UTC"), datetime(2026, 6, 10))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "2026-12-23T15:00+00:00"), (2, "2026-12-24T15:00+00:00"), (3, "2026-12-29T15:00+00:00")],
)
def test_so_many_working_days_later_at_the_same_local_time(number: int, expected: str) -> None:
    hours = WorkingHours()
    calendar = Calendar(zone="Europe/London", hours=hours, holidays=(date(2026, 12, 25), date(2026, 12, 28)))
    tuesday = datetime(2026, 12, 22, 15, tzinfo=UTC)
    assert after_working_days(calendar, tuesday, number) == datetime.fromisoformat(expected)


def test_working_days_later_keep_the_wall_time_over_a_change_of_the_clocks() -> None:
    calendar = Calendar(zone="Europe/London", hours=WorkingHours(), holidays=())
    friday = datetime(2026, 3, 27, 15, tzinfo=UTC)
    assert after_working_days(calendar, friday, 1) == datetime(2026, 3, 30, 14, tzinfo=UTC)


@given(case=cases(), minutes=st.integers(min_value=0, max_value=20_000))
def test_working_time_passes_only_inside_working_hours(case: tuple[Calendar, datetime], minutes: int) -> None:
    (calendar, instant), span = case, timedelta(minutes=minutes)
    after = after_working_time(calendar, instant, span)
    assert is_working(calendar, after)
    assert working_time_between(calendar, instant, after) == span
    assert after >= instant


def test_a_working_day_from_friday_noon_is_monday_noon() -> None:
    calendar = Calendar(zone="Europe/London")
    friday = datetime(2027, 1, 8, 12, tzinfo=UTC)
    assert after_working_time(calendar, friday, timedelta(hours=8)) == datetime(2027, 1, 11, 12, tzinfo=UTC)
    assert working_time_between(calendar, friday, friday + timedelta(days=7)) == timedelta(hours=40)
    assert working_time_between(calendar, friday, friday) == timedelta(0)


def test_a_day_whose_hours_the_clocks_jump_over_has_none() -> None:
    """Cairo, on a Friday, from midnight straight to one o'clock."""
    calendar = Calendar(zone="Africa/Cairo", hours=WorkingHours(start=time(0), end=time(0, 45)))
    thursday_noon = datetime(2027, 4, 29, 9, tzinfo=UTC)
    monday = datetime(2027, 5, 3, tzinfo=ZoneInfo("Africa/Cairo"))
    assert next_slot(calendar, thursday_noon) == monday
    assert working_time_between(calendar, thursday_noon, monday) == timedelta(0)
