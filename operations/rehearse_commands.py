"""`pairloom rehearse`: run a program before it starts, or a running one to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from intake.model_file import Form
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.fitting import fit
from operations.output import console_for_tables, must_be_writable
from operations.rehearsing import Wanted, rehearse_live, rehearse_on_server, rehearse_program
from operations.starting import start_day
from rehearsal.assumptions import Assumptions

PEOPLE = Form(Assumptions, "assumptions about people", {})
DEV_DATA, SERVER_DATA = Path(".pairloom/dev"), Path(".pairloom/rehearsal")

rehearse_app = typer.Typer()


@rehearse_app.command()
def rehearse(
    program: Annotated[Path | None, typer.Argument(metavar="PROGRAM", help="The program design (YAML).")] = None,
    roster: Annotated[Path | None, typer.Argument(metavar="ROSTER", help="The people (CSV).")] = None,
    runs: Annotated[int, typer.Option(min=1, max=10_000, help="How many times to run it.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Whose luck: the same seed gives the same answer.")] = 7,
    people: Annotated[Path | None, typer.Option("--people", help="Assumptions about people (YAML).")] = None,
    start: Annotated[str | None, typer.Option(help="Day of the first offers (YYYY-MM-DD).")] = None,
    compare: Annotated[Path | None, typer.Option("--compare", help="Another design, for the same people.")] = None,
    live: Annotated[str | None, typer.Option("--live", metavar="COHORT", help="A running cohort from today.")] = None,
    fit_cohort: Annotated[
        str | None, typer.Option("--fit", metavar="COHORT", help="Estimate the assumptions from a finished cohort.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="For --fit: write them as a file for --people.")] = None,
    on_server: Annotated[
        bool,
        typer.Option("--on-server", help="One run on a real Temporal server: are the events the same?"),
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page too.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write it as JSON too.")] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The `pairloom dev` that --live and --fit read; where --on-server keeps its data."),
    ] = None,
) -> None:
    """Run a program before it starts, or a running one to its end: load, funnel, conflicts, over many runs."""
    must_be_writable(html, json_file, to)
    wanted = Wanted(
        runs=runs,
        seed=seed,
        assumptions=PEOPLE.read(people) if people is not None else Assumptions(),
        html=html,
        json_file=json_file,
        console=console_for_tables(),
    )
    if fit_cohort is not None:
        _alone(program=program, roster=roster, compare=compare, live=live, on_server=on_server)
        raise typer.Exit(fit(wanted.console, fit_cohort, data or DEV_DATA, wanted.assumptions, to))
    if live is not None:
        _alone(program=program, roster=roster, compare=compare, on_server=on_server)
        raise typer.Exit(rehearse_live(wanted, live, data or DEV_DATA))
    if program is None or roster is None:
        raise typer.BadParameter(
            "expected a program and a roster, or --live with a cohort", param_hint="PROGRAM ROSTER"
        )
    design = read_program(program)
    persons = read_roster(roster, design)
    starts_at = start_day(start, design.zone, datetime.now(UTC))
    if on_server:
        raise typer.Exit(rehearse_on_server(wanted, program, roster, starts_at, data or SERVER_DATA))
    rehearse_program(wanted, design, persons, starts_at, other=None if compare is None else read_program(compare))


def _alone(**others: object) -> None:
    given = [name.replace("_", "-") for name, value in others.items() if value]
    if given:
        raise typer.BadParameter(f"a stored cohort has its own people and design: leave out {', '.join(given)}")
