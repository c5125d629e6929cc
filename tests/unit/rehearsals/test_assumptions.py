"""The file of assumptions: every default with its source, every mistake at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake.problems import IntakeError
from operations.rehearse_commands import PEOPLE
from rehearsal.assumptions import Assumptions
from tests.unit.rehearsals.given import EXAMPLES


def read(tmp_path: Path, text: str) -> Assumptions:
    file = tmp_path / "people.yaml"
    file.write_text(text)
    return PEOPLE.read(file)


def test_the_example_names_every_field_with_its_default_and_source() -> None:
    assert PEOPLE.read(EXAMPLES / "people.yaml") == Assumptions()
    lines = (EXAMPLES / "people.yaml").read_text().splitlines()
    for section in Assumptions.model_fields.values():
        assert section.annotation is not None
        for name, field in section.annotation.model_fields.items():
            assert field.description, f"{name} has no source"
            source = "own" if field.description.startswith("own") else field.description
            assert any(line.strip().startswith(f"{name}:") and source in line for line in lines), name


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    found = read(tmp_path, "mentee:\n  cancels_meeting: 0.3\n")
    assert found.mentee.cancels_meeting == 0.3
    assert found.mentor == Assumptions().mentor


@pytest.mark.parametrize(
    ("text", "line", "where", "expected"),
    [
        ("mentee:\n  cancels_meeting: 1.2\n", 2, "mentee.cancels_meeting", "a number of at most 1"),
        ("mentee:\n  cancels_meting: 0.2\n", 2, "mentee.cancels_meting", "'cancels_meeting'"),
        ("pair:\n  falls_silent: often\n", 2, "pair.falls_silent", "a number"),
        ("mentor:\n  trains: {median: -1}\n", 2, "mentor.trains.median", "a number above 0"),
        ("mentor:\n  trains: {spread: 1}\n", 2, "mentor.trains.median", "a value: it is required"),
        ("mentor:\n  trains: 5 days\n", 2, "mentor.trains", "a section with some of the fields median, spread"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, text: str, line: int, where: str, expected: str) -> None:
    with pytest.raises(IntakeError) as refused:
        read(tmp_path, text)
    [problem] = refused.value.problems
    assert (problem.line, problem.where, problem.expected) == (line, where, expected)
