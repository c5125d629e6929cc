"""Launches in batches: the next one while the last is recorded, carried on after a kill; nothing is started twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from live_cohort import APPROVER, COORDINATOR, LiveCohort, enrolled_and_matched, living
from live_pairing import histories, of_type, replay, when
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.workflow import NondeterminismError

from activities import launching
from benchmarks.launch import killed_at_half
from domain.cohort.state import CohortStage
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.pairing.proposal import CreatePairing
from eventstore.store import EventStore
from workflows import cohort as cohort_workflow

PAIRINGS = 60

CANCEL_REQUESTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED


@pytest_asyncio.fixture
async def cohort(
    monkeypatch: pytest.MonkeyPatch, temporal_client: Client, database_url: str, store: EventStore
) -> AsyncIterator[LiveCohort]:
    """A cohort of three pairings, each of them a batch."""
    monkeypatch.setattr(launching, "BATCH", 1)
    async with living(temporal_client, database_url, store) as alive:
        yield alive


async def test_the_next_batch_begins_before_the_last_one_is_recorded(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    assert sorted(running.launched) == sorted(planned.pairing for planned in running.proposed)
    stored = await cohort.store.read(cohort.handle.id)
    assert [event.type for event in stored].count("PairingLaunched") == len(running.launched) == 3

    [history] = await histories(cohort.client, cohort.handle.id)
    begun, recorded = _launches(history)
    assert begun[1] < recorded[0]
    assert begun[2] < recorded[1]
    await replay([history])


def _launches(history: WorkflowHistory) -> tuple[list[int], list[int]]:
    """The workflow tasks that began a batch and those that recorded one, by where their end stands in the history."""
    begun, recorded = list[int](), list[int]()
    for event in history.events:
        scheduled, marked = event.activity_task_scheduled_event_attributes, event.marker_recorded_event_attributes
        if scheduled.activity_type.name == "launch_pairings":
            begun.append(scheduled.workflow_task_completed_event_id)
        elif b"PairingLaunched" in marked.SerializeToString():
            recorded.append(marked.workflow_task_completed_event_id)
    return begun, recorded


async def test_a_launch_that_an_earlier_build_began_is_replayed_as_it_went(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(cohort_workflow.workflow, "patched", lambda id: False)
        await enrolled_and_matched(cohort)
        await cohort.desk.approve(APPROVER)
        await cohort.launched()
        [history] = await histories(cohort.client, cohort.handle.id)
    begun, recorded = _launches(history)
    assert begun[1] >= recorded[0]
    assert begun[2] >= recorded[1]
    await replay([history])
    monkeypatch.setattr(cohort_workflow.workflow, "patched", lambda id: True)
    with pytest.raises(NondeterminismError):
        await replay([history])


async def test_a_suspension_lets_no_further_batch_begin_and_loses_none(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, really = threading.Event(), threading.Event(), launching.start_pairing

    async def held_up(client: Client, task_queue: str, create: CreatePairing) -> None:
        begun.set()
        go_on.wait(60)
        await really(client, task_queue, create)

    monkeypatch.setattr(launching, "start_pairing", held_up)
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    assert await asyncio.to_thread(begun.wait, 60)
    await cohort.desk.send(SuspendCohort(by=COORDINATOR, key="suspend", reason="the works council asks for time"))
    go_on.set()
    suspended = await when(cohort.desk.state, lambda state: not state.orders)
    assert (suspended.stage, len(suspended.launched), len(suspended.unlaunched)) == (CohortStage.SUSPENDED, 1, 2)
    assert len(await cohort.store.streams(f"pairing/{cohort.desk.cohort}/")) == 1

    await cohort.desk.send(ResumeCohort(by=COORDINATOR, key="resume"))
    running = await cohort.launched()
    assert len(running.launched) == len(set(running.launched)) == 3


async def test_batches_that_run_are_recorded_though_the_cohort_is_cancelled_before_that(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, long = cohort_workflow.workflow.sleep, timedelta(minutes=1)
    monkeypatch.setattr(cohort_workflow.workflow, "sleep", lambda _, *, summary: really(long, summary=summary))
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)

    async def waits() -> bool:
        history = await cohort.handle.fetch_history()
        return any(b"the next batch begins" in event.user_metadata.summary.data for event in history.events)

    await when(waits)
    await cohort.handle.cancel()
    await cohort.skipper.fast_forward(cohort.handle, 2 * long)
    assert await recorded_in_the_end(cohort) == ["PairingLaunched", "PairingLaunched", "CohortCancelled"]


async def test_a_batch_that_is_being_started_is_recorded_though_the_cohort_is_cancelled_meanwhile(
    cohort: LiveCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, really = threading.Event(), threading.Event(), launching.start_pairing

    async def held_up(client: Client, task_queue: str, create: CreatePairing) -> None:
        await really(client, task_queue, create)
        begun.set()
        go_on.wait(60)

    monkeypatch.setattr(launching, "start_pairing", held_up)
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    assert await asyncio.to_thread(begun.wait, 60)
    await cohort.handle.cancel()
    await when(cohort.handle.fetch_history, lambda found: of_type(found.events, CANCEL_REQUESTED))
    go_on.set()
    assert await recorded_in_the_end(cohort) == ["PairingLaunched", "CohortCancelled"]
    assert len((await cohort.folded()).launched) == len(await cohort.store.streams(f"pairing/{cohort.desk.cohort}/"))
    await replay(await when(lambda: histories(cohort.client, cohort.handle.id)))


async def recorded_in_the_end(cohort: LiveCohort) -> list[str]:
    """What the cancelled cohort has in its record about the launch and its end."""
    ended = await when(cohort.handle.describe, lambda found: found.status is not WorkflowExecutionStatus.RUNNING)
    assert ended.status is WorkflowExecutionStatus.CANCELED
    stored = [event.type for event in await cohort.store.read(cohort.handle.id)]
    return stored[stored.index("MatchesApproved") + 1 :]


async def test_a_launch_that_is_killed_at_half_ends_with_every_pairing_once() -> None:
    running, there, twice = await killed_at_half(PAIRINGS)
    assert PAIRINGS / 2 <= running < PAIRINGS, "the kill came too late to show anything"
    assert (there, twice) == (PAIRINGS, 0)
