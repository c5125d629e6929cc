"""A cohort's launch beside bare `client.start_workflow` calls of the same pairings, server, worker and concurrency.

`python -m benchmarks.launch` kills the worker at half of a launch instead, and counts what exists in the end.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from temporalio.client import Client

from activities.launching import IN_FLIGHT, LaunchRequest, approved, creation, start_pairing
from benchmarks.endings import measured_ground, sigterm_is_ctrl_c
from benchmarks.rounds import Result, Row, compared, save
from domain.cohort import decider
from domain.cohort.decider import CohortCommand
from domain.cohort.enrolment import CloseEnrolment, CreateCohort, EnrolParticipants, OpenEnrolment
from domain.cohort.matching import ProposePairs, RecordMatchRun
from domain.cohort.state import Cohort, CohortStage, Participant, PlannedPairing
from domain.decider import Actor, Role
from domain.matching.assignment import ProposedPair
from domain.matching.compatibility import Parts
from domain.program import ProgramDesign
from domain.roster import BigFive, Person
from embedded.ground import Ground
from eventstore.people import save_people
from eventstore.store import EventStore
from operations.cohort_launch import follow_launch
from operations.cohorts import CohortDesk
from operations.worker_process import WorkerProcess
from serving.connection import connect_to
from workflows.batches import StreamIdentity
from workflows.contract import TASK_QUEUE

ROUNDS = {1000: 3, 2000: 3}
"""By the pairings of a cohort."""

WARM_UP = 50
AT_ONCE = 400
OPERATIONS = Actor(role=Role.COORDINATOR, id="operations")
APPROVER = Actor(role=Role.APPROVER, id="head-of-learning")
ENGINE = Actor(role=Role.SERVICE, id="engine")

DESIGN = ProgramDesign.model_validate(
    {
        "program": "launch",
        "version": 1,
        "title": "A large cohort",
        "objectives": ["Executives learn what the newest colleagues know"],
        "zone": "Europe/London",
    }
)


@dataclass
class Bench:
    """The servers, a worker in a process of its own, and a client and a store in ours."""

    ground: Ground
    worker: WorkerProcess
    client: Client
    store: EventStore
    numbers: count[int]

    async def approved(self, pairings: int) -> CohortDesk:
        """A cohort in REVIEW, its launch only an approval away; what was stored before counts as its history."""
        cohort = f"large-{next(self.numbers)}"
        await save_people(self.store, cohort, _people(pairings))
        await _write_history(self.store, cohort, pairings)
        desk = CohortDesk(self.client, cohort, OPERATIONS)
        await desk.create(DESIGN, seed=1)
        await desk.until(lambda state: state.stage is CohortStage.REVIEW)
        return desk

    async def settled(self, pairings: int) -> None:
        """Until so many pairings have their first event: what comes next must not pay for them."""
        await _until(lambda: self.at_least("pairing/", pairings))

    async def at_least(self, prefix: str, events: int) -> bool:
        """Whether so many events are stored below the prefix."""
        return await self.store.count(prefix) >= events


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Up for the length of the block, on a data directory of its own."""
    async with measured_ground() as ground:
        worker = WorkerProcess(ground)
        try:
            await worker.start()
            client = await connect_to(ground.temporal_address)
            async with await EventStore.connect(ground.database_url, max_size=3) as store:
                yield Bench(ground, worker, client, store, count(1))
        finally:
            await asyncio.to_thread(worker.stop)


def run() -> Result:
    """Launches and bare starts in turn."""
    rows = list[Row]()
    for pairings, rounds in ROUNDS.items():
        ours, bare = asyncio.run(_rounds(pairings, rounds))
        measure = f"launch of a cohort of {pairings:,}"
        rows.append(compared(measure, "pairings/s", ours, bare, beside="bare start_workflow", goal=0.8))
    notes = (
        f"Both keep {IN_FLIGHT} starts in flight, of the same workflow with the same input; the same worker, a process "
        "of its own on the same two cores, begins to carry out what was started. Ours counts from the stored approval "
        "to the last stored PairingLaunched, by the database's clock.",
        f"Each figure has fresh servers and a fresh worker, warmed up by {WARM_UP} pairings. A worker holds 1,000 "
        "workflows: in the second half of a launch of 2,000, each new one pushes an old one out, on both sides.",
        "Where the difference goes: a launch runs in the worker, beside the first workflow tasks of the pairings that "
        "it has started, and shares one Python interpreter with them; bare starts come from a process of their own. "
        "The thread that starts is busy for a twenty-fifth of a launch, by samples; for the rest it waits for the "
        "interpreter and the server. Tried, and kept: a batch of 500 is recorded while the next one begins (nothing "
        "was started for 0.3 s between them), and reads its own people alone. Tried, and not kept: 64 starts in "
        "flight, which helps both sides alike, and a shorter switch interval of Python, which helps neither.",
    )
    return save("launch", "Launching a cohort", rows, notes)


async def _rounds(pairings: int, rounds: int) -> tuple[list[float], list[float]]:
    """Each figure on servers and a worker of its own: the worker keeps 1,000 workflows, so that a second cohort would
    push the first one out, one by one, while it is launched."""
    ours, bare = list[float](), list[float]()
    for number in range(rounds):
        for measure, figures in ((_launch, ours), (_start, bare)) if number % 2 else ((_start, bare), (_launch, ours)):
            async with bench() as running:
                await measure(running, WARM_UP)
                await running.settled(WARM_UP)
                figures.append(await measure(running, pairings))
            said = f"  round {number}: {measure.__name__[1:]} {pairings:,}: {figures[-1]:.0f} pairings/s"
            print(said, file=sys.stderr, flush=True)
    return ours, bare


async def _launch(running: Bench, pairings: int) -> float:
    desk = await running.approved(pairings)
    await desk.approve(APPROVER, starts_at=_later())
    await follow_launch(desk, running.store, lambda done, of: None)
    times = {event.type: event.recorded_at for event in await running.store.read(f"cohort/{desk.cohort}")}
    return pairings / (times["PairingLaunched"] - times["MatchesApproved"]).total_seconds()


async def _start(running: Bench, pairings: int) -> float:
    desk = await running.approved(pairings)
    state = await desk.state()
    now, pairs = datetime.now(UTC), approved(state.proposed)
    request = LaunchRequest(cohort=desk.cohort, design=DESIGN, pairs=pairs, approved_at=now, starts_at=_later())
    roster = {person.id: person for person in _people(pairings)}
    creates = [creation(request, pair, roster) for pair in pairs]
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def start(number: int) -> None:
        async with slots:
            await start_pairing(running.client, TASK_QUEUE, creates[number])

    began = time.perf_counter()
    await asyncio.gather(*(start(number) for number in range(pairings)))
    return pairings / (time.perf_counter() - began)


async def killed_at_half(pairings: int) -> tuple[int, int, int]:
    """SIGKILL to the worker at half of a launch, another worker, and `launch` once more.

    Answers with pairings running at the kill, pairings in the end, and streams whose first event came twice.
    """
    async with bench() as running:
        desk = await running.approved(pairings)
        await desk.approve(APPROVER, starts_at=_later())
        prefix = f"pairing/{desk.cohort}/"
        await _until(lambda: running.at_least(prefix, pairings // 2))
        running.worker.kill()
        at_the_kill = len(await running.store.streams(prefix))
        await running.worker.start()
        await follow_launch(desk, running.store, lambda done, of: None)
        await running.settled(pairings)
        streams = await running.store.streams(prefix)
        workflows = [w.id async for w in running.client.list_workflows("WorkflowType = 'PairingWorkflow'")]
        twice = len(workflows) - len(set(workflows)) + await running.store.count(prefix) - len(streams)
        assert set(workflows) == set(streams), "a workflow without a stream, or the other way round"
        return at_the_kill, len(streams), twice


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():  # noqa: ASYNC110  # another process stores it
        await asyncio.sleep(0.05)


def _later() -> datetime:
    """Offers go out in a month: nothing but the launch happens now."""
    return datetime.now(UTC) + timedelta(days=30)


def _people(pairings: int) -> list[Person]:
    traits = BigFive(openness=0.5, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)
    return [
        Person(
            id=f"{'r' if role == 'mentor' else 'e'}{number:04}",
            name=f"{role} {number}",
            email=f"{role}.{number}@northlight.example",
            role=role,
            grade=4 if role == "mentor" else 14,
            department="Claims",
            site="York",
            country="GB",
            zone="Europe/London",
            birth_year=1998 if role == "mentor" else 1966,
            traits=traits,
        )
        for number in range(pairings)
        for role in ("mentor", "mentee")
    ]


async def _write_history(store: EventStore, cohort: str, pairings: int) -> None:
    """What a matching of these people would have stored, decided by the domain: the workflow takes it over."""
    identity = StreamIdentity(f"cohort/{cohort}", f"cohort/{cohort}")
    state: Cohort | None = None
    version, now = 0, datetime.now(UTC)
    for command in _commands(cohort, pairings):
        events = decider.decide(state, command, now)
        batch = identity.batch(decider, state, version, command, events, program_version=DESIGN.version)
        await store.append(batch)
        for event in events:
            state = decider.evolve(state, event)
        version += len(events)


def _commands(cohort: str, pairings: int) -> list[CohortCommand]:
    participants = [Participant(id=person.id, role=person.role) for person in _people(pairings)]
    parts = Parts(**dict.fromkeys(Parts.model_fields, 0.5))
    pairs = [
        PlannedPairing(
            pairing=f"r{number:04}~e{number:04}",
            pair=ProposedPair(mentor=f"r{number:04}", mentee=f"e{number:04}", score=0.5, parts=parts),
            why="Shared interests.",
        )
        for number in range(pairings)
    ]
    return [
        CreateCohort(by=OPERATIONS, key="create", cohort=cohort, design=DESIGN, seed=1),
        OpenEnrolment(by=OPERATIONS, key="open"),
        *(
            EnrolParticipants(by=OPERATIONS, key=f"enrol:{at}", participants=tuple(participants[at : at + AT_ONCE]))
            for at in range(0, len(participants), AT_ONCE)
        ),
        CloseEnrolment(by=OPERATIONS, key="close-enrolment"),
        *(
            ProposePairs(by=ENGINE, key=f"propose:{at}", pairs=tuple(pairs[at : at + AT_ONCE]))
            for at in range(0, pairings, AT_ONCE)
        ),
        RecordMatchRun(by=ENGINE, key="match-run", input_hash="none", left_over=()),
    ]


if __name__ == "__main__":
    sigterm_is_ctrl_c()
    running, there, twice = asyncio.run(killed_at_half(int(sys.argv[1]) if len(sys.argv) > 1 else min(ROUNDS)))
    print(f"killed at {running} pairings; {there} exist in the end, {twice} twice")
    sys.exit(0 if there and not twice else 1)
