"""Every kind of broken roster in tests/rosters/broken says what tests/rosters/expected.toml has for it, and no more."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from intake.problems import IntakeError
from intake.roster_file import read_roster

ROSTERS = Path(__file__).parents[1] / "rosters"
EXPECTED: dict[str, dict[str, list[str]]] = tomllib.loads((ROSTERS / "expected.toml").read_text(encoding="utf-8"))


def test_every_file_has_its_message() -> None:
    assert sorted(EXPECTED) == sorted(file.name for file in (ROSTERS / "broken").iterdir())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_broken_roster_says_what_is_wrong_with_it(name: str) -> None:
    file = ROSTERS / "broken" / name
    with pytest.raises(IntakeError) as refused:
        read_roster(file)
    assert [str(one).removeprefix(str(file)).removeprefix(":").strip() for one in refused.value.problems] == (
        EXPECTED[name]["says"]
    )
