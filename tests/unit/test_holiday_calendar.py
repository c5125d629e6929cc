from datetime import date

import pytest

from intake.holiday_calendar import has_calendar, public_holidays


def test_holidays_on_working_days_in_order() -> None:
    assert public_holidays("DE", date(2026, 4, 1), date(2026, 10, 31)) == (
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 14),
        date(2026, 5, 25),
    )  # German Unity Day is a Saturday in 2026


def test_both_ends_count_and_years_are_crossed() -> None:
    assert public_holidays("GB", date(2026, 12, 25), date(2027, 1, 1)) == (
        date(2026, 12, 25),
        date(2026, 12, 28),  # Boxing Day, a Saturday, is taken on Monday
        date(2027, 1, 1),
    )


def test_a_span_without_holidays_is_empty() -> None:
    assert public_holidays("US", date(2026, 3, 2), date(2026, 3, 6)) == ()


@pytest.mark.parametrize("country", ["XX", "UK", "gb", "GBR", ""])
def test_an_unknown_country_is_refused_in_a_sentence(country: str) -> None:
    assert not has_calendar(country)
    with pytest.raises(ValueError, match=f"found the country '{country}', expected an ISO 3166 code"):
        public_holidays(country, date(2026, 1, 1), date(2026, 12, 31))


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="expected them in order"):
        public_holidays("GB", date(2026, 2, 1), date(2026, 1, 1))
