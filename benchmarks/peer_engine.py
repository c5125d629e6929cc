"""The same pairings on Pairloom (Temporal) and on DBOS (PostgreSQL alone), with one domain and one event store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import psutil
from dbos import DBOSClient, EnqueueOptions

from benchmarks.engine import Bench, bench, started_pairings
from benchmarks.rounds import Result, compared, paired_async, save
from benchmarks.subjects.commands import A_MORNING, OFFERED_AT, creation, morning
from benchmarks.subjects.peer import QUEUE, answer_to, message, system_database
from benchmarks.subjects.serving import ENGINE, PEER, Serving
from domain.pairing.decider import PairingCommand
from workflows.commands import update_name

PAIRINGS, ROUNDS, IN_FLIGHT = 24, 11, 16
PATIENCE = 60.0

Send = Callable[[str, PairingCommand], Awaitable[object]]
"""Sends a command to a stream's workflow, and returns when it is answered."""

NOTES = (
    f"{PAIRINGS} pairings take {A_MORNING} commands each, {IN_FLIGHT} in flight; a command counts when its sender has "
    "the answer, which on both sides means that its events are stored in the same event store. Rules, events and "
    "append are the same code; the sequencer and the read models do not run.",
    "On DBOS a command is a message to the workflow, one step decides and appends, and an event of the workflow "
    "answers (benchmarks/subjects/peer.py). It keeps its own state in the same PostgreSQL, with notifications on. "
    "Temporal is the development server, with its state in SQLite.",
    "Why they differ: between a command and its answer DBOS writes rows of one PostgreSQL, which is all that it has, "
    "and sender and worker are told by it. Temporal takes a command through its own server and that server's "
    "database, and wakes the workflow twice, for the command and for the append's answer. What that buys is not "
    "measured here: rejections that store nothing, senders in any language, timers and histories for people "
    "to look at.",
    "CPU is of everything that one has to run: the worker and PostgreSQL, and with Temporal its server too. The "
    "sender's is left out.",
)


def run() -> Result:
    """Both in turn; takes three minutes. What a round has started ends with it: the next one must not wait for it."""
    rates, costs = asyncio.run(_run())
    rows = [
        compared("commands", "commands/s", rates[ENGINE], rates[PEER], beside="DBOS"),
        compared("CPU of everything, for a command", "ms", costs[ENGINE], costs[PEER], beside="DBOS"),
    ]
    return save("peer_engine", "Beside DBOS", rows, NOTES)


async def _run() -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    costs: dict[str, list[float]] = {ENGINE: [], PEER: []}
    async with bench() as running, Serving(running.ground, ENGINE) as ours, Serving(running.ground, PEER) as peer:
        client = DBOSClient(system_database_url=system_database(running.ground.database_url), use_listen_notify=True)
        try:
            turn = {
                ENGINE: lambda: _ours(running, ours, costs[ENGINE]),
                PEER: lambda: _peer(running, peer, client, costs[PEER]),
            }
            rates = await paired_async(turn, ROUNDS)
        finally:
            await asyncio.to_thread(client.destroy)
    return rates, {name: each[-ROUNDS:] for name, each in costs.items()}


async def _ours(running: Bench, worker: Serving, costs: list[float]) -> float:
    handles = {handle.id: handle for handle in await started_pairings(running, worker, PAIRINGS)}

    async def send(stream: str, command: PairingCommand) -> object:
        return await handles[stream].execute_update(update_name(type(command)), command)

    pids = (worker.pid, running.ground.postgres.pid, running.ground.temporal.pid)
    rate = await _measured(list(handles), send, pids, costs)
    await asyncio.gather(*(handle.terminate() for handle in handles.values()))
    return rate


async def _peer(running: Bench, worker: Serving, client: DBOSClient, costs: list[float]) -> float:
    cohort = f"peer-{next(running.numbers)}"
    streams = []
    for number in range(PAIRINGS):
        create = creation(cohort, number)
        stream = f"pairing/{cohort}/{create.pairing}"
        options = EnqueueOptions(workflow_name="pairing", queue_name=QUEUE, workflow_id=stream)
        await client.enqueue_async(options, stream, f"cohort/{cohort}", message(create))
        streams.append(stream)
    while await running.store.count(f"pairing/{cohort}/") < OFFERED_AT * PAIRINGS:  # noqa: ASYNC110
        await asyncio.sleep(0.05)

    async def send(stream: str, command: PairingCommand) -> object:
        await client.send_async(stream, message(command), idempotency_key=answer_to(command))
        answered = await client.get_event_async(stream, answer_to(command), PATIENCE)
        if answered is None:
            raise TimeoutError(f"{stream} does not answer {answer_to(command)}")
        return answered

    rate = await _measured(streams, send, (worker.pid, running.ground.postgres.pid), costs)
    await client.cancel_workflows_async(streams)
    return rate


async def _measured(streams: list[str], send: Send, pids: tuple[int, ...], costs: list[float]) -> float:
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def live(stream: str) -> None:
        for command in morning():
            async with slots:
                await send(stream, command)

    used, began = _cpu(pids), time.perf_counter()
    await asyncio.gather(*(live(stream) for stream in streams))
    waited, commands = time.perf_counter() - began, len(streams) * A_MORNING
    costs.append(1000 * (_cpu(pids) - used) / commands)
    return commands / waited


def _cpu(pids: tuple[int, ...]) -> float:
    """Seconds of the processes and of all that they have started, ended ones too."""
    processes = [psutil.Process(pid) for pid in pids]
    families = [*processes, *(child for process in processes for child in process.children(recursive=True))]
    used = [process.cpu_times() for process in families]
    ended = [process.cpu_times() for process in processes]
    own = sum(times.user + times.system for times in used)
    return own + sum(times.children_user + times.children_system for times in ended)
