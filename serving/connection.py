"""Temporal clients: by the environment, or of a server whose address is known."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, Interceptor
from temporalio.common import MetricMeter
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode

from serving.settings import WorkerError
from telemetry.metrics import prometheus

PATIENCE = 10
"""Seconds in which Temporal must answer at the start."""


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


def meter(client: Client) -> MetricMeter:
    """What the client's own metrics are counted with; of a client without a runtime of its own, nothing."""
    runtime = client.service_client.config.runtime
    return runtime.metric_meter if runtime else MetricMeter.noop


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
