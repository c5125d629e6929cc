"""`pairloom cohort suspend`, `resume`, `amend`, `close` and `act`: what is decided about a whole cohort."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from activities.pairing_streams import folded_pairings
from domain.cohort.amendment import AmendmentPreview, AmendProgram, preview
from domain.cohort.closing import CancelCohort
from domain.cohort.enrolment import EnrolParticipants
from domain.cohort.invitations import InviteParticipants
from domain.cohort.newcomers import without_row
from domain.cohort.orders import not_followed
from domain.cohort.state import DECIDING, Cohort
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.cohort.waiting import JoinLate
from domain.decider import Actor, Command, ParticipantId, Rejected, Role
from domain.program import ProgramDesign
from eventstore.people import people
from eventstore.store import EventStore
from intake.program_file import read_program
from operations.answers import answer, console, gives
from operations.cohort_app import cohort_app, coordinator
from operations.cohort_questions import ask_before
from operations.cohort_views import Decided, print_decided, print_preview
from operations.cohorts import CohortDesk
from operations.command_list import print_commands
from operations.endings import Refused
from operations.options import (
    DEV_DATA,
    ApproverId,
    AsJson,
    CohortId,
    DataDirectory,
    Key,
    Reason,
    Sender,
    Yes,
    actor_of,
    made_key,
)
from operations.reach import Reach, reach
from operations.vocabulary import CommandToSend, command_from, command_named, described, made, of_the_cohort
from readmodels.timeline import cohort_timeline

TAKING_IN = (EnrolParticipants, InviteParticipants, JoinLate)
"""Commands that take people in by their ids alone."""


@cohort_app.command("suspend")
@gives(Decided)
def suspend(
    cohort: CohortId,
    reason: Reason,
    key: Key = None,
    yes: Yes = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Stop every clock of a cohort and of its pairings, until it is resumed. Asks first."""
    command = made(SuspendCohort, coordinator(), made_key(key), reason=reason)
    _decide(cohort, "suspend_cohort", command, data, as_json, yes=yes)


@cohort_app.command("resume")
@gives(Decided)
def resume(cohort: CohortId, key: Key = None, data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """Let a suspended cohort go on, every clock with the time that it had left."""
    _decide(cohort, "resume_cohort", made(ResumeCohort, coordinator(), made_key(key)), data, as_json)


@cohort_app.command("close")
@gives(Decided)
def close(
    cohort: CohortId,
    approver: ApproverId,
    reason: Reason,
    key: Key = None,
    yes: Yes = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """End a cohort before its plan, under an approver's name; its running pairings are closed with it. Asks first."""
    command = made(CancelCohort, Actor(role=Role.APPROVER, id=approver), made_key(key), reason=reason)
    _decide(cohort, "cancel_cohort", command, data, as_json, yes=yes)


@cohort_app.command("amend")
@gives(Decided)
def amend(
    cohort: CohortId,
    program: Annotated[Path, typer.Option("--program", help="The later version of the program design (YAML).")],
    look: Annotated[bool, typer.Option("--preview", help="Only show what it would do.")] = False,
    key: Key = None,
    yes: Yes = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Give a cohort a later version of its program design. Shows what that does, asks, then applies it."""
    design = read_program(program)
    command = made(AmendProgram, coordinator(), made_key(key), design=design)

    async def run() -> Decided:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            found = await _previewed(servers, desk, design)
            if not as_json:
                print_preview(console(), found)
            if look:
                return Decided(cohort=cohort, command="amend_program", key=command.key, done=False, preview=found)
            ask_before(await desk.state(), command, yes=yes)
            decided = await _sent(servers, desk, "amend_program", command)
            return decided.model_copy(update={"preview": found})

    decided = asyncio.run(run())
    answer(decided, as_json, lambda console: print_decided(console, decided))


@cohort_app.command("commands")
@gives(CommandToSend, several=True)
def list_commands(as_json: AsJson = False) -> None:
    """Every command that `act` sends, with who does what by it and its fields."""
    found = described("cohort")
    answer(found, as_json, lambda console: print_commands(console, found))


@cohort_app.command("act")
@gives(Decided)
def act(
    cohort: CohortId,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Such as withdraw_participant.")],
    sender: Sender,
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Such as participant=P032.")
    ] = None,
    key: Key = None,
    yes: Yes = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Send any command of a cohort's lifecycle. Asks first where it cannot be taken back, or stops everybody."""
    given = of_the_cohort(cohort, fields or [])
    meant = command_from(command_named("cohort", command), actor_of(sender), made_key(key), given)
    _decide(cohort, command, meant, data, as_json, yes=yes)


def _decide(
    cohort: str,
    name: str,
    command: Command,
    data: Path,
    as_json: bool,
    *,
    yes: bool = False,
) -> None:
    async def run() -> Decided:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            ask_before(await desk.state(), command, yes=yes)
            return await _sent(servers, desk, name, command)

    decided = asyncio.run(run())
    answer(decided, as_json, lambda console: print_decided(console, decided))


async def _sent(servers: Reach, desk: CohortDesk, name: str, command: Command) -> Decided:
    """Send it, and wait until the pairings have been told."""
    typer.echo(f"key {command.key}: repeated with --key {command.key}, it still happens once.", err=True)
    receipt = await desk.send(command)
    told = await cohort_timeline(servers.store, desk.cohort)
    happened = tuple(entry.sentence for entry in told if receipt.first <= entry.version <= receipt.last)
    state = await desk.told()
    return Decided(
        cohort=desk.cohort,
        command=name,
        key=command.key,
        done=True,
        receipt=receipt,
        happened=happened,
        stage=state.stage,
        refusals=not_followed(state),
        without_row=await _without_row(servers.store, state) if isinstance(command, TAKING_IN) else (),
    )


async def _without_row(store: EventStore, state: Cohort) -> tuple[ParticipantId, ...]:
    return without_row(state, {person.id for person in await people(store, state.id)})


async def _previewed(servers: Reach, desk: CohortDesk, design: ProgramDesign) -> AmendmentPreview:
    state: Cohort = await desk.state()
    pairings = [pairing async for pairing in folded_pairings(servers.store, desk.cohort)]
    try:
        return preview(state, pairings, design, datetime.now(UTC))
    except Rejected as rejected:
        raise Refused(f"Refused: {rejected.reason}.{_instead(state)}", rejected.code) from None


def _instead(state: Cohort) -> str:
    """While pairs are decided, they rest on the design that they were made by."""
    if state.stage not in DECIDING:
        return ""
    return (
        f" Its pairs were made by version {state.design.version}: approve them, and then amend it; or give the later "
        f"version to a new cohort, and end this one by `pairloom cohort close {state.id}`."
    )
