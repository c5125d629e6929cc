"""What `pairloom cohort explain` tells of somebody without a partner."""

from __future__ import annotations

import pytest
from rich.console import Console

from domain.matching.bars import Bar
from domain.matching.proposal import LeftOver, Relaxation
from domain.program import MatchingWeights
from operations.explanation_views import Explained, Possible, print_explained

HELP = Relaxation(
    partner="P007",
    bars=(Bar.SENIORITY_GAP,),
    place=False,
    price=0.33,
    score=0.61,
    says="A gap of 2 grades instead of 3 would allow a pairing with P007, score 0.61.",
)


def told(relaxation: Relaxation | None, others: tuple[Possible, ...] = ()) -> str:
    left_over = LeftOver(person="P001", role="mentee", reason="All are ruled out.", relaxation=relaxation)
    found = Explained(
        cohort="spring",
        person="P001",
        role="mentee",
        partners=(),
        weights=MatchingWeights(),
        left_over=left_over,
        others=others,
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


def test_how_many_more_there_are_stands_under_those_that_it_counts() -> None:
    possible = [Possible(person=f"P1{one:02}", score=0.5, against=(), paired_with=()) for one in range(25)]
    barred = [Possible(person=f"P2{one:02}", score=None, against=("is a manager",), paired_with=()) for one in range(6)]

    lines = [line.strip() for line in told(None, (*possible, *barred)).splitlines()]

    more = [line for line in lines if line.endswith("more: --json has all of them")]
    assert more == ["and 20 more: --json has all of them", "and 1 more: --json has all of them"]
    assert lines.index(more[0]) < lines.index("6 ruled out") < lines.index(more[1])
