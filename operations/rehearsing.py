"""The three ways to rehearse: a program that has not begun, a cohort that runs, one run on a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from domain.program import ProgramDesign
from domain.roster import Person
from eventstore.store import EventStore
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.demo import DemoPlan, run_demo
from operations.endings import ExitCode
from operations.progress import progress_on
from operations.rehearsal_page import page
from operations.rehearsal_report import print_rehearsal
from operations.rehearsed import Rehearsed, Risky, as_json, ending_title
from operations.servers import database_address
from operations.starting import ENROLMENT
from rehearsal.assumptions import Assumptions
from rehearsal.comparison import Difference, differences
from rehearsal.forecast import Forecast, forecast
from rehearsal.live import riskiest, standing
from rehearsal.on_server import Verdict, compare
from rehearsal.pairs import Pairs, matched
from rehearsal.runs import Beginning, Run, Standing, rehearse
from rehearsal.simulation import NeverEnds


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every way needs: how often, whose luck, which people, and where the answer goes."""

    runs: int
    seed: int
    assumptions: Assumptions
    html: Path | None
    json_file: Path | None
    console: Console

    def run(self, title: str, beginnings: Sequence[Beginning], starts_at: datetime) -> list[Run]:
        """Every run, with its progress on the terminal."""
        with _progress(self.console, f"{len(beginnings)} pairings of {title}, {self.runs} runs", self.runs) as done:
            return rehearse(
                beginnings,
                starts_at=starts_at,
                seed=self.seed,
                runs=self.runs,
                assumptions=self.assumptions,
                on_run=done,
            )

    def summary(self, runs: Sequence[Run], left_over: int = 0) -> Forecast:
        """What they say together."""
        return forecast(runs, left_over=left_over, items_a_week=self.assumptions.coordinator.items_a_week)

    def tell(self, found: Rehearsed) -> None:
        """On the terminal, and into the files that were asked for."""
        print_rehearsal(self.console, found)
        if self.html is not None:
            self.html.write_text(page(found), encoding="utf-8")
            self.console.print(f"Written to {self.html}.")
        if self.json_file is not None:
            written = json.dumps(as_json(found), indent=1, ensure_ascii=False)
            self.json_file.write_text(written + "\n", encoding="utf-8")
            self.console.print(f"Written to {self.json_file}.")


def rehearse_program(
    wanted: Wanted,
    design: ProgramDesign,
    persons: list[Person],
    starts_at: datetime,
    other: ProgramDesign | None,
) -> None:
    """A program before it starts; beside another design with the same people and luck, where there is one."""
    pairs = _pairs(design, persons, starts_at, wanted.seed)
    first = wanted.run(design.program, pairs.creates, starts_at)
    changes: tuple[Difference, ...] = ()
    if other is not None:
        others = _pairs(other, persons, starts_at, wanted.seed)
        changes = differences(first, wanted.run(f"{other.program}, the other design", others.creates, starts_at))
    wanted.tell(
        Rehearsed(
            title=design.title,
            subtitle=f"{wanted.runs} runs with seed {wanted.seed}; first offers on {starts_at:%-d %B %Y}",
            forecast=wanted.summary(first, len(pairs.left_over)),
            assumptions=wanted.assumptions,
            differences=changes,
        )
    )


def rehearse_live(wanted: Wanted, cohort: str, data: Path) -> int:
    """A running cohort from its stored streams on. The exit code."""
    pairings = asyncio.run(_standing(cohort, data))
    if not pairings:
        typer.echo(f"No pairing of {cohort} is stored: `pairloom cohort show {cohort}` says how it stands.", err=True)
        return 1
    now = min(pairing.now for pairing in pairings)
    running = sum(not pairing.state.ended for pairing in pairings)
    try:
        runs = wanted.run(cohort, pairings, now)
    except NeverEnds:
        typer.echo(f"A pairing of {cohort} comes to no end in the simulation: please report this defect.", err=True)
        return ExitCode.DEFECT
    summary = wanted.summary(runs)
    risky = tuple(
        Risky(risk.pairing, risk.not_completed, _likeliest(risk.endings), because)
        for risk, because in riskiest(summary.risks, pairings)
    )
    wanted.tell(
        Rehearsed(
            title=f"{pairings[0].state.design.title} ({cohort})",
            subtitle=f"{running} of {len(pairings)} pairings still run; {wanted.runs} runs from {now:%-d %B %Y} on",
            forecast=summary,
            assumptions=wanted.assumptions,
            risky=risky,
        )
    )
    return 0


def rehearse_on_server(wanted: Wanted, program: Path, roster: Path, starts_at: datetime, data: Path) -> int:
    """The first run's luck on real servers, and whether they stored what the simulation tells. The exit code."""
    now = datetime.now(UTC)
    if not timedelta(days=1) <= starts_at - now <= timedelta(days=28):
        raise typer.BadParameter("on a server, expected a day two days to four weeks ahead", param_hint="--start")
    design = read_program(program)
    pairs = _pairs(design, read_roster(roster, design), starts_at, wanted.seed)
    verdicts: list[Verdict] = []

    async def inspect(store: EventStore) -> None:
        verdicts.append(await compare(store, pairs.creates, wanted.seed, wanted.assumptions))

    plan = DemoPlan(
        program=program,
        roster=roster,
        data=data,
        seed=wanted.seed,
        start=starts_at,
        ports=None,
        keep=False,
        assumptions=wanted.assumptions,
    )
    with progress_on(wanted.console) as progress:
        asyncio.run(run_demo(plan, progress, inspect))
    return _verdict(wanted.console, verdicts[0])


def _verdict(console: Console, verdict: Verdict) -> int:
    if not verdict.differences:
        console.print(
            f"{verdict.pairings} pairings, {verdict.events} events: the server stored exactly what the simulation "
            "tells, times included.",
            highlight=False,
            soft_wrap=True,
        )
        return 0
    for found in verdict.differences:
        console.print(
            f"{found.pairing}, event {found.version}: the server stored {found.stored or 'nothing'}, "
            f"the simulation tells {found.simulated or 'nothing'}",
            highlight=False,
            soft_wrap=True,
        )
    console.print(f"{len(verdict.differences)} of {verdict.pairings} pairings differ.", highlight=False)
    return 1


def _pairs(design: ProgramDesign, persons: list[Person], starts_at: datetime, seed: int) -> Pairs:
    """The pairings of a cohort that is named after the design and the month, as the demo names it."""
    cohort, opened = f"{design.program}-{starts_at:%Y-%m}", starts_at - ENROLMENT
    pairs = matched(design, persons, cohort=cohort, seed=seed, opened=opened, starts_at=starts_at)
    if not pairs.creates:
        raise typer.BadParameter("nobody of this roster can be paired by this design", param_hint="ROSTER")
    return pairs


async def _standing(cohort: str, data: Path) -> list[Standing]:
    async with await EventStore.connect(database_address(data), max_size=1) as store:
        return await standing(store, cohort, datetime.now(UTC).replace(microsecond=0))


def _likeliest(endings: Mapping[str, float]) -> str:
    first = next(iter(endings.items()), None)
    return f"{ending_title(first[0])} ({100 * first[1]:.0f} %)" if first else ""


@contextmanager
def _progress(console: Console, title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, one line elsewhere."""
    if not console.is_terminal:
        console.print(f"{title} ...", highlight=False)
        yield lambda _: None
        return
    with Progress(console=console, transient=True) as bars:
        task = bars.add_task(title, total=total)
        yield lambda done: bars.update(task, completed=done)
