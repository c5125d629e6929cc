"""What `pairloom cohort explain` tells of somebody without a partner."""

from __future__ import annotations

import pytest
from rich.console import Console

from domain.matching.bars import Bar
from domain.matching.proposal import LeftOver, Relaxation
from domain.program import MatchingWeights
from operations.explanation_views import Explained, print_explained

HELP = Relaxation(
    partner="P007",
    bars=(Bar.SENIORITY_GAP,),
    place=False,
    price=0.33,
    score=0.61,
    says="A gap of 2 grades instead of 3 would allow a pairing with P007, score 0.61.",
)


def told(relaxation: Relaxation | None) -> str:
    left_over = LeftOver(person="P001", role="mentee", reason="All are ruled out.", relaxation=relaxation)
    found = Explained(
        cohort="spring",
        person="P001",
        role="mentee",
        partners=(),
        weights=MatchingWeights(),
        left_over=left_over,
        others=(),
    )
    console = Console(width=160)
    with console.capture() as captured:
        print_explained(console, found, {"P001": "Margaret"})
    return captured.get()


@pytest.mark.parametrize("relaxation", [HELP, None], ids=["can be helped", "by no design"])
def test_the_least_that_would_help_is_told_where_anything_would(relaxation: Relaxation | None) -> None:
    said = told(relaxation)

    assert "has no partner. All are ruled out." in said
    assert (f"The least that would help: {HELP.says}" in said) is (relaxation is not None)
