"""Where the CPU of writing events goes: the writers' process, their connections in PostgreSQL, and publishing."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Spending:
    """Milliseconds of CPU an event."""

    writers: float
    database: float
    publishing: float


def serving_processes(server: int) -> set[int]:
    """The processes in which this PostgreSQL server serves, itself left out. `server` is its own process."""
    return {process.pid for process in psutil.Process(server).children(recursive=True)}


def spending(server: int, publishing: Collection[int], written: Callable[[], float]) -> Spending:
    """While `written` writes, which says how many events that were. `publishing` are the processes of the feed.

    Every process must live from before until after.
    """
    serving = serving_processes(server) - {*publishing}
    before = _seconds([os.getpid()]), _seconds(serving), _seconds(publishing)
    events = written()
    after = _seconds([os.getpid()]), _seconds(serving), _seconds(publishing)
    return Spending(*(1000 * (late - early) / events for early, late in zip(before, after, strict=True)))


def _seconds(processes: Collection[int]) -> float:
    times = [psutil.Process(one).cpu_times() for one in processes]
    return sum(time.user + time.system for time in times)
