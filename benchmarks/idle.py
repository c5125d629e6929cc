"""What pairings cost a worker while nothing happens to them, beside empty workflows that hold the same state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain, product
from typing import Any, NamedTuple, TypeVar

from temporalio.client import WorkflowHandle

from benchmarks.engine import Bench, bench
from benchmarks.rounds import Result, Row, compared, save, turned
from benchmarks.subjects.commands import creation, morning
from benchmarks.subjects.serving import ENGINE, QUICKER, REFERENCES, Serving
from domain.pairing.clocks import ClockKind, clock, fire
from domain.pairing.decider import PairingCommand, decide, evolve
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from workflows.batches import StreamIdentity, short
from workflows.commands import update_name
from workflows.contract import PairingCarried, PairingInput, Remembered

PAIRINGS, ROUNDS, QUIET = 1000, 3, 3.0
"""Workflows of each kind, as many as a worker keeps; rounds, each with fresh workers; seconds of quiet."""

REPLAYED, LIVED = range(0, PAIRINGS, 100), range(0, 60, 30)
"""The idle ones that are replayed, and those that have taken their commands in the present run, lot by lot."""

GOAL = 1.25

Given = TypeVar("Given")
Found = TypeVar("Found")

NOTES = (
    f"{PAIRINGS:,} workflows in the cache of one worker, its resident memory and CPU after minus before; a fresh "
    "worker process in each round. Each holds a pairing after its first twelve commands, with their answers, taken "
    "over from an earlier run; the empty workflow takes the same input, keeps it and waits for one timer.",
    "Replaying is the CPU of a worker that has nothing in its cache and is asked for each workflow's version once, "
    f"{REPLAYED.step} of each kind in turn. The lived ones are {LIVED.stop} workflows "
    "that have taken twelve updates each in their present run.",
    "Where ours goes, by samples of the thread that holds the interpreter's lock: a sixth into making the sandbox, an "
    "eighth into reading the input, both of which the empty workflow does too; a sixteenth into the engine, above all "
    "the page and the search attributes that a new run shows; the rest into the SDK's way there and back. Our worker "
    "saves some of that (`workflows/sandbox.py`) and of Python's collector, which leaves alone what lives as long as "
    "the process (`hold_what_is_loaded` in `worker.py`): of a full collection, two fifths. What a workflow that does "
    "nothing takes in such a worker is a row of its own.",
)


@dataclass
class Costs:
    """By round: KiB a workflow, CPU milliseconds a workflow and minute, and CPU milliseconds to replay one."""

    memory: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    replay: list[float] = field(default_factory=list)
    replay_lived: list[float] = field(default_factory=list)


Handles = Sequence[WorkflowHandle[Any, Any]]


class Started(NamedTuple):
    """Workflows that idle, and workflows that have lived a morning."""

    asleep: Handles
    lived: Handles


KINDS = {ENGINE: "PairingWorkflow", REFERENCES: "EmptyWorkflow", QUICKER: "EmptyWorkflow"}
"""By worker, the workflow that idles."""

LIVELY = {ENGINE: "PairingWorkflow", REFERENCES: "BareWorkflow"}
"""And the one that lives a morning; in a quicker worker none, for nothing is asked of that."""


def run() -> Result:
    """Fresh workers in turn; takes some seven minutes."""
    found = asyncio.run(_rounds())
    ours, empty, quicker = found[ENGINE], found[REFERENCES], found[QUICKER]
    held = partial(compared, goal=GOAL, at_most=True)
    evicted, lived = "replaying one after eviction", "replaying one that has taken 12 commands"
    rows = [
        held("memory of an idle one", "KiB", ours.memory, empty.memory, beside="empty workflow"),
        held(evicted, "ms", ours.replay, empty.replay, beside="empty workflow"),
        compared(evicted, "ms", ours.replay, quicker.replay, beside="empty workflow in our worker"),
        compared(lived, "ms", ours.replay_lived, empty.replay_lived, beside="bare workflow"),
        Row(
            measure="CPU of an idle one",
            unit="ms a minute",
            ours=max(ours.cpu),
            reference=max(empty.cpu),
            beside="empty workflow",
        ),
    ]
    return save("idle", "Idle pairings", rows, NOTES)


async def _rounds() -> dict[str, Costs]:
    found = {kind: Costs() for kind in KINDS}
    async with bench() as running:
        for number in range(ROUNDS):
            order = turned(list(KINDS), number)
            idle = {kind: await _idle(running, kind, found[kind]) for kind in order}
            async with AsyncExitStack() as stack:
                fresh = {kind: await _fresh(running, kind, stack) for kind in order}
                replays = await _in_lots(fresh, {kind: idle[kind].asleep for kind in order}, REPLAYED)
                lived = await _in_lots(fresh, {kind: idle[kind].lived for kind in order if kind in LIVELY}, LIVED)
                for kind, spent in replays.items():
                    found[kind].replay.append(spent)
                for kind, spent in lived.items():
                    found[kind].replay_lived.append(spent)
                for handles in chain.from_iterable(idle.values()):
                    await _each(lambda handle: handle.terminate(), handles)
    return found


async def _idle(running: Bench, kind: str, costs: Costs) -> Started:
    """Their worker has ended."""
    idles = KINDS[kind]
    async with Serving(running.ground, kind) as worker:
        await _asked(await _started(running, worker, idles, 5))
        before = worker.memory()
        handles = await _started(running, worker, idles, PAIRINGS)
        await _asked(handles)
        costs.memory.append((worker.memory() - before) * 1024 / PAIRINGS)
        used = worker.cpu()
        await asyncio.sleep(QUIET)
        costs.cpu.append((worker.cpu() - used) * 1000 / PAIRINGS * 60 / QUIET)
        lived = []
        if kind in LIVELY:
            lived = await _started(running, worker, LIVELY[kind], LIVED.stop, anew=True)
        await asyncio.gather(*(_live(handle) for handle in lived))
    return Started(handles, lived)


async def _fresh(running: Bench, kind: str, stack: AsyncExitStack) -> Serving:
    """A worker that has warmed up, and has none of them in its cache."""
    worker = await stack.enter_async_context(Serving(running.ground, kind))
    await _asked(await _started(running, worker, KINDS[kind], 5))
    return worker


async def _in_lots(fresh: dict[str, Serving], handles: dict[str, Handles], lots: range) -> dict[str, float]:
    """CPU milliseconds of bringing each back, by kind; lot by lot, so that a noisy second meets both.

    A lot's figure alone says little: Python's long garbage collections fall into some and not into others.
    """
    spent = dict.fromkeys(handles, 0.0)
    for at, kind in product(lots, handles):
        spent[kind] += await _replayed(fresh[kind], handles[kind][at : at + lots.step])
    return {kind: 1000 * seconds / len(lots) / lots.step for kind, seconds in spent.items()}


async def _replayed(worker: Serving, handles: Handles) -> float:
    """CPU seconds of bringing them all back, less what the question costs when they are there."""
    costs = []
    for _ in range(2):
        before = worker.cpu()
        await _asked(handles)
        costs.append(worker.cpu() - before)
    return costs[0] - costs[1]


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


async def _asked(handles: Handles) -> None:
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
