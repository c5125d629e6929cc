"""Telling where two streams part."""

from __future__ import annotations

from rehearsal.assumptions import Assumptions
from rehearsal.on_server import Difference, parted
from rehearsal.simulation import simulate
from tests.unit.rehearsals.given import pairs


def test_the_first_difference_is_named() -> None:
    told = simulate(pairs(first=1).creates[0], 7, Assumptions())
    assert parted("p", told, list(told)) is None
    late = told[4].model_copy(update={"at": told[5].at})
    assert parted("p", [*told[:4], late, *told[5:]], told) == Difference(
        "p", 5, f"{late.type} at {late.at.isoformat()}", f"{told[4].type} at {told[4].at.isoformat()}"
    )
    assert parted("p", told[:-1], told) == Difference(
        "p", len(told), None, f"{told[-1].type} at {told[-1].at.isoformat()}"
    )
