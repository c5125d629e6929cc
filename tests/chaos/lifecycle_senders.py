"""Who acts on the pairings while things are killed: they repeat a command with its key until they have an answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from domain.decider import Actor, Command, Role
from domain.pairing.goal_setting import NameDelegate
from domain.pairing.offer import AcceptOffer
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party
from domain.pairing.training import CompleteTraining
from domain.program import ProgramDesign
from serving.connection import connect_to
from workflows.commands import update_name
from workflows.contract import TASK_QUEUE, Receipt

COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
MENTOR, MENTEE = Actor(role=Role.MENTOR, id="P101"), Actor(role=Role.MENTEE, id="P202")
LEARNING = Actor(role=Role.SERVICE, id="lms")
TASKS = 12

PATIENCE = timedelta(seconds=8)
"""Then the same command is sent again: the one who should have answered may be dead."""

DESIGN = ProgramDesign.model_validate(
    {
        "program": "chaos",
        "version": 1,
        "title": "Chaos",
        "objectives": ["Survive"],
        "zone": "Europe/London",
        "offer": {"remind_after": "PT5S"},
        "training": {"remind_after": "PT10S", "due_after": "PT40S"},
        "goals": {"due_after": "PT30S"},
        "health": {"amber_after": "PT60S", "red_after": "PT90S", "propose_closing_after": "PT120S"},
        "checkpoints": {"after": ["PT20S", "PT70S", "PT150S"], "open_for": "PT10S", "overdue_grace": "PT5S"},
    }
)
"""Deadlines that are seconds away: some of them come due while everything is down."""


@dataclass(frozen=True)
class Acknowledged:
    """A command that was answered: stored, by the word of the receipt."""

    stream: str
    command: Command
    receipt: Receipt


@dataclass
class Senders:
    """`acknowledged` grows while they are at work on the latest `pairings`; those begun before rest."""

    address: str
    pairings: int
    seed: int
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: int = 0
    broken: list[str] = field(default_factory=list)
    client: Client = field(init=False)
    _ends: asyncio.Event = field(default_factory=asyncio.Event)
    _keys: int = 0
    _begun: int = 0

    @property
    def streams(self) -> list[str]:
        """Every pairing's that was ever begun."""
        return [f"pairing/chaos/p{number:04}" for number in range(self._begun)]

    @property
    def latest(self) -> list[str]:
        """Those that they are at work on."""
        return self.streams[-self.pairings :]

    async def connect(self) -> None:
        """Once, before anything else."""
        self.client = await connect_to(self.address)

    async def begin(self) -> None:
        """Start so many new pairings; their offers are due at once."""
        self._begun += self.pairings
        now = datetime.now(UTC)
        for stream in self.latest:
            create = CreatePairing(
                by=COORDINATOR,
                key="create",
                at=now,
                pairing=stream.rpartition("/")[2],
                cohort="chaos",
                design=DESIGN,
                mentor=Party(participant="P101", zone="Europe/London"),
                mentee=Party(participant="P202", zone="Europe/London"),
                starts_at=now,
            )
            await self.client.start_workflow(
                "PairingWorkflow",
                {"create": create},
                id=stream,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                task_timeout=timedelta(seconds=3),  # a dead worker's task is taken over sooner
            )

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Twelve of them for the length of the block; what they are at then is brought to its answer."""
        self._ends.clear()
        start = f"{self.seed} {self._keys}"
        tasks = [asyncio.create_task(self._act(random.Random(f"{start} {task}"))) for task in range(TASKS)]
        try:
            yield
        finally:
            self._ends.set()
            await asyncio.gather(*tasks)

    async def _act(self, luck: random.Random) -> None:
        while not self._ends.is_set():
            stream = luck.choice(self.latest)
            command = self._command(luck)
            receipt = await self._until_answered(stream, command)
            if receipt is None:
                self.refused += 1
                continue
            self.acknowledged.append(Acknowledged(stream, command, receipt))
            if luck.random() < 0.2:
                again = await self._until_answered(stream, command)
                if again is None or (again.first, again.last) != (receipt.first, receipt.last):
                    self.broken.append(f"{stream}: {command.key} was answered twice, differently")

    def _command(self, luck: random.Random) -> Command:
        self._keys += 1
        key = f"chaos-{self._keys}"
        kind, by, fields = luck.choice(
            (
                (AcceptOffer, MENTOR, {}),
                (AcceptOffer, MENTEE, {}),
                (CompleteTraining, LEARNING, {"side": luck.choice(("mentor", "mentee"))}),
                (Pause, COORDINATOR, {"reason": PauseReason.LEAVE}),
                (Resume, COORDINATOR, {}),
                *[(NameDelegate, MENTEE, {"delegate": f"D{self._keys}"})] * 3,
            )
        )
        arguments: dict[str, Any] = {"by": by, "key": key, **fields}
        return kind(**arguments)

    async def _until_answered(self, stream: str, command: Command) -> Receipt | None:
        """The receipt, or None where the rules refuse."""
        handle = self.client.get_workflow_handle(stream)
        while True:
            try:
                receipt: Receipt = await handle.execute_update(
                    update_name(type(command)), command, result_type=Receipt, rpc_timeout=PATIENCE
                )
                return receipt
            except WorkflowUpdateFailedError:
                return None
            except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
                await asyncio.sleep(0.1)
