"""A worker in a process of its own, started again when it dies: what a platform does in production."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import worker
from embedded.ground import Ground
from embedded.server_process import ServerProcess, last_words, launch
from serving.settings import WorkerError

READY = "worker ready"
_PROCESS = "python"


class WorkerProcess:
    """One worker on an embedded ground. `worker/worker.json` names its process, `worker/python.log` is its log."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._directory = ground.data / "worker"
        self._process: ServerProcess | None = None
        self.restarts = 0

    @property
    def log(self) -> Path:
        """Where its log lines go, as JSON."""
        return self._directory / f"{_PROCESS}.log"

    async def start(self) -> None:
        """Start it and wait until it serves; raises WorkerError with the end of its log if it does not."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        process = launch(
            _PROCESS,
            [sys.executable, worker.__file__],
            directory=self._directory,
            environment=os.environ
            | {
                "TEMPORAL_ADDRESS": self._ground.temporal_address,
                "PAIRLOOM_DATABASE_URL": self._ground.database_url,
                "PAIRLOOM_MASTER_KEY": self._ground.master_key,
                "PAIRLOOM_LOGS": "json",
            },
        )
        self._process = process
        record = {"pid": process.pid, "created": process.created}
        (self._directory / "worker.json").write_text(json.dumps(record) + "\n")
        for _ in range(600):
            if READY in self.log.read_bytes()[process.log_start :].decode(errors="replace"):
                return
            if not process.alive():
                raise WorkerError(f"The worker did not start: {last_words(self.log, process.log_start)}")
            await asyncio.sleep(0.1)
        raise WorkerError(f"The worker is not ready after a minute: see {self.log}")

    async def keep_alive(self) -> None:
        """Start another whenever it dies, until cancelled."""
        while True:
            if self._process is not None and not self._process.alive():
                self.restarts += 1
                await self.start()
            await asyncio.sleep(0.25)

    def kill(self) -> None:
        """SIGKILL, as a machine that loses its power: nothing is finished, nothing is said."""
        if self._process is not None:
            self._process.stop((signal.SIGKILL, 10.0))
            self._process = None

    def stop(self) -> None:
        """SIGTERM and a wait for its graceful end."""
        process = self._process or recorded_worker(self._ground.data)
        if process is not None:
            process.stop((signal.SIGTERM, 30.0))
        (self._directory / "worker.json").unlink(missing_ok=True)


def recorded_worker(data: Path) -> ServerProcess | None:
    """The worker that was started on this data directory, by whichever process."""
    try:
        record = json.loads((data / "worker" / "worker.json").read_text())
        return ServerProcess(_PROCESS, record["pid"], record["created"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
