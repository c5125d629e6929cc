"""The composition root: settings, clients and stores become one Temporal worker. Nothing else wires things together.

`python worker.py` (or `pairloom worker`) serves any Temporal and any PostgreSQL: Temporal by the
environment or a profile of its own configuration file (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`, ...),
PostgreSQL by `PAIRLOOM_DATABASE_URL`. SIGTERM and SIGINT stop it gracefully. Metrics, traces and health are off
until the environment says where they go.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

import activities.pair_survey  # noqa: F401 - what the first match needs is there before work comes
from activities.erasing import Erasing
from activities.journal import Journal
from activities.launching import Launching
from activities.logs import LogContext, configure_logs
from activities.matching import Matching
from activities.ordering import Ordering
from activities.reviewing import Reviewing
from domain.cohort import decider as cohort
from domain.pairing import decider as pairing
from eventstore.failures import StoreUnavailable
from eventstore.migrations import SchemaChanged, SchemaTooNew, migrate
from eventstore.projections import prepare
from eventstore.store import EventStore
from eventstore.vault import MasterKeyError
from readmodels.standing import Standing
from serving.connection import connect, leave, meter
from serving.record_keeping import beside, kept_up, record_keeping
from serving.settings import Settings, WorkerError
from telemetry.checks import database_answers, worker_polls
from telemetry.health import Health, answering
from telemetry.metrics import Gauges
from workflows.cohort import CohortWorkflow
from workflows.pairing import PairingWorkflow
from workflows.registration import register_search_attributes
from workflows.sandbox import sandbox

if TYPE_CHECKING:
    from telemetry.traces import Traces

PASSED_THROUGH = (
    "domain",
    "eventstore",
    "activities",
    "workflows",
    "annotated_types",
    "asyncpg",
    "structlog",
    "opentelemetry",
)
"""Modules that the sandbox does not load again for each workflow: reading our own again was a third of a launch.

They keep nothing between workflows, and `ruff` holds what the sandbox would look for in them: no clock, no chance,
no outside (`banned-api` in pyproject.toml).
"""

WORKFLOW_THREADS = 2
"""Threads in which workflow tasks are computed. They share one interpreter lock with everything else that the worker
does: more of them compute nothing sooner, and keep the calls of a launch waiting."""

log = structlog.get_logger("pairloom.worker")


def build_worker(client: Client, store: EventStore, settings: Settings) -> Worker:
    """One worker with every workflow and activity of Pairloom."""
    journal, matching, reviewing = Journal(store, meter(client)), Matching(store), Reviewing(store)
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
            matching.match_waiting,
            matching.bars_between,
            launching.launch_pairings,
            Ordering(client, store).tell_pairings,
            Erasing(store).erase,
            reviewing.review_cohort,
            reviewing.read_pairing,
            reviewing.evaluate_cohort,
        ],
        interceptors=[LogContext()],
        workflow_runner=sandbox(PASSED_THROUGH, client.data_converter),
        max_concurrent_workflow_tasks=20,
        workflow_task_executor=ThreadPoolExecutor(WORKFLOW_THREADS, thread_name_prefix="workflow"),
        max_concurrent_activities=20,
        max_concurrent_local_activities=20,
        graceful_shutdown_timeout=timedelta(seconds=20),
        deployment_config=_deployment(settings),
    )


@asynccontextmanager
async def running_worker(
    client: Client, settings: Settings, *, health: Health | None = None, traces: Traces | None = None
) -> AsyncIterator[Worker]:
    """Migrate the database, register the search attributes, and run a worker for the length of the block."""
    await migrate(settings.database_url)
    await _right_key(settings)
    await _prepare(client)
    await _prepare_read_models(settings)
    async with (
        await EventStore.connect(
            settings.database_url,
            on_query=traces.on_query if traces else None,
            master_key=settings.master_key,
        ) as store,
        await EventStore.connect(settings.database_url, max_size=3) as apart,
        record_keeping(apart),
        build_worker(client, store, settings) as worker,
        _watching(client, apart, worker, settings, health),
    ):
        yield worker


async def serve(settings: Settings, traces: Traces | None = None) -> None:
    """Run until SIGTERM or SIGINT, then finish what is under way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    health = Health()
    interceptors = [traces.interceptor] if traces else []
    with _probes(health, settings.health):
        async with beside(health.beat()):
            client = await connect(settings.profile, metrics=settings.metrics, interceptors=interceptors)
            async with running_worker(client, settings, health=health, traces=traces):
                log.info(
                    "worker ready",
                    task_queue=settings.task_queue,
                    namespace=client.namespace,
                    build_id=settings.build_id,
                    held_objects=hold_what_is_loaded(),
                )
                await stop.wait()
                health.stopping()
                log.info("worker stopping")
    if traces:
        await asyncio.to_thread(traces.close)
    log.info("worker stopped")


def hold_what_is_loaded() -> int:
    """Keep Python's collector from going through what lives as long as the process; answers with how many objects.

    A full collection stops every thread, and comes again with each quarter more of cached workflows.
    """
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()


def main() -> int:
    """Serve; a failure to start is one sentence, and ends the process with exit code 1."""
    try:
        settings = Settings.from_environment(os.environ)
        asyncio.run(serve(settings, _begin_logs_and_traces(settings)))
    except (WorkerError, MasterKeyError, StoreUnavailable, SchemaTooNew, SchemaChanged) as error:
        print(error, file=sys.stderr)
        leave(1)
    return 0


def _begin_logs_and_traces(settings: Settings) -> Traces | None:
    """Without traces OpenTelemetry is not even imported: it would cost every start a third of a second."""
    if not settings.traces:
        configure_logs(as_json=settings.json_logs)
        return None
    try:
        tracing = import_module("telemetry.traces")
    except ModuleNotFoundError as lacking:
        raise WorkerError(
            f"Traces need the package {lacking.name}: install pairloom[traces], or unset OTEL_EXPORTER_OTLP_ENDPOINT."
        ) from lacking
    configure_logs(as_json=settings.json_logs, and_also=[tracing.add_trace_ids])
    traces: Traces = tracing.Traces(os.environ)
    return traces


@contextmanager
def _probes(health: Health, address: str | None) -> Iterator[None]:
    """Answer the platform's probes at `host:port`, where one is set."""
    if address is None:
        yield
        return
    host, _, port = address.rpartition(":")
    with ExitStack() as stack:
        try:
            stack.enter_context(answering(health, host.strip("[]"), int(port)))
        except (OSError, ValueError, OverflowError) as error:
            raise WorkerError(
                f"PAIRLOOM_HEALTH is {address}, where nothing can listen ({error}): give a free address such as "
                "0.0.0.0:8080."
            ) from error
        yield


async def _right_key(settings: Settings) -> None:
    """Raises MasterKeyError where people's answers could not be read with this key, or without one."""
    async with await EventStore.connect(settings.database_url, max_size=1, master_key=settings.master_key) as store:
        await store.check_master_key()
    if settings.master_key is None:
        log.warning("answers are stored readable: set PAIRLOOM_MASTER_KEY, see `pairloom store new-key`")


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
async def _watching(
    client: Client, store: EventStore, worker: Worker, settings: Settings, health: Health | None
) -> AsyncIterator[None]:
    """Measure and look after the worker for the length of the block, as far as anybody wants to know."""
    watches: list[Coroutine[object, object, None]] = []
    if settings.metrics:
        watches.append(kept_up("gauges", Gauges(meter(client), store).run))
    if health:
        watches.append(health.watch(database_answers(store), worker_polls(client, worker)))
    async with beside(*watches):
        yield


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """Pinned: a running pairing stays with the version that began its run, and moves on continue-as-new."""
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=settings.deployment, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


if __name__ == "__main__":
    sys.exit(main())
