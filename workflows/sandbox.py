"""The sandbox that workflows run in, without questions whose answer is known.

For each payload of an activation and of its completion, the SDK asks the workflow up to six times in which context it
is to be encoded and where it is stored outside. Each question enters the sandbox and compiles its code anew: together
they take a sixth of a worker's time. Only a codec and an external store would look at the answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import DataConverter, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info


def sandbox(shared: Iterable[str], converter: DataConverter) -> SandboxedWorkflowRunner:
    """A runner that shares these modules with the worker, for a worker whose client has this converter.

    With a codec or an external store it is the SDK's own.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*shared)
    asked_for = converter.payload_codec is not None or converter.external_storage is not None
    return SandboxedWorkflowRunner(restrictions) if asked_for else _Unasked(restrictions)


@dataclass(frozen=True)
class _Unasked(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _UnaskedInstance(super().create_instance(det))


class _UnaskedInstance(WorkflowInstance):
    """A workflow in its sandbox, asked only to go on."""

    def __init__(self, inside: WorkflowInstance) -> None:
        self._inside = inside

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._inside.activate(act)

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def get_info(self) -> Info:
        return self._inside.get_info()

    def get_thread_id(self) -> int | None:
        return self._inside.get_thread_id()
