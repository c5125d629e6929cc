"""Records the histories of this release, once, at its end: `.venv/bin/python -m pytest tests/histories/record.py`.

Each is a life on the real server in virtual time, as a release leaves it behind. They go to `tests/histories/`, by
version, one file a run, with the states that a next run would take over, and are replayed and read for ever by
`tests/integration/test_recorded_histories.py`. A release that is out is never recorded again: what its workers wrote
does not change either.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from live_cohort import APPROVER, enrolled_and_matched, living
from live_pairing import COORDINATOR, MENTOR, LivePairing, begin, histories, launch, settings_for, when, working
from live_release import make_current, own_namespace, release
from scenario import play
from temporalio.client import Client, WorkflowHistory

from benchmarks.cost import reference_life
from domain.decider import Frozen
from domain.pairing.offer import AcceptOffer
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party
from embedded.ground import Ground
from eventstore.store import EventStore
from tests.unit.pairing.given import design, paused
from workflows.contract import CohortCarried, PairingCarried, Remembered

HERE = Path(__file__).parent
RELEASE = version("pairloom")
REMEMBERED = Remembered(digest="0123456789abcdef", first=1, last=2, events=("CohortCreated", "CohortOpened"))


def keep(name: str, runs: Sequence[WorkflowHistory]) -> None:
    """One compressed file a run; the same history is the same bytes."""
    folder = HERE / RELEASE
    folder.mkdir(exist_ok=True)
    for number, run in enumerate(runs, start=1):
        told = {"workflow_id": run.workflow_id, "history": json.loads(run.to_json())}
        packed = gzip.compress(json.dumps(told).encode(), mtime=0)
        (folder / f"{name}-{number}.json.gz").write_bytes(packed)


def keep_state(name: str, carried: Frozen) -> None:
    """What a run hands to the next one."""
    (HERE / RELEASE / f"carried-{name}.json").write_text(carried.model_dump_json(indent=1) + "\n", encoding="utf-8")


async def test_record(ground: Ground, temporal_client: Client, store: EventStore, database_url: str) -> None:
    settings = settings_for(database_url)
    async with working(temporal_client, settings):
        await _plain(temporal_client, settings.task_queue)
        held = await play(paused(), temporal_client, store, settings.task_queue, datetime.now(UTC))
        keep("paused", await histories(temporal_client, held.id))
        carried = PairingCarried(version=len(await held.stored()), state=await held.state(), answered=(), ignored=1)
        keep_state("pairing", carried)
        await _rematched(temporal_client, store, settings.task_queue)
    await _continued(ground, store, database_url)
    await _cohort(temporal_client, database_url, store)
    assert len(list((HERE / RELEASE).glob("*.json.gz"))) >= 6


async def _plain(client: Client, task_queue: str) -> None:
    """A whole life in skipped time, to its evaluation."""
    start = datetime.now(UTC)
    [run] = await reference_life(client, task_queue, start)
    keep("time-skipped", [WorkflowHistory(f"pairing/reference/P101~P202-{start:%f}", list(run))])


async def _rematched(client: Client, store: EventStore, task_queue: str) -> None:
    """A pairing in the place of another, with one acceptance."""
    start = datetime.now(UTC).replace(microsecond=0)
    create = CreatePairing(
        by=COORDINATOR,
        key="create",
        at=start,
        pairing="p-101~p-303",
        cohort="spring",
        replaces="p-101~p-202",
        design=design(),
        mentor=Party(participant="p-101", zone="Europe/London"),
        mentee=Party(participant="p-303", zone="Europe/London"),
        starts_at=start,
    )
    pairing = await launch(client, store, task_queue, create)
    await pairing.once_stored("PairingOffered")
    await pairing.say(AcceptOffer, MENTOR)
    keep("re-matched", await histories(client, pairing.id))


async def _continued(ground: Ground, store: EventStore, database_url: str) -> None:
    """A pairing that moved to another build by continuing as new, and one acceptance on each."""
    client, settings = await own_namespace(ground.temporal_address), settings_for(database_url)
    async with working(client, release(settings, "a")):
        await make_current(client, "a")
        pairing = await begin(client, store, settings.task_queue)
        await pairing.once_stored("PairingOffered")
        await pairing.say(AcceptOffer, MENTOR)
        async with working(client, release(settings, "b")):
            await make_current(client, "b")
            runs = await when(lambda: _poked(pairing, client), lambda found: len(found) == 2)
            keep("continued", runs)


async def _poked(pairing: LivePairing, client: Client) -> list[WorkflowHistory]:
    await pairing.handle.signal("no_such_signal")
    return await histories(client, pairing.id)


async def _cohort(client: Client, database_url: str, store: EventStore) -> None:
    """A cohort that has launched its pairings and reviewed them once."""
    async with living(client, database_url, store) as cohort:
        await enrolled_and_matched(cohort)
        await cohort.desk.approve(APPROVER)
        running = await cohort.launched()
        await cohort.until_its_next_clock(running)
        await when(cohort.desk.state, lambda state: state.reviews == 1)
        state = await cohort.desk.state()
        keep_state("cohort", CohortCarried(version=9, state=state, answered=(REMEMBERED,)))
        keep("cohort", await histories(client, cohort.handle.id))
