"""`pairloom cohort`: from a people file to a launched cohort, and how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter
from rich.live import Live
from rich.markup import escape
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.cohort.state import Cohort, CohortStage
from domain.cohort.status import CohortStatus
from domain.decider import Actor, Moment, Role
from domain.roster import Person
from eventstore.people import people
from eventstore.store import EventStore
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.answers import answer, console, gives
from operations.before_launch import must_be_proposed
from operations.cohort_app import cohort_app, coordinator
from operations.cohort_invitations import invite, must_go_on, must_not_be_invited
from operations.cohort_launch import follow_launch
from operations.cohort_views import (
    Approved,
    CohortShown,
    CohortWatched,
    Launched,
    cohort_shown,
    print_cohort,
    print_cohorts,
    watched,
)
from operations.cohorts import CohortDesk
from operations.endings import BadInput, ExitCode, Refused
from operations.options import DEV_DATA, ApproverId, AsJson, CohortId, DataDirectory
from operations.pairing_views import moment
from operations.progress_bar import progress_bar
from operations.reach import reach
from operations.roster_changes import joined_later, roster_changes
from operations.servers import database_address
from operations.standing_questions import questions_of
from readmodels.questions import Questions

A_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)

EVERY = 2.0
"""Seconds between two looks of `status --watch`."""


@cohort_app.command("create")
@gives(CohortShown)
def create(
    cohort: CohortId,
    program: Annotated[Path, typer.Option("--program", help="The program design (YAML).")],
    roster: Annotated[Path, typer.Option("--roster", help="The people (CSV or XLSX).")],
    seed: Annotated[int, typer.Option(min=0, help="Decides ties in the matching.")] = 1,
    invites: Annotated[
        bool, typer.Option("--invite", help="Ask the people instead of enrolling them; more are asked when run again.")
    ] = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Create a cohort, enrol the roster, propose pairs. After an interruption, run it again: nothing happens twice."""
    design = read_program(program)
    given = None if invites else read_roster(roster, design)

    async def run() -> tuple[Cohort, dict[str, str]]:
        async with reach(data) as servers:
            roster_people = given
            if roster_people is None:
                roster_people = read_roster(roster, design, await people(servers.store, cohort))
            desk = CohortDesk(servers.client, cohort, coordinator())
            await desk.create(design, seed)
            existing = await desk.state()
            if existing.design != design:
                raise Refused(f"{cohort} exists already, with another program design: choose another id", "duplicate")
            must_go_on(existing)
            if existing.stage in (CohortStage.DRAFT, CohortStage.ENROLLING):
                if invites:
                    await invite(desk, servers.store, existing, roster_people)
                else:
                    must_not_be_invited(existing)
                    await desk.enrol(servers.store, roster_people)
            else:
                await must_be_its_roster(servers.store, existing, roster_people)
            proposed = await desk.until(lambda state: state.stage is not CohortStage.MATCHING)
            return proposed, await _names(servers.store, cohort)

    state, names = asyncio.run(run())
    answer(cohort_shown(state), as_json, lambda console: print_cohort(console, cohort_shown(state), names))


@cohort_app.command("list")
@gives(CohortStatus, several=True)
def list_cohorts(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """Every cohort with its id, its stage and its title."""

    async def run() -> list[CohortStatus]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await (await questions_of(store)).cohorts()

    found = tuple(asyncio.run(run()))
    answer(found, as_json, lambda console: print_cohorts(console, found))


@cohort_app.command("show")
@gives(CohortShown)
def show(cohort: CohortId, data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """How a cohort stands: its stage, its funnel, its pairs and why, who is left over and why."""

    async def run() -> tuple[Cohort, dict[str, str]]:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            return await desk.state(), await _names(servers.store, cohort)

    state, names = asyncio.run(run())
    answer(cohort_shown(state), as_json, lambda console: print_cohort(console, cohort_shown(state), names))


@cohort_app.command("approve")
@gives(Approved)
def approve(
    cohort: CohortId,
    approver: ApproverId,
    start: Annotated[str | None, typer.Option(help="Day of the first offers (YYYY-MM-DD); by default now.")] = None,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Publish the proposed pairs under a name. Their pairings are launched from then on: `cohort launch` follows it."""

    async def run() -> Cohort:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            state = await desk.state()
            starts_at = None if start is None else _nine_o_clock(start, state.design.zone)
            if state.approved_at is None:
                must_be_proposed(state)
                with _in_words_of_the_option(start):
                    await desk.approve(Actor(role=Role.APPROVER, id=approver), starts_at)
                state = await desk.state()
            return as_it_was_approved(state, approver, starts_at)

    state = asyncio.run(run())
    assert state.starts_at is not None
    approved = Approved(cohort=cohort, approved_by=approver, starts_at=state.starts_at, pairs=len(state.proposed))
    text = (
        f"{approved.pairs} pairs of {cohort} are approved by {approver} and being launched; their offers go out on "
        f"{moment(approved.starts_at)}. `pairloom cohort launch {cohort}` shows how far that is."
    )
    answer(approved, as_json, lambda console: console.print(text, markup=False))


@cohort_app.command("launch")
@gives(Launched)
def launch(cohort: CohortId, data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """See the launch of the approved pairs through. Interrupt it and run it again: nothing starts twice."""

    async def run() -> Launched:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            with progress_bar(hidden=as_json) as bar:
                task = bar.add_task("pairings launched", total=None)
                return await follow_launch(
                    desk, servers.store, lambda done, of: bar.update(task, completed=done, total=of)
                )

    try:
        launched = asyncio.run(run())
    except KeyboardInterrupt:
        typer.echo(f"The launch goes on by itself. Run `pairloom cohort launch {cohort}` again to see it.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    text = f"{launched.launched} pairings of {cohort} are launched."
    answer(launched, as_json, lambda console: console.print(text))


@cohort_app.command("status")
@gives(CohortWatched)
def status(
    cohort: CohortId,
    weeks: Annotated[int, typer.Option(min=1, max=52, help="How many weeks of load to show.")] = 2,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until Ctrl-C.")] = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """A running cohort at a glance: funnel, health, what needs a person, who has how much to do in the next weeks."""

    async def looks() -> AsyncIterator[CohortWatched]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            questions = await questions_of(store)
            while True:
                yield await _look(questions, cohort, weeks)
                if not watch:
                    return
                await asyncio.sleep(EVERY)

    async def once() -> None:
        async for found in looks():
            screen = watched(found, found.at)
            answer(found, as_json, lambda console, screen=screen: console.print(screen))  # type: ignore[misc]

    async def on_a_terminal() -> None:
        with Live(console=console(), auto_refresh=False, screen=True) as live:
            async for found in looks():
                live.update(watched(found, found.at), refresh=True)

    asyncio.run(on_a_terminal() if watch and not as_json and console().is_terminal else once())


async def _look(questions: Questions, cohort: str, weeks: int) -> CohortWatched:
    now = datetime.now(UTC)
    glance = await questions.glance(cohort, now)
    if glance is None:
        raise Refused(f"The read model knows no cohort {cohort}: if it is new, see `pairloom store lag`.", "unknown")
    load = tuple(await questions.load(cohort, now.date(), weeks))
    return CohortWatched(cohort=glance.cohort, at=now, funnel=glance.funnel, attention=glance.attention, load=load)


async def _names(store: EventStore, cohort: str) -> dict[str, str]:
    return {person.id: escape(person.name) for person in await people(store, cohort)}


async def must_be_its_roster(store: EventStore, state: Cohort, roster: list[Person]) -> None:
    """The roster that it began with, with or without its late joiners; raises Refused with how it differs."""
    given, later = {person.id for person in roster}, await joined_later(store, state.id)
    stored = [person for person in await people(store, state.id) if person.id in given or person.id not in later]
    changes = roster_changes(roster, stored, (*state.erasing, *state.erased))
    if changes is not None:
        raise Refused(
            f"{state.id} exists already, with another roster ({changes}), and its enrolment is over. Nothing was taken "
            f"over: choose another id, or once its pairs run, take people in by `pairloom cohort join {state.id}`.",
            "duplicate",
        )


def as_it_was_approved(state: Cohort, approver: str, starts_at: datetime | None) -> Cohort:
    """The approved cohort; raises Refused where it was approved before, by another name or for another moment."""
    assert state.starts_at is not None
    if (state.approved_by, state.starts_at) != (approver, starts_at or state.approved_at):
        raise Refused(
            f"{state.id} is approved already, by {state.approved_by}; offers go out on {moment(state.starts_at)}. "
            "Nothing was changed.",
            "duplicate",
        )
    return state


@contextmanager
def _in_words_of_the_option(start: str | None) -> Iterator[None]:
    """The cohort speaks of its command's field; who gave a day knows it as --start."""
    try:
        yield
    except WorkflowUpdateFailedError as refused:
        cause = refused.cause
        if start is None or not isinstance(cause, ApplicationError) or cause.type != "Rejected:time":
            raise
        raise Refused(
            f"--start: found {start}, expected a day to come; left out, offers go out at once", "time"
        ) from None


def _nine_o_clock(day: str, zone: str) -> datetime:
    try:
        return A_MOMENT.validate_python(datetime.combine(date.fromisoformat(day), time(9), ZoneInfo(zone))).astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        raise BadInput(f"--start: found {day!r}, expected a day such as 2027-01-11") from None
