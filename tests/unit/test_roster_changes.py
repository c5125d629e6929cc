"""A corrected roster beside the one that a cohort has."""

from __future__ import annotations

from intake.roster_file import read_roster
from operations.roster_changes import roster_changes
from tests.unit.rehearsals.given import EXAMPLES

STORED = read_roster(EXAMPLES / "roster.csv")


def test_the_same_people_in_any_order_are_no_change() -> None:
    assert roster_changes(STORED[::-1], STORED, ()) is None


def test_what_differs_is_said_in_numbers() -> None:
    corrected = STORED[1].model_copy(update={"grade": STORED[1].grade + 1})
    newcomers = [STORED[0].model_copy(update={"id": id}) for id in ("P901", "P902")]
    assert roster_changes([corrected, *STORED[2:], *newcomers], STORED, ()) == "2 new, 1 missing, 1 changed"
    assert roster_changes([corrected, *STORED[2:]], STORED[1:], ()) == "1 changed"


def test_who_has_been_erased_is_not_new() -> None:
    assert roster_changes(STORED, STORED[1:], (STORED[0].id,)) is None
