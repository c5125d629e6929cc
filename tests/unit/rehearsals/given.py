"""A small program to rehearse: three pairs of a roster of six."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.program import ProgramDesign
from domain.roster import Person
from intake.program_file import read_program
from intake.roster_file import read_roster
from rehearsal.assumptions import Assumptions
from rehearsal.pairs import Pairs, matched
from rehearsal.runs import Run, rehearse

EXAMPLES = Path(__file__).parents[3] / "examples"
START = datetime(2027, 1, 11, 9, tzinfo=UTC)


def design(**changes: Any) -> ProgramDesign:
    """The example's, with other sections."""
    written = read_program(EXAMPLES / "digital-fluency.yaml").model_dump()
    return ProgramDesign.model_validate(written | changes)


def people() -> list[Person]:
    """The example's roster."""
    return read_roster(EXAMPLES / "roster.csv")


def pairs(of: ProgramDesign | None = None, first: int = 12) -> Pairs:
    """The first pairings of the example."""
    plan = of or design()
    found = matched(plan, people(), cohort="spring", seed=7, opened=START, starts_at=START)
    return replace(found, creates=found.creates[:first])


def runs(of: Pairs, number: int, seed: int = 7, assumptions: Assumptions | None = None, cores: int = 1) -> list[Run]:
    """Some runs in this process."""
    people = assumptions or Assumptions()
    return rehearse(of.creates, starts_at=START, seed=seed, runs=number, assumptions=people, cores=cores)
