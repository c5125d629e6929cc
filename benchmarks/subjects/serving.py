"""Workers in processes of their own, so that their CPU time and memory are theirs alone.

`python -m benchmarks.subjects.serving KIND ADDRESS DATABASE SECONDS` runs one until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

import psutil
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.logs import configure_logs
from benchmarks.rounds import with_bytecode
from benchmarks.subjects.bare import BareWorkflow, EmptyWorkflow, store_nothing
from benchmarks.subjects.peer import serving_peer
from benchmarks.subjects.plain import PlainPairing, record, remind
from embedded.ground import Ground
from eventstore.migrations import migrate
from eventstore.records import AppendResult, Batch
from eventstore.store import EventStore
from serving.settings import Settings
from worker import PASSED_THROUGH, build_worker, hold_what_is_loaded, running_worker
from workflows.registration import register_search_attributes
from workflows.sandbox import sandbox

ENGINE, WHOLE, REFERENCES, QUICKER, PEER = "engine", "whole", "references", "quicker", "peer"
"""Ours: the workflows and activities alone; the same with sequencer and read models. Reference workflows in a worker as
the SDK makes it, and in one as we do. DBOS.
"""

PARTS = EVENT_LOOP, COMPUTING, CORE = "the event loop", "computing workflows", "Temporal's core"
"""Of a worker: what talks to Temporal and PostgreSQL, the threads that workflows run in, the native part of the SDK."""

READY = b"ready\n"


class SlowedStore(EventStore):
    """Burns CPU in every append: what a slow engine would look like."""

    burnt = 0.0

    async def append(self, batch: Batch) -> AppendResult:
        """As ever, but later."""
        until = time.thread_time() + self.burnt
        while time.thread_time() < until:
            pass
        return await super().append(batch)


@dataclass
class Serving:
    """One worker process. `slowed_by` is CPU seconds burnt in each of its appends."""

    ground: Ground
    kind: str
    slowed_by: float = 0.0

    @property
    def task_queue(self) -> str:
        """The queue that it serves."""
        return f"benchmark-{self.kind}"

    async def __aenter__(self) -> Self:
        arguments = [self.kind, self.ground.temporal_address, self.ground.database_url, str(self.slowed_by)]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__ if __name__ != "__main__" else "benchmarks.subjects.serving",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=with_bytecode(),
            cwd=Path(__file__).parents[2],
        )
        assert self._process.stdout is not None
        if await self._process.stdout.readline() != READY:
            raise RuntimeError(f"the worker {self.kind} did not start; its complaint is on standard error")
        self._measured = psutil.Process(self._process.pid)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    @property
    def pid(self) -> int:
        """The process's."""
        return self._process.pid

    def cpu(self) -> float:
        """Seconds that the process has used so far, in user and in kernel mode, all its threads."""
        used = self._measured.cpu_times()
        return used.user + used.system

    def cpu_by_part(self) -> dict[str, float]:
        """The same seconds by the part of a worker that they went to.

        The core ends threads and takes their times along: what no thread of Python's has used is the core's.
        """
        parts = {EVENT_LOOP: 0.0, COMPUTING: 0.0}
        for thread in self._measured.threads():
            part = self._part_of(thread.id)
            if part != CORE:
                parts[part] += thread.user_time + thread.system_time
        return parts | {CORE: self.cpu() - sum(parts.values())}

    def _part_of(self, thread: int) -> str:
        if thread == self.pid:
            return EVENT_LOOP
        try:
            name = Path(f"/proc/{self.pid}/task/{thread}/comm").read_text(encoding="utf-8")
        except FileNotFoundError:  # only the core ends threads while it runs
            return CORE
        return COMPUTING if name.startswith("python") else CORE

    def memory(self) -> float:
        """Resident MiB."""
        return float(self._measured.memory_info().rss) / 2**20


async def serve(kind: str, address: str, database_url: str, slowed_by: float) -> None:
    """Until standard input closes."""
    configure_logs(as_json=True, level=40)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    settings = Settings(database_url=database_url, task_queue=f"benchmark-{kind}")
    async with AsyncExitStack() as stack:
        if kind == WHOLE:
            await stack.enter_async_context(running_worker(client, settings))
        elif kind == ENGINE:
            await migrate(database_url)
            await register_search_attributes(client)
            store = await stack.enter_async_context(await SlowedStore.connect(database_url))
            store.burnt = slowed_by
            await stack.enter_async_context(build_worker(client, store, settings))
        elif kind == PEER:
            await stack.enter_async_context(serving_peer(database_url))
        else:
            await stack.enter_async_context(reference_worker(client, settings.task_queue, quicker=kind == QUICKER))
        if kind != REFERENCES:
            hold_what_is_loaded()
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.buffer.read)


def reference_worker(client: Client, task_queue: str, *, quicker: bool) -> Worker:
    """Set up as our own worker is, shared modules and slots, in the SDK's sandbox or in ours, which is `quicker`."""
    workflows: Sequence[type] = [BareWorkflow, EmptyWorkflow, PlainPairing]
    shared = (*PASSED_THROUGH, "benchmarks")
    usual = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*shared))
    return Worker(
        client,
        task_queue=task_queue,
        workflows=workflows,
        activities=[store_nothing, record, remind],
        workflow_runner=sandbox(shared, client.data_converter) if quicker else usual,
        max_concurrent_workflow_tasks=20,
        max_concurrent_activities=20,
        max_concurrent_local_activities=20,
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


if __name__ == "__main__":
    kind, address, database_url, slowed_by = sys.argv[1:]
    asyncio.run(serve(kind, address, database_url, float(slowed_by)))
