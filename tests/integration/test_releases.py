"""Two releases side by side: a running pairing moves to the new one by continuing as new, and loses nothing."""

from __future__ import annotations

import json
from datetime import timedelta

from live_pairing import (
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
from live_release import make_current, own_namespace, release
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from domain.pairing.offer import AcceptOffer
from domain.pairing.training import CompleteTraining
from embedded.ground import Ground
from eventstore.store import EventStore
from workflows.contract import PairingCarried


async def build_of(pairing: LivePairing) -> str:
    """The build that the current run is pinned to."""
    found = (await pairing.handle.describe()).raw_description.workflow_execution_info.versioning_info
    return found.deployment_version.build_id


async def test_a_running_pairing_moves_to_the_new_release_without_loss(
    ground: Ground, store: EventStore, database_url: str
) -> None:
    client, settings = await own_namespace(ground.temporal_address), settings_for(database_url)
    async with working(client, release(settings, "1.0.0")):
        await make_current(client, "1.0.0")
        staying, moving = [await begin(client, store, settings.task_queue) for _ in range(2)]
        for pairing in (staying, moving):
            await pairing.once_stored("PairingOffered")
            await when(lambda: build_of(pairing), lambda build: build == "1.0.0")  # noqa: B023
        first = await moving.say(AcceptOffer, MENTOR, key="in the old release")
        await moving.handle.signal("no_such_signal")

        async with working(client, release(settings, "2.0.0")):
            await make_current(client, "2.0.0")
            receipt = await moving.say(AcceptOffer, MENTEE)  # the old release answers it, and then lets go
            assert receipt.events == ("OfferAccepted", "TrainingAssigned")
            before = await moving.stored()

            async def touched() -> str:
                """The server may hear of the new version after it: whatever comes next lets the old release go."""
                await moving.handle.signal("no_such_signal")
                return await build_of(moving)

            await when(touched, lambda build: build == "2.0.0")
            assert await build_of(staying) == "1.0.0", "where nothing happens, nothing moves"

            shown = await moving.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
            assert "**Program:** Reverse mentoring, version 3" in shown.current_details
            assert "**Signals ignored:**" in shown.current_details, "the count has come along"
            again = await moving.say(AcceptOffer, MENTOR, key="in the old release")
            assert again == first.model_copy(update={"duplicate": True}), "remembered from the old release"
            trained = await moving.say(CompleteTraining, LEARNING, side="mentor")
            assert trained.first == len(before) + 1
            state = await moving.state()
            assert state == await moving.folded()
            assert {clock.name for clock in state.clocks} >= {"training.remind", "training.due"}, "no clock is lost"
            await moving.travel(12)
            await moving.once_stored("ReminderDue")

            begun = await begin(client, store, settings.task_queue)
            await begun.once_stored("PairingOffered")
            await when(lambda: build_of(begun), lambda build: build == "2.0.0")
        runs = await when(lambda: histories(client, moving.id), lambda found: len(found) == 2)
        await replay(runs)

    async with working(client, release(settings, "2.0.0")):
        receipt = await moving.say(CompleteTraining, LEARNING, side="mentee")
        assert receipt.events == ("TrainingCompleted",), "without a single worker of the old release"


async def test_a_release_that_is_taken_back_ends_nobody_whom_the_newer_one_had_moved(
    temporal_client: Client, store: EventStore, database_url: str
) -> None:
    """What a later release carries on is more than this one can read: its workflow tasks fail, and all is kept."""
    settings = settings_for(database_url)
    async with working(temporal_client, settings):
        pairing = await begin(temporal_client, store, settings.task_queue)
        stored = await pairing.once_stored("PairingOffered")
        carried = PairingCarried(version=len(stored), state=await pairing.state(), answered=())
        [create] = (await pairing.history())[0].workflow_execution_started_event_attributes.input.payloads
        newer = json.loads(carried.model_dump_json()) | {"of_a_later_release": "words of theirs"}
        given = json.loads(create.data) | {"carried": newer}
        await pairing.handle.terminate()
        await temporal_client.start_workflow(
            "PairingWorkflow", given, id=pairing.id, task_queue=settings.task_queue, task_timeout=timedelta(seconds=2)
        )
        [failed, *_] = await when(lambda: task_failures(pairing))
        assert (await pairing.handle.describe()).status is WorkflowExecutionStatus.RUNNING
        assert b"of_a_later_release" in failed.SerializeToString(), "it says what it cannot read"
        assert b"words of theirs" not in failed.SerializeToString(), "and not what that holds"


@workflow.defn(name="PairingWorkflow", sandboxed=False)
class OfAnEarlierRelease:
    """Reads nothing of what a later release carries on."""

    @workflow.run
    async def run(self, given: object) -> None:
        raise RuntimeError("cannot read this")


async def test_whom_a_release_that_was_taken_back_could_not_read_goes_on_when_the_newer_one_is_current_again(
    ground: Ground, store: EventStore, database_url: str
) -> None:
    client, settings = await own_namespace(ground.temporal_address), settings_for(database_url)
    earlier = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name="pairloom", build_id="1.0.0"),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
    queue = settings.task_queue
    old = Worker(client, task_queue=queue, workflows=[OfAnEarlierRelease], deployment_config=earlier)
    async with old, working(client, release(settings, "2.0.0")):
        await make_current(client, "2.0.0")
        pairing = await begin(client, store, settings.task_queue)
        await pairing.once_stored("PairingOffered")
        await when(lambda: build_of(pairing), lambda build: build == "2.0.0")
        await make_current(client, "1.0.0")

        async def stands_still() -> list[HistoryEvent]:
            if len(await histories(client, pairing.id)) == 1:
                await pairing.handle.signal("no_such_signal")
            return await task_failures(pairing)

        await when(stands_still)
        await make_current(client, "2.0.0")
        receipt = await pairing.say(AcceptOffer, MENTOR)
        assert receipt.first == 3
        assert await pairing.state() == await pairing.folded()


async def task_failures(pairing: LivePairing) -> list[HistoryEvent]:
    """Why the workers could not go on."""
    return of_type(await pairing.history(), EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
