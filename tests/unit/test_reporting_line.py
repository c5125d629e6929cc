"""What makes two people of one organisation a pair that may not be."""

from __future__ import annotations

import pytest

from domain.reporting_line import Relation, relations

LINE, SKIP, MANAGER = Relation.REPORTING_LINE, Relation.SKIP_LEVEL, Relation.SAME_MANAGER


@pytest.mark.parametrize(
    ("above_junior", "above_senior", "expected"),
    [
        (["lead", "head"], ["chief"], ()),
        ([], [], ()),
        (["senior"], [], (LINE,)),
        (["lead", "senior"], ["chief"], (SKIP, LINE)),
        (["lead", "head", "senior"], [], (LINE,)),
        (["lead"], ["lead"], (MANAGER,)),
        (["lead", "head"], ["head"], ()),
        (["lead"], ["junior"], (LINE,)),
    ],
)
def test_relations(above_junior: list[str], above_senior: list[str], expected: tuple[Relation, ...]) -> None:
    assert relations("junior", above_junior, "senior", above_senior) == expected
    assert relations("senior", above_senior, "junior", above_junior) == expected
