"""`pairloom cohort`: from a people file to a launched cohort, and how it stands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.cohort.state import Cohort, CohortStage
from domain.decider import Actor, Role
from domain.matching.assignment import LeftOver
from eventstore.people import people
from eventstore.store import EventStore
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.cohorts import CohortDesk, CohortNotStarted
from operations.reach import reach

DEV_DATA = Path(".pairloom/dev")

cohort_app = typer.Typer(no_args_is_help=True, help="Cohorts: create, look at, approve.")


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", value):
        raise typer.BadParameter(f"found {value!r}, expected small letters, digits and hyphens: digital-fluency-2027")
    return value


def _opaque(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise typer.BadParameter(f"found {value!r}, expected an opaque id: letters, digits, '_', '.', '-'; no address")
    return value


CohortId = Annotated[
    str, typer.Argument(metavar="ID", callback=_slug, help="The cohort's id, such as digital-fluency-2027.")
]
DataDirectory = Annotated[Path, typer.Option("--data", help="The data directory of the `pairloom dev` to talk to.")]


@cohort_app.command("create")
def create(
    cohort: CohortId,
    program: Annotated[Path, typer.Option("--program", help="The program design (YAML).")],
    roster: Annotated[Path, typer.Option("--roster", help="The people (CSV).")],
    seed: Annotated[int, typer.Option(min=0, help="Decides ties in the matching.")] = 1,
    data: DataDirectory = DEV_DATA,
) -> None:
    """Create a cohort, enrol the roster, propose pairs. After an interruption, run it again: nothing happens twice."""
    design, roster_people = read_program(program), read_roster(roster)

    async def run() -> None:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, _coordinator())
            await desk.create(design, seed)
            existing = await desk.state()
            if existing.design != design:
                raise typer.BadParameter(f"{cohort} exists already, with another program design", param_hint="ID")
            if existing.stage in (CohortStage.DRAFT, CohortStage.ENROLLING):
                await desk.enrol(servers.store, roster_people)
            proposed = await until(desk, lambda state: state.stage is not CohortStage.MATCHING)
            await _print(servers.store, proposed)

    asyncio.run(run())


@cohort_app.command("show")
def show(cohort: CohortId, data: DataDirectory = DEV_DATA) -> None:
    """How a cohort stands: its stage, its funnel, its pairs and why, who is left over and why."""

    async def run() -> None:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, _coordinator())
            await _print(servers.store, await desk.state())

    asyncio.run(run())


@cohort_app.command("approve")
def approve(
    cohort: CohortId,
    approver: Annotated[
        str, typer.Option("--as", callback=_opaque, help="The approver's opaque id, kept in the record.")
    ],
    start: Annotated[str | None, typer.Option(help="Day of the first offers (YYYY-MM-DD); by default now.")] = None,
    data: DataDirectory = DEV_DATA,
) -> None:
    """Publish the proposed pairs under a name, and launch them."""

    async def run() -> None:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, _coordinator())
            zone = (await desk.state()).design.zone
            by = Actor(role=Role.APPROVER, id=approver)
            await desk.approve(by, starts_at=None if start is None else _nine_o_clock(start, zone))
            launched = await until(desk, lambda state: not state.unlaunched)
            Console().print(f"{len(launched.launched)} pairings of {cohort} are launched.", highlight=False)

    asyncio.run(run())


async def until(desk: CohortDesk, holds: Callable[[Cohort], bool]) -> Cohort:
    """The cohort as soon as it is so; raises CohortNotStarted after two minutes without."""
    for _ in range(1200):
        cohort = await desk.state()
        if holds(cohort):
            return cohort
        await asyncio.sleep(0.1)
    raise CohortNotStarted(f"The cohort '{desk.cohort}' does not get on: see the worker's log.")


async def _print(store: EventStore, cohort: Cohort) -> None:
    names = {person.id: escape(person.name) for person in await people(store, cohort.id)}
    console = Console()
    console.print(f"[bold]{escape(cohort.design.title)}[/bold]  ({cohort.id}): {cohort.stage.value}\n")
    console.print(_pairs(cohort, names))
    if cohort.left_over:
        console.print(_left_over(cohort.left_over, names))
    if cohort.reviews:
        console.print(f"\nReview of week {cohort.reviews}:", highlight=False)
        for step, count in cohort.funnel.model_dump().items():
            console.print(f"  {step.replace('_', ' '):16} {count}", highlight=False)
    if cohort.stage is CohortStage.REVIEW:
        console.print(f"\nTo publish these pairs: pairloom cohort approve {cohort.id} --as YOUR-ID", highlight=False)


def _pairs(cohort: Cohort, names: Mapping[str, str]) -> Table:
    table = Table(title=f"{len(cohort.proposed)} pairs", title_justify="left", box=None, pad_edge=False)
    for column in ("pairing", "mentor (junior)", "mentee (executive)", "score", "why"):
        table.add_column(column, justify="right" if column == "score" else "left")
    for planned in cohort.proposed:
        pair = planned.pair
        mentor, mentee = names.get(pair.mentor, pair.mentor), names.get(pair.mentee, pair.mentee)
        table.add_row(planned.pairing, mentor, mentee, f"{pair.score:.2f}", planned.why)
    return table


def _left_over(left_over: tuple[LeftOver, ...], names: Mapping[str, str]) -> Table:
    table = Table(
        title=f"\n{len(left_over)} people on the waiting list", title_justify="left", box=None, pad_edge=False
    )
    for column in ("person", "role", "why"):
        table.add_column(column)
    for left in left_over:
        table.add_row(names.get(left.person, left.person), left.role, left.reason)
    return table


def _coordinator() -> Actor:
    return Actor(role=Role.COORDINATOR, id="operations")


def _nine_o_clock(day: str, zone: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(9), ZoneInfo(zone)).astimezone(UTC)
    except ValueError:
        raise typer.BadParameter(f"found {day!r}, expected a day such as 2027-01-11", param_hint="--start") from None
