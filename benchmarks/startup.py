"""What a person waits for before a command does anything: processes beside `python -c pass`, in turn."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.rounds import Result, Row, compared, paired, save, with_bytecode

ROUNDS = 15
MORE_THAN_PYTHON = 0.25
"""Seconds that `pairloom --help` may take beyond an interpreter that does nothing."""

ROOT = Path(__file__).parent.parent
PAIRLOOM = str(Path(sys.executable).parent / "pairloom")
BARE = "python -c pass"
COMMANDS = {
    BARE: (sys.executable, "-c", "pass"),
    "pairloom --help": (PAIRLOOM, "--help"),
    "pairloom program check": (PAIRLOOM, "program", "check", "examples/digital-fluency.yaml"),
    "import operations.cli": (sys.executable, "-c", "import operations.cli"),
    "import worker": (sys.executable, "-c", "import worker"),
}

NOTES = (
    "Seconds of CPU, user and kernel, of the whole process with its children; the rows of the wall's clock say so. "
    "Each round starts each process once, the order turning; files are in the system's cache.",
)


def run() -> Result:
    """Every command in turn; takes a minute."""
    cpu, wall = measured(ROUNDS)
    rows = [compared(name, "s", cpu[name], cpu[BARE], beside=BARE) for name in COMMANDS if name.startswith("pairloom")]
    rows += [_beyond(name, cpu) for name in COMMANDS if name != BARE]
    rows.append(compared("pairloom --help, wall clock", "s", wall["pairloom --help"], wall[BARE], beside=BARE))
    return save("startup", "Start-up", rows, NOTES)


def _beyond(name: str, cpu: dict[str, list[float]]) -> Row:
    """What it takes beyond an interpreter that does nothing."""
    more = median(ours - bare for ours, bare in zip(cpu[name], cpu[BARE], strict=True))
    goal = MORE_THAN_PYTHON if name == "pairloom --help" else None
    return Row(measure=f"{name}, beyond {BARE}", unit="s", ours=more, goal=goal, at_most=True)


def measured(rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """CPU and wall seconds of every command in each round."""
    wall: dict[str, list[float]] = {name: [] for name in COMMANDS}

    def timed(name: str) -> Callable[[], float]:
        def once() -> float:
            used, waited = _cost(COMMANDS[name])
            wall[name].append(waited)
            return used

        return once

    cpu = paired({name: timed(name) for name in COMMANDS}, rounds)
    return cpu, {name: waits[-rounds:] for name, waits in wall.items()}


def _cost(command: tuple[str, ...]) -> tuple[float, float]:
    before, began = _children(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=with_bytecode())
    return _children() - before, time.perf_counter() - began


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
