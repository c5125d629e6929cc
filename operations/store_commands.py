"""`pairloom store`: look after the record itself. Needs the database alone; Temporal may be down."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from eventstore.failures import StoreUnavailable
from eventstore.lag import Lag, lag
from eventstore.migrations import migrate
from eventstore.projections import Generation, Projection, Projector, begin_rebuild, generations, prepare, switch
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import Verified, seal_at, verify
from operations.exporting import ExportFormat, ExportRefused, aliases, export
from operations.servers import database_address
from readmodels.standing import Standing

DEV_DATA = Path(".pairloom/dev")

READ_MODELS: dict[str, type[Projection]] = {Standing.name: Standing}

store_app = typer.Typer(no_args_is_help=True, help="The event store: migrate, verify, rebuild, export.")

DataDirectory = Annotated[Path, typer.Option("--data", help="The data directory of the `pairloom dev` to talk to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


@store_app.command("migrate")
def migrate_store(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """Bring the database to this version's schema, and make what the read models need. Safe to repeat."""

    async def run() -> tuple[list[str], list[Generation]]:
        url = database_address(data)
        return await migrate(url), await prepare(url, [model() for model in READ_MODELS.values()])

    applied, made = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps({"migrations": applied, "read_models": [generation.name for generation in made]}))
        return
    for name in applied:
        typer.echo(f"applied {name}")
    for generation in made:
        typer.echo(f"made the tables of the read model {generation.name}; workers fill them")
    if not applied and not made:
        typer.echo("The database is up to date.")


@store_app.command("verify")
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
            with _bar(hidden=as_json) as bar:
                task = bar.add_task("events verified", total=None)
                verified = await verify(store, lambda done, total: bar.update(task, completed=done, total=total))
            return verified, kept is None or await seal_at(store, kept[0]) == kept[1]

    verified, still_there = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps(asdict(verified) | {"anchor_holds": still_there}))
    else:
        for finding in verified.findings:
            typer.echo(finding.sentence)
        if not still_there:
            typer.echo(f"The seal at {anchor} is not the record's: history was rewritten since it was printed.")
        if not verified.findings and still_there:
            typer.echo(f"Every event is what was stored. Keep this elsewhere: {verified.position}:{verified.seal}")
    if verified.findings or not still_there:
        raise typer.Exit(1)


@store_app.command("rebuild")
def rebuild(
    name: Annotated[str, typer.Argument(help=f"The read model: {', '.join(READ_MODELS)}.")],
    data: DataDirectory = DEV_DATA,
) -> None:
    """Fill a read model again beside the live one, and switch when it has caught up. Readers notice nothing."""
    if name not in READ_MODELS:
        raise typer.BadParameter(f"found {name!r}, expected one of: {', '.join(READ_MODELS)}", param_hint="NAME")

    async def run() -> int:
        url = database_address(data)
        building = await begin_rebuild(url, READ_MODELS[name]())
        async with await EventStore.connect(url, max_size=2) as store:
            with _bar(hidden=False) as bar:
                return await _fill(
                    store, Projector(store, READ_MODELS[name](), building, f"rebuild:{os.getpid()}"), bar
                )

    typer.echo(f"{name} is rebuilt from {asyncio.run(run())} events and live.")


@store_app.command("lag")
def show_lag(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """How far the feed is behind the store, and its readers behind the feed."""

    async def run() -> Lag:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await lag(store)

    found = asyncio.run(run())
    if as_json:
        oldest = None if found.oldest is None else found.oldest.total_seconds()
        typer.echo(json.dumps(asdict(found) | {"oldest": oldest}))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("reader", "events behind", "processes"):
        table.add_column(column, justify="left" if column == "reader" else "right")
    table.add_row("the feed itself", str(found.unpublished), "")
    for behind in found.behind:
        table.add_row(behind.name, str(behind.events), str(behind.readers))
    Console().print(f"The feed has {found.head} events.", table, sep="\n", highlight=False)


@store_app.command("export")
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
    data: DataDirectory = DEV_DATA,
) -> None:
    """Write a cohort's events for analysts: aliases instead of ids, no prose, every number and date."""
    alias = None if identified else aliases(_key(key_file))

    async def run() -> int:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            with _bar(hidden=False) as bar:
                task = bar.add_task("events written", total=None)
                return await export(store, cohort, file, form, alias, lambda more: bar.advance(task, more))

    try:
        count = asyncio.run(run())
    except ExportRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} events of {cohort} are in {file}.")


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


def _bar(*, hidden: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=hidden or not console.is_terminal, transient=True)


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
