"""`pairloom program` and `pairloom roster`: what is wrong with a file, before anything is started."""

from __future__ import annotations

from pathlib import Path

import typer

from intake.program_file import read_program
from intake.roster_file import read_roster

program_app = typer.Typer(no_args_is_help=True, help="Program designs.")
roster_app = typer.Typer(no_args_is_help=True, help="Rosters of people.")


@program_app.callback()
def _program() -> None:
    """Program designs."""


@roster_app.callback()
def _roster() -> None:
    """Rosters of people."""


@program_app.command("check")
def check_program(file: Path) -> None:
    """Say everything that is wrong with a program design."""
    design = read_program(file)
    typer.echo(f"{file}: {design.title}, version {design.version}: no mistakes found")


@roster_app.command("check")
def check_roster(file: Path) -> None:
    """Say everything that is wrong with a roster."""
    people = read_roster(file)
    mentors = sum(person.role == "mentor" for person in people)
    typer.echo(f"{file}: {mentors} mentors, {len(people) - mentors} mentees: no mistakes found")
