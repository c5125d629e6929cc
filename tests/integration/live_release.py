"""Workers of one release or another beside each other, in a namespace of the test's own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from live_pairing import when
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from serving.settings import Settings
from workflows.registration import register_search_attributes


async def own_namespace(address: str) -> Client:
    """A client of a new namespace: which version is current there reaches no other test."""
    name = f"release-{uuid4().hex[:8]}"
    client = await Client.connect(address, namespace=name, data_converter=pydantic_data_converter)
    retention = Duration()
    retention.FromTimedelta(timedelta(days=3))
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
    )

    async def ready() -> bool:
        try:
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=name))
            await register_search_attributes(client)
            return not [None async for _ in client.list_workflows("PairloomStage = 'MEETING'")]
        except RPCError:
            return False

    await when(ready)
    return client


def release(settings: Settings, build: str) -> Settings:
    """The settings of a worker of this build."""
    return replace(settings, build_id=build)


async def make_current(client: Client, build: str) -> None:
    """As `temporal worker deployment set-current-version` does; waits until the server has heard of the build."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name="pairloom", build_id=build
    )
    for _ in range(200):
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
            return
        except RPCError:
            await asyncio.sleep(0.1)
    raise AssertionError(f"build {build} does not become current")
