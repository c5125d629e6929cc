"""References without an engine: the same updates around nothing, and the same state in a workflow that only waits."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from benchmarks.subjects.commands import KINDS
    from domain.decider import Command
    from workflows.commands import answers
    from workflows.contract import PairingInput, Receipt


@activity.defn
async def store_nothing(command: str) -> str:
    """A local activity at its least."""
    return command


class NoEngine:
    """Takes every command, decides nothing, stores nothing."""

    def check(self, command: Command) -> None:
        """Every command is right."""

    async def answer(self, command: Command) -> Receipt:
        """The least between an update and its answer: one local activity."""
        await workflow.execute_local_activity(
            store_nothing, command.key, start_to_close_timeout=timedelta(seconds=2), summary="store"
        )
        return Receipt(stream=workflow.info().workflow_id, first=1, last=1, events=("Nothing",))


@workflow.defn
@answers(*KINDS)
class BareWorkflow:
    """The pairing's input and updates, and nothing that makes it a pairing."""

    @workflow.init
    def __init__(self, given: PairingInput) -> None:
        self.engine = NoEngine()

    @workflow.run
    async def run(self, given: PairingInput) -> None:
        """Until it is terminated."""
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def version(self) -> int:
        """As a pairing answers, so that both can be asked."""
        return 0


@workflow.defn
class EmptyWorkflow:
    """Holds what a pairing holds, and waits for a timer."""

    @workflow.init
    def __init__(self, given: PairingInput) -> None:
        self.held = given

    @workflow.run
    async def run(self, given: PairingInput) -> None:
        """Until it is terminated."""
        await workflow.wait_condition(lambda: False, timeout=timedelta(days=7))

    @workflow.query
    def version(self) -> int:
        """As a pairing answers, so that both can be asked."""
        return self.held.carried.version if self.held.carried else 0
