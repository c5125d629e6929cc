"""`pairloom program` and `pairloom roster`: what is wrong with a file, before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field

from domain.decider import Frozen
from domain.roster import Person
from intake.problems import IntakeError
from intake.program_file import read_program
from intake.roster_file import NO_SUCH_COLUMN, read_roster
from operations.answers import answer, gives
from operations.endings import BadInput
from operations.options import DEV_DATA, AsJson, DataDirectory, cohort_id

program_app = typer.Typer(no_args_is_help=True, help="Program designs.")
roster_app = typer.Typer(no_args_is_help=True, help="Rosters of people.")

LATE_JOINERS = "Do these people join a cohort that runs? Name it by --cohort, and they may name its people."

OWN_TITLES = (
    "Does your system call its columns otherwise? Name its titles in the program design, and that by --program."
)


class ProgramChecked(Frozen):
    """A program design without mistakes. One with mistakes is a failure that lists them."""

    file: str
    program: str
    version: int
    title: str


class RosterChecked(Frozen):
    """A roster without mistakes. One with mistakes is a failure that lists them."""

    file: str
    cohort: str | None = Field(default=None, description="the one whose people it was checked beside")
    mentors: int
    mentees: int
    on_leave: int


@program_app.callback()
def _program() -> None:
    """Program designs."""


@roster_app.callback()
def _roster() -> None:
    """Rosters of people."""


@program_app.command("check")
@gives(ProgramChecked)
def check_program(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The program design (YAML).")], as_json: AsJson = False
) -> None:
    """Say everything that is wrong with a program design."""
    design = read_program(file)
    checked = ProgramChecked(file=str(file), program=design.program, version=design.version, title=design.title)
    text = f"{file}: {design.title}, version {design.version}: no mistakes found"
    answer(checked, as_json, lambda console: console.print(text, markup=False, soft_wrap=True))


@roster_app.command("check")
@gives(RosterChecked)
def check_roster(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The people (CSV or XLSX).")],
    program: Annotated[
        Path | None,
        typer.Option("--program", help="The program design (YAML): the titles of the columns, and who must be there."),
    ] = None,
    cohort: Annotated[
        str | None,
        typer.Option(
            "--cohort",
            metavar="COHORT",
            callback=cohort_id,
            help="For people who join this cohort: its people count as known, and its program design as given.",
        ),
    ] = None,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with a roster. Servers are needed with --cohort alone."""
    if cohort is not None and program is not None:
        raise BadInput("found --program beside --cohort, expected one of them: a cohort has its program design")
    people = _read(file, program) if cohort is None else _read_beside(file, cohort, data)
    mentors = sum(person.role == "mentor" for person in people)
    mentees, on_leave = len(people) - mentors, sum(person.returns_on is not None for person in people)
    checked = RosterChecked(file=str(file), cohort=cohort, mentors=mentors, mentees=mentees, on_leave=on_leave)
    away = f" ({on_leave} of them on leave)" if on_leave else ""
    beside = f", beside the people of {cohort}" if cohort else ""
    text = f"{file}: {_number(mentors, 'mentor')}, {_number(mentees, 'mentee')}{away}: no mistakes found{beside}"
    answer(checked, as_json, lambda console: console.print(text, markup=False, soft_wrap=True))


def _read(file: Path, program: Path | None) -> list[Person]:
    try:
        return read_roster(file, None if program is None else read_program(program))
    except IntakeError as wrong:
        if program is None and any(problem.found == NO_SUCH_COLUMN for problem in wrong.problems):
            raise IntakeError(wrong.problems, wrong.more, advice=OWN_TITLES) from None
        if any(problem.settled_by_cohort for problem in wrong.problems):
            raise IntakeError(wrong.problems, wrong.more, advice=LATE_JOINERS) from None
        raise


def _read_beside(file: Path, cohort: str, data: Path) -> list[Person]:
    # Temporal's client and asyncio, for those who ask a cohort: without them, a check starts in a third of the time.
    from operations.cohort_joining import read_beside  # noqa: PLC0415

    return read_beside(file, cohort, data)


def _number(people: int, role: str) -> str:
    return f"{people} {role}{'' if people == 1 else 's'}"
