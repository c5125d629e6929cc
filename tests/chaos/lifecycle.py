"""Fifty running pairings, while the worker, the database and Temporal are each killed in every round.

`python -m tests.chaos.lifecycle --rounds 200 --seed 1` kills (SIGKILL) a worker, PostgreSQL and the Temporal server
once in every round, in a random order and at random moments, and starts them again, while senders act on fifty pairings
whose deadlines are seconds away. After every twenty-five rounds everybody rests and the ledger is checked: what was
acknowledged is stored once, every stream folds to its workflow's state, no event is doubled, no clock is lost. Then
fifty new pairings begin: the old ones have no clocks left that could be lost.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from embedded import temporal
from embedded.ports import Ports, choose
from embedded.server_process import ServerProcess
from eventstore.migrations import migrate
from tests.chaos.lifecycle_ledger import Ledger, check
from tests.chaos.lifecycle_senders import Senders
from tests.chaos.store import Server

PROJECT = Path(__file__).parents[2]
PAIRINGS, WORKERS = 50, 2

PROGRESS = 12
"""Acknowledged commands between two kills, at least: a kill that meets nobody at work shows nothing."""

STUCK = 120.0
"""Seconds without those commands after which the run is given up."""

ROUNDS_BETWEEN_CHECKS = 25
"""Some five minutes: the last deadline of `DESIGN` comes due in the middle of them."""

SHORT_HISTORIES = {"limit.historyCount.suggestContinueAsNew": "150"}
"""A pairing writes about a dozen history events a round: so it continues as new while things are killed."""


@dataclass
class TemporalServer:
    """The development server with its data in a file: what was acknowledged before a SIGKILL is there after it."""

    data: Path
    port: int
    ui_port: int
    process: ServerProcess = field(init=False)

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start, or recover after a kill."""
        self.process = temporal.start_temporal(
            self.data, self.port, self.ui_port, virtual_time=False, settings=SHORT_HISTORIES
        )
        await temporal.wait_for_temporal(self.process, self.data, self.address)

    def kill(self) -> None:
        """At once."""
        assert self.process.child is not None
        self.process.child.kill()
        self.process.child.wait()


class Workers:
    """Processes of `worker.py`, each replaced when it dies, as a service manager does."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._running: list[subprocess.Popen[bytes]] = []

    def keep_up(self) -> None:
        """Start what is missing."""
        self._running = [process for process in self._running if process.poll() is None]
        while len(self._running) < WORKERS:
            with self._log.open("ab") as log:
                command = [sys.executable, str(PROJECT / "worker.py")]
                self._running.append(subprocess.Popen(command, env=self._environment, stderr=log, cwd=PROJECT))

    def kill(self, luck: random.Random) -> None:
        """One of them."""
        victim = luck.choice(self._running)
        victim.kill()
        victim.wait()

    def stop(self) -> None:
        """All of them, at once."""
        for process in self._running:
            process.kill()
            process.wait()


@dataclass
class World:
    """Everything that can be killed, and who acts meanwhile."""

    database: Server
    temporal: TemporalServer
    workers: Workers
    senders: Senders
    luck: random.Random

    async def round(self) -> None:
        """One of each kind dies."""
        victims = ["worker", "database", "temporal"]
        self.luck.shuffle(victims)
        for victim in victims:
            await self._let_act(PROGRESS)
            await asyncio.sleep(self.luck.random() / 5)
            match victim:
                case "worker":
                    self.workers.kill(self.luck)
                case "database":
                    await asyncio.to_thread(self.database.kill)
                    await asyncio.to_thread(self.database.start)
                case _:
                    self.temporal.kill()
                    await self.temporal.start()
            self.workers.keep_up()

    async def _let_act(self, commands: int) -> None:
        wanted, until = len(self.senders.acknowledged) + commands, time.monotonic() + STUCK
        while len(self.senders.acknowledged) < wanted:
            self.workers.keep_up()
            if time.monotonic() > until:
                raise SystemExit(f"no {commands} commands in {STUCK:.0f} s: somebody is stuck")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def world(directory: Path, seed: int, pairings: int) -> AsyncIterator[World]:
    """Servers, workers, pairings and senders for the length of the block; all of them are gone afterwards."""
    ports = choose(Ports(), Ports())
    database = Server(directory / "postgres", ports.postgres)
    server = TemporalServer(directory / "temporal", ports.temporal, ports.ui)
    for data in (database.data, server.data):
        data.mkdir()
    database.start()
    await server.start()
    await migrate(database.url)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "PAIRLOOM_"))}
    environment = clean | {"TEMPORAL_ADDRESS": server.address, "PAIRLOOM_DATABASE_URL": database.url}
    workers = Workers(environment, directory / "workers.log")
    senders = Senders(server.address, pairings, seed)
    workers.keep_up()
    try:
        await senders.connect()
        yield World(database, server, workers, senders, random.Random(seed))
    finally:
        workers.stop()
        server.kill()
        database.stop()


async def run(rounds: int, seed: int, pairings: int, directory: Path) -> bool:
    """The whole story; True where nothing was wrong."""
    began, rung = time.monotonic(), 0
    async with world(directory, seed, pairings) as alive:
        for first in range(0, rounds, ROUNDS_BETWEEN_CHECKS):
            last = min(first + ROUNDS_BETWEEN_CHECKS, rounds)
            await alive.senders.begin()
            async with alive.senders.at_work():
                for number in range(first + 1, last + 1):
                    await alive.round()
                    if number % 10 == 0:
                        print(f"{number} of {rounds} rounds, {time.monotonic() - began:.0f} s", flush=True)
            ledger = await _checked(alive, last)
            if ledger.rung == rung:
                print("no clock rang in these rounds: they show nothing about clocks")
            if ledger.wrong or ledger.rung == rung:
                return False
            rung = ledger.rung
    print(f"{rounds} rounds, {time.monotonic() - began:.0f} s")
    return True


async def _checked(alive: World, rounds: int) -> Ledger:
    """What was found so far, for the person who watches too."""
    ledger = await check(alive.senders, alive.database.url)
    print(
        f"after {rounds} rounds, {3 * rounds} kills: {len(alive.senders.acknowledged)} acknowledged commands, "
        f"{alive.senders.refused} refused, {ledger.events} events, {ledger.rung} clocks rung, {ledger.runs} runs, "
        f"{len(ledger.wrong)} wrong",
        flush=True,
    )
    for sentence in ledger.wrong[:20]:
        print(f"  {sentence}")
    return ledger


def main() -> int:
    """0 where nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--pairings", type=int, default=PAIRINGS)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.rounds} rounds; {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        return 0 if asyncio.run(run(options.rounds, options.seed, options.pairings, Path(directory))) else 1


if __name__ == "__main__":
    sys.exit(main())
