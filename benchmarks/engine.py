"""Commands through a pairing beside the same updates around a no-op local activity, on one Temporal server.

The goal is about CPU time of the worker's process, which a busy machine moves little: ours may cost 1.3 times what
the bare workflow and the append itself cost.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import asyncpg
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from benchmarks.endings import measured_ground
from benchmarks.rounds import Result, Row, compared, paired_async, save
from benchmarks.subjects.commands import A_MORNING, OFFERED_AT, creation, morning
from benchmarks.subjects.serving import ENGINE, PARTS, QUICKER, REFERENCES, WHOLE, Serving
from embedded.ground import Ground
from eventstore.migrations import migrate
from eventstore.records import Batch, NewEvent, StoredEvent
from eventstore.store import EventStore
from workflows.commands import update_name
from workflows.contract import PairingInput

PAIRINGS, ROUNDS, FURTHER_ROUNDS, IN_FLIGHT = 24, 5, 15, 4
GOAL = 1.3

NOTES = (
    f"A command is one update of a pairing's first {A_MORNING}: accepting, training, signing, goals, a delegate, "
    f"booking, moving; {PAIRINGS} pairings, {IN_FLIGHT} commands in flight, sent by another process. The bare workflow "
    "takes the same updates with the same typed payloads, validators and answers, in a worker with the same settings.",
    "The SDK asks each workflow up to six times a payload in which context a codec would encode it, and enters the "
    "sandbox for each answer. Our worker has no codec and does not ask (`workflows/sandbox.py`); the bare workflow "
    "runs as the SDK runs it, and in one row without the questions too, with its collector held as ours is "
    "(`hold_what_is_loaded` in `worker.py`).",
    "CPU is user and kernel time of the whole worker process, all its threads: the workflow's code, the sandbox, "
    "Temporal's core, the driver of PostgreSQL. It is read from the system in steps of 10 ms, once a round.",
    f"The waits are of {FURTHER_ROUNDS} rounds more: by fewer commands, a 99th percentile moves by a quarter from one "
    "run to the next.",
    "Where it goes, by the worker's threads, is in the rows. A sampling profile says more: most is Temporal's own, in "
    "both (handing activations to threads, entering the sandbox, encoding). Ours adds a payload with "
    "the events, the append with its interceptors, the rolling timer with its summary, the search attributes that "
    "changed, the page for the UI, and the rules, which are the least of it. Tried, and kept: the agenda is made once "
    "a version, an update's validator and handler decide once, update definitions are made once a process, no context "
    "is asked for. Tried, and not kept: another event loop (`uvloop`), which saves both sides some 7 %; fewer garbage "
    "collections, which save nothing.",
    "The append itself is `EventStore.append` of the very batches that the round has stored, from one process that "
    "does nothing else. The goal is for the engine without the sequencer and the read models, which share the process "
    "of an ordinary worker; the row below has them.",
)


@dataclass
class Bench:
    """The servers and a client; `elsewhere` is a second database; `numbers` keeps the rounds' cohorts apart."""

    ground: Ground
    client: Client
    store: EventStore
    elsewhere: EventStore
    numbers: count[int] = field(default_factory=count)


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Up for the length of the block, with default durability."""
    async with measured_ground() as ground:
        await migrate(ground.database_url)
        client = await Client.connect(ground.temporal_address, data_converter=pydantic_data_converter)
        async with (
            await EventStore.connect(ground.database_url, max_size=2) as store,
            await EventStore.connect(await _second_database(ground.database_url), max_size=1) as elsewhere,
        ):
            yield Bench(ground, client, store, elsewhere)


async def _second_database(url: str) -> str:
    """Where batches are appended once more: the first one's read models must not meet them."""
    connection = await asyncpg.connect(url)
    await connection.execute("create database elsewhere")
    await connection.close()
    second = f"{url.rpartition('/')[0]}/elsewhere"
    await migrate(second)
    return second


@dataclass
class Figures:
    """What a subject's rounds gave beside their CPU time: every command's milliseconds, and where that time went.

    `parts` are seconds by the part of the worker, of all rounds; `sent` counts their commands.
    """

    waits: list[float] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    def milliseconds(self, part: str) -> float:
        """Of one part, a command."""
        return 1000 * self.parts[part] / self.sent


def run() -> Result:
    """Every subject in turn; takes some two minutes."""
    return asyncio.run(_run())


async def _run() -> Result:
    async with bench() as running:
        figures = {name: Figures() for name in (ENGINE, WHOLE, REFERENCES)}
        async with (
            Serving(running.ground, ENGINE) as ours,
            Serving(running.ground, REFERENCES) as bare,
            Serving(running.ground, QUICKER) as quicker,
        ):
            turn = {
                ENGINE: lambda: commands(running, ours, "PairingWorkflow", figures[ENGINE]),
                REFERENCES: lambda: commands(running, bare, "BareWorkflow", figures[REFERENCES]),
                QUICKER: lambda: commands(running, quicker, "BareWorkflow", Figures()),
                "append": lambda: _append_again(running),
            }
            cpu = await paired_async(turn, ROUNDS)
            await paired_async({name: turn[name] for name in (ENGINE, REFERENCES)}, FURTHER_ROUNDS, warm_up=0)
        async with Serving(running.ground, WHOLE) as whole, Serving(running.ground, REFERENCES) as bare:
            with_readers = await paired_async(
                {
                    WHOLE: lambda: commands(running, whole, "PairingWorkflow", figures[WHOLE]),
                    REFERENCES: lambda: commands(running, bare, "BareWorkflow", Figures()),
                },
                max(1, ROUNDS // 2),
            )
        size = await _size_of_an_event(running.ground.database_url)
    rows = [*_rows(cpu, with_readers, figures), Row(measure="a stored event with its indexes", unit="bytes", ours=size)]
    return save("engine", "Engine", rows, NOTES)


async def _size_of_an_event(url: str) -> float:
    """Bytes of the event store's schema, feed and outbox included, for each of its events; thousands are there."""
    connection = await asyncpg.connect(url)
    size: float = await connection.fetchval(
        "select sum(pg_total_relation_size(c.oid))::float8 / (select count(*) from pairloom.event)"
        "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'pairloom' and c.relkind = 'r'"
    )
    await connection.close()
    return size


def _rows(
    cpu: dict[str, list[float]], with_readers: dict[str, list[float]], figures: dict[str, Figures]
) -> Sequence[Row]:
    together = [bare + append for bare, append in zip(cpu[REFERENCES], cpu["append"], strict=True)]
    append = median(cpu["append"])
    both = [bare + append for bare in with_readers[REFERENCES]]
    ours, theirs = figures[ENGINE].waits, figures[REFERENCES].waits
    bare_and_append = "bare workflow + append"
    return [
        compared("CPU of a command", "ms", cpu[ENGINE], together, beside=bare_and_append, goal=GOAL, at_most=True),
        compared("CPU of a command", "ms", cpu[ENGINE], cpu[REFERENCES], beside="bare workflow"),
        compared("CPU of a command", "ms", cpu[ENGINE], cpu[QUICKER], beside="bare workflow in our sandbox"),
        *(_part(part, figures) for part in PARTS),
        Row(measure="CPU of the append itself", unit="ms", ours=append),
        compared("the same with sequencer and read models", "ms", with_readers[WHOLE], both, beside=bare_and_append),
        compared("a command, median wait", "ms", [median(ours)], [median(theirs)], beside="bare workflow"),
        compared("a command, 99th percentile", "ms", [_p99(ours)], [_p99(theirs)], beside="bare workflow"),
    ]


def _part(part: str, figures: dict[str, Figures]) -> Row:
    ours, theirs = figures[ENGINE].milliseconds(part), figures[REFERENCES].milliseconds(part)
    return Row(
        measure=f"… in {part}", unit="ms", ours=ours, reference=theirs, beside="bare workflow", ratio=ours / theirs
    )


def _p99(waits: Sequence[float]) -> float:
    return quantiles(waits, n=100)[98]


async def commands(
    running: Bench, worker: Serving, workflow: str, figures: Figures, *, pairings: int = PAIRINGS
) -> float:
    """A morning of so many pairings; CPU milliseconds of the worker a command. `figures` gets the rest."""
    handles = await started_pairings(running, worker, pairings, workflow)
    slots, before, parts_before = asyncio.Semaphore(IN_FLIGHT), worker.cpu(), worker.cpu_by_part()

    async def send(handle: WorkflowHandle[Any, Any]) -> None:
        for command in morning():
            async with slots:
                began = time.perf_counter()
                await handle.execute_update(update_name(type(command)), command)
                figures.waits.append(1000 * (time.perf_counter() - began))

    await asyncio.gather(*(send(handle) for handle in handles))
    used = worker.cpu() - before
    figures.sent += pairings * A_MORNING
    figures.parts.update({part: after - parts_before[part] for part, after in worker.cpu_by_part().items()})
    await asyncio.gather(*(handle.terminate() for handle in handles))
    return 1000 * used / (pairings * A_MORNING)


async def started_pairings(
    running: Bench, worker: Serving, number: int, workflow: str = "PairingWorkflow"
) -> list[WorkflowHandle[Any, Any]]:
    """So many, each waiting for its first command."""
    cohort = f"round-{next(running.numbers)}"
    handles = []
    for create in (creation(cohort, one) for one in range(number)):
        stream = f"pairing/{cohort}/{create.pairing}"
        given = PairingInput(create=create)
        handles.append(await running.client.start_workflow(workflow, given, id=stream, task_queue=worker.task_queue))
    if workflow == "PairingWorkflow":
        await _until(lambda: _at_least(running.store, f"pairing/{cohort}/", OFFERED_AT * number))
    return handles


async def _at_least(store: EventStore, prefix: str, events: int) -> bool:
    return await store.count(prefix) >= events


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110  # another process stores it
        await asyncio.sleep(0.05)


# --- the append itself ---------------------------------------------------------------------------


async def _append_again(running: Bench) -> float:
    """CPU milliseconds of this process for appending once more what the latest round stored, to new streams."""
    streams = (await running.store.streams("pairing/round-"))[-PAIRINGS:]
    batches = [batch for stream in streams for batch in _batches(await running.store.read(stream))]
    before = time.process_time()
    for batch in batches:
        await running.elsewhere.append(batch)
    return 1000 * (time.process_time() - before) / max(1, len(batches))


def _batches(stored: Sequence[StoredEvent]) -> list[Batch]:
    """The commands of a stream, addressed to another; without messages, which a third of them have."""
    again, by_command = f"pairing/again/{uuid4()}", dict[object, list[StoredEvent]]()
    for event in stored:
        by_command.setdefault(event.command_id, []).append(event)
    return [_batch(again, events) for events in by_command.values()]


def _batch(stream: str, events: Sequence[StoredEvent]) -> Batch:
    first = events[0]
    return Batch(
        stream=stream,
        expected=first.version - 1,
        command_id=uuid4(),
        correlation_id=first.correlation_id,
        causation_id=None,
        actor_role=first.actor_role,
        actor_id=first.actor_id,
        source=first.source,
        idempotency_key=first.idempotency_key,
        program_version=first.program_version,
        events=tuple(
            NewEvent(
                event_id=uuid4(),
                type=event.type,
                schema_version=event.schema_version,
                occurred_at=event.occurred_at,
                data=event.data,
            )
            for event in events
        ),
    )
