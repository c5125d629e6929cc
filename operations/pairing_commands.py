"""`pairloom pairing`: how a pairing stands, what happened to it, and any command of its lifecycle."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from domain.decider import Actor, Command, Rejected, Role
from domain.pairing.decider import PairingCommand, decide, evolve
from domain.pairing.state import Pairing
from eventstore.records import AsOf
from eventstore.store import EventStore
from operations.answers import answer, console, gives
from operations.asking import confirm
from operations.command_list import print_commands
from operations.endings import BadInput, Refused
from operations.options import DEV_DATA, AsJson, DataDirectory, Key, PairingId, Reader, Sender, Yes, actor_of, made_key
from operations.pairing_views import Acted, PairingShown, ToldEvent, print_standing, print_story, shown
from operations.reach import Reach, reach
from operations.sending import pairing_handle, send
from operations.servers import database_address
from operations.vocabulary import CommandToSend, command_from, command_named, described
from readmodels.timeline import pairing_state, pairing_timeline, told_to_sender

pairing_app = typer.Typer(no_args_is_help=True, help="Pairings: how one stands, what happened to it, what to do.")

DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@pairing_app.command("show")
@gives(PairingShown)
def show(
    pairing: PairingId,
    reader: Reader = "coordinator:operations",
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """How a pairing stands: stage, health, meetings, whose move it is, open items, clocks."""
    now = datetime.now(UTC)

    async def run() -> Pairing | None:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await pairing_state(store, *pairing.split("/"))

    state = asyncio.run(run())
    if state is None:
        raise _unknown(pairing)
    found = shown(state, now, actor_of(reader).role)
    answer(found, as_json, lambda console: print_standing(console, found, now))


@pairing_app.command("history")
@gives(ToldEvent, several=True)
def history(
    pairing: PairingId,
    reader: Reader = "coordinator:operations",
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="What had happened by then (UTC).")] = None,
    known: Annotated[datetime | None, typer.Option(formats=DAY, help="What was known then (UTC).")] = None,
    purpose: Annotated[
        str | None, typer.Option(help="Of an auditor: why they read. It is recorded before anything is shown.")
    ] = None,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """What happened to a pairing, in sentences. What the reader's role may not know is left out."""
    as_of = AsOf(effective=_utc(until), recorded=_utc(known))
    who = actor_of(reader)

    async def run() -> tuple[ToldEvent, ...]:
        if who.role is Role.AUDITOR:
            await _record_viewing(data, pairing, who, purpose)
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            if not await store.read(f"pairing/{pairing}", limit=1):
                raise _unknown(pairing)
            cohort, _, name = pairing.partition("/")
            told = await pairing_timeline(store, cohort, name, as_of, reader=who.role)
            return tuple(
                ToldEvent(at=e.at, recorded_at=e.recorded_at, by=e.by, type=e.type, sentence=e.sentence) for e in told
            )

    told = asyncio.run(run())
    answer(told, as_json, lambda console: print_story(console, told))


async def _record_viewing(data: Path, pairing: str, auditor: Actor, purpose: str | None) -> None:
    """Who looked is in the record of the cohort, or nothing is shown."""
    if purpose is None:
        raise BadInput("An auditor says why they read: give --purpose. It is recorded before anything is shown.")
    cohort = pairing.partition("/")[0]
    given = (f"stream=pairing/{pairing}", f"purpose={purpose}")
    viewing = command_from(command_named("cohort", "view_history"), auditor, made_key(None), given)
    async with reach(data) as servers:
        await send(servers.client.get_workflow_handle(f"cohort/{cohort}"), viewing)


@pairing_app.command("commands")
@gives(CommandToSend, several=True)
def list_commands(as_json: AsJson = False) -> None:
    """Every command that `act` sends, with who does what by it and its fields."""
    found = described("pairing")
    answer(found, as_json, lambda console: print_commands(console, found))


def _list_now(wanted: bool) -> None:
    if wanted:
        print_commands(console(), described("pairing"))
        raise typer.Exit


@pairing_app.command("act")
@gives(Acted)
def act(
    pairing: PairingId,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Such as accept_offer; --list shows all.")],
    sender: Sender,
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="Such as minutes=45 or goals.1.text='Prompts that work'."),
    ] = None,
    key: Key = None,
    _list: Annotated[
        bool, typer.Option("--list", is_eager=True, callback=_list_now, help="Show every command and its fields.")
    ] = False,
    yes: Yes = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Send any command of the lifecycle to a pairing. Asks first where it would end the pairing."""
    meant = command_from(command_named("pairing", command), actor_of(sender), made_key(key), fields or [])

    async def run() -> Acted:
        async with reach(data) as servers:
            return await _send(servers, pairing, command, meant, yes)

    acted = asyncio.run(run())
    answer(acted, as_json, lambda console: _print_acted(console, acted))


async def _send(servers: Reach, pairing: str, name: str, command: Command, yes: bool) -> Acted:
    cohort, _, id = pairing.partition("/")
    state = await pairing_state(servers.store, cohort, id)
    if state is None:
        raise _unknown(pairing)
    if _would_end(state, command, datetime.now(UTC)):
        confirm(f"{name} ends the pairing {pairing}. Go on?", yes=yes)
    typer.echo(f"key {command.key}: repeated with --key {command.key}, it still happens once.", err=True)
    receipt = await send(pairing_handle(servers.client, pairing), command)
    told = await told_to_sender(servers.store, cohort, id, receipt.first, receipt.last, sender=command.by.role)
    happened = tuple(entry.sentence for entry in told)
    return Acted(command=name, key=command.key, receipt=receipt, happened=happened)


def _would_end(state: Pairing, command: Command, now: datetime) -> bool:
    """By the rules themselves, on what is stored now. What they refuse is left to the pairing to refuse."""
    after: Pairing = state
    try:
        for event in decide(state, cast(PairingCommand, command), now):
            after = evolve(after, event)
    except Rejected:
        return False
    return after.ended and not state.ended


def _print_acted(console: Console, acted: Acted) -> None:
    if acted.receipt.duplicate:
        console.print("It has been done already; nothing was done again.")
    for sentence in acted.happened:
        console.print(sentence, markup=False)
    if not acted.happened:
        console.print(f"Stored: {', '.join(acted.receipt.events) or 'nothing, as nothing had to be done'}.")


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _unknown(pairing: str) -> Refused:
    cohort = pairing.partition("/")[0]
    return Refused(
        f"There is no pairing {pairing}: `pairloom cohort show {cohort}` lists those of {cohort}.", "unknown"
    )
