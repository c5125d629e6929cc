"""A whole reference pairing beside the same lifecycle written the straightforward way, both driven by one list of acts.

Six meetings, three checkpoints, no trouble, 26 weeks of virtual time. Actions are counted by the rules in
benchmarks/cost.py.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import cast

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.search_attributes import at_creation
from benchmarks.cost import actions, lasting
from benchmarks.endings import counted_ground
from benchmarks.rounds import Result, Row, compared, save
from benchmarks.subjects.commands import creation
from benchmarks.subjects.serving import ENGINE, REFERENCES, Serving
from domain.pairing.clocks import fire
from domain.pairing.decider import PairingCommand, decide, evolve
from domain.pairing.proposal import CreatePairing
from eventstore.migrations import migrate
from eventstore.store import EventStore
from rehearsal.reference import Exemplary
from rehearsal.virtual_time import VirtualTime, persistently
from workflows.commands import update_name
from workflows.contract import PairingInput

ROUNDS = 5
GOAL = 0.5

NOTES = (
    "Both get the same commands at the same virtual times as updates. The plain workflow "
    "(benchmarks/subjects/plain.py) records each event by an activity and keeps a timer for each reminder; it decides "
    "nothing, stores nothing, has no search attributes and cannot be recovered from anything but its history. Nobody "
    "asks either of them anything.",
    "CPU is that of the worker's process for the whole life, read in steps of 10 ms; bytes are those of the history's "
    "events. What virtual time itself writes into both histories is left out: in real time, no server writes it.",
)


@dataclass(frozen=True)
class Life:
    """What one life took."""

    actions: Counter[str]
    events: int
    size: int
    stored: int
    cpu: float


def run() -> Result:
    """Lives in turn; the counts are the same on every machine."""
    lives = asyncio.run(_lives())
    ours, plain = lives[ENGINE], lives[REFERENCES]

    def beside(measure: str, unit: str, mine: Sequence[float], theirs: Sequence[float], goal: float | None) -> Row:
        return compared(measure, unit, mine, theirs, beside="plain workflow", goal=goal, at_most=True)

    rows = [
        beside("Actions", "", [x.actions.total() for x in ours], [x.actions.total() for x in plain], GOAL),
        beside("history events", "", [x.events for x in ours], [x.events for x in plain], GOAL),
        beside("history", "bytes", [x.size for x in ours], [x.size for x in plain], None),
        beside("CPU of the worker", "ms", [x.cpu for x in ours], [x.cpu for x in plain], None),
        Row(measure="commands and clocks", unit="", ours=ours[0].actions["local activities"]),
        Row(measure="stored events", unit="", ours=ours[0].stored),
    ]
    return save("lifecycle", "A whole lifecycle", rows, (*NOTES, _by_kind(ours[0], plain[0])))


def _by_kind(ours: Life, plain: Life) -> str:
    kinds = sorted({*ours.actions, *plain.actions})
    counts = ", ".join(f"{kind} {ours.actions[kind]} and {plain.actions[kind]}" for kind in kinds)
    stored = ours.actions["local activities"]
    return (
        f"Actions of ours and of the plain one: {counts}. Half of the plain one's Actions is out of reach for whoever "
        f"stores what was decided before answering: {stored} commands and clocks cost two each, the update or the "
        f"timer and the append, which makes {2 * stored} of {plain.actions.total()}. What is left above that are "
        "timers that were cancelled because something else came first, and search attributes."
    )


async def _lives() -> dict[str, list[Life]]:
    lives: dict[str, list[Life]] = {ENGINE: [], REFERENCES: []}
    async with counted_ground() as ground:
        await migrate(ground.database_url)
        client = await Client.connect(ground.temporal_address, data_converter=pydantic_data_converter)
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(await EventStore.connect(ground.database_url, max_size=1))
            serving = [await stack.enter_async_context(Serving(ground, kind)) for kind in lives]

            async def live(worker: Serving, workflow: str, number: int) -> float:
                life = await _life(client, store, worker, workflow, number)
                lives[worker.kind].append(life)
                return life.cpu

            for number in range(1 + ROUNDS):
                await live(serving[0], "PairingWorkflow", number)
                await live(serving[1], "PlainPairing", number)
    return {kind: each[1:] for kind, each in lives.items()}


async def _life(client: Client, store: EventStore, worker: Serving, workflow: str, number: int) -> Life:
    start = datetime.now(UTC)
    create = creation(worker.kind, number).model_copy(update={"starts_at": start, "at": start})
    time = VirtualTime(client)
    before = worker.cpu()
    handle = await time.client.start_workflow(
        workflow,
        PairingInput(create=create),
        id=f"pairing/{create.cohort}/{create.pairing}",
        task_queue=worker.task_queue,
        search_attributes=at_creation(create, start) if worker.kind == ENGINE else None,
    )
    for at, command in reference_acts(create):
        await time.travel(handle, at)
        await persistently(partial(handle.execute_update, update_name(type(command)), command))
    await handle.result()
    used = worker.cpu() - before
    return await _measured(handle, await store.count(handle.id) if worker.kind == ENGINE else 0, 1000 * used)


async def _measured(handle: WorkflowHandle[object, object], stored: int, cpu: float) -> Life:
    history = lasting([event async for event in handle.fetch_history_events()])
    return Life(actions(history), len(history), sum(event.ByteSize() for event in history), stored, cpu)


def reference_acts(create: CreatePairing) -> Iterator[tuple[datetime, PairingCommand]]:
    """What the people of the reference pairing do and when, found without any server by the domain itself."""
    now, people = create.at or create.starts_at, Exemplary()
    state = None
    for event in decide(None, create, now):
        state = evolve(state, event)
    while state is not None and not state.final:
        act = people.next_act(state, now)
        bell = state.clocks[0] if state.clocks else None
        if act is not None and (bell is None or act.at < bell.due):
            now, command = act.at, cast(PairingCommand, act.command)
            events = decide(state, command, now)
            yield now, command
        elif bell is not None:
            now = bell.due
            events = decide(state, fire(bell), now)
        else:
            raise AssertionError("the reference pairing ends")
        for event in events:
            state = evolve(state, event)
