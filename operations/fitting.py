"""`pairloom rehearse --fit`: the assumptions that a finished cohort bears out, on the terminal and as a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from domain.pairing.decider import PairingEvent, load
from eventstore.store import EventStore
from operations.servers import database_address
from rehearsal.assumptions import Assumptions, Delay
from rehearsal.fitting import Estimate, fitted
from rehearsal.observing import observe


def fit(console: Console, cohort: str, data: Path, assumed: Assumptions, to: Path | None) -> int:
    """Estimate from the cohort's streams; what was seen too seldom stays as assumed. The exit code."""
    streams = asyncio.run(_streams(cohort, data))
    if not streams:
        typer.echo(f"No pairing of {cohort} is stored: `pairloom cohort show {cohort}` says how it stands.", err=True)
        return 1
    estimates = observe(streams).estimates()
    print_fit(console, cohort, len(streams), estimates, assumed)
    if to is not None:
        to.write_text(as_yaml(fitted(assumed, estimates), cohort), encoding="utf-8")
        console.print(f"Written to {to}: rehearse with --people {to}.", highlight=False)
    return 0


def print_fit(
    console: Console, cohort: str, pairings: int, estimates: tuple[Estimate, ...], assumed: Assumptions
) -> None:
    """Each assumption that is borne out, beside what was assumed."""
    if not estimates:
        console.print(
            f"Nothing happened often enough in the {pairings} pairings of {cohort}: every assumption stays as it is.",
            highlight=False,
        )
        return
    console.print(f"\nWhat {pairings} pairings of {cohort} bear out\n", highlight=False)
    console.print(_table(estimates, assumed))
    console.print("\nIn brackets: the 90 % interval. Delays are in working days, rates a year.", highlight=False)


def as_yaml(assumptions: Assumptions, cohort: str) -> str:
    """A file of assumptions, as `--people` reads it."""
    lines = [f"# How people behaved in {cohort}, by pairloom rehearse --fit; what was seen too seldom is assumed."]
    for section, model in assumptions:
        lines += ["", f"{section}:"]
        lines += [f"  {name}: {_written(value)}" for name, value in model]
    return "\n".join(lines) + "\n"


async def _streams(cohort: str, data: Path) -> list[list[PairingEvent]]:
    async with await EventStore.connect(database_address(data), max_size=1) as store:
        return [
            [load(event.data, event.schema_version) for event in await store.read(stream)]
            for stream in await store.streams(f"pairing/{cohort}/")
        ]


def _table(estimates: tuple[Estimate, ...], assumed: Assumptions) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("assumption", "estimated", "assumed", "seen"):
        table.add_column(column, justify="left" if column == "assumption" else "right")
    for one in estimates:
        span = f"{one.value:.3g} ({one.low:.3g} to {one.high:.3g})"
        table.add_row(one.name, span, f"{_assumed(assumed, one.name):.3g}", str(one.n))
    return table


def _assumed(assumptions: Assumptions, name: str) -> float:
    value: object = assumptions
    for step in name.split("."):
        value = getattr(value, step)
    return float(str(value))


def _written(value: object) -> str:
    if isinstance(value, Delay):
        return f"{{median: {value.median:.4g}, spread: {value.spread:.4g}}}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
