"""What pairings cost a worker while nothing happens to them, beside empty workflows that hold the same state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle

from benchmarks.engine import Bench, bench
from benchmarks.rounds import Result, Row, compared, save
from benchmarks.subjects.commands import creation, morning
from benchmarks.subjects.serving import ENGINE, REFERENCES, Serving
from domain.pairing.clocks import ClockKind, clock, fire
from domain.pairing.decider import PairingCommand, decide, evolve
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from workflows.batches import StreamIdentity, short
from workflows.commands import update_name
from workflows.contract import PairingCarried, PairingInput, Remembered

PAIRINGS, ROUNDS, QUIET = 1000, 3, 10.0
"""Workflows of each kind, as many as a worker keeps; rounds, each with fresh workers; seconds of quiet."""

REPLAYED, LIVED = 300, 30
"""How many of the idle ones are replayed, and how many that have taken their commands in the present run."""

GOAL = 1.25

Given = TypeVar("Given")
Found = TypeVar("Found")

NOTES = (
    f"{PAIRINGS:,} workflows in the cache of one worker, its resident memory and CPU after minus before; a fresh "
    "worker process in each round. Each holds a pairing after its first twelve commands, with their answers, taken "
    "over from an earlier run; the empty workflow takes the same input, keeps it and waits for one timer.",
    "Replaying is the CPU of a worker that has nothing in its cache and is asked for each workflow's version once. "
    f"{REPLAYED} of the idle ones are asked. The lived ones are {LIVED} workflows that have taken twelve updates each "
    "in their present run.",
)


@dataclass(frozen=True)
class Idle:
    """KiB a workflow, CPU milliseconds a workflow and minute, CPU milliseconds to replay one."""

    memory: float
    cpu: float
    replay: float
    replay_lived: float


KINDS = {ENGINE: ("PairingWorkflow", "PairingWorkflow"), REFERENCES: ("EmptyWorkflow", "BareWorkflow")}
"""By worker: the workflow that idles, and the one that lives a morning."""


def run() -> Result:
    """Fresh workers in turn; takes some five minutes."""
    found = asyncio.run(_rounds())
    ours, empty = found[ENGINE], found[REFERENCES]

    def beside(measure: str, unit: str, field: str, other: str, goal: float | None) -> Row:
        mine, theirs = ([float(getattr(one, field)) for one in each] for each in (ours, empty))
        return compared(measure, unit, mine, theirs, beside=other, goal=goal, at_most=True)

    rows = [
        beside("memory of an idle one", "KiB", "memory", "empty workflow", GOAL),
        beside("replaying one after eviction", "ms", "replay", "empty workflow", GOAL),
        beside("replaying one that has taken 12 commands", "ms", "replay_lived", "bare workflow", None),
        Row(
            measure="CPU of an idle one",
            unit="ms a minute",
            ours=max(one.cpu for one in ours),
            reference=max(one.cpu for one in empty),
            beside="empty workflow",
        ),
    ]
    return save("idle", "Idle pairings", rows, NOTES)


async def _rounds() -> dict[str, list[Idle]]:
    found: dict[str, list[Idle]] = {kind: [] for kind in KINDS}
    async with bench() as running:
        for _ in range(ROUNDS):
            for kind in KINDS:
                found[kind].append(await _idle(running, kind))
    return found


async def _idle(running: Bench, kind: str) -> Idle:
    idles, lives = KINDS[kind]
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(Serving(running.ground, kind))
        await _asked(await _started(running, worker, idles, 5))
        before = worker.memory()
        handles = await _started(running, worker, idles, PAIRINGS)
        await _asked(handles)
        memory = (worker.memory() - before) * 1024 / PAIRINGS
        used = worker.cpu()
        await asyncio.sleep(QUIET)
        cpu = (worker.cpu() - used) * 1000 / PAIRINGS * 60 / QUIET
        lived = await _started(running, worker, lives, LIVED, anew=True)
        await asyncio.gather(*(_live(handle) for handle in lived))
    async with Serving(running.ground, kind) as fresh:
        await _asked(await _started(running, fresh, idles, 5))
        replay = await _replayed(fresh, handles[:REPLAYED])
        replay_lived = await _replayed(fresh, lived)
        await _each(lambda handle: handle.terminate(), (*handles, *lived))
    return Idle(memory, cpu, replay, replay_lived)


async def _replayed(worker: Serving, handles: Sequence[WorkflowHandle[Any, Any]]) -> float:
    """CPU milliseconds of bringing each back, less what the question costs when it is there."""
    costs = []
    for _ in range(2):
        before = worker.cpu()
        await _asked(handles)
        costs.append(worker.cpu() - before)
    return 1000 * (costs[0] - costs[1]) / len(handles)


async def _started(
    running: Bench, worker: Serving, workflow: str, number: int, *, anew: bool = False
) -> list[WorkflowHandle[Any, Any]]:
    """Workflows that take a morning over from an earlier run, or begin `anew`."""
    cohort = f"idle-{next(running.numbers)}"
    inputs = [PairingInput(create=creation(cohort, one)) if anew else taken_over(cohort, one) for one in range(number)]

    def start(given: PairingInput) -> Awaitable[WorkflowHandle[Any, Any]]:
        stream = f"pairing/{cohort}/{given.create.pairing}"
        return running.client.start_workflow(workflow, given, id=stream, task_queue=worker.task_queue)

    return await _each(start, inputs)


def taken_over(cohort: str, number: int) -> PairingInput:
    """What a pairing carries into its next run after a morning's commands; found by the domain alone."""
    create = creation(cohort, number)
    identity = StreamIdentity(f"pairing/{cohort}/{create.pairing}", f"cohort/{cohort}")
    now = datetime.now(UTC)
    state: Pairing | None = None
    version, answered = 0, list[Remembered]()
    for command in _with_the_offer(morning(), create):
        events = decide(state, command, now)
        for event in events:
            state = evolve(state, event)
        names = tuple(event.type for event in events)
        digest = short(identity.command_id(command))
        answered.append(Remembered(digest=digest, first=version + 1, last=version + len(events), events=names))
        version += len(events)
    assert state is not None
    return PairingInput(create=create, carried=PairingCarried(version=version, state=state, answered=tuple(answered)))


def _with_the_offer(commands: Iterable[PairingCommand], create: CreatePairing) -> Iterator[PairingCommand]:
    yield create
    yield fire(clock(ClockKind.OFFER_SEND, create.starts_at))
    yield from commands


async def _asked(handles: Sequence[WorkflowHandle[Any, Any]]) -> None:
    await _each(lambda handle: handle.query("version"), handles)


async def _each(call: Callable[[Given], Awaitable[Found]], values: Sequence[Given]) -> list[Found]:
    """The answers, in order; eight calls are under way at one time."""
    slots = asyncio.Semaphore(8)

    async def one(value: Given) -> Found:
        async with slots:
            return await call(value)

    return await asyncio.gather(*(one(value) for value in values))


async def _live(handle: WorkflowHandle[Any, Any]) -> None:
    for command in morning():
        await handle.execute_update(update_name(type(command)), command)
