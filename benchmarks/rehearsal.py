"""How fast a program is rehearsed: beside the loop without validation, and from a hundred pairings to ten thousand."""

from __future__ import annotations

import gc
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median

import psutil
from pydantic import BaseModel

from benchmarks.rounds import Result, Row, compared, paired, save
from domain.decider import Actor, Frozen, Role
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party
from intake.program_file import read_program
from rehearsal.assumptions import Assumptions
from rehearsal.runs import lived, rehearse
from rehearsal.tally import Tally, monday_of

START = datetime(2027, 1, 11, 9, tzinfo=UTC)
PROGRAM = Path(__file__).parent.parent / "examples" / "digital-fluency.yaml"
ROUNDS, EACH, MANY = 3, 150, 10_000

NOTES = (
    "A pairing lasts 26 weeks and some more for its offer and evaluation; simulating it includes what the rehearsal "
    "counts: every notice with its quiet hours, every week, every ending. One core, in CPU time.",
    "Without validation: the same loop, with pydantic's constructors replaced by ones that check nothing. It is the "
    "limit of what leaving pydantic out of the events could give.",
    "Pairings a second are the machine's as much as ours: on one that others share, its clock moves them by half in "
    "an hour, and the ratio hardly. By a sampling profile a third of the time is people making up their minds, a "
    "quarter deciding, a tenth folding, a sixth counting. Constructing commands, events, clocks and notices is a "
    "sixth, spread over all of these; nothing else stands out.",
    "Ten thousand pairings are one run on two cores, CPU time of both processes with their start. Memory is that of "
    "all three processes together, sampled ten times a second.",
)


def run() -> Result:
    """Takes some two minutes."""
    figures = paired({"ours": _rate, "limit": _rate_unchecked}, ROUNDS)
    speed = compared("simulate a pairing", "pairings/s", figures["ours"], figures["limit"], beside="without validation")
    hundred, thousand = (median(_cpu_alone(number) for _ in range(3)) / number for number in (100, 1000))
    cpu, wall, memory = _on_two_cores(MANY)
    rows = [
        speed,
        Row(measure="pairings a second and core", unit="pairings/s", ours=median(figures["ours"]), goal=200),
        Row(measure="CPU for a pairing, 1,000 over 100", unit="times", ours=thousand / hundred, goal=1.2, at_most=True),
        Row(
            measure="CPU for a pairing, 10,000 over 100",
            unit="times",
            ours=cpu / MANY / hundred,
            goal=1.2,
            at_most=True,
        ),
        Row(measure="10,000 pairings on two cores", unit="s", ours=wall),
        Row(measure="10,000 pairings: most memory", unit="MiB", ours=memory, goal=600, at_most=True),
    ]
    return save("rehearsal", "Rehearsal", rows, NOTES)


def beginnings(number: int) -> list[CreatePairing]:
    """Pairings of different people by the example's design."""
    design = read_program(PROGRAM)
    return [
        CreatePairing(
            by=Actor(role=Role.COORDINATOR, id="launch"),
            key="create",
            at=START,
            pairing=f"M{nth}~E{nth}",
            cohort="bench",
            design=design,
            mentor=Party(participant=f"M{nth}", zone="Europe/London"),
            mentee=Party(participant=f"E{nth}", zone="America/New_York"),
            starts_at=START,
        )
        for nth in range(number)
    ]


def _rate() -> float:
    return EACH / _cpu_alone(EACH)


def _rate_unchecked() -> float:
    with _unchecked():
        return EACH / _cpu_alone(EACH)


def _cpu_alone(number: int) -> float:
    """CPU seconds for so many pairings in this process."""
    creates, tally, assumptions = beginnings(number), Tally(monday_of(START)), Assumptions()
    gc.collect()
    gc.freeze()
    gc.disable()
    began = time.process_time()
    try:
        for create in creates:
            before = None
            for state, event in lived(create, 7, assumptions):
                tally.take(before, state, event)
                before = state
            assert before is not None
            tally.end(before)
        return time.process_time() - began
    finally:
        gc.enable()
        gc.unfreeze()


def _on_two_cores(number: int) -> tuple[float, float, float]:
    """CPU seconds, seconds by the clock, and MiB at the most."""
    creates, most, over = beginnings(number), [0.0], threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not over.wait(0.1):
            of_all = [me, *me.children(recursive=True)]
            most[0] = max(most[0], sum(_resident(process) for process in of_all) / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        rehearse(creates, starts_at=START, seed=7, runs=1, assumptions=Assumptions(), cores=2)
    finally:
        over.set()
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - began, most[0]


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


@contextmanager
def _unchecked() -> Iterator[None]:
    """Every value and event takes what it is given."""
    Frozen.__init__ = _take  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        del Frozen.__init__


def _take(self: BaseModel, **given: object) -> None:
    object.__setattr__(self, "__dict__", {**_defaults(type(self)), **given})
    object.__setattr__(self, "__pydantic_fields_set__", set())
    object.__setattr__(self, "__pydantic_extra__", None)
    object.__setattr__(self, "__pydantic_private__", None)


@cache
def _defaults(of: type[BaseModel]) -> dict[str, object]:
    return {name: field.get_default() for name, field in of.model_fields.items() if not field.is_required()}
