"""Who works on the event store while things are killed: writers, a sequencer, projectors. Each is a process."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from eventstore.failures import StoreRefused, StoreUnavailable
from eventstore.feed import FedEvent
from eventstore.projections import run_projection
from eventstore.records import AlreadyThere, Appended, AppendResult, Batch, Conflict, NewEvent
from eventstore.sequencer import run_sequencer
from eventstore.store import Connection, EventStore, append_call

STREAMS = tuple(f"pairing/chaos/p{number}" for number in range(24))
TASKS = 8
"""Writers in one process; two processes make the sixteen."""


class Versions:
    """A read model that writes down each stream's versions in the order of their coming: any slip shows."""

    name = "versions"
    version = 1

    def tables(self) -> str:
        """One row a stream."""
        return "create table versions (stream text primary key, events integer not null, digest text not null)"

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        """Each event changes the digest: one twice, one missing or two in the wrong order give another one."""
        await connection.executemany(
            "insert into versions values ($1, 1, md5($2)) on conflict (stream) do update"
            " set events = versions.events + 1, digest = md5(versions.digest || $2)",
            [(event.stream, f" {event.version} {event.event_id}") for event in events],
        )

    def forget(self) -> None:
        """It remembers nothing."""


def write(url: str, seed: int, acknowledged: Path) -> None:
    """Append for ever. Each acknowledgement is a line: `stream command first last`, or `BROKEN` and why."""
    asyncio.run(_write(url, seed, acknowledged))


async def _write(url: str, seed: int, acknowledged: Path) -> None:
    with acknowledged.open("ab", buffering=0) as log:  # a line reaches the system whole, whenever we die
        store = await _connected(url)
        await asyncio.gather(
            *(_one_writer(store, random.Random(f"{seed} {task}"), log.fileno()) for task in range(TASKS))
        )


async def _one_writer(store: EventStore, luck: random.Random, log: int) -> None:
    while True:
        batch = _batch(luck)
        answer = await _until_answered(store, batch, luck)
        os.write(log, f"{batch.stream} {batch.command_id} {answer.first} {answer.last}\n".encode())
        if luck.random() < 0.2:  # a report that comes twice, with whatever version its sender believes in
            again = await _until_answered(store, batch.model_copy(update={"expected": luck.randrange(50)}), luck)
            if not isinstance(again, AlreadyThere) or (again.first, again.last) != (answer.first, answer.last):
                os.write(log, f"BROKEN {batch.stream} {batch.command_id} was answered twice, differently\n".encode())


async def _until_answered(store: EventStore, batch: Batch, luck: random.Random) -> Appended | AlreadyThere:
    """The same command until it is stored, as a workflow does: again after an outage, anew after a conflict."""
    while True:
        try:
            answer = await (_append_slowly(store, batch, luck) if luck.random() < 0.1 else store.append(batch))
        except StoreUnavailable:
            await asyncio.sleep(luck.random() / 10)
            continue
        if not isinstance(answer, Conflict):
            return answer
        batch = batch.model_copy(update={"expected": answer.current})


async def _append_slowly(store: EventStore, batch: Batch, luck: random.Random) -> AppendResult:
    """As on a disk that stalls: others write and publish while this transaction has its numbers and has not committed.

    What it answers is only whether it was stored; the caller asks again for the rest, with the same command.
    """
    with suppress(StoreRefused):  # somebody was quicker
        async with store.transaction() as connection:
            await connection.fetchrow(*append_call(batch))
            await asyncio.sleep(luck.random() / 20)
    return await store.append(batch)


def _batch(luck: random.Random) -> Batch:
    command = UUID(int=luck.getrandbits(128), version=4)
    command = uuid5(command, str(uuid4()))  # the same luck in another process is another command
    return Batch(
        stream=luck.choice(STREAMS),
        expected=luck.randrange(50),
        command_id=command,
        correlation_id=command,
        causation_id=None,
        actor_role="clock",
        actor_id="chaos",
        source="chaos",
        idempotency_key=str(command),
        program_version=1,
        events=tuple(
            NewEvent(
                event_id=uuid5(command, str(number)),
                type="Happened",
                schema_version=1,
                occurred_at=datetime(2027, 1, 11, tzinfo=UTC),
                data={"number": number},
            )
            for number in range(luck.choice((1, 1, 1, 2, 5, 40)))
        ),
    )


def sequence(url: str) -> None:
    """Publish for ever."""
    asyncio.run(_sequence(url))


async def _sequence(url: str) -> None:
    await run_sequencer(await _connected(url))


def project(url: str, reader: str) -> None:
    """Keep `versions` for ever, beside other projectors."""
    asyncio.run(_project(url, reader))


async def _project(url: str, reader: str) -> None:
    await run_projection(await _connected(url), Versions, reader)


async def _connected(url: str) -> EventStore:
    while True:
        with suppress(StoreUnavailable):
            return await EventStore.connect(url, max_size=TASKS)
        await asyncio.sleep(0.1)
