"""The main job, end to end: a cohort matched, launched and carried to its evaluation on real servers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from temporalio.client import Client, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.service import RPCError

from domain.cohort.state import Cohort, CohortStage
from domain.decider import Actor, Role
from domain.figures import Headline
from domain.pairing.state import Pairing
from domain.program import ProgramDesign
from domain.roster import Person
from embedded.ground import Ground, GroundError, Ports, attach, start_ground
from eventstore.failures import StoreUnavailable
from eventstore.store import EventStore
from intake.program_file import read_program
from intake.roster_file import read_roster
from operations.cohorts import CohortDesk
from operations.starting import ENROLMENT
from operations.stopping import stop_everything
from operations.worker_process import WorkerProcess
from rehearsal.assumptions import Assumptions
from rehearsal.drive import CohortDriver
from rehearsal.virtual_time import RehearsalStuck
from serving.connection import connect_to

MARK = "demo-data"
"""The file that says that a demo may empty its directory."""

COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
APPROVER = Actor(role=Role.APPROVER, id="head-of-learning")


@dataclass(frozen=True)
class DemoPlan:
    """What to run. `start` is the first Monday of the program; everything before it happens in its own weeks."""

    program: Path
    roster: Path
    data: Path
    seed: int
    start: datetime
    ports: Ports | None
    keep: bool
    assumptions: Assumptions = field(default_factory=Assumptions)

    @property
    def opened(self) -> datetime:
        """When the cohort was created, as its events tell it: the enrolment's weeks before the start."""
        return self.start - ENROLMENT


@dataclass(frozen=True)
class DemoResult:
    """What happened. Pairings are in the order of their ids."""

    cohort: Cohort
    pairings: tuple[Pairing, ...]
    events_of: dict[str, int]
    events: int
    messages: int
    weeks: int
    worker_restarts: int
    headline: Headline
    temporal_address: str
    ui_url: str
    database_url: str


class DemoProgress:
    """Told what the demo is doing; the terminal's display derives from it."""

    def step(self, text: str) -> None:
        """A stage of the set-up begins."""

    def launched(self, pairings: int) -> None:
        """The cohort runs."""

    def week(self, number: int, pairings: list[Pairing]) -> None:
        """A week of every pairing is over."""

    def note(self, text: str) -> None:
        """Something that a person should know."""


Inspect: TypeAlias = Callable[[EventStore], Awaitable[None]]


async def run_demo(plan: DemoPlan, progress: DemoProgress, inspect: Inspect | None = None) -> DemoResult:
    """Read, match, launch, drive, evaluate. Bad input raises IntakeError before anything is started.

    `inspect` is given the store when all is over, before the servers are stopped.
    """
    design = read_program(plan.program)
    people = read_roster(plan.roster, design)
    progress.step("Starting Temporal and PostgreSQL")
    async with _ground(plan) as ground:
        worker = WorkerProcess(ground)
        try:
            progress.step("Migrating the database, registering search attributes, starting a worker")
            await worker.start()
            async with _kept_alive(worker):
                with _explained(ground, worker):
                    return await _carry(plan, design, people, ground, worker, progress, inspect)
        finally:
            if not plan.keep:
                worker.stop()


async def _carry(
    plan: DemoPlan,
    design: ProgramDesign,
    people: list[Person],
    ground: Ground,
    worker: WorkerProcess,
    progress: DemoProgress,
    inspect: Inspect | None,
) -> DemoResult:
    client = await connect_to(ground.temporal_address)
    async with await EventStore.connect(ground.database_url, max_size=4) as store:
        cohort = await _launch(plan, design, people, client, store, progress)
        progress.launched(len(cohort.launched))
        driver = CohortDriver(client, cohort, plan.seed, plan.assumptions)
        closed = await driver.run(progress.week)
        if inspect is not None:
            await inspect(store)
        return await _collect(closed, driver, ground, store, worker)


async def _launch(
    plan: DemoPlan,
    design: ProgramDesign,
    people: list[Person],
    client: Client,
    store: EventStore,
    progress: DemoProgress,
) -> Cohort:
    desk = CohortDesk(client, f"{design.program}-{plan.start:%Y-%m}", COORDINATOR)
    progress.step(f"Enrolling {len(people)} people and matching them")
    await desk.create(design, plan.seed, at=plan.opened)
    await desk.enrol(store, people, at=plan.opened)
    proposed = await _when(desk, lambda cohort: cohort.stage is CohortStage.REVIEW)
    progress.step(f"Approving {len(proposed.proposed)} pairs and launching them")
    await desk.approve(APPROVER, starts_at=plan.start, at=plan.opened)
    return await _when(desk, lambda cohort: bool(cohort.launched) and not cohort.unlaunched)


async def _when(desk: CohortDesk, holds: Callable[[Cohort], bool]) -> Cohort:
    for _ in range(1200):
        cohort = await desk.state()
        if holds(cohort):
            return cohort
        await asyncio.sleep(0.05)
    raise RehearsalStuck("the cohort does not get on: see the worker's log")


async def _collect(
    cohort: Cohort, driver: CohortDriver, ground: Ground, store: EventStore, worker: WorkerProcess
) -> DemoResult:
    pairings = tuple(pairing.state for pairing in driver.pairings if pairing.state is not None)
    if cohort.headline is None:
        raise RehearsalStuck("the cohort closed without its figures")
    counts = {p.id: len(await store.read(f"pairing/{cohort.id}/{p.id}")) for p in pairings}
    return DemoResult(
        cohort=cohort,
        pairings=pairings,
        events_of=counts,
        events=await store.count(),
        messages=await store.messages(""),
        weeks=driver.week,
        worker_restarts=worker.restarts,
        headline=cohort.headline,
        temporal_address=ground.temporal_address,
        ui_url=ground.ui_url,
        database_url=ground.database_url,
    )


@asynccontextmanager
async def _ground(plan: DemoPlan) -> AsyncIterator[Ground]:
    """Fresh servers on an empty data directory; kept running afterwards if the plan says so."""
    if attach(plan.data) is not None:
        raise GroundError(f"A demo is still running on {plan.data}: look at it, or end it with `make stop`.")
    _emptied(plan.data)
    ground = await asyncio.to_thread(start_ground, plan.data, virtual_time=True, preferred=plan.ports)
    try:
        yield ground
    except BaseException:
        await asyncio.to_thread(ground.stop)
        raise
    if not plan.keep:
        await asyncio.to_thread(ground.stop)


def _emptied(data: Path) -> None:
    """Remove what an earlier demo left; refuse to touch a directory that no demo made."""
    if data.exists() and not data.is_dir():
        raise GroundError(f"{data} is a file: give another data directory.")
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).exists():
            raise GroundError(f"{data} holds something that is not a demo's: give an empty or a new directory.")
        stop_everything(data)
        shutil.rmtree(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / MARK).write_text("A demo of Pairloom owns this directory and empties it when it starts.\n")


@contextmanager
def _explained(ground: Ground, worker: WorkerProcess) -> Iterator[None]:
    """Say which server failed, and why by its own log, where a call to it did."""
    try:
        yield
    except (RPCError, StoreUnavailable, WorkflowUpdateFailedError, WorkflowQueryFailedError, RehearsalStuck) as error:
        reason = error.cause if isinstance(error, WorkflowUpdateFailedError) else error
        sentence = f"The demo cannot go on: {reason}. {ground.trouble()} The worker's log: {worker.log}"
        raise GroundError(sentence) from error


@asynccontextmanager
async def _kept_alive(worker: WorkerProcess) -> AsyncIterator[None]:
    keeper = asyncio.create_task(worker.keep_alive())
    try:
        yield
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
