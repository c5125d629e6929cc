"""Every moment that a command names lies within reach of a calendar: no sender can set a clock that nobody can show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.decider import Command, Moment
from domain.pairing.closing import ReportLeaver
from workflows.cohort import CohortWorkflow
from workflows.pairing import PairingWorkflow


def all_commands(kind: type[Command] = Command) -> set[type[Command]]:
    return {kind, *(one for below in kind.__subclasses__() for one in all_commands(below))}


def test_every_moment_of_every_command_is_bounded() -> None:
    assert PairingWorkflow, CohortWorkflow  # with them, every command is known here
    moments = [
        (command.__name__, name, hint)
        for command in all_commands()
        for name, hint in get_type_hints(command, include_extras=True).items()
        if name != "due" and "datetime" in str(hint).lower()  # a clock's own due time is the engine's
    ]
    assert {("ReportLeaver", "leaves_at"), ("ScheduleSeries", "times"), ("ReportLeave", "at")} <= {
        (command, name) for command, name, _ in moments
    }
    assert [(command, name) for command, name, hint in moments if not _bounded(hint)] == []


def _bounded(hint: Any) -> bool:
    try:
        TypeAdapter(hint).validate_python(
            ("9999-12-31T23:59:59-05:00",) if "tuple" in str(hint) else "9999-12-31T23:59:59-05:00"
        )
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("offset", [-23, 0, 23])
def test_what_is_within_reach_has_a_name_in_every_zone(offset: int) -> None:
    zone, reach = timezone(timedelta(hours=offset)), TypeAdapter(Moment)
    for moment in (datetime(2000, 1, 1, tzinfo=zone), datetime(2199, 12, 31, 23, 59, tzinfo=zone)):
        assert reach.validate_python(moment).astimezone(UTC)
    for moment in (datetime(1999, 12, 31, tzinfo=zone), datetime(2200, 1, 1, tzinfo=zone)):
        with pytest.raises(ValidationError, match="expected a moment from 2000 to 2199"):
            reach.validate_python(moment)


def test_a_leaving_date_that_means_never_is_refused() -> None:
    with pytest.raises(ValidationError, match="leaves_at"):
        ReportLeaver.model_validate_json(
            '{"by": {"role": "service", "id": "hr"}, "key": "k", "participant": "p-101", '
            '"leaves_at": "9999-12-31T23:59:59-05:00"}'
        )
