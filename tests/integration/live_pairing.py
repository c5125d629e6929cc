"""One real pairing: its workflow on the real server in virtual time, its stream in the real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Replayer

from domain.decider import Actor, Command, Role
from domain.pairing.decider import evolve, fold, load, notices
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing, Party
from domain.program import ProgramDesign
from eventstore.records import StoredEvent
from eventstore.store import EventStore
from serving.settings import Settings
from worker import PASSED_THROUGH, running_worker
from workflows.cohort import CohortWorkflow
from workflows.commands import update_name
from workflows.contract import PairingInput, Receipt
from workflows.pairing import PairingWorkflow
from workflows.sandbox import sandbox

MENTOR = Actor(role=Role.MENTOR, id="p-101")
MENTEE = Actor(role=Role.MENTEE, id="p-202")
COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
LEARNING = Actor(role=Role.SERVICE, id="learning-platform")

DEADLINE = 30.0
"""Seconds of real time after which what should have happened is given up."""

T = TypeVar("T")


def design(**changes: Any) -> ProgramDesign:
    """A short program: two meetings in eight weeks, one checkpoint; every other figure at its default.

    Deadlines count days of the calendar: these pairings begin today, whatever weekday that is.
    """
    short = {
        "program": "reverse-mentoring",
        "version": 3,
        "title": "Reverse mentoring",
        "objectives": ["Executives learn what the newest colleagues know"],
        "zone": "Europe/London",
        "meetings": {"planned": 2, "enough": 2, "over": "8 weeks"},
        "checkpoints": {"after": ["30 days"]},
        "due_on_working_days": False,
    }
    return ProgramDesign.model_validate(short | changes)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def just_now() -> datetime:
    """By the wall's clock, to the second: a start that is due at once."""
    return datetime.now(UTC).replace(microsecond=0)


async def when(look: Callable[[], Awaitable[T]], holds: Callable[[T], object] = bool) -> T:
    """What `look` finds as soon as it `holds`."""
    give_up = asyncio.get_running_loop().time() + DEADLINE
    while not holds(found := await look()):
        assert asyncio.get_running_loop().time() < give_up, f"in vain for {DEADLINE:.0f} s; the last was {found!r:.600}"
        await asyncio.sleep(0.02)
    return found


@dataclass
class LivePairing:
    """`start` is when its offer went out; `travel` counts in days from there."""

    handle: WorkflowHandle[Any, Any]
    store: EventStore
    skipper: TimeSkipper
    start: datetime
    keys: int = field(default=0)

    @property
    def id(self) -> str:
        """The workflow's id and the stream's."""
        return self.handle.id

    def key(self) -> str:
        """A key that this test has not used."""
        self.keys += 1
        return f"key-{self.keys}"

    async def say(self, command: type[Command], by: Actor, **fields: Any) -> Receipt:
        """Send a command as an update; a key is made unless one is given."""
        return await self.send(command(by=by, key=fields.pop("key", None) or self.key(), **fields))

    async def send(self, command: Command) -> Receipt:
        """The update for the command, answered."""
        receipt: Receipt = await self.handle.execute_update(
            update_name(type(command)), command, result_type=Receipt, rpc_timeout=timedelta(seconds=DEADLINE)
        )
        return receipt

    async def refusal(self, sending: Awaitable[object]) -> ApplicationError:
        """Why it was refused; fails where it was not."""
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await sending
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause

    async def travel(self, day: float) -> None:
        """Skip to `day`, or to the end where that comes first; every timer on the way fires."""
        to = self.start + days(day)
        current = await self.skipper.get_current_time(self.handle)
        assert to > current, f"day {day} has passed"
        await self.skipper.fast_forward(self.handle, to - current)

    async def state(self) -> Pairing:
        """By the workflow's own query."""
        state: Pairing = await self.handle.query("state", result_type=Pairing)
        return state

    async def once(self, holds: Callable[[Pairing], object]) -> Pairing:
        """The state as soon as it `holds`."""
        return await when(self.state, holds)

    async def stored(self) -> list[StoredEvent]:
        """The stream in the database."""
        return await self.store.read(self.id)

    async def types(self) -> list[str]:
        """The types of the stream's events, in order."""
        return [event.type for event in await self.stored()]

    async def once_stored(self, *types: str) -> list[StoredEvent]:
        """The stream as soon as its last events are of these types."""

        def ends_so(stream: list[StoredEvent]) -> bool:
            return [event.type for event in stream[-len(types) :]] == list(types)

        return await when(self.stored, ends_so)

    async def folded(self, until: int | None = None) -> Pairing:
        """The state that the stored stream gives, up to the version `until`."""
        return fold(
            load(event.data, event.schema_version)
            for event in await self.stored()
            if until is None or event.version <= until
        )

    async def notices(self) -> int:
        """How many messages the stored stream means, by the domain's own word."""
        told, state = 0, None
        for event in [load(stored.data, stored.schema_version) for stored in await self.stored()]:
            state = evolve(state, event)
            told += len(notices(state, event))
        return told

    async def history(self) -> list[HistoryEvent]:
        """The current run's."""
        return [event async for event in self.handle.fetch_history_events()]

    async def messages(self) -> list[str]:
        """The templates of this pairing's messages in the outbox."""
        async with self.store.transaction() as connection:
            rows = await connection.fetch("select template from pairloom.message where stream_id = $1", self.id)
        return [row["template"] for row in rows]


def settings_for(database_url: str) -> Settings:
    """A task queue of the test's own."""
    return Settings(database_url=database_url, task_queue=f"test-{uuid4().hex}")


@asynccontextmanager
async def working(client: Client, settings: Settings) -> AsyncIterator[None]:
    """A worker in this process."""
    async with running_worker(client, settings):
        yield


async def begin(
    client: Client, store: EventStore, task_queue: str, plan: ProgramDesign | None = None, **options: Any
) -> LivePairing:
    """Start a pairing whose offer is due now."""
    start, pair = just_now(), f"p-101-p-202-{uuid4().hex[:8]}"
    create = CreatePairing(
        by=COORDINATOR,
        key="create",
        at=start,
        pairing=pair,
        cohort="spring",
        design=plan or design(),
        mentor=Party(participant=MENTOR.id, zone="Europe/London"),
        mentee=Party(participant=MENTEE.id, zone="America/New_York"),
        starts_at=start,
    )
    return await launch(client, store, task_queue, create, **options)


async def launch(
    client: Client, store: EventStore, task_queue: str, create: CreatePairing, **options: Any
) -> LivePairing:
    """Start a pairing; `start` is when its offer is due."""
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
    workflow_id = f"pairing/{create.cohort}/{create.pairing}"
    started = await skipper.client.start_workflow(
        PairingWorkflow.run, PairingInput(create=create), id=workflow_id, task_queue=task_queue, **options
    )
    # A handle of a started workflow pins its first run; this one follows it into the next.
    handle = skipper.client.get_workflow_handle(started.id)
    return LivePairing(handle=handle, store=store, skipper=skipper, start=create.starts_at)


async def histories(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """Of every run of the workflow, continued or reset ones too."""
    runs = [found.run_id async for found in client.list_workflows(f"WorkflowId = '{workflow_id}'")]
    return [await client.get_workflow_handle(workflow_id, run_id=run).fetch_history() for run in runs]


async def replay(found: Sequence[WorkflowHistory]) -> None:
    """Raises where today's code would not do what it did then, in the worker's own sandbox."""
    assert found, "there is nothing to replay"
    replayer = Replayer(
        workflows=[CohortWorkflow, PairingWorkflow],
        workflow_runner=sandbox(PASSED_THROUGH, pydantic_data_converter),
        data_converter=pydantic_data_converter,
    )
    for history in found:
        await replayer.replay_workflow(history)


def of_type(history: Sequence[HistoryEvent], *types: EventType.ValueType) -> list[HistoryEvent]:
    """The events of these types."""
    return [event for event in history if event.event_type in types]


async def summary(event: HistoryEvent) -> str:
    """What the Temporal UI shows on the event."""
    converter: DataConverter = pydantic_data_converter
    [text] = await converter.decode([event.user_metadata.summary], [str])
    return str(text)
