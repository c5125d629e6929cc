"""Public holidays, so that nobody is told anything on a day off."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays

_SATURDAY = 5


@cache
def public_holidays(country: str, first: date, last: date) -> tuple[date, ...]:
    """Holidays from `first` to `last`, both included, that fall on Monday to Friday, earliest first.

    `country` is an ISO 3166 code of two letters. Only holidays of the whole country count; those of one of its
    regions (England's Easter Monday, Bavaria's Epiphany) do not.
    Raises ValueError for a country without a known calendar, or when `last` is before `first`.
    """
    if not has_calendar(country):
        raise ValueError(f"found the country {country!r}, expected {EXPECTED_COUNTRY}")
    if last < first:
        raise ValueError(f"found the last day {last} before the first day {first}, expected them in order")
    calendar = holidays.country_holidays(country, years=range(first.year, last.year + 1))
    return tuple(sorted(day for day in calendar if first <= day <= last and day.weekday() < _SATURDAY))


EXPECTED_COUNTRY = "an ISO 3166 code with known public holidays, such as 'GB' or 'DE'"


def has_calendar(country: str) -> bool:
    """Whether `public_holidays` knows the country."""
    return country in _countries()


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2)
