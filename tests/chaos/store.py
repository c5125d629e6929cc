"""Sixteen writers, a sequencer and two projectors, while each of them and the server is killed in every round.

`python -m tests.chaos.store --rounds 100 --seed 1` kills (SIGKILL) a client process, the sequencer, a projector and the
server once in every round, in a random order and at random moments, and starts them again. At the end the ledger is
checked; then the database is dumped, restored into a fresh cluster, and everything goes on there and is checked again.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from embedded import postgres
from embedded.ports import Ports, choose
from embedded.server_process import ServerProcess
from eventstore.migrations import migrate
from eventstore.projections import prepare
from tests.chaos.store_actors import Versions, project, sequence, write
from tests.chaos.store_ledger import Ledger, check

_FORK = multiprocessing.get_context("fork")
"""The parent has imported everything and runs no thread: a new process costs milliseconds."""

PROGRESS = 40
"""Appends between two kills, at least: a kill that meets nobody at work shows nothing."""

STUCK = 60.0
"""Seconds without those appends after which the run is given up."""


@dataclass
class Server:
    """An embedded PostgreSQL with a data directory of its own."""

    data: Path
    port: int
    process: ServerProcess = field(init=False)

    @property
    def url(self) -> str:
        """The address, with the password that the data directory keeps."""
        return postgres.database_url(self.data, self.port)

    def start(self) -> None:
        """Start, or recover after a kill."""
        self.process = postgres.start_postgres(self.data, self.port, durable=False)
        postgres.wait_for_postgres(self.process, self.data, self.port)

    def kill(self) -> None:
        """The postmaster and every backend, as a machine does that goes down."""
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        if self.process.child is not None:
            self.process.child.wait()
        psutil.wait_procs(family, timeout=30)

    def stop(self) -> None:
        """A fast shutdown."""
        postgres.stop_postgres(self.process)


class Company:
    """Everybody who works on one database, each as a process that may be killed."""

    def __init__(self, server: Server, acknowledged: Path, luck: random.Random) -> None:
        self._server, self._acknowledged, self._luck = server, acknowledged, luck
        self._roles: dict[str, Callable[[], BaseProcess]] = {
            "client 1": self._writer,
            "client 2": self._writer,
            "sequencer": lambda: _FORK.Process(target=sequence, args=(server.url,)),
            "projector 1": self._projector,
            "projector 2": self._projector,
        }
        self._members: dict[str, BaseProcess] = {}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Everybody for the length of the block; killed at its end."""
        for role in self._roles:
            self._engage(role)
        try:
            yield
        finally:
            for member in self._members.values():
                member.kill()
                member.join()

    def round(self) -> None:
        """One of each kind dies."""
        victims = [self._luck.choice(("client 1", "client 2")), "sequencer"]
        victims += [self._luck.choice(("projector 1", "projector 2")), "server"]
        self._luck.shuffle(victims)
        for victim in victims:
            self._let_work(PROGRESS)
            time.sleep(self._luck.random() / 20)
            if victim == "server":
                self._server.kill()
                self._server.start()
            else:
                self._members[victim].kill()
                self._members[victim].join()
                self._engage(victim)

    def _let_work(self, appends: int) -> None:
        wanted, until = self._lines() + appends, time.monotonic() + STUCK
        while self._lines() < wanted:
            if time.monotonic() > until:
                raise SystemExit(f"no {appends} appends in {STUCK:.0f} s: somebody is stuck")
            time.sleep(0.01)

    def _lines(self) -> int:
        return self._acknowledged.stat().st_size // 80  # a line has about as many characters

    def _engage(self, role: str) -> None:
        self._members[role] = self._roles[role]()
        self._members[role].start()

    def _writer(self) -> BaseProcess:
        return _FORK.Process(target=write, args=(self._server.url, self._luck.getrandbits(32), self._acknowledged))

    def _projector(self) -> BaseProcess:
        return _FORK.Process(target=project, args=(self._server.url, f"reader-{self._luck.getrandbits(64)}"))


def restore(old: Server, new: Server) -> None:
    """A dump of the old database into a fresh cluster, with the roles that the schema's privileges name."""
    binaries = postgres.binaries()
    roles = [str(binaries / "pg_dumpall"), "--roles-only", "--no-role-passwords", "-d", old.url]
    said = subprocess.run(roles, capture_output=True, text=True, check=True).stdout
    own = "\n".join(line for line in said.splitlines() if "pairloom_" in line)
    into = [str(binaries / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", new.url]
    subprocess.run(into, input=own, text=True, check=True, stdout=subprocess.DEVNULL)
    dump = subprocess.Popen([str(binaries / "pg_dump"), "-d", old.url], stdout=subprocess.PIPE)
    subprocess.run(into, stdin=dump.stdout, check=True, stdout=subprocess.DEVNULL)
    if dump.wait():
        raise SystemExit("pg_dump failed")


def run(rounds: int, seed: int, directory: Path) -> bool:
    """The whole story; True where nothing was wrong."""
    luck = random.Random(seed)
    first, second = (Server(directory / name, choose(Ports(), Ports()).postgres) for name in ("first", "second"))
    acknowledged = directory / "acknowledged"
    acknowledged.touch()
    first.data.mkdir()
    second.data.mkdir()
    first.start()
    try:
        asyncio.run(migrate(first.url))
        asyncio.run(prepare(first.url, [Versions()]))
        sound = _rounds(first, acknowledged, luck, rounds, "killed")
        second.start()
        try:
            restore(first, second)
            asyncio.run(migrate(second.url))  # as a worker does when it starts
            return _rounds(second, acknowledged, luck, max(1, rounds // 20), "restored") and sound
        finally:
            second.stop()
    finally:
        first.stop()


def _rounds(server: Server, acknowledged: Path, luck: random.Random, rounds: int, title: str) -> bool:
    company = Company(server, acknowledged, luck)
    with company.at_work():
        for number in range(1, rounds + 1):
            company.round()
            if number % 10 == 0:
                print(f"{title}: {number} of {rounds} rounds", flush=True)
    ledger: Ledger = asyncio.run(check(server.url, acknowledged.read_text().splitlines()))
    print(f"{title}: {ledger.acknowledged} acknowledged appends, {ledger.events} events, {len(ledger.wrong)} wrong")
    for sentence in ledger.wrong[:20]:
        print(f"  {sentence}")
    return not ledger.wrong


def main() -> int:
    """0 where nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.rounds} rounds; {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        return 0 if run(options.rounds, options.seed, Path(directory)) else 1


if __name__ == "__main__":
    sys.exit(main())
