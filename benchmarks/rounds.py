"""Paired rounds: ours and the reference in turn, the order changing, so that a noisy minute meets both."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil
from pydantic import AwareDatetime, ConfigDict, computed_field

from domain.decider import Frozen

RESULTS = Path(__file__).parent / "results"


class Row(Frozen):
    """One measure. `ours` and `reference` are medians; `ratio` is the median of the rounds' own ratios.

    `spread` is the lowest and highest of those ratios. `goal` is a bound for `ratio`, or for `ours` where there is no
    reference: at least that much, or at most where `at_most`. A file has `met` too, for its other readers; here it
    is found anew.
    """

    model_config = ConfigDict(extra="ignore")

    measure: str
    unit: str
    ours: float
    reference: float | None = None
    beside: str = ""
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    goal: float | None = None
    at_most: bool = False

    @computed_field  # type: ignore[prop-decorator]
    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        value = self.ours if self.ratio is None else self.ratio
        return value <= self.goal if self.at_most else value >= self.goal


class Machine(Frozen):
    """Where it was measured."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str


class Result(Frozen):
    """One benchmark's rows, when, where and of which commit. `notes` say what a reader must know."""

    name: str
    title: str
    measured_at: AwareDatetime
    commit: str
    machine: Machine
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def paired(runs: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: int = 1) -> dict[str, list[float]]:
    """Each run's figure in each round; every round turns the order by one. The first `warm_up` rounds do not count."""
    names, figures = list(runs), {name: list[float]() for name in runs}
    for number in range(warm_up + rounds):
        for name in turned(names, number):
            figure = runs[name]()
            if number >= warm_up:
                figures[name].append(figure)
    return figures


async def paired_async(
    runs: Mapping[str, Callable[[], Awaitable[float]]], rounds: int, *, warm_up: int = 1
) -> dict[str, list[float]]:
    """As `paired`, for runs that wait."""
    names, figures = list(runs), {name: list[float]() for name in runs}
    for number in range(warm_up + rounds):
        for name in turned(names, number):
            figure = await runs[name]()
            if number >= warm_up:
                figures[name].append(figure)
    return figures


def turned(names: Sequence[str], number: int) -> list[str]:
    """The order of a round: each begins with another."""
    at = number % len(names)
    return [*names[at:], *names[:at]]


def compared(
    measure: str,
    unit: str,
    ours: Sequence[float],
    reference: Sequence[float],
    *,
    beside: str,
    goal: float | None = None,
    at_most: bool = False,
) -> Row:
    """A row of ours over the reference's, round by round."""
    ratios = [mine / theirs for mine, theirs in zip(ours, reference, strict=True)]
    return Row(
        measure=measure,
        unit=unit,
        ours=median(ours),
        reference=median(reference),
        beside=beside,
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
        goal=goal,
        at_most=at_most,
    )


def save(name: str, title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> Result:
    """Write the result file and return it."""
    result = Result(
        name=name,
        title=title,
        measured_at=datetime.now(UTC).replace(microsecond=0),
        commit=_commit(),
        machine=_machine(),
        rows=tuple(rows),
        notes=tuple(notes),
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return result


def saved() -> list[Result]:
    """Every result there is, by name."""
    return [Result.model_validate_json(file.read_text(encoding="utf-8")) for file in sorted(RESULTS.glob("*.json"))]


def _machine() -> Machine:
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release().split('-')[0]}",
        python=platform.python_version(),
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def with_bytecode() -> dict[str, str]:
    """The environment for a measured process: it keeps compiled modules, as an installed program does."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _commit() -> str:
    """With `-dirty` where the code differs from it; results and pages, which a run itself writes, do not count."""
    written = (f":(top,exclude){place}" for place in ("benchmarks/results", "docs"))
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", *written)
    return (_git("rev-parse", "--short", "HEAD") or "unknown") + ("-dirty" if changed else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return done.stdout.strip()
