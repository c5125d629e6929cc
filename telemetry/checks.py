"""What a worker needs to be of use: its database, Temporal, and that it asks Temporal for work."""

from __future__ import annotations

from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from eventstore.failures import StoreUnavailable
from eventstore.store import EventStore
from telemetry.health import Check

RPC_WITHIN = timedelta(seconds=3)


def database_answers(store: EventStore) -> Check:
    """Whether the event store can be read."""

    async def check() -> str | None:
        try:
            async with store.connection() as connection:
                await connection.fetchval("select count(*) from pairloom.migration")
        except StoreUnavailable as away:
            return away.sentence
        return None

    return check


def worker_polls(client: Client, worker: Worker) -> Check:
    """Whether Temporal answers, and has this worker among those that ask for workflow tasks."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=worker.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )

    async def check() -> str | None:
        if not worker.is_running or worker.is_shutdown:
            return "The worker does not run."
        try:
            described = await client.workflow_service.describe_task_queue(request, retry=False, timeout=RPC_WITHIN)
        except RPCError as error:
            return f"Temporal does not answer: {error.status.name}."
        if client.identity not in {poller.identity for poller in described.pollers}:
            return f"Temporal does not see this worker poll the task queue {worker.task_queue}."
        return None

    return check
