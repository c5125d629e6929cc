"""Both servers under one data directory: started together, found again, stopped together."""

from __future__ import annotations

import asyncio
import fcntl
import json
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.ports import USUAL_PORTS, Chosen, Ports, choose
from embedded.postgres import database_url, start_postgres, stop_postgres, wait_for_postgres
from embedded.server_process import GroundError, PortTaken, ServerProcess, because, disk_is_full, last_words
from embedded.temporal import start_temporal, stop_temporal, wait_for_temporal
from eventstore.vault import new_master_key

__all__ = ["USUAL_PORTS", "Ground", "GroundError", "Ports", "attach", "start_ground"]

_RECORD = "ground.json"
_MASTER_KEY = "master.key"

_ATTEMPTS = 3
"""Grounds that start in the same moment may choose the same ports, and Temporal chooses some more by itself, one of
which a connection may take before it listens there; whoever comes second chooses again."""


@dataclass(frozen=True)
class Ground:
    """Two running servers. `database_url` carries a password: never log it."""

    data: Path
    ports: Chosen
    temporal: ServerProcess
    postgres: ServerProcess

    @property
    def temporal_address(self) -> str:
        """`host:port` of the frontend."""
        return f"127.0.0.1:{self.ports.temporal}"

    @property
    def ui_url(self) -> str:
        """Where a browser shows the workflows."""
        return f"http://127.0.0.1:{self.ports.ui}"

    @property
    def database_url(self) -> str:
        """The address of the database `pairloom`, as its superuser."""
        return database_url(self.data, self.ports.postgres)

    @property
    def master_key(self) -> str:
        """What seals the answers in this ground's database; made with the ground and kept beside its data."""
        return (self.data / _MASTER_KEY).read_text().strip()

    def alive(self) -> bool:
        """Whether both servers still run."""
        return self.temporal.alive() and self.postgres.alive()

    def trouble(self) -> str:
        """A sentence for each server that is in trouble by its own log, or that its logs are there to read."""
        said = [
            f"{server.name}: {last_words(self.data / f'{server.name}.log')}"
            for server in (self.temporal, self.postgres)
            if not server.alive() or disk_is_full(self.data / f"{server.name}.log")
        ]
        return " ".join(said) or f"The servers' logs are in {self.data}."

    def stop(self) -> None:
        """Stop both, keep their data. Does nothing the second time."""
        stop_temporal(self.temporal)
        stop_postgres(self.postgres)
        if _recorded(self.data) == self:
            (self.data / _RECORD).unlink(missing_ok=True)


def start_ground(
    data: Path,
    *,
    virtual_time: bool,
    preferred: Ports | None = USUAL_PORTS,
    required: Ports | None = None,
    durable: bool = True,
    in_memory: bool = False,
) -> Ground:
    """Start both servers on `data`, made on demand, and return when both answer.

    `preferred` ports are used where free, others picked; a `required` port that is taken is a GroundError.
    `durable=False` and `in_memory=True` (Temporal's data only) are for tests.
    Blocks for some seconds. Raises GroundError, with nothing left running.
    """
    data = data.absolute()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_at_a_time(data):
            _clear(data)
            for attempt in range(1, _ATTEMPTS + 1):
                ports = choose(preferred or Ports(), required or Ports())
                try:
                    return _start(data, ports, virtual_time=virtual_time, durable=durable, in_memory=in_memory)
                except PortTaken:
                    if attempt == _ATTEMPTS:
                        raise
            raise AssertionError("the last attempt starts or raises")
    except OSError as error:
        raise GroundError(f"The data directory {data} cannot be used: {because(error)}.") from error


def attach(data: Path) -> Ground | None:
    """The running ground of this data directory, or None where it does not run."""
    ground = _recorded(data.absolute())
    return ground if ground is not None and ground.alive() else None


def _start(data: Path, ports: Chosen, *, virtual_time: bool, durable: bool, in_memory: bool) -> Ground:
    _keep_master_key(data / _MASTER_KEY)
    postgres = start_postgres(data, ports.postgres, durable=durable)
    temporal = None
    try:
        temporal = start_temporal(
            data, ports.temporal, ports.ui, virtual_time=virtual_time, durable=durable, in_memory=in_memory
        )
        ground = Ground(data, ports, temporal, postgres)
        _record(ground)
        wait_for_postgres(postgres, data, ports.postgres)
        _finish(wait_for_temporal(temporal, data, ground.temporal_address))
    except BaseException:
        stop_postgres(postgres)
        if temporal is not None:
            stop_temporal(temporal)
        (data / _RECORD).unlink(missing_ok=True)
        raise
    return ground


def _keep_master_key(file: Path) -> None:
    """Made once, readable by its owner alone, and never half written: another key could not open what it has sealed."""
    if file.exists():
        return
    unfinished = file.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(new_master_key() + "\n")
    unfinished.replace(file)


def _finish(waiting: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own: the caller may have one that runs already."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, waiting).result()


def _clear(data: Path) -> None:
    """Refuse where the ground is alive; stop the survivor where one of its servers has died."""
    left = _recorded(data)
    if left is None:
        return
    if left.alive():
        raise GroundError(
            f"The servers of {data} run already, Temporal at {left.temporal_address}: use them, or stop them first."
        )
    left.stop()


@contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    """Hold the directory's lock while starting; the system releases it if we die."""
    with (data / "ground.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GroundError(f"The servers of {data} are being started by another process: wait for it.") from None
        yield


def _record(ground: Ground) -> None:
    """Addresses, pids and creation times, without the password, for `attach`."""
    processes = {
        server.name: {"pid": server.pid, "created": server.created} for server in (ground.temporal, ground.postgres)
    }
    record = {"ports": vars(ground.ports), "addresses": _addresses(ground), "processes": processes}
    unfinished = ground.data / f"{_RECORD}.unfinished"
    unfinished.write_text(json.dumps(record, indent=2) + "\n")
    unfinished.replace(ground.data / _RECORD)


def _addresses(ground: Ground) -> dict[str, str]:
    return {
        "temporal": ground.temporal_address,
        "ui": ground.ui_url,
        "postgres": f"127.0.0.1:{ground.ports.postgres}",
    }


def _recorded(data: Path) -> Ground | None:
    try:
        text = (data / _RECORD).read_text()
    except FileNotFoundError:
        return None
    try:
        record = json.loads(text)
        servers = {name: ServerProcess(name, **found) for name, found in record["processes"].items()}
        return Ground(data, Chosen(**record["ports"]), servers["temporal"], servers["postgres"])
    except (ValueError, KeyError, TypeError):
        return None
