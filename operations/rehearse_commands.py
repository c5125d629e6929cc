"""`pairloom rehearse`: run a program before it starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from domain.program import ProgramDesign
from domain.roster import Person
from intake.model_file import Form
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.output import console_for_tables, must_be_writable
from operations.rehearsal_page import page
from operations.rehearsal_report import print_rehearsal
from operations.rehearsed import Rehearsed, as_json
from operations.starting import ENROLMENT, start_day
from rehearsal.assumptions import Assumptions
from rehearsal.comparison import Difference, differences
from rehearsal.forecast import forecast
from rehearsal.pairs import Pairs, matched
from rehearsal.runs import Run
from rehearsal.runs import rehearse as all_runs

PEOPLE = Form(Assumptions, "assumptions about people", {})

rehearse_app = typer.Typer()


@rehearse_app.command()
def rehearse(
    program: Annotated[Path, typer.Argument(metavar="PROGRAM", help="The program design (YAML).")],
    roster: Annotated[Path, typer.Argument(metavar="ROSTER", help="The people (CSV).")],
    runs: Annotated[int, typer.Option(min=1, max=10_000, help="How many times to run it.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Whose luck: the same seed gives the same answer.")] = 7,
    people: Annotated[Path | None, typer.Option("--people", help="Assumptions about people (YAML).")] = None,
    start: Annotated[str | None, typer.Option(help="Day of the first offers (YYYY-MM-DD).")] = None,
    compare: Annotated[Path | None, typer.Option("--compare", help="Another design, for the same people.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page too.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write it as JSON too.")] = None,
) -> None:
    """Run a program before it starts: load per week, funnel, conflicts, over many runs with simulated people."""
    design, persons = read_program(program), read_roster(roster)
    other = read_program(compare) if compare is not None else None
    assumptions = PEOPLE.read(people) if people is not None else Assumptions()
    starts_at = start_day(start, design.zone, datetime.now(UTC))
    must_be_writable(html, json_file)
    console = console_for_tables()
    first, left_over = _runs(console, design, persons, starts_at, seed, runs, assumptions)
    changes: tuple[Difference, ...] = ()
    if other is not None:
        second, _ = _runs(console, other, persons, starts_at, seed, runs, assumptions)
        changes = differences(first, second)
    found = Rehearsed(
        title=design.title,
        subtitle=f"{runs} runs with seed {seed}; first offers on {starts_at:%-d %B %Y}",
        forecast=forecast(first, left_over=left_over, items_a_week=assumptions.coordinator.items_a_week),
        assumptions=assumptions,
        differences=changes,
    )
    tell(console, found, html, json_file)


def tell(console: Console, found: Rehearsed, html: Path | None, json_file: Path | None) -> None:
    """On the terminal, and into the files that were asked for."""
    print_rehearsal(console, found)
    if html is not None:
        html.write_text(page(found), encoding="utf-8")
        console.print(f"Written to {html}.")
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        console.print(f"Written to {json_file}.")


def _runs(
    console: Console,
    design: ProgramDesign,
    persons: list[Person],
    starts_at: datetime,
    seed: int,
    runs: int,
    assumptions: Assumptions,
) -> tuple[list[Run], int]:
    pairs = pairs_of(design, persons, starts_at, seed)
    if not pairs.creates:
        raise typer.BadParameter("nobody of this roster can be paired by this design", param_hint="ROSTER")
    with progress_of(console, f"{len(pairs.creates)} pairings of {design.program}, {runs} runs", runs) as done:
        found = all_runs(pairs.creates, starts_at=starts_at, seed=seed, runs=runs, assumptions=assumptions, on_run=done)
    return found, len(pairs.left_over)


def pairs_of(design: ProgramDesign, persons: list[Person], starts_at: datetime, seed: int) -> Pairs:
    """The pairings of a cohort that would be named after the design and the month, as the demo names it."""
    cohort = f"{design.program}-{starts_at:%Y-%m}"
    return matched(design, persons, cohort=cohort, seed=seed, opened=starts_at - ENROLMENT, starts_at=starts_at)


@contextmanager
def progress_of(console: Console, title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, one line elsewhere."""
    if not console.is_terminal:
        console.print(f"{title} ...", highlight=False)
        yield lambda _: None
        return
    with Progress(console=console, transient=True) as bars:
        task = bars.add_task(title, total=total)
        yield lambda done: bars.update(task, completed=done)
