"""The pairing on DBOS: the same domain and the same event store, under an engine that keeps its state in PostgreSQL.

A command is a message to the workflow; one step decides and appends; the answer is an event of the workflow that the
sender waits for; a clock is the timeout of the wait for the next message.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeAlias

from dbos import DBOS, DBOSConfig
from pydantic import TypeAdapter

from domain.pairing import decider
from domain.pairing.clocks import FireClock, fire
from domain.pairing.decider import PairingCommand, PairingEvent, decide, evolve
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from eventstore.store import EventStore
from workflows.batches import StreamIdentity

Message: TypeAlias = dict[str, str]
"""`kind` is the command's class, `json` the command."""

QUEUE, APPLICATION = "pairings", "benchmark-peer"
KINDS = {kind.__name__: kind for kind in PairingCommand.__args__}
EVENTS = TypeAdapter(tuple[PairingEvent, ...])
DATABASE = "dbos"

stores: dict[str, EventStore] = {}
"""The event store of this process, by its address."""


def message(command: PairingCommand) -> Message:
    """A command on its way."""
    return {"kind": type(command).__name__, "json": command.model_dump_json()}


def answer_to(command: PairingCommand) -> str:
    """The key under which the workflow answers."""
    return f"{type(command).__name__}/{command.by.role.value}:{command.by.id}/{command.key}"


@DBOS.workflow(name="pairing")
async def pairing(stream: str, program: str, first: Message) -> None:
    """One pairing, from its creation on; obeys people and clocks until nothing can happen any more."""
    state: Pairing | None = None
    version, command = 0, first
    while state is None or not state.final:
        written = EVENTS.validate_json(await obey(stream, program, state, version, command))
        for event in written:
            state = evolve(state, event)
        version += len(written)
        assert state is not None
        await _answer(command, version)
        command = await _next(state)


async def _answer(command: Message, version: int) -> None:
    told = KINDS[command["kind"]].model_validate_json(command["json"])
    if not isinstance(told, (CreatePairing, FireClock)):  # nobody waits for these
        await DBOS.set_event_async(answer_to(told), version)


async def _next(state: Pairing) -> Message:
    """The next command, or the firing of the earliest clock, whichever comes first."""
    bell = state.clocks[0]
    left = max(0.0, (bell.due - datetime.now(UTC)).total_seconds())
    came: Message | None = await DBOS.recv_async(timeout_seconds=left)
    return came if came is not None else message(fire(bell))


@DBOS.step(name="obey")
async def obey(stream: str, program: str, state: Pairing | None, version: int, told: Message) -> str:
    """Decide and append; what was written, as JSON."""
    command: PairingCommand = KINDS[told["kind"]].model_validate_json(told["json"])
    events = decide(state, command, datetime.now(UTC))
    identity = StreamIdentity(stream, program)
    [store] = stores.values()
    await store.append(identity.batch(decider, state, version, command, events, program_version=1))
    return EVENTS.dump_json(events).decode()


@asynccontextmanager
async def serving_peer(database_url: str) -> AsyncIterator[None]:
    """A DBOS application for the length of the block."""
    async with await EventStore.connect(database_url) as store:
        stores[database_url] = store
        DBOS(config=configuration(database_url))
        DBOS.launch()
        await DBOS.register_queue_async(QUEUE, polling_interval_sec=0.1)
        try:
            yield
        finally:
            DBOS.destroy(workflow_completion_timeout_sec=0)


def configuration(database_url: str) -> DBOSConfig:
    """Its own tables in a database beside ours, on the same server; answers announced and not polled for."""
    return DBOSConfig(
        name=APPLICATION,
        system_database_url=system_database(database_url),
        use_listen_notify=True,
        log_level="ERROR",
    )


def system_database(database_url: str) -> str:
    """Where DBOS keeps its state."""
    return f"{database_url.rpartition('/')[0]}/{DATABASE}"
