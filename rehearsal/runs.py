"""Many seeded runs on every core, in memory that does not grow with their number of events."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from rehearsal.assumptions import Assumptions
from rehearsal.people import people_of
from rehearsal.simulation import Step, carried_on, steps
from rehearsal.tally import Tally, monday_of, overlaps

APART = 1_000_003
"""Between the seeds of two runs, so that the runs of seed 7 are not those of seed 8."""

TOGETHER = 60
"""Pairings that a core simulates before it answers: a third of a second."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A pairing of a running cohort, as its stream tells it, and the moment to go on from."""

    state: Pairing
    now: datetime


Beginning: TypeAlias = CreatePairing | Standing


@dataclass(frozen=True, slots=True)
class Run:
    """One run's figures."""

    number: int
    tally: Tally
    overlaps: int


@dataclass(frozen=True, slots=True)
class _Part:
    run: int
    start: int
    stop: int


@dataclass(slots=True)
class _Work:
    """What every core knows."""

    beginnings: Sequence[Beginning]
    seed: int
    assumptions: Assumptions
    first: datetime
    busy: frozenset[str]


def run_seed(seed: int, run: int) -> int:
    """The seed of a run's luck; the first run has the seed itself."""
    return seed + run * APART


def rehearse(
    beginnings: Sequence[Beginning],
    *,
    starts_at: datetime,
    seed: int,
    runs: int,
    assumptions: Assumptions,
    cores: int | None = None,
    on_run: Callable[[int], None] = lambda _: None,
) -> list[Run]:
    """Every run to its end, in order. `on_run` hears how many are done."""
    work = _Work(beginnings, seed, assumptions, monday_of(starts_at), _busy(beginnings))
    done: dict[int, Tally] = {}
    left = {run: len(_parts_of(run, len(beginnings))) for run in range(runs)}
    finished: list[Run] = []
    for run, tally in _tallies(work, runs, cores or len(os.sched_getaffinity(0))):
        done.setdefault(run, Tally(work.first)).merge(tally)
        left[run] -= 1
        if not left[run]:
            finished.append(_finished(run, done.pop(run)))
            on_run(len(finished))
    return sorted(finished, key=lambda run: run.number)


def lived(beginning: Beginning, seed: int, assumptions: Assumptions) -> Iterator[Step]:
    """What happens to one pairing, from its creation or from where it stands."""
    if isinstance(beginning, CreatePairing):
        return steps(beginning, seed, assumptions)
    state, now = beginning.state, beginning.now
    return carried_on(state, now, people_of(state, seed, assumptions, known=now))


def _finished(number: int, tally: Tally) -> Run:
    """What no later step needs is let go."""
    twice = overlaps(tally.appointments)
    tally.appointments = []
    return Run(number, tally, twice)


def _busy(beginnings: Iterable[Beginning]) -> frozenset[str]:
    """People with more than one pairing: only they can be in two meetings at once."""
    places: Counter[str] = Counter()
    for beginning in beginnings:
        of = beginning.state if isinstance(beginning, Standing) else beginning
        places.update((of.mentor.participant, of.mentee.participant))
    return frozenset(person for person, pairings in places.items() if pairings > 1)


def _parts_of(run: int, pairings: int) -> list[_Part]:
    return [_Part(run, start, min(start + TOGETHER, pairings)) for start in range(0, max(pairings, 1), TOGETHER)]


def _tallies(work: _Work, runs: int, cores: int) -> Iterator[tuple[int, Tally]]:
    parts = (part for run in range(runs) for part in _parts_of(run, len(work.beginnings)))
    if cores == 1:
        for part in parts:
            yield part.run, _simulated(work, part)
        return
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=spawning, initializer=_begin, initargs=(work,)) as pool:
        waiting: set[Future[tuple[int, Tally]]] = {pool.submit(_part, part) for part in islice(parts, 3 * cores)}
        while waiting:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                waiting |= {pool.submit(_part, part) for part in islice(parts, 1)}
                yield future.result()


_known: list[_Work] = []
"""In a process of the pool: the work, told once."""


def _begin(work: _Work) -> None:
    _known[:] = [work]
    gc.freeze()
    gc.disable()  # events and states hold no cycles; collecting costs a tenth of the time


def _part(part: _Part) -> tuple[int, Tally]:
    return part.run, _simulated(_known[0], part)


def _simulated(work: _Work, part: _Part) -> Tally:
    tally, seed = Tally(work.first), run_seed(work.seed, part.run)
    for beginning in work.beginnings[part.start : part.stop]:
        state = before = beginning.state if isinstance(beginning, Standing) else None
        for state, event in lived(beginning, seed, work.assumptions):
            tally.take(before, state, event)
            before = state
        if state is not None:
            tally.end(state)
    tally.appointments = [held for held in tally.appointments if held[0] in work.busy]
    return tally
