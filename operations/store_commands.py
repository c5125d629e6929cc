"""`pairloom store`: look after the record itself. Needs the database alone; Temporal may be down.

But for an export: who took data out is part of the record, so the cohort's workflow must hear of it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.progress import Progress
from rich.table import Table
from temporalio.service import RPCError, RPCStatusCode

from domain.cohort.trail import ReportExport
from domain.decider import Frozen
from eventstore.failures import StoreUnavailable
from eventstore.lag import Behind, Lag, lag
from eventstore.migrations import migrate
from eventstore.projections import Generation, Projection, Projector, begin_rebuild, generations, prepare, switch
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.vault import new_master_key
from eventstore.verification import Finding, Verified, seal_at, verify
from operations.answers import answer, gives
from operations.cohort_app import coordinator
from operations.cohorts import CohortDesk
from operations.endings import ExitCode, Refused
from operations.exporting import ExportFormat, ExportRefused, aliases, export
from operations.options import DEV_DATA, AsJson, DataDirectory
from operations.progress_bar import progress_bar
from operations.reach import reach
from operations.servers import database_address
from readmodels.standing import Standing

READ_MODELS: dict[str, type[Projection]] = {Standing.name: Standing}

store_app = typer.Typer(no_args_is_help=True, help="The event store: migrate, verify, rebuild, export.")


class StoreMigrated(Frozen):
    """The migrations applied now, and the read models whose tables were made."""

    migrations: tuple[str, ...]
    read_models: tuple[str, ...]


class NewKey(Frozen):
    """A master key, which is stored nowhere."""

    master_key: str


class StoreVerified(Frozen):
    """What was checked up to `position`; `findings` is empty where every event is what was stored."""

    position: int
    seal: str
    findings: tuple[Finding, ...]
    anchor_holds: bool


class ReadModelRebuilt(Frozen):
    """A read model that was folded again and is live."""

    read_model: str
    events: int


class StoreLag(Frozen):
    """How far the feed is behind the store, and its readers behind the feed. `oldest` is in seconds."""

    head: int
    unpublished: int
    oldest: float | None
    behind: tuple[Behind, ...]


class CohortExported(Frozen):
    """A cohort's events in a file."""

    cohort: str
    events: int
    file: str
    identified: bool
    recorded: bool


@store_app.command("migrate")
@gives(StoreMigrated)
def migrate_store(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """Bring the database to this version's schema, and make what the read models need. Safe to repeat."""

    async def run() -> tuple[list[str], list[Generation]]:
        url = database_address(data)
        return await migrate(url), await prepare(url, [model() for model in READ_MODELS.values()])

    applied, made = asyncio.run(run())
    migrated = StoreMigrated(migrations=tuple(applied), read_models=tuple(generation.name for generation in made))
    lines = [f"applied {name}" for name in migrated.migrations]
    lines += [f"made the tables of the read model {name}; workers fill them" for name in migrated.read_models]
    text = "\n".join(lines or ["The database is up to date."])
    answer(migrated, as_json, lambda console: console.print(text))


@store_app.command("new-key")
@gives(NewKey)
def make_key(as_json: AsJson = False) -> None:
    """Print a new master key, for PAIRLOOM_MASTER_KEY of every worker. Whoever loses it loses the answers."""
    made = NewKey(master_key=new_master_key())
    answer(made, as_json, lambda console: console.print(made.master_key, highlight=False, soft_wrap=True))


@store_app.command("verify")
@gives(StoreVerified)
def verify_store(
    data: DataDirectory = DEV_DATA,
    anchor: Annotated[
        str | None,
        typer.Option(metavar="POSITION:SEAL", help="What an earlier verify printed: must still be in the record."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make every seal again from what is stored. Names the first wrong event; exit code 1 if there is one."""
    kept = None if anchor is None else _anchor(anchor)

    async def run() -> tuple[Verified, bool]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            with progress_bar(hidden=as_json) as bar:
                task = bar.add_task("events verified", total=None)
                verified = await verify(store, lambda done, total: bar.update(task, completed=done, total=total))
            return verified, kept is None or await seal_at(store, kept[0]) == kept[1]

    found, holds = asyncio.run(run())
    verified = StoreVerified(position=found.position, seal=found.seal, findings=found.findings, anchor_holds=holds)
    lines = [finding.sentence for finding in verified.findings]
    if not holds:
        lines.append(f"The seal at {anchor} is not the record's: history was rewritten since it was printed.")
    kept_elsewhere = f"Every event is what was stored. Keep this elsewhere: {verified.position}:{verified.seal}"
    text = "\n".join(lines or [kept_elsewhere])
    answer(verified, as_json, lambda console: console.print(text, markup=False, soft_wrap=True))
    if lines:
        raise typer.Exit(ExitCode.REFUSED)


@store_app.command("rebuild")
@gives(ReadModelRebuilt)
def rebuild(
    name: Annotated[str, typer.Argument(help=f"The read model: {', '.join(READ_MODELS)}.")],
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Fill a read model again beside the live one, and switch when it has caught up. Readers notice nothing."""
    if name not in READ_MODELS:
        raise typer.BadParameter(f"found {name!r}, expected one of: {', '.join(READ_MODELS)}", param_hint="NAME")

    async def run() -> int:
        url = database_address(data)
        building = await begin_rebuild(url, READ_MODELS[name]())
        async with await EventStore.connect(url, max_size=2) as store:
            with progress_bar(hidden=as_json) as bar:
                return await _fill(
                    store, Projector(store, READ_MODELS[name](), building, f"rebuild:{os.getpid()}"), bar
                )

    rebuilt = ReadModelRebuilt(read_model=name, events=asyncio.run(run()))
    text = f"{name} is rebuilt from {rebuilt.events} events and live."
    answer(rebuilt, as_json, lambda console: console.print(text))


@store_app.command("lag")
@gives(StoreLag)
def show_lag(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """How far the feed is behind the store, and its readers behind the feed."""

    async def run() -> Lag:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await lag(store)

    found = asyncio.run(run())
    oldest = None if found.oldest is None else found.oldest.total_seconds()
    told = StoreLag(head=found.head, unpublished=found.unpublished, oldest=oldest, behind=found.behind)
    answer(told, as_json, lambda console: console.print(f"The feed has {told.head} events.", _readers(told), sep="\n"))


def _readers(found: StoreLag) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("reader", "events behind", "processes"):
        table.add_column(column, justify="left" if column == "reader" else "right")
    table.add_row("the feed itself", str(found.unpublished), "")
    for behind in found.behind:
        table.add_row(behind.name, str(behind.events), str(behind.readers))
    return table


@store_app.command("export")
@gives(CohortExported)
def export_cohort(
    cohort: Annotated[str, typer.Argument(metavar="COHORT", help="The cohort's id.")],
    file: Annotated[Path, typer.Option("--to", help="The file to write.")],
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.JSONL,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="A secret file: exports with the same one have the same aliases."),
    ] = None,
    identified: Annotated[
        bool, typer.Option("--identified", help="The record itself: participants' ids, goals, reasons.")
    ] = False,
    unrecorded: Annotated[
        bool,
        typer.Option("--unrecorded", help="Of an archived cohort, or while Temporal is down: leave no trace."),
    ] = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Write a cohort's events for analysts: aliases instead of ids, no prose, every number and date.

    The cohort's record says that it was done, before the file is there.
    """
    alias = None if identified else aliases(_key(key_file))

    async def written(store: EventStore, record: Callable[[int], Awaitable[None]]) -> int:
        with progress_bar(hidden=as_json) as bar:
            task = bar.add_task("events written", total=None)
            return await export(store, cohort, file, form, alias, record, lambda more: bar.advance(task, more))

    async def run() -> int:
        if unrecorded:
            async with await EventStore.connect(database_address(data), max_size=1) as store:
                return await written(store, _leave_no_trace)
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            return await written(servers.store, lambda events: _report(desk, events, identified=identified))

    try:
        count = asyncio.run(run())
    except ExportRefused as refused:
        raise Refused(str(refused)) from None
    exported = CohortExported(
        cohort=cohort, events=count, file=str(file), identified=identified, recorded=not unrecorded
    )
    text = f"{count} events of {cohort} are in {file}."
    answer(exported, as_json, lambda console: console.print(text, markup=False, soft_wrap=True))


async def _report(desk: CohortDesk, events: int, *, identified: bool) -> None:
    report = ReportExport(by=coordinator(), key=f"export:{uuid4()}", pseudonymised=not identified, events=events)
    try:
        await desk.send(report)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Refused(
            f"Nothing was exported: the cohort '{desk.cohort}' is archived or never ran here, so its record cannot say "
            "that it was. With --unrecorded its events are written all the same."
        ) from None


async def _leave_no_trace(events: int) -> None:
    """The person has said so."""


async def _fill(store: EventStore, projector: Projector, bar: Progress) -> int:
    """Fill a generation, beside the workers that do so too, until it is live; the events that it holds."""
    name, mine = projector.generation.name, projector.generation.number
    task = bar.add_task("events", total=None)
    try:
        while True:
            await publish(store)
            await projector.catch_up(lambda more: bar.advance(task, more))
            if await switch(store, name) and await _live(store, name) >= mine:
                head = (await lag(store)).head
                bar.update(task, completed=head, total=head)
                return head
            await asyncio.sleep(0.2)
    finally:
        with suppress(StoreUnavailable):
            await projector.subscription.release()


async def _live(store: EventStore, name: str) -> int:
    return max((generation.number for generation in await generations(store, name) if generation.live), default=0)


def _anchor(text: str) -> tuple[int, str]:
    position, _, seal = text.partition(":")
    if not position.isdigit() or len(seal) != 64:
        raise typer.BadParameter(
            "expected what verify prints: a position, a colon and 64 digits", param_hint="--anchor"
        )
    return int(position), seal


def _key(file: Path | None) -> bytes:
    """Without a file, a key that nobody keeps: the aliases lead nowhere, and to no other export."""
    if file is None:
        return os.urandom(32)
    key = file.read_bytes()
    if len(key) < 16:
        raise typer.BadParameter(f"found {len(key)} bytes, expected at least 16 random ones", param_hint="--key-file")
    return key
