"""`pairloom cohort`: from a people file to a launched cohort, and how it stands."""

from __future__ import annotations

import asyncio
import json
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
from operations.servers import database_address
from readmodels.questions import CohortAtAGlance, Questions, WeekOfPerson

DEV_DATA = Path(".pairloom/dev")

cohort_app = typer.Typer(no_args_is_help=True, help="Cohorts: create, look at, approve, watch.")


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


@cohort_app.command("status")
def status(
    cohort: CohortId,
    weeks: Annotated[int, typer.Option(min=1, max=52, help="How many weeks of load to show.")] = 2,
    data: DataDirectory = DEV_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")] = False,
) -> None:
    """A running cohort at a glance: its funnel, what needs a person, who has how much to do in the next weeks."""
    now = datetime.now(UTC)

    async def run() -> tuple[CohortAtAGlance | None, list[WeekOfPerson]]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            questions = Questions(store)
            return await questions.glance(cohort, now), await questions.load(cohort, now.date(), weeks)

    glance, load = asyncio.run(run())
    if glance is None:
        typer.echo(f"The read model knows no cohort {cohort}: if it is new, see `pairloom store lag`.", err=True)
        raise typer.Exit(1)
    if as_json:
        week_by_week = [week.model_dump(mode="json") for week in load]
        typer.echo(json.dumps(glance.model_dump(mode="json") | {"load": week_by_week}))
        return
    console = Console()
    console.print(f"[bold]{escape(glance.cohort.title)}[/bold]  ({cohort}): {glance.cohort.stage.value}\n")
    for step, count in glance.funnel.model_dump().items():
        console.print(f"  {step.replace('_', ' '):16} {count}", highlight=False)
    console.print(f"\n{len(glance.attention)} things need a person; `pairloom today` ranks them.", highlight=False)
    console.print(_load(load))


def _load(load: list[WeekOfPerson]) -> Table:
    table = Table(title="\nload", title_justify="left", box=None, pad_edge=False)
    for column in ("week of", "who", "messages", "meetings", "minutes"):
        table.add_column(column, justify="left" if column in ("week of", "who") else "right")
    for week in load:
        figures = (str(week.messages), str(week.meetings), str(week.minutes))
        table.add_row(week.week.isoformat(), week.person.removeprefix("role:"), *figures)
    return table


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
