"""Where the CPU of writing events goes: the writers' process, their connections in PostgreSQL, and publishing."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Spending:
    """Milliseconds of CPU an event."""

    writers: float
    database: float
    publishing: float


class Meter:
    """Reads the clocks when it is made. `server` is PostgreSQL's first process; the writers are this one.

    `publishing` are the processes of the feed, the one in which PostgreSQL serves them among them.
    """

    def __init__(self, server: int, publishing: Collection[int] = ()) -> None:
        self._server, self._publishing = server, frozenset(publishing)
        self._began = self._seconds()

    def spent(self, events: int) -> Spending:
        """Since then, on each of so many events."""
        spent = (late - early for early, late in zip(self._began, self._seconds(), strict=True))
        return Spending(*(1000 * seconds / events for seconds in spent))

    def _seconds(self) -> tuple[float, float, float]:
        return _lived([os.getpid()]), self._served(), _lived(self._publishing)

    def _served(self) -> float:
        """All of PostgreSQL but publishing. What has ended, as autovacuum does, is in the first process's count."""
        first = psutil.Process(self._server)
        alive = _lived({process.pid for process in first.children()} - self._publishing)
        times = first.cpu_times()
        return alive + times.user + times.system + times.children_user + times.children_system


def _lived(processes: Collection[int]) -> float:
    total = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(one).cpu_times()
            total += times.user + times.system
    return total
