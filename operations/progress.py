"""The demo's live display: a bar and the funnel on a terminal, a line every few weeks elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from domain.pairing.state import Pairing
from operations.demo import DemoProgress

EXPECTED_WEEKS = 30
"""26 weeks of meetings, and the offer before and the evaluation after them."""

LINE_EVERY = 5


@contextmanager
def progress_on(console: Console) -> Iterator[DemoProgress]:
    """A display that fits the console."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TimeElapsedColumn(),
        TextColumn("{task.fields[funnel]}"),
    )
    with Progress(*columns, console=console) as bars:
        yield _Bar(bars)


class _Lines(DemoProgress):
    def __init__(self, console: Console) -> None:
        self._console = console

    def step(self, text: str) -> None:
        self._console.print(f"{text} ...", highlight=False)

    def launched(self, pairings: int) -> None:
        self._console.print(f"{pairings} pairings run. Carrying them through the program ...", highlight=False)

    def week(self, number: int, pairings: list[Pairing]) -> None:
        if number % LINE_EVERY == 0 or all(pairing.ended for pairing in pairings):
            self._console.print(f"  week {number:2}: {_funnel(pairings)}", highlight=False)

    def note(self, text: str) -> None:
        self._console.print(text, highlight=False)


class _Bar(DemoProgress):
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID = bars.add_task("Reading", total=None, funnel="")

    def step(self, text: str) -> None:
        self._bars.update(self._task, description=text)

    def launched(self, pairings: int) -> None:
        self._bars.update(self._task, description=f"{pairings} pairings, week  0", total=EXPECTED_WEEKS, completed=0)

    def week(self, number: int, pairings: list[Pairing]) -> None:
        self._bars.update(
            self._task,
            description=f"{len(pairings)} pairings, week {number:2}",
            total=max(EXPECTED_WEEKS, number),
            completed=number,
            funnel=_funnel(pairings),
        )

    def note(self, text: str) -> None:
        self._bars.console.print(text)


def _funnel(pairings: list[Pairing]) -> str:
    counts = Counter(pairing.stage.value.lower().replace("_", " ") for pairing in pairings)
    return " · ".join(f"{count} {stage}" for stage, count in sorted(counts.items(), key=lambda item: -item[1]))
