"""The composition root: settings, clients and stores become one Temporal worker. Nothing else wires things together.

`python worker.py` (or `pairloom worker`) serves any Temporal and any PostgreSQL: Temporal by the
environment or a profile of its own configuration file (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`, ...),
PostgreSQL by `PAIRLOOM_DATABASE_URL`. SIGTERM and SIGINT stop it gracefully. Metrics, traces and health are off
until the environment says where they go.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, Interceptor
from temporalio.common import MetricMeter, VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.erasing import Erasing
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
from eventstore.vault import MasterKeyError
from readmodels.standing import Standing
from telemetry.checks import database_answers, worker_polls
from telemetry.environment import traces_wanted
from telemetry.health import Health, answering
from telemetry.metrics import Gauges, prometheus
from workflows.cohort import CohortWorkflow
from workflows.contract import TASK_QUEUE
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

DEPLOYMENT = "pairloom"
"""The worker deployment whose versions the workers are, unless a platform names another."""

PATIENCE = 10
"""Seconds in which Temporal must answer at the start."""

WORKFLOW_THREADS = 2
"""Threads in which workflow tasks are computed. They share one interpreter lock with everything else that the worker
does: more of them compute nothing sooner, and keep the calls of a launch waiting."""

AFTER_A_DEFECT = 10
"""Seconds until record keeping is tried again."""

log = structlog.get_logger("pairloom.worker")


class WorkerError(Exception):
    """The worker cannot start; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides. `build_id` turns Worker Deployment Versioning on, in the deployment of that name;
    the Worker Controller of Kubernetes gives both by variables of its own.

    `master_key` seals people's answers; without it they are stored readable.
    `metrics` and `health` are `host:port` to listen at; `traces` sends spans where OpenTelemetry's variables say.
    """

    database_url: str
    task_queue: str = TASK_QUEUE
    profile: str | None = None
    build_id: str | None = None
    deployment: str = DEPLOYMENT
    json_logs: bool = True
    metrics: str | None = None
    health: str | None = None
    traces: bool = False
    master_key: str | None = field(default=None, repr=False)

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
            build_id=environment.get("PAIRLOOM_BUILD_ID") or environment.get("TEMPORAL_WORKER_BUILD_ID"),
            deployment=environment.get("TEMPORAL_DEPLOYMENT_NAME", DEPLOYMENT),
            json_logs=environment.get("PAIRLOOM_LOGS", "json" if not sys.stderr.isatty() else "console") == "json",
            metrics=environment.get("PAIRLOOM_METRICS"),
            health=environment.get("PAIRLOOM_HEALTH"),
            traces=traces_wanted(environment),
            master_key=environment.get("PAIRLOOM_MASTER_KEY") or None,
        )


async def connect(
    profile: str | None = None, *, metrics: str | None = None, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """A Temporal client by environment or profile; raises WorkerError where the server does not answer.

    What the client's core has to say goes through our own log, in its form. `metrics` is `host:port` for Prometheus.
    """
    try:
        config = ClientConfig.load_client_connect_config(profile=profile)
    except Exception as error:  # the bridge's own class, which has no public name
        raise WorkerError(f"Temporal's client configuration cannot be used: {error}.") from error
    address = config.setdefault("target_host", "localhost:7233")
    runtime = _runtime(metrics)
    try:
        async with asyncio.timeout(PATIENCE):
            client = await Client.connect(
                **config, data_converter=pydantic_data_converter, runtime=runtime, interceptors=interceptors
            )
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
    journal, matching, reviewing = Journal(store, _meter(client)), Matching(store), Reviewing(store)
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
            Ordering(client).tell_pairings,
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
        _record_keeping(apart),
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
        async with _beside(health.beat()):
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


def leave(code: int) -> NoReturn:
    """End the process now. A connection attempt that the Temporal client still holds can keep an exit waiting."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _runtime(metrics: str | None) -> Runtime:
    level = TelemetryFilter(core_level="WARN", other_level="ERROR")
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"))
    try:
        return Runtime(
            telemetry=TelemetryConfig(
                logging=LoggingConfig(filter=level, forwarding=forwarding),
                metrics=prometheus(metrics) if metrics else None,
            )
        )
    except ValueError as error:
        raise WorkerError(
            f"PAIRLOOM_METRICS is {metrics}, where nothing can listen ({error}): give a free address such as "
            "0.0.0.0:9464."
        ) from error


def _meter(client: Client) -> MetricMeter:
    runtime = client.service_client.config.runtime
    return runtime.metric_meter if runtime else MetricMeter.noop


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
async def _watching(
    client: Client, store: EventStore, worker: Worker, settings: Settings, health: Health | None
) -> AsyncIterator[None]:
    """Measure and look after the worker for the length of the block, as far as anybody wants to know."""
    watches: list[Coroutine[object, object, None]] = []
    if settings.metrics:
        watches.append(_kept_up("gauges", Gauges(_meter(client), store).run))
    if health:
        watches.append(health.watch(database_answers(store), worker_polls(client, worker)))
    async with _beside(*watches):
        yield


@asynccontextmanager
async def _record_keeping(store: EventStore) -> AsyncIterator[None]:
    """Publish the feed and keep the read models for the length of the block, beside the other workers."""
    reader = f"{os.uname().nodename}:{os.getpid()}:{uuid4().hex[:8]}"
    async with _beside(
        _kept_up("sequencer", lambda: run_sequencer(store)),
        _kept_up("read model", lambda: run_projection(store, Standing, reader)),
    ):
        yield


@asynccontextmanager
async def _beside(*work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run the work for the length of the block; cancelled at its end."""
    tasks = [asyncio.create_task(part) for part in work]
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
