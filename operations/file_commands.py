"""`pairloom program` and `pairloom roster`: what is wrong with a file, before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.decider import Frozen
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.answers import answer, gives
from operations.options import AsJson

program_app = typer.Typer(no_args_is_help=True, help="Program designs.")
roster_app = typer.Typer(no_args_is_help=True, help="Rosters of people.")


class ProgramChecked(Frozen):
    """A program design without mistakes. One with mistakes is a failure that lists them."""

    file: str
    program: str
    version: int
    title: str


class RosterChecked(Frozen):
    """A roster without mistakes. One with mistakes is a failure that lists them."""

    file: str
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
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with a roster."""
    people = read_roster(file, None if program is None else read_program(program))
    mentors = sum(person.role == "mentor" for person in people)
    on_leave = sum(person.returns_on is not None for person in people)
    checked = RosterChecked(file=str(file), mentors=mentors, mentees=len(people) - mentors, on_leave=on_leave)
    away = f" ({on_leave} of them on leave)" if on_leave else ""
    text = f"{file}: {mentors} mentors, {checked.mentees} mentees{away}: no mistakes found"
    answer(checked, as_json, lambda console: console.print(text, markup=False, soft_wrap=True))
