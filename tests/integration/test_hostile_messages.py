"""Whatever is sent, a pairing goes on: nothing fails, blocks or bloats it, and each message leaves a trace."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from live_pairing import (
    COORDINATOR,
    LEARNING,
    MENTEE,
    MENTOR,
    LivePairing,
    begin,
    design,
    histories,
    of_type,
    replay,
    settings_for,
    when,
    working,
)
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.pairing.closing import CloseEarly
from domain.pairing.goal_setting import NameDelegate
from domain.pairing.offer import AcceptOffer
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import CloseReason, Party
from domain.pairing.training import CompleteTraining
from eventstore.store import EventStore
from serving.settings import Settings
from workflows.contract import Receipt
from workflows.engine import REMEMBERED_AT_MOST

FLOOD = int(os.environ.get("PAIRLOOM_FLOOD", "1200"))
"""Signals in a row: as many as Temporal takes for one run, 10,000, in `make flood`."""

MEGABYTE = "x" * 1_000_000
SERVICE = {"role": "service", "id": "lms"}
TRAINED = {"by": SERVICE, "key": "k", "side": "mentor"}


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest_asyncio.fixture
async def pairing(temporal_client: Client, store: EventStore, settings: Settings) -> AsyncIterator[LivePairing]:
    """A pairing whose training has begun, and a worker for it."""
    async with working(temporal_client, settings):
        begun = await begin(temporal_client, store, settings.task_queue)
        await begun.once_stored("PairingOffered")
        for person in (MENTOR, MENTEE):
            await begun.say(AcceptOffer, person)
        yield begun


NEVER = "9999-12-31T23:59:59-05:00"
"""As HR systems write that somebody's contract has no end."""

HOSTILE: list[tuple[str, tuple[Any, ...]]] = [
    ("training_completed", ("no object at all",)),
    ("training_completed", ([TRAINED],)),
    ("training_completed", ({"by": SERVICE, "key": "k"},)),
    ("training_completed", (TRAINED | {"side": 7},)),
    ("training_completed", (TRAINED | {"surprise": 1},)),
    ("training_completed", (TRAINED | {"key": "nul \x00"},)),
    ("training_completed", (TRAINED | {"key": MEGABYTE},)),
    ("training_completed", (RawValue(Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\xfe")),)),
    ("training_completed", (RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{")),)),
    ("training_completed", (RawValue(Payload(data=b"no encoding")),)),
    ("training_completed", ()),
    ("training_completed", (TRAINED, 2)),
    ("training_completed", (TRAINED | {"by": {"role": "mentor", "id": MENTOR.id}},)),
    ("participant_leaves", ({"by": SERVICE, "key": "hr", "participant": "x", "leaves_at": "2031-01-01T00:00:00Z"},)),
    ("participant_leaves", ({"by": SERVICE, "key": "never", "participant": MENTOR.id, "leaves_at": NEVER},)),
    ("meeting_held", ({"by": SERVICE, "key": "early", "held_at": "2031-01-01T00:00:00Z", "minutes": 60},)),
    ("no_such_signal", (TRAINED,)),
    ("no_such_signal", (MEGABYTE,)),
    ("__init__", (TRAINED,)),
    ("x" * 900, ()),
]


async def test_no_signal_fails_or_blocks_a_pairing_and_each_is_counted_and_told(
    pairing: LivePairing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "temporalio.workflow")
    for name, arguments in HOSTILE:
        await pairing.handle.signal(name, args=list(arguments))
    await pairing.handle.signal("training_completed", TRAINED | {"key": "good"})
    await pairing.once(lambda state: state.trained)
    assert (await pairing.types())[5:] == ["TrainingCompleted"]
    await when(lambda: details(pairing), lambda told: f"**Signals ignored:** {len(HOSTILE)}," in told)
    assert of_type(await pairing.history(), EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED) == []
    told = [record for record in caplog.records if record.message.startswith("signal ignored")]
    assert len(told) == len(HOSTILE)
    reasons = {getattr(record, "signal", "")[:80]: "" for record in told}
    assert {"training_completed", "participant_leaves", "no_such_signal", "x" * 80} <= set(reasons)
    said = " / ".join(str(getattr(record, "reason", "")) for record in told)
    assert "side: Field required" in said
    assert "no such" in said or "there is no signal of this name" in said
    assert "xxxxx" not in said, "what was sent is not repeated"
    await replay(await when(lambda: histories(pairing.skipper.client, pairing.id)))


async def details(pairing: LivePairing) -> str:
    """What the UI shows as the workflow's current details."""
    shown: WorkflowMetadata = await pairing.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return shown.current_details


async def test_a_flood_of_signals(pairing: LivePairing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends early, again and again, and takes the count and the memory of keys along."""
    monkeypatch.setattr("workflows.engine.HISTORY_AT_MOST", FLOOD // 4)
    flood, slots, sent = FLOOD, asyncio.Semaphore(64), 0
    kinds = [("no_such_signal", {"n": 1}), ("training_completed", {"by": SERVICE}), ("training_completed", TRAINED)]

    async def send(number: int) -> None:
        nonlocal sent
        name, message = kinds[number % len(kinds)]
        async with slots:
            await pairing.handle.signal(name, message)
            sent += 1

    async with asyncio.TaskGroup() as senders:
        for number in range(flood):
            senders.create_task(send(number))
    assert sent == flood, "the server took every one"
    receipt = await pairing.say(CompleteTraining, LEARNING, side="mentee", key="through the flood")
    assert receipt.events == ("TrainingCompleted",)
    duplicates = flood // len(kinds) - 1  # of the one good key: answered with the first answer, not ignored
    await when(lambda: details(pairing), lambda told: f"**Signals ignored:** {flood - duplicates - 1}," in told)
    assert (await pairing.types())[5:] == ["TrainingCompleted", "TrainingCompleted"]
    assert await pairing.state() == await pairing.folded()
    runs = [found async for found in pairing.skipper.client.list_workflows(f"WorkflowId = '{pairing.id}'")]
    assert len(runs) > 1, "continued as new"
    assert (await pairing.handle.describe()).history_length < max(flood // 2, 1_000)
    again = await pairing.say(AcceptOffer, MENTOR, key="key-1")
    assert (again.first, again.duplicate) == (3, True), "remembered through the flood"


async def test_a_flood_of_commands(pairing: LivePairing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half as many: 5,000 in `make flood`. Every one is stored, run after run, and the memory of keys stays small."""
    monkeypatch.setattr("workflows.engine.HISTORY_AT_MOST", max(FLOOD // 4, 300))
    flood, slots = FLOOD // 2, asyncio.Semaphore(8)

    async def name(number: int) -> Receipt:
        async with slots:
            return await pairing.say(NameDelegate, MENTEE, key=f"name-{number}", delegate=f"D{number}")

    receipts = await asyncio.gather(*(name(number) for number in range(flood)))
    assert not any(receipt.duplicate for receipt in receipts)
    assert len({receipt.first for receipt in receipts}) == flood
    assert (await pairing.types()).count("DelegateNamed") == flood
    runs = [found async for found in pairing.skipper.client.list_workflows(f"WorkflowId = '{pairing.id}'")]
    assert len(runs) > 2, "continued as new, with commands in flight"
    first, *_ = [event async for event in pairing.handle.fetch_history_events()]
    begun = first.workflow_execution_started_event_attributes.input.payloads[0]
    assert len(json.loads(begun.data)["carried"]["answered"]) <= REMEMBERED_AT_MOST
    again = await name(0)
    assert (again.first, again.duplicate) == (receipts[0].first, True), "forgotten by the workflow, found in the store"
    assert await pairing.state() == await pairing.folded()


@pytest.mark.parametrize(
    "given",
    ["no object at all", {"create": {}}, {"carried": None}, ["a", "b"]],
    ids=["a text", "an empty order", "no order", "a list"],
)
async def test_a_start_that_cannot_be_read_ends_with_a_sentence(
    temporal_client: Client, settings: Settings, given: object
) -> None:
    async with working(temporal_client, settings):
        handle = await temporal_client.start_workflow(
            "PairingWorkflow", given, id=f"pairing/hostile/{id(given)}", task_queue=settings.task_queue
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await asyncio.wait_for(handle.result(), 30)
        assert isinstance(failed.value.cause, ApplicationError)
        assert "this cannot be started" in str(failed.value.cause)


async def test_a_creation_that_is_refused_while_it_is_cancelled_ends(
    temporal_client: Client, settings: Settings
) -> None:
    """Both wait for a worker, so that one workflow task gets them together."""
    alone = Party(participant="p-101", zone="Europe/London")
    create = CreatePairing(
        by=COORDINATOR,
        key="create",
        pairing="p-101~p-101",
        cohort="spring",
        design=design(),
        mentor=alone,
        mentee=alone,
        starts_at=datetime.now(UTC),
    )
    id = f"pairing/spring/{create.pairing}"
    handle = await temporal_client.start_workflow(
        "PairingWorkflow", {"create": create}, id=id, task_queue=settings.task_queue
    )
    await handle.cancel()
    async with working(temporal_client, settings):
        with pytest.raises(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), 30)


async def test_a_pairing_that_has_ended_tells_every_sender_so(pairing: LivePairing) -> None:
    await pairing.handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await pairing.handle.result()
    stream = await pairing.stored()
    with pytest.raises(RPCError, match="completed") as late:
        await pairing.handle.signal("training_completed", TRAINED)
    assert late.value.status is RPCStatusCode.NOT_FOUND
    with pytest.raises(RPCError, match="completed") as late:
        await pairing.say(CloseEarly, COORDINATOR, reason=CloseReason.LEAVE)
    assert late.value.status is RPCStatusCode.NOT_FOUND
    assert await pairing.stored() == stream


@pytest.mark.parametrize("bound", ["EVENTS_AT_ONCE", "BYTES_AT_ONCE"])
async def test_a_command_that_would_store_too_much_at_once_is_refused_and_holds_nothing_up(
    pairing: LivePairing, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    with monkeypatch.context() as small:
        small.setattr(f"workflows.engine.{bound}", 0)
        refused = await pairing.refusal(pairing.say(CompleteTraining, LEARNING, side="mentor"))
        assert refused.type == "Rejected:size"
    assert (await pairing.say(CompleteTraining, LEARNING, side="mentor")).events == ("TrainingCompleted",)
