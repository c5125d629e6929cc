"""`pairloom today` and `pairloom pairing`: what needs a person, how a pairing stands, what happened to it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.attention import Attention
from domain.pairing.state import health_at
from domain.pairing.status import PairingStatus
from eventstore.records import AsOf
from eventstore.store import EventStore
from operations.servers import database_address
from readmodels.questions import Questions
from readmodels.timeline import Told, pairing_timeline

DEV_DATA = Path(".pairloom/dev")

today_app = typer.Typer()
pairing_app = typer.Typer(no_args_is_help=True, help="Pairings: how one stands, what happened to it.")

DataDirectory = Annotated[Path, typer.Option("--data", help="The data directory of the `pairloom dev` to talk to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
CohortId = Annotated[str, typer.Argument(metavar="COHORT", help="The cohort's id.")]
PairingId = Annotated[str, typer.Argument(metavar="PAIRING", help="The pairing's id, from `cohort show`.")]


@today_app.command()
def today(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """Everything that needs a person now, the most urgent first."""
    now = datetime.now(UTC)

    async def run() -> tuple[Attention, ...]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await Questions(store).attention(now)

    found = asyncio.run(run())
    if as_json:
        typer.echo(json.dumps([item.model_dump(mode="json") for item in found]))
    elif not found:
        typer.echo("Nothing needs a person.")
    else:
        Console().print(_attention(found, now), highlight=False)


@pairing_app.command("show")
def show(cohort: CohortId, pairing: PairingId, data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """How a pairing stands: stage, health, meetings, open items, what comes next."""

    async def run() -> list[PairingStatus]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return [found for found in await Questions(store).pairings(cohort) if found.pairing == pairing]

    found = asyncio.run(run())
    if not found:
        _unknown(cohort, pairing)
    if as_json:
        typer.echo(found[0].model_dump_json())
        return
    for line in _standing(found[0], datetime.now(UTC)):
        typer.echo(line)


@pairing_app.command("history")
def history(
    cohort: CohortId,
    pairing: PairingId,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="What had happened by then (UTC).")
    ] = None,
    known: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="What was known then (UTC).")
    ] = None,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """What happened to a pairing, in sentences."""
    as_of = AsOf(effective=_utc(until), recorded=_utc(known))

    async def run() -> list[Told]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await pairing_timeline(store, cohort, pairing, as_of)

    told = asyncio.run(run())
    if not told:
        _unknown(cohort, pairing)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in told], default=datetime.isoformat))
        return
    for entry in told:
        typer.echo(f"{entry.at:%Y-%m-%d %H:%M}  {entry.by:12} {entry.sentence}")


def _attention(found: tuple[Attention, ...], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("health", "for", "since", "what", "cohort", "pairing", "item"):
        table.add_column(column)
    for item in found:
        days = (now - item.since).days
        since = "today" if days <= 0 else f"{days} day{'' if days == 1 else 's'}"
        taken = " (taken on)" if item.acknowledged else ""
        what = item.kind.replace("_", " ") + taken
        table.add_row(item.health.value, item.to.value, since, what, item.cohort, item.pairing or "", item.id or "")
    return table


def _standing(status: PairingStatus, now: datetime) -> list[str]:
    waiting = ", ".join(role.value.replace("_", " ") for role in status.waiting_for) or "nobody"
    lines = [
        f"{status.pairing} of {status.cohort}: {status.stage.value}, {health_at(status.health, now).value}",
        f"meetings held {status.held} of {status.planned}, booked {len(status.meetings)}; waiting for {waiting}",
    ]
    if status.next_clock is not None:
        lines.append(f"next: {status.next_clock.name} at {status.next_clock.due.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    return lines + [f"open: {item.id} for the {item.to.value.replace('_', ' ')}" for item in status.items]


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _unknown(cohort: str, pairing: str) -> None:
    typer.echo(f"There is no pairing {pairing} in {cohort}: `pairloom cohort show {cohort}` lists them.", err=True)
    raise typer.Exit(1)
