"""The program design as operators write it: durations, rules across fields, and JSON."""

from __future__ import annotations

import json
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.program import Duration, ProgramDesign, days

DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)


def design(**changes: Any) -> ProgramDesign:
    """The smallest design that is complete, with `changes`."""
    smallest = {
        "program": "reverse-2026",
        "version": 1,
        "title": "Reverse mentoring 2026",
        "objectives": ["Executives learn what the newest colleagues know"],
        "zone": "Europe/London",
    }
    return ProgramDesign.model_validate(smallest | changes)


# --- Durations ---


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("14 days", timedelta(days=14)),
        ("1 day", timedelta(days=1)),
        ("4 weeks", timedelta(weeks=4)),
        ("24 hours", timedelta(hours=24)),
        ("45 minutes", timedelta(minutes=45)),
        ("  2days ", timedelta(days=2)),
        ("P14D", timedelta(days=14)),
        (timedelta(hours=3), timedelta(hours=3)),
    ],
)
def test_a_duration_is_read_with_its_unit(written: object, meant: timedelta) -> None:
    assert DURATION.validate_python(written) == meant


@pytest.mark.parametrize(
    "written", ["14", "two weeks", "14 fortnights", "1.5 days", "-3 days", "1 week 2 days", "", 14, 2.5, None, []]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        DURATION.validate_python(written)


@pytest.mark.parametrize("written", ["0 days", "-P1D", timedelta(0), timedelta(days=-1)])
def test_a_duration_is_longer_than_nothing(written: object) -> None:
    with pytest.raises(ValidationError, match="longer than nothing"):
        DURATION.validate_python(written)


@pytest.mark.parametrize("written", ["fourteen days", 14])
def test_a_refused_duration_says_what_was_expected(written: object) -> None:
    with pytest.raises(ValidationError, match=r"expected a duration .*'14 days'"):
        DURATION.validate_python(written)


@given(st.integers(1, 5000), st.sampled_from(["minute", "hour", "day", "week"]), st.booleans())
def test_every_amount_of_every_unit_is_read(amount: int, unit: str, plural: bool) -> None:
    written = f"{amount} {unit}{'s' if plural else ''}"
    assert DURATION.validate_python(written) == timedelta(**{f"{unit}s": amount})


@given(st.integers(1, 10**6).map(lambda minutes: timedelta(minutes=minutes)))
def test_a_duration_survives_json(duration: timedelta) -> None:
    assert DURATION.validate_json(DURATION.dump_json(duration)) == duration


# --- A whole design ---


def test_the_defaults_are_the_published_figures() -> None:
    defaults = design()
    assert defaults.cohort.enrolment == timedelta(weeks=4)
    assert (defaults.offer.remind_after, defaults.offer.expire_after) == (days(7), days(10))
    assert (defaults.meetings.planned, defaults.meetings.enough) == (6, 5)
    assert defaults.meetings.over == timedelta(weeks=26)
    assert (defaults.health.amber_after, defaults.health.red_after) == (days(45), days(60))
    assert defaults.checkpoints.after == (days(30), days(90), days(150))
    assert (defaults.working_hours.start, defaults.working_hours.end) == (time(9), time(17))
    assert defaults.direction == "reverse"


def test_a_design_survives_json() -> None:
    written = design(
        offer={"remind_after": "3 days", "expire_after": "2 weeks"},
        meetings={"first_escalate": ["10 days", "20 days"], "reminders": ["2 hours"]},
        matching={"weights": {"skills": 2}, "forbidden": [["a", "b"]]},
        working_hours={"start": "08:30", "end": "16:45"},
    )
    assert ProgramDesign.model_validate_json(written.model_dump_json()) == written
    assert ProgramDesign.model_validate(json.loads(json.dumps(written.model_dump(mode="json")))) == written


def test_a_design_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        design().version = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"working_hours": {"start": "17:00", "end": "09:00"}}, "'start' before 'end'"),
        ({"working_hours": {"start": "09:00", "end": "09:00"}}, "'start' before 'end'"),
        ({"offer": {"remind_after": "10 days"}}, "'remind_after' shorter than 'expire_after'"),
        ({"training": {"remind_after": "3 weeks"}}, "'remind_after' shorter than 'due_after'"),
        ({"evaluation": {"due_after": "7 days"}}, "'remind_after' shorter than 'due_after'"),
        ({"goals": {"at_least": 3, "at_most": 2}}, "'at_least' no larger than 'at_most'"),
        ({"meetings": {"planned": 4}}, "'enough' no larger than 'planned'"),
        ({"meetings": {"minutes_at_least": 90}}, "'minutes_at_least' no larger than 'minutes_at_most'"),
        ({"meetings": {"log_reminder": "7 days"}}, "'log_reminder' shorter than 'missed_after'"),
        ({"meetings": {"first_escalate": ["4 weeks", "2 weeks"]}}, "'first_escalate' in ascending order"),
        ({"health": {"amber_after": "60 days"}}, "'amber_after' < 'red_after'"),
        ({"health": {"red_after": "90 days"}}, "'red_after' < 'propose_closing_after'"),
        ({"checkpoints": {"after": ["90 days", "30 days"]}}, "'after' in ascending order"),
        ({"checkpoints": {"after": ["30 days", "30 days"]}}, "without repeats"),
        ({"checkpoints": {"after": ["182 days"]}}, "checkpoint before the program's end"),
        ({"meetings": {"over": "20 weeks"}}, "checkpoint before the program's end"),
        ({"zone": "Europe/Atlantis"}, "IANA time zone"),
        ({"direction": "classic"}, "'reverse'"),
        ({"objectives": []}, "at least 1 item"),
        ({"program": "Reverse 2026"}, "should match pattern"),
        ({"version": 0}, "greater than or equal to 1"),
        ({"training": {"mentor": []}}, "at least 1 item"),
        ({"matching": {"weights": {"skills": float("inf")}}}, "finite number"),
        ({"cadence": "4 weeks"}, "Extra inputs are not permitted"),
        ({"meetings": {"planed": 6}}, "Extra inputs are not permitted"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        design(**changes)


def test_a_design_may_do_without_checkpoints() -> None:
    assert design(checkpoints={"after": []}, meetings={"over": "2 weeks"}).checkpoints.after == ()


def test_a_complaint_names_the_field() -> None:
    with pytest.raises(ValidationError) as refused:
        design(offer={"remind_after": "soon"})
    assert refused.value.errors()[0]["loc"] == ("offer", "remind_after")
