"""The composition root: settings, clients and stores become one Temporal worker. Nothing else wires things together.

`python worker.py` (or `pairloom worker`) serves any Temporal and any PostgreSQL: Temporal by the
environment or a profile of its own configuration file (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`, ...),
PostgreSQL by `PAIRLOOM_DATABASE_URL`. SIGTERM and SIGINT stop it gracefully.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.journal import Journal
from activities.launching import Launching
from activities.logs import LogContext, configure_logs
from activities.matching import Matching
from activities.ordering import Ordering
from activities.reviewing import Reviewing
from domain.cohort import decider as cohort
from domain.event_versions import EventUnknown
from domain.pairing import decider as pairing
from eventstore.failures import StoreUnavailable
from eventstore.migrations import SchemaChanged, SchemaTooNew, migrate
from eventstore.projections import prepare, run_projection
from eventstore.sequencer import run_sequencer
from eventstore.store import EventStore
from readmodels.standing import Standing
from workflows.cohort import CohortWorkflow
from workflows.contract import TASK_QUEUE
from workflows.pairing import PairingWorkflow
from workflows.registration import register_search_attributes

PASSED_THROUGH = ("domain", "eventstore", "activities", "workflows.contract", "annotated_types", "asyncpg", "structlog")
"""Modules that workflow code shares with the process instead of loading them again for each workflow."""

PATIENCE = 10
"""Seconds in which Temporal must answer at the start."""

AFTER_A_DEFECT = 10
"""Seconds until record keeping is tried again."""

log = structlog.get_logger("pairloom.worker")


class WorkerError(Exception):
    """The worker cannot start; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides. `build_id` turns Worker Deployment Versioning on."""

    database_url: str
    task_queue: str = TASK_QUEUE
    profile: str | None = None
    build_id: str | None = None
    json_logs: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; raises WorkerError where one is missing."""
        url = environment.get("PAIRLOOM_DATABASE_URL")
        if not url:
            raise WorkerError(
                "PAIRLOOM_DATABASE_URL is not set: give the address of the event store's database, such as "
                "postgresql://pairloom@db.example:5432/pairloom"
            )
        _check_port(url)
        return cls(
            database_url=url,
            task_queue=environment.get("PAIRLOOM_TASK_QUEUE", TASK_QUEUE),
            profile=environment.get("TEMPORAL_PROFILE"),
            build_id=environment.get("PAIRLOOM_BUILD_ID"),
            json_logs=environment.get("PAIRLOOM_LOGS", "json" if not sys.stderr.isatty() else "console") == "json",
        )


async def connect(profile: str | None = None) -> Client:
    """A Temporal client by environment or profile; raises WorkerError where the server does not answer.

    What the client's core has to say goes through our own log, in its form.
    """
    try:
        config = ClientConfig.load_client_connect_config(profile=profile)
    except Exception as error:  # the bridge's own class, which has no public name
        raise WorkerError(f"Temporal's client configuration cannot be used: {error}.") from error
    address = config.setdefault("target_host", "localhost:7233")
    level = TelemetryFilter(core_level="WARN", other_level="ERROR")
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"))
    runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=level, forwarding=forwarding)))
    try:
        async with asyncio.timeout(PATIENCE):
            client = await Client.connect(**config, data_converter=pydantic_data_converter, runtime=runtime)
            await _find_namespace(client)
            return client
    except (RuntimeError, ValueError, TimeoutError, RPCError) as error:
        raise WorkerError(
            f"Temporal does not answer at {address}: start it (`pairloom dev`), or set TEMPORAL_ADDRESS or "
            "TEMPORAL_PROFILE."
        ) from error


async def connect_to(address: str) -> Client:
    """A client of the server at `host:port`, namespace `default`, whatever the environment says.

    Its own retries are not worth a line on a person's terminal; what fails in the end is raised.
    """
    errors_only = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    runtime = Runtime(telemetry=TelemetryConfig(logging=errors_only))
    return await Client.connect(address, data_converter=pydantic_data_converter, runtime=runtime)


def build_worker(client: Client, store: EventStore, settings: Settings) -> Worker:
    """One worker with every workflow and activity of Pairloom."""
    journal, matching, reviewing = Journal(store), Matching(store), Reviewing(store)
    launching = Launching(client, store, settings.task_queue)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[CohortWorkflow, PairingWorkflow],
        activities=[
            journal.append,
            *journal.appends(*dict.fromkeys((*pairing.EVENT_TYPES, *cohort.EVENT_TYPES))),
            journal.read,
            matching.match_cohort,
            launching.launch_pairings,
            Ordering(client).tell_pairings,
            reviewing.review_cohort,
            reviewing.evaluate_cohort,
        ],
        interceptors=[LogContext()],
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
        ),
        max_concurrent_workflow_tasks=20,
        max_concurrent_activities=20,
        max_concurrent_local_activities=20,
        graceful_shutdown_timeout=timedelta(seconds=20),
        deployment_config=_deployment(settings.build_id),
    )


@asynccontextmanager
async def running_worker(client: Client, settings: Settings) -> AsyncIterator[Worker]:
    """Migrate the database, register the search attributes, and run a worker for the length of the block."""
    await migrate(settings.database_url)
    await _prepare(client)
    await _prepare_read_models(settings)
    async with (
        await EventStore.connect(settings.database_url) as store,
        await EventStore.connect(settings.database_url, max_size=3) as apart,
        _record_keeping(apart),
        build_worker(client, store, settings) as worker,
    ):
        yield worker


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then finish what is under way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(settings.profile)
    async with running_worker(client, settings):
        log.info("worker ready", task_queue=settings.task_queue, namespace=client.namespace, build_id=settings.build_id)
        await stop.wait()
        log.info("worker stopping")
    log.info("worker stopped")


def main() -> int:
    """Serve; a failure to start is one sentence, and ends the process with exit code 1."""
    try:
        settings = Settings.from_environment(os.environ)
        configure_logs(as_json=settings.json_logs)
        asyncio.run(serve(settings))
    except (WorkerError, StoreUnavailable, SchemaTooNew, SchemaChanged) as error:
        print(error, file=sys.stderr)
        leave(1)
    return 0


def leave(code: int) -> NoReturn:
    """End the process now. A connection attempt that the Temporal client still holds can keep an exit waiting."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _find_namespace(client: Client) -> None:
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise WorkerError(
                f"Temporal has no namespace '{client.namespace}': create it, or set TEMPORAL_NAMESPACE."
            ) from error
        if error.status is not RPCStatusCode.PERMISSION_DENIED:  # some servers let only administrators look
            raise


def _check_port(url: str) -> None:
    """The driver's own complaint about a port would quote the address, password and all."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise WorkerError(
            "PAIRLOOM_DATABASE_URL is no address: expected postgresql://user@host:port/database, "
            "and special characters in a password written as %40."
        ) from None


async def _prepare(client: Client) -> None:
    try:
        await register_search_attributes(client)
    except RPCError as error:
        # A managed namespace lets only its administrators do this; they have done it, or workflow tasks will say so.
        log.warning("search attributes could not be registered", namespace=client.namespace, reason=error.status.name)


async def _prepare_read_models(settings: Settings) -> None:
    try:
        await prepare(settings.database_url, [Standing()])
    except StoreUnavailable as lacking:
        # Pairings run without read models; whoever has the rights makes them: `pairloom store migrate`.
        log.warning("read models could not be made", reason=lacking.sentence)


@asynccontextmanager
async def _record_keeping(store: EventStore) -> AsyncIterator[None]:
    """Publish the feed and keep the read models for the length of the block, beside the other workers."""
    reader = f"{os.uname().nodename}:{os.getpid()}:{uuid4().hex[:8]}"
    tasks = [
        asyncio.create_task(_kept_up("sequencer", lambda: run_sequencer(store))),
        asyncio.create_task(_kept_up("read model", lambda: run_projection(store, Standing, reader))),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_up(name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
    """A defect in the record keeping stops no pairing: it is logged, and tried again."""
    while True:
        try:
            await run()
        except EventUnknown as newer:
            log.error("record keeping waits for a newer Pairloom", part=name, reason=str(newer))
            await asyncio.sleep(AFTER_A_DEFECT)
        except Exception as defect:
            # Neither its message nor its trace: they may quote a record.
            log.error("record keeping failed", part=name, error=type(defect).__name__)
            await asyncio.sleep(AFTER_A_DEFECT)


def _deployment(build_id: str | None) -> WorkerDeploymentConfig | None:
    """Pinned: a running pairing stays with the version that began its run, and moves on continue-as-new."""
    if build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name="pairloom", build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


if __name__ == "__main__":
    sys.exit(main())
