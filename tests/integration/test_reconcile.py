"""Temporal is lost in part or as a whole: what the store says should run is started again, and nothing else changes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from live_cohort import APPROVER, enrolled_and_matched, living
from live_pairing import LEARNING, MENTEE, MENTOR, LivePairing, begin, settings_for, when, working
from live_release import own_namespace
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from test_engine import by_hand

from activities import launching
from domain.cohort.suspending import CohortResumed, CohortSuspended
from domain.pairing.offer import AcceptOffer
from domain.pairing.training import CompleteTraining
from embedded.ground import Ground
from eventstore.store import EventStore
from operations.beyond_the_record import beyond
from operations.reconciling import Difference, Divergence, reconcile
from serving.settings import Settings
from tests.integration.administration import administer


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest_asyncio.fixture
async def pairings(temporal_client: Client, store: EventStore, settings: Settings) -> list[LivePairing]:
    """Three in training: one will be terminated, one cancelled, one goes on. No worker any more."""
    async with working(temporal_client, settings):
        begun = [await begin(temporal_client, store, settings.task_queue) for _ in range(3)]
        for pairing in begun:
            await pairing.once_stored("PairingOffered")
            for person in (MENTOR, MENTEE):
                await pairing.say(AcceptOffer, person, key="yes")
        await begun[1].handle.cancel()
        await when(begun[1].handle.describe, lambda found: found.status is WorkflowExecutionStatus.CANCELED)
    return begun


async def found(client: Client, store: EventStore, settings: Settings, **how: Any) -> list[Difference]:
    return [difference async for difference in reconcile(client, store, settings.task_queue, **how)]


async def goes_on(pairing: LivePairing, before: int) -> None:
    """As if nothing had been lost: old keys are known, clocks ring, the next command is stored behind the last."""
    again = await pairing.say(AcceptOffer, MENTOR, key="yes")
    assert (again.first, again.duplicate) == (3, True)
    assert (await pairing.say(CompleteTraining, LEARNING, side="mentor")).first == before + 1
    assert {clock.name for clock in (await pairing.state()).clocks} >= {"training.remind", "training.due"}
    await pairing.travel(12)
    await pairing.once_stored("ReminderDue")
    assert await pairing.state() == await pairing.folded()


async def test_a_terminated_pairing_goes_on_from_its_stream(
    ground: Ground, temporal_client: Client, store: EventStore, settings: Settings, pairings: list[LivePairing]
) -> None:
    terminated, cancelled, running = pairings
    await terminated.handle.terminate("by mistake")
    before = await terminated.stored()
    lost = Difference(
        stream=terminated.id, divergence=Divergence.CLOSED, status="terminated", version=len(before), repaired=False
    )
    assert await found(temporal_client, store, settings, repair=False) == [lost]
    code, said = await command(ground, settings, "--dry-run", "--json")
    assert (code, [Difference.model_validate(one) for one in json.loads(said)]) == (1, [lost])
    assert await terminated.stored() == before

    code, said = await command(ground, settings, "spring")
    assert code == 0
    assert said.strip().endswith("its workflow is terminated; started again")
    assert await found(temporal_client, store, settings) == [], "repaired; cancelled and running ones are as they were"
    assert (await command(ground, settings))[1].strip() == "Temporal and the event store agree."
    async with working(temporal_client, settings):
        await goes_on(terminated, len(before))
        assert (await running.say(AcceptOffer, MENTOR, key="yes")).duplicate
    assert (await cancelled.handle.describe()).status is WorkflowExecutionStatus.CANCELED


async def test_a_lost_namespace_is_filled_again_from_the_store(
    ground: Ground, store: EventStore, settings: Settings, pairings: list[LivePairing]
) -> None:
    empty = await own_namespace(ground.temporal_address)
    repaired = await found(empty, store, settings)
    assert [(one.divergence, one.repaired) for one in repaired] == [(Divergence.MISSING, True)] * 2
    assert {one.stream for one in repaired} == {pairings[0].id, pairings[2].id}, "the cancelled one has ended"
    assert await found(empty, store, settings) == []
    skipper = TimeSkipper(empty, config=TimeSkippingConfig(enabled=False))
    async with working(empty, settings):
        there = LivePairing(empty.get_workflow_handle(pairings[0].id), store, skipper, pairings[0].start)
        before = len(await there.stored())
        again = await there.say(AcceptOffer, MENTOR, key="yes")
        assert (again.first, again.duplicate) == (3, True)
        assert (await there.say(CompleteTraining, LEARNING, side="mentor")).first == before + 1
        assert await there.state() == await there.folded()


async def test_an_order_that_was_lost_with_temporal_finds_the_pairings_at_once(
    ground: Ground, temporal_client: Client, store: EventStore, database_url: str
) -> None:
    """The cohort had been suspended, and its pairings had not been told."""
    async with living(temporal_client, database_url, store) as cohort:
        await enrolled_and_matched(cohort)
        await cohort.desk.approve(APPROVER)
        running = await cohort.launched()
        streams = [f"pairing/{running.id}/{pairing}" for pairing in running.launched]
        for stream in streams:
            await when(lambda stream=stream: store.read(stream), lambda found: len(found) == 2)
    stored = await store.read(cohort.handle.id)
    suspended = CohortSuspended(at=running.as_of, reason="the works council asks for time")
    await store.append(by_hand(cohort.handle.id, len(stored), suspended))
    empty = await own_namespace(ground.temporal_address)
    async with working(empty, cohort.settings):
        assert len(await found(empty, store, cohort.settings)) == 1 + len(streams)
        told = await when(lambda: store.read(cohort.handle.id), lambda there: there[-1].type == "OrderCarriedOut")
        assert (told[-1].data["obeyed"], told[-1].data["refusals"]) == (len(streams), [])
    for stream in streams:
        assert (await store.read(stream))[-1].type == "SuspendedWithCohort"


async def test_a_pairing_that_was_lost_between_its_start_and_its_first_event_is_started_again(
    ground: Ground,
    temporal_client: Client,
    store: EventStore,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Temporal had taken the start, the cohort had recorded it, and no worker had come to its first task.

    But for the last one, of whom somebody has been erased since.
    """
    started = launching.start_pairing
    with monkeypatch.context() as queued:
        queued.setattr(launching, "start_pairing", lambda client, queue, create: started(client, f"no-{queue}", create))
        async with living(temporal_client, database_url, store) as cohort:
            await enrolled_and_matched(cohort)
            await cohort.desk.approve(APPROVER)
            running = await cohort.launched()
    assert await store.streams("pairing/") == []
    *left, last = running.launched
    await store.erase_person(running.id, next(plan.pair.mentor for plan in running.proposed if plan.pairing == last))
    empty = await own_namespace(ground.temporal_address)
    version = len(await store.read(cohort.handle.id))
    await store.append(by_hand(cohort.handle.id, version, CohortSuspended(at=running.as_of, reason="for a while")))
    meanwhile = await found(empty, store, cohort.settings, repair=False)
    assert [one.stream for one in meanwhile] == [cohort.handle.id], "nobody gets an offer while the cohort stands still"
    await store.append(by_hand(cohort.handle.id, version + 1, CohortResumed(at=running.as_of)))
    repaired = await found(empty, store, cohort.settings)
    pairings = [f"pairing/{running.id}/{pairing}" for pairing in left]
    assert [(one.stream, one.version) for one in repaired][:-1] == [(pairing, 0) for pairing in pairings]
    async with working(empty, cohort.settings):
        await when(lambda: store.streams("pairing/"), lambda there: sorted(there) == sorted(pairings))
    assert await found(empty, store, cohort.settings) == []


SET_BACK = "set session_replication_role = replica; delete from pairloom.event where stream_id = '{}' and version > {}"
"""As a restore does, or a failover to a replica that had not got everything."""


async def test_workflows_that_are_ahead_of_their_stream_are_named(
    ground: Ground, store: EventStore, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await own_namespace(ground.temporal_address)  # every running workflow is asked

    async def ahead(**how: Any) -> list[Difference]:
        return [one async for one in beyond(client, store, **how)]

    async with working(client, settings):
        begun = [await begin(client, store, settings.task_queue) for _ in range(3)]
        for pairing in begun:
            await pairing.once_stored("PairingOffered")
            for person in (MENTOR, MENTEE):
                await pairing.say(AcceptOffer, person, key="yes")
        as_it_was, shorter, gone = begun
        full = len(await shorter.stored())
        assert await ahead() == []
        await administer(database_url, SET_BACK.format(shorter.id, full - 1))
        await administer(database_url, SET_BACK.format(gone.id, 0))
        named = {one.stream: (one.divergence, one.version, one.workflow_version) for one in await ahead()}
        assert named == {
            shorter.id: (Divergence.AHEAD, full - 1, full),
            gone.id: (Divergence.AHEAD, 0, len(await as_it_was.stored())),
        }
        assert await ahead(cohort="autumn") == []
        code, said = await command(ground, settings, "--ahead", "spring", namespace=client.namespace)
        assert code == 1
        assert f"{shorter.id}: the record ends at version {full - 1}, and its workflow has come to {full}" in said
        for pairing in (shorter, gone):
            await pairing.handle.terminate("the database was restored")
        await when(ahead, lambda found: found == [])
        assert [one.stream for one in await found(client, store, settings)] == [shorter.id]
        assert await shorter.state() == await shorter.folded()
    monkeypatch.setattr("operations.beyond_the_record.AT_A_TIME", 1)
    silent = await ahead(patience=timedelta(seconds=1))
    assert {(one.stream, one.divergence) for one in silent} == {
        (as_it_was.id, Divergence.SILENT),
        (shorter.id, Divergence.SILENT),
    }


async def command(ground: Ground, settings: Settings, *options: str, namespace: str = "default") -> tuple[int, str]:
    """`pairloom reconcile` as an administrator calls it."""
    environment = os.environ | {
        "PAIRLOOM_DATABASE_URL": settings.database_url,
        "PAIRLOOM_TASK_QUEUE": settings.task_queue,
        "TEMPORAL_ADDRESS": ground.temporal_address,
        "TEMPORAL_NAMESPACE": namespace,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from operations.cli import main; main()", "reconcile", *options),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
