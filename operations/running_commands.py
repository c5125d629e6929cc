"""`pairloom demo`, `dev`, `worker` and `stop`: what runs servers and workers."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import worker as composition
from domain.decider import Frozen
from embedded.ground import USUAL_PORTS
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.answers import answer, gives
from operations.demo import DemoPlan, run_demo
from operations.development import run_development
from operations.options import DEV_DATA, AsJson
from operations.output import console_for_tables, must_be_writable
from operations.progress import progress_on
from operations.report import as_json, print_report
from operations.starting import start_day
from operations.stopping import stop_everything

DEMO_DATA = Path(".pairloom/demo")

running_app = typer.Typer()

ProgramFile = Annotated[Path, typer.Option("--program", help="The program design (YAML).")]
RosterFile = Annotated[Path, typer.Option("--roster", help="The people (CSV).")]
DataDirectory = Annotated[Path, typer.Option("--data", help="Where the servers keep their data.")]


@running_app.command()
def demo(
    program_file: ProgramFile = Path("examples/digital-fluency.yaml"),
    roster_file: RosterFile = Path("examples/roster.csv"),
    seed: Annotated[int, typer.Option(min=0, help="Whose luck: the same seed gives the same events.")] = 7,
    start: Annotated[str | None, typer.Option(help="Day of the first offers (YYYY-MM-DD).")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the servers and the worker running.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write what happened as JSON too.")] = None,
    data: DataDirectory = DEMO_DATA,
) -> None:
    """Carry a whole cohort from matching to evaluation, on real servers, in virtual time."""
    console = console_for_tables()
    must_be_writable(json_file)
    design = read_program(program_file)
    plan = DemoPlan(
        program=program_file,
        roster=roster_file,
        data=data,
        seed=seed,
        start=_start(start, design.zone),
        ports=USUAL_PORTS,
        keep=keep,
    )
    with progress_on(console) as progress:
        result = asyncio.run(run_demo(plan, progress))
    names = {person.id: person.name for person in read_roster(roster_file, design)}
    print_report(console, result, names, kept=keep, data=data)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(result), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        console.print(f"Written to {json_file}.")


@running_app.command()
def dev(data: DataDirectory = DEV_DATA) -> None:
    """Run Temporal, PostgreSQL and a worker on this machine, in real time, until Ctrl-C. Data stays."""
    asyncio.run(run_development(Console(), data))


@running_app.command()
def worker() -> None:
    """Run one worker against the Temporal and the PostgreSQL that the environment names."""
    raise typer.Exit(composition.main())


class Stopped(Frozen):
    """A data directory, and whether anything ran on it."""

    data: str
    stopped: bool


@running_app.command()
@gives(Stopped, several=True)
def stop(
    data: Annotated[Path | None, typer.Option("--data", help="Only this data directory.")] = None,
    as_json: AsJson = False,
) -> None:
    """Stop what `demo --keep` left running. Data stays."""
    directories = [data] if data is not None else [DEMO_DATA, DEV_DATA]
    found = tuple(Stopped(data=str(directory), stopped=stop_everything(directory)) for directory in directories)
    lines = [f"{one.data}: {'stopped' if one.stopped else 'nothing was running'}" for one in found]
    answer(found, as_json, lambda console: console.print("\n".join(lines), markup=False))


def _start(given: str | None, zone: str) -> datetime:
    now = datetime.now(UTC)
    start = start_day(given, zone, now)
    if given is not None and not 1 <= (start - now).days <= 27:
        raise typer.BadParameter("expected a day two days to four weeks ahead", param_hint="--start")
    return start
