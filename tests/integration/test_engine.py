"""The engine's promises when things go wrong: duplicates, rivals, outages, kills, resets, cancellation, bad input."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from administration import administer
from cuttable_proxy import cuttable
from live_pairing import (
    COORDINATOR,
    LEARNING,
    MENTEE,
    MENTOR,
    LivePairing,
    begin,
    histories,
    of_type,
    replay,
    settings_for,
    when,
    working,
)
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError, WorkflowUpdateStage

import worker
from domain.pairing.closing import CloseEarly
from domain.pairing.goal_setting import SignAgreement
from domain.pairing.meetings import ScheduleMeeting
from domain.pairing.offer import AcceptOffer
from domain.pairing.state import CloseReason, Stage
from domain.pairing.training import CompleteTraining, TrainingCompleted, WaiveTraining
from embedded.ground import Ground
from eventstore.records import Appended, Batch, NewEvent
from eventstore.store import EventStore
from operations.reconciling import reconcile
from serving.connection import connect_to
from serving.settings import Settings
from workflows.contract import Receipt


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest_asyncio.fixture
async def pairing(temporal_client: Client, store: EventStore, settings: Settings) -> AsyncIterator[LivePairing]:
    """A pairing whose offer has just gone out, and a worker for it."""
    async with working(temporal_client, settings):
        yield await offered(temporal_client, store, settings)


async def offered(client: Client, store: EventStore, settings: Settings, **options: Any) -> LivePairing:
    begun = await begin(client, store, settings.task_queue, **options)
    await begun.once_stored("PairingOffered")
    await when(begun.history, lambda history: history[-1].event_type == EventType.EVENT_TYPE_TIMER_STARTED)
    return begun


async def start_training(pairing: LivePairing) -> None:
    await pairing.say(AcceptOffer, MENTOR)
    await pairing.say(AcceptOffer, MENTEE)


async def is_whole(pairing: LivePairing) -> None:
    """Versions without gaps, every event and command once, every notice once, the state as the stream tells it."""
    stream = await pairing.stored()
    assert [event.version for event in stream] == list(range(1, len(stream) + 1))
    assert len({event.event_id for event in stream}) == len(stream)
    assert len(await pairing.messages()) == await pairing.notices()
    assert await pairing.state() == await pairing.folded()


@contextmanager
def worker_process(ground: Ground, settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python worker.py`; killed at the end of the block if it still runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "PAIRLOOM_"))}
    environment |= {
        "TEMPORAL_ADDRESS": ground.temporal_address,
        "PAIRLOOM_DATABASE_URL": settings.database_url,
        "PAIRLOOM_TASK_QUEUE": settings.task_queue,
    }
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, worker.__file__], env=environment, stderr=output, cwd=log.parent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_a_duplicate_key_is_answered_with_the_first_answer(pairing: LivePairing) -> None:
    first = await pairing.say(AcceptOffer, MENTOR, key="tap")
    again = await pairing.say(AcceptOffer, MENTOR, key="tap")
    assert first == Receipt(stream=pairing.id, first=3, last=3, events=("OfferAccepted",))
    assert again == first.model_copy(update={"duplicate": True})
    assert await pairing.types() == ["PairingCreated", "PairingOffered", "OfferAccepted"]
    await is_whole(pairing)


async def test_the_same_key_from_another_person_is_another_command(pairing: LivePairing) -> None:
    await pairing.say(AcceptOffer, MENTOR, key="accept")
    second = await pairing.say(AcceptOffer, MENTEE, key="accept")
    assert second.events == ("OfferAccepted", "TrainingAssigned")


async def test_a_key_that_looks_like_a_clocks_does_not_stop_the_clock(pairing: LivePairing) -> None:
    due = next(clock for clock in (await pairing.state()).clocks if clock.name == "offer.remind")
    await pairing.say(AcceptOffer, MENTOR, key=f"clock:{due.name}@{due.due.isoformat()}")
    await pairing.travel(8)
    await pairing.once_stored("OfferAccepted", "ReminderDue")


async def test_a_refused_update_writes_nothing(pairing: LivePairing) -> None:
    history, stream = await pairing.history(), await pairing.stored()
    refusal = await pairing.refusal(pairing.say(SignAgreement, MENTOR, skill=3))
    assert refusal.type == "Rejected:stage"
    assert refusal.message == "the pairing is OFFERED; this needs GOAL_SETTING, MEETING"
    assert refusal.non_retryable
    assert len(await pairing.history()) == len(history)
    assert await pairing.stored() == stream


async def test_a_rival_writer_makes_the_engine_catch_up_and_decide_again(pairing: LivePairing) -> None:
    await start_training(pairing)
    now = (await pairing.state()).as_of
    rival = TrainingCompleted(at=now, side="mentor")
    assert await pairing.store.append(by_hand(pairing.id, 5, rival)) == Appended(first=6, last=6)

    receipt = await pairing.say(CompleteTraining, LEARNING, side="mentee")
    assert (receipt.first, receipt.events) == (7, ("TrainingCompleted",))
    state = await pairing.state()
    assert (state.stage, len(state.trained)) == (Stage.GOAL_SETTING, 2), "decided on what the rival had written"
    assert state == await pairing.folded()
    await replay(await when(lambda: histories(pairing.skipper.client, pairing.id)))


async def test_a_command_that_a_rival_has_made_wrong_is_refused_after_all(pairing: LivePairing) -> None:
    await start_training(pairing)
    rival = TrainingCompleted(at=(await pairing.state()).as_of, side="mentor")
    await pairing.store.append(by_hand(pairing.id, 5, rival))
    refusal = await pairing.refusal(pairing.say(CompleteTraining, LEARNING, side="mentor"))
    assert refusal.type == "Rejected:duplicate"
    assert len(await pairing.stored()) == 6
    assert await pairing.state() == await pairing.folded()


def by_hand(stream: str, expected: int, event: Any) -> Batch:
    """What a recovery tool or a second engine might append."""
    stored = NewEvent(
        event_id=uuid4(), type=event.type, schema_version=1, occurred_at=event.at, data=event.model_dump(mode="json")
    )
    return Batch(
        stream=stream,
        expected=expected,
        command_id=uuid4(),
        correlation_id=uuid4(),
        causation_id=None,
        actor_role="coordinator",
        actor_id="ops-1",
        source="recovery",
        idempotency_key=f"by-hand-{expected}",
        program_version=3,
        events=(stored,),
    )


async def test_while_the_database_is_down_an_update_waits_and_is_then_stored_once(
    temporal_client: Client, store: EventStore, settings: Settings
) -> None:
    async with cuttable(settings.database_url) as proxy:
        behind = Settings(database_url=proxy.url, task_queue=settings.task_queue)
        async with working(temporal_client, behind):
            pairing = await offered(temporal_client, store, settings)
            await proxy.cut()
            accept = AcceptOffer(by=MENTOR, key="during-the-outage")
            answer = asyncio.create_task(pairing.send(accept))
            scheduled = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
            [fallback] = await when(lambda: _events(pairing, scheduled))
            assert fallback.activity_task_scheduled_event_attributes.activity_type.name == "append"
            assert not answer.done(), "an answer means stored"
            assert len(await pairing.stored()) == 2

            await proxy.restore()
            receipt = await answer
            assert (receipt.first, receipt.events) == (3, ("OfferAccepted",))
            assert (await pairing.say(AcceptOffer, MENTEE)).first == 4
            assert len(await _events(pairing, scheduled)) == 1, "local activities again"
            await is_whole(pairing)
            await replay(await when(lambda: histories(temporal_client, pairing.id)))


async def _events(pairing: LivePairing, *types: EventType.ValueType) -> list[Any]:
    return of_type(await pairing.history(), *types)


async def test_an_answer_of_the_database_that_is_lost_does_not_double_the_event(
    temporal_client: Client, store: EventStore, settings: Settings
) -> None:
    async with cuttable(settings.database_url) as proxy:
        behind = Settings(database_url=proxy.url, task_queue=settings.task_queue)
        async with working(temporal_client, behind):
            pairing = await offered(temporal_client, store, settings)
            proxy.hold_answers(to="pairloom.append")
            answer = asyncio.create_task(pairing.send(AcceptOffer(by=MENTOR, key="lost")))
            await pairing.once_stored("OfferAccepted")
            assert not answer.done()
            await proxy.cut()
            await proxy.restore()
            assert (await answer).first == 3
            assert (await pairing.types()).count("OfferAccepted") == 1
            await is_whole(pairing)


async def test_a_worker_killed_inside_and_between_updates_leaves_the_stream_as_if_it_had_lived(
    ground: Ground, temporal_client: Client, store: EventStore, settings: Settings, tmp_path: Path
) -> None:
    async with cuttable(settings.database_url) as proxy:
        behind = Settings(database_url=proxy.url, task_queue=settings.task_queue)
        with ExitStack() as processes:
            first = processes.enter_context(worker_process(ground, behind, tmp_path / "log"))
            pairing = await offered(temporal_client, store, settings, task_timeout=timedelta(seconds=5))
            await pairing.say(AcceptOffer, MENTOR)
            second = processes.enter_context(worker_process(ground, settings, tmp_path / "second.log"))
            await when(lambda: _ready(tmp_path / "second.log"))

            proxy.hold_answers(to="pairloom.append")  # stored, and the worker never learns of it
            answer = asyncio.create_task(pairing.say(AcceptOffer, MENTEE))
            await when(pairing.types, lambda types: "TrainingAssigned" in types)
            done, _ = await asyncio.wait({answer}, timeout=1)
            assert not done, "the other worker has carried it out"
            first.kill()
            assert (await answer).events == ("OfferAccepted", "TrainingAssigned")
            assert (await pairing.types()).count("TrainingAssigned") == 1

            second.kill()
            processes.enter_context(worker_process(ground, settings, tmp_path / "third.log"))
            await pairing.say(CompleteTraining, LEARNING, side="mentor")
            assert await pairing.types() == [
                "PairingCreated",
                "PairingOffered",
                "OfferAccepted",
                "OfferAccepted",
                "TrainingAssigned",
                "TrainingCompleted",
            ]
            await is_whole(pairing)
            await replay(await when(lambda: histories(temporal_client, pairing.id)))


async def _ready(log: Path) -> bool:
    return b"worker ready" in await asyncio.to_thread(log.read_bytes)


@pytest.mark.parametrize("reapplied", [True, False], ids=["updates reapplied", "updates left out"])
async def test_a_reset_loses_and_doubles_nothing_and_the_pairing_goes_on(pairing: LivePairing, reapplied: bool) -> None:
    await start_training(pairing)
    await pairing.handle.signal("training_completed", CompleteTraining(by=LEARNING, key="lms", side="mentor"))
    await pairing.once(lambda state: state.trained)
    before = await pairing.stored()

    await reset(pairing, reapplied=reapplied)
    # By itself, before any clock or person: nobody is refused because of where the reset left the run.
    await pairing.once(lambda state: state.trained)
    receipt = await pairing.say(CompleteTraining, LEARNING, side="mentee")
    assert receipt.first == len(before) + 1
    assert (await pairing.stored())[: len(before)] == before
    assert (await pairing.state()).stage is Stage.GOAL_SETTING
    assert (await pairing.say(AcceptOffer, MENTOR, key="key-1")).first == 3, "an old duplicate gets its old answer"
    await pairing.travel(12)
    await pairing.once_stored("ReminderDue")
    await is_whole(pairing)
    await replay(await when(lambda: histories(pairing.skipper.client, pairing.id), lambda runs: len(runs) == 2))


async def reset(pairing: LivePairing, *, reapplied: bool) -> None:
    """To the workflow task that carried out the first acceptance: its offer waits for an answer again."""
    client = pairing.skipper.client
    [_, first, *_] = await _events(pairing, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
    everything, nothing = (
        ResetReapplyType.RESET_REAPPLY_TYPE_ALL_ELIGIBLE,
        ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
    )
    described = await pairing.handle.describe()
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=pairing.id, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=first.event_id,
            request_id=uuid4().hex,
            reset_reapply_type=everything if reapplied else nothing,
        )
    )


async def test_a_cancelled_workflow_is_closed_in_the_record_first(pairing: LivePairing) -> None:
    await start_training(pairing)
    await pairing.handle.cancel()
    await when(pairing.handle.describe, lambda found: found.status is WorkflowExecutionStatus.CANCELED)
    last = (await pairing.stored())[-1]
    assert (last.type, last.data["reason"]) == ("PairingClosedEarly", "cancelled_by_admin")
    assert (await pairing.folded()).stage is Stage.CANCELLED


async def test_a_cancellation_in_the_middle_of_an_append_is_not_lost(
    temporal_client: Client, store: EventStore, settings: Settings
) -> None:
    """A clock's append is under way on the workflow's own task, and so is a person's, when the cancellation comes."""
    async with cuttable(settings.database_url) as proxy:
        behind = Settings(database_url=proxy.url, task_queue=settings.task_queue)
        async with working(temporal_client, behind):
            pairing = await offered(temporal_client, store, settings)
            await proxy.cut()
            travelling = asyncio.create_task(pairing.travel(8))
            await when(lambda: _events(pairing, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED))
            person = await pairing.handle.start_update(
                "accept_offer",
                AcceptOffer(by=MENTOR, key="late"),
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=Receipt,
            )
            await pairing.handle.cancel()
            await when(lambda: _events(pairing, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED))
            await proxy.restore()

            receipt = await person.result()
            assert receipt.events == ("OfferAccepted",), "accepted before the cancellation: carried out"
            await when(pairing.handle.describe, lambda found: found.status is WorkflowExecutionStatus.CANCELED)
            await travelling
            assert await pairing.types() == [
                "PairingCreated",
                "PairingOffered",
                "ReminderDue",
                "OfferAccepted",
                "PairingClosedEarly",
            ]
            await replay(await when(lambda: histories(temporal_client, pairing.id)))


async def test_a_cancellation_behind_an_update_that_ends_the_pairing(
    temporal_client: Client, store: EventStore, settings: Settings
) -> None:
    async with cuttable(settings.database_url) as proxy:
        behind = Settings(database_url=proxy.url, task_queue=settings.task_queue)
        async with working(temporal_client, behind):
            pairing = await offered(temporal_client, store, settings)
            await proxy.cut()
            closing = await pairing.handle.start_update(
                "close_early",
                CloseEarly(by=COORDINATOR, key="close", reason=CloseReason.LEAVE),
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=Receipt,
            )
            await pairing.handle.cancel()
            await when(lambda: _events(pairing, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED))
            await proxy.restore()
            assert (await closing.result()).events[0] == "PairingClosedEarly"
            ended = await when(
                pairing.handle.describe, lambda found: found.status is not WorkflowExecutionStatus.RUNNING
            )
            assert ended.status is WorkflowExecutionStatus.CANCELED
            assert (await pairing.folded()).reason == "leave"


@asynccontextmanager
async def short_histories(monkeypatch: pytest.MonkeyPatch, at_most: int) -> AsyncIterator[None]:
    """Continue as new after so many history events. The engine's module is passed through the sandbox: one for all."""
    with monkeypatch.context() as patch:
        patch.setattr("workflows.engine.HISTORY_AT_MOST", at_most)
        yield


async def test_continue_as_new_with_commands_in_flight_loses_nothing_and_still_knows_duplicates(
    pairing: LivePairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with short_histories(monkeypatch, 40):
        await start_training(pairing)
        for side in ("mentor", "mentee"):
            await pairing.say(CompleteTraining, LEARNING, side=side, key=f"trained-{side}")
        for person in (MENTOR, MENTEE):
            await pairing.say(SignAgreement, person, skill=3)
        goals = {"by": MENTEE, "key": "goals", "goals": [{"text": "Learn to read a dashboard"}]}
        await pairing.handle.execute_update("set_goals", goals)
        state = await pairing.state()
        first = state.as_of + timedelta(days=3)

        async def book(number: int) -> Receipt:
            starts_at = first + timedelta(hours=number)
            return await pairing.say(ScheduleMeeting, MENTOR, key=f"book-{number}", starts_at=starts_at, minutes=45)

        booked = await asyncio.gather(*(book(number) for number in range(4)))
        again = await asyncio.gather(*(book(number) for number in range(4)))
        assert again == [receipt.model_copy(update={"duplicate": True}) for receipt in booked]
        assert len({receipt.first for receipt in booked}) == 4
        early = await pairing.say(AcceptOffer, MENTOR, key="key-1")
        assert (early.first, early.duplicate) == (3, True), "remembered from the first run"
        runs = await when(lambda: histories(pairing.skipper.client, pairing.id), lambda found: len(found) > 1)
        await replay(runs)
    assert len((await pairing.state()).meetings) == 4
    await is_whole(pairing)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("accept_offer", {"by": {"role": "mentor", "id": MENTOR.id}}),
        ("accept_offer", "no object at all"),
        ("accept_offer", None),
        ("accept_offer", {"by": {"role": "mentor", "id": MENTOR.id}, "key": "k", "unknown": 1}),
        ("accept_offer", {"by": {"role": "mentor", "id": MENTOR.id}, "key": "nul \x00"}),
        ("close_escalation", {"by": {"role": "coordinator", "id": "nul \x00"}, "key": "k", "id": "red-1"}),
        ("no_such_update", {"by": {"role": "mentor", "id": MENTOR.id}, "key": "k"}),
    ],
)
async def test_a_malformed_update_is_refused_and_the_workflow_lives(
    pairing: LivePairing, name: str, payload: object
) -> None:
    history = len(await pairing.history())
    with pytest.raises(WorkflowUpdateFailedError):
        await pairing.handle.execute_update(name, payload, rpc_timeout=timedelta(seconds=20))
    assert len(await pairing.history()) == history
    assert (await pairing.say(AcceptOffer, MENTOR)).first == 3
    await is_whole(pairing)


async def test_malformed_and_unknown_signals_leave_the_workflow_alive(pairing: LivePairing) -> None:
    await start_training(pairing)
    service = {"role": "service", "id": "lms"}
    await pairing.handle.signal("training_completed", "no object at all")
    await pairing.handle.signal("training_completed", {"by": service, "key": "k"})
    await pairing.handle.signal("training_completed")
    await pairing.handle.signal("training_completed", args=[{"by": service, "key": "k", "side": "mentor"}, 2])
    await pairing.handle.signal("no_such_signal", {"by": service, "key": "k"})
    await pairing.handle.signal("training_completed", {"by": service, "key": "nul \x00", "side": "mentor"})
    refused = {"by": service, "key": "hr", "participant": "somebody-else", "leaves_at": "2031-01-01T00:00:00Z"}
    await pairing.handle.signal("participant_leaves", refused)
    await pairing.handle.signal("training_completed", {"by": service, "key": "good", "side": "mentor"})
    await pairing.once(lambda state: state.trained)
    assert (await pairing.types())[5:] == ["TrainingCompleted"]
    await is_whole(pairing)
    failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    assert await _events(pairing, failed) == []


async def test_a_signal_that_is_sent_twice_is_stored_once(pairing: LivePairing) -> None:
    await start_training(pairing)
    fact = CompleteTraining(by=LEARNING, key="lms-7", side="mentor")
    for _ in range(2):
        await pairing.handle.signal("training_completed", fact)
    await pairing.once_stored("TrainingCompleted")  # a command that comes with a fact in one task goes before it
    receipt = await pairing.say(CompleteTraining, LEARNING, side="mentee")
    assert receipt.first == 7
    types = await pairing.types()
    assert types.count("TrainingCompleted") == 2
    # The update of a service that reports twice by both ways is a duplicate too.
    assert (await pairing.send(fact)).duplicate
    assert await pairing.types() == types


async def test_what_the_store_will_never_take_is_refused_and_the_pairing_goes_on(
    pairing: LivePairing, database_url: str
) -> None:
    await start_training(pairing)
    await administer(
        database_url, "alter table pairloom.event add constraint no_waivers check (type <> 'TrainingWaived') not valid"
    )
    refusal = await pairing.refusal(pairing.say(WaiveTraining, COORDINATOR, side="mentor", reason="done before"))
    assert refusal.type == "Rejected:storage"
    assert (await pairing.say(CompleteTraining, LEARNING, side="mentor")).first == 6
    await is_whole(pairing)


async def test_where_the_store_has_lost_what_was_stored_commands_are_refused_until_the_record_is_followed(
    pairing: LivePairing, database_url: str, settings: Settings
) -> None:
    """As behind a failover to a standby that lacked the last commits: asking again would fill the history."""
    await start_training(pairing)
    await pairing.say(CompleteTraining, LEARNING, side="mentor")
    lost = f"where stream_id = '{pairing.id}' and version = 6"
    await administer(
        database_url,
        "set session_replication_role = replica;"
        f"delete from pairloom.event {lost}; delete from pairloom.message {lost}; delete from pairloom.feed {lost}",
    )
    async with asyncio.timeout(30):
        refusal = await pairing.refusal(pairing.say(CompleteTraining, LEARNING, side="mentee"))
    assert refusal.type == "Rejected:storage"
    assert "ends at version 5, and 6 was stored" in refusal.message
    await pairing.handle.terminate()
    client = pairing.skipper.client
    assert [found.repaired async for found in reconcile(client, pairing.store, settings.task_queue)] == [True]
    assert (await pairing.say(CompleteTraining, LEARNING, side="mentee")).first == 6
    assert (await pairing.say(CompleteTraining, LEARNING, side="mentor")).first == 7
    await is_whole(pairing)


async def test_two_workers_at_once_serve_the_same_pairing(
    temporal_client: Client, store: EventStore, settings: Settings
) -> None:
    another_client = await connect_to(temporal_client.service_client.config.target_host)
    async with working(temporal_client, settings), working(another_client, settings):
        pairing = await offered(temporal_client, store, settings)
        accepts = [pairing.say(AcceptOffer, person, key=f"yes-{person.id}") for person in (MENTOR, MENTEE) * 3]
        receipts = await asyncio.gather(*accepts)
        assert sorted(receipt.first for receipt in receipts) == [3, 3, 3, 4, 4, 4]
        assert sum(not receipt.duplicate for receipt in receipts) == 2
        await pairing.travel(15)
        await pairing.once_stored("ReminderDue", "EscalationOpened")
        await is_whole(pairing)
        await replay(await when(lambda: histories(temporal_client, pairing.id)))
