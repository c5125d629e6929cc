"""`pairloom`: the command line. Every failure is a sentence that says what to do, and an honest exit code.

0: done. 1: something outside failed (a server, the disk, a port).
2: what you gave has mistakes, and nothing was started.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

import worker as composition
from domain.event_versions import EventUnknown
from embedded.ground import USUAL_PORTS, GroundError
from eventstore.failures import StoreUnavailable
from eventstore.migrations import SchemaChanged, SchemaTooNew
from intake.problems import IntakeError
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.cohort_commands import cohort_app
from operations.cohorts import CohortNotStarted
from operations.demo import DemoPlan, run_demo, usual_start
from operations.development import run_development
from operations.progress import progress_on
from operations.report import as_json, print_report
from operations.stopping import stop_everything
from operations.store_commands import store_app
from operations.watching_commands import pairing_app, today
from rehearsal.virtual_time import RehearsalStuck

HOME = Path(".pairloom")
DEMO_DATA, DEV_DATA = HOME / "demo", HOME / "dev"

FAILURES = (
    GroundError,
    StoreUnavailable,
    SchemaTooNew,
    SchemaChanged,
    composition.WorkerError,
    CohortNotStarted,
    RehearsalStuck,
    EventUnknown,
)
"""What went wrong outside; each message says what to do."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
program = typer.Typer(no_args_is_help=True, help="Program designs.")
roster = typer.Typer(no_args_is_help=True, help="Rosters of people.")
app.add_typer(program, name="program")
app.add_typer(roster, name="roster")
app.add_typer(cohort_app, name="cohort")
app.add_typer(store_app, name="store")
app.add_typer(pairing_app, name="pairing")
app.command("today")(today)

ProgramFile = Annotated[Path, typer.Option("--program", help="The program design (YAML).")]
RosterFile = Annotated[Path, typer.Option("--roster", help="The people (CSV).")]
DataDirectory = Annotated[Path, typer.Option("--data", help="Where the servers keep their data.")]


@app.command()
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
    console = _console()
    if json_file is not None:
        _writable(json_file)
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
    names = {person.id: person.name for person in read_roster(roster_file)}
    print_report(console, result, names, kept=keep, data=data)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(result), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        console.print(f"Written to {json_file}.")


@app.command()
def dev(data: DataDirectory = DEV_DATA) -> None:
    """Run Temporal, PostgreSQL and a worker on this machine, in real time, until Ctrl-C. Data stays."""
    asyncio.run(run_development(Console(), data))


@app.command()
def worker() -> None:
    """Run one worker against the Temporal and the PostgreSQL that the environment names."""
    raise typer.Exit(composition.main())


@app.command()
def stop(data: Annotated[Path | None, typer.Option("--data", help="Only this data directory.")] = None) -> None:
    """Stop what `demo --keep` left running. Data stays."""
    for directory in [data] if data is not None else [DEMO_DATA, DEV_DATA]:
        stopped = stop_everything(directory)
        typer.echo(f"{directory}: {'stopped' if stopped else 'nothing was running'}")


@program.command("check")
def check_program(file: Path) -> None:
    """Say everything that is wrong with a program design."""
    design = read_program(file)
    typer.echo(f"{file}: {design.title}, version {design.version}: no mistakes found")


@roster.command("check")
def check_roster(file: Path) -> None:
    """Say everything that is wrong with a roster."""
    people = read_roster(file)
    mentors = sum(person.role == "mentor" for person in people)
    typer.echo(f"{file}: {mentors} mentors, {len(people) - mentors} mentees: no mistakes found")


def main() -> None:
    """The entry point: turns failures that a person can act on into sentences."""
    # SIGTERM ends a command as Ctrl-C does: what it started is stopped on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except IntakeError as error:
        print(error.report(), file=sys.stderr)
        sys.exit(2)
    except FAILURES as error:
        print(error, file=sys.stderr)
        composition.leave(1)
    except WorkflowQueryFailedError as error:
        print(f"The workflow does not answer yet: {error}. Try again in a moment.", file=sys.stderr)
        sys.exit(1)
    except WorkflowUpdateFailedError as refused:
        cause = refused.cause
        print(f"Refused: {cause.message if isinstance(cause, ApplicationError) else cause}", file=sys.stderr)
        sys.exit(2)
    except WorkflowAlreadyStartedError:
        print("A cohort of that id has run and ended: choose another id.", file=sys.stderr)
        sys.exit(2)
    except RPCError as error:
        unknown = error.status is RPCStatusCode.NOT_FOUND
        print("There is no cohort of that id." if unknown else f"Temporal answers: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted: what this command started has been stopped.", file=sys.stderr)
        sys.exit(130)


def _start(given: str | None, zone: str) -> datetime:
    now = datetime.now(UTC)
    if given is None:
        return usual_start(zone, now)
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter(f"found {given!r}, expected a day such as 2027-01-11", param_hint="--start") from None
    start = datetime.combine(day, time(9), ZoneInfo(zone)).astimezone(UTC)
    if not 1 <= (start - now).days <= 27:
        raise typer.BadParameter("expected a day two days to four weeks ahead", param_hint="--start")
    return start


def _console() -> Console:
    """A terminal as wide as it is; a file or a pipe wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=132)


def _writable(file: Path) -> None:
    """Find out before the demo, not after it."""
    with file.open("a", encoding="utf-8"):
        pass
