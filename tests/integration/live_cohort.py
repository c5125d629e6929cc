"""One small cohort on the real servers: its desk, its clock, its pairings, its people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from live_pairing import design, settings_for, when, working
from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.cohort.decider import evolve, load
from domain.cohort.state import Cohort, CohortStage
from domain.decider import Actor, Command, Role
from domain.program import ProgramDesign
from domain.roster import BigFive, Person
from eventstore.store import EventStore
from operations.cohorts import CohortDesk
from serving.settings import Settings

COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
APPROVER = Actor(role=Role.APPROVER, id="head-of-learning")

NAMES = {
    "p-101": "Zoë Quarrington",
    "p-102": "Ibrahim Featherstonehaugh",
    "p-103": "Matilda Oxenbridge",
    "p-104": "Łukasz Wyrzykowski",
    "p-201": "Gwendolyn Thistlewood",
    "p-202": "Bartholomew Ravensworth",
    "p-203": "Ngozi Adichukwu",
}
"""Four mentors and three mentees: one mentor waits."""


def roster() -> list[Person]:
    return [_person(number, id, name) for number, (id, name) in enumerate(NAMES.items())]


def _person(number: int, id: str, name: str) -> Person:
    junior = id < "p-200"
    traits = BigFive(openness=0.5, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)
    return Person(
        id=id,
        name=name,
        email=f"{name.split()[1].lower()}.{number}@northlight.example",
        role="mentor" if junior else "mentee",
        grade=4 if junior else 14,
        department=("Claims", "Underwriting", "Legal", "Finance")[number % 4],
        site="York",
        country="GB",
        zone="Europe/London",
        birth_year=1998 if junior else 1966,
        skills_offered=frozenset({"python"} if junior else set()),
        skills_wanted=frozenset(set() if junior else {"python"}),
        traits=traits,
    )


@dataclass
class LiveCohort:
    """A cohort's desk, with the clock and the database behind it."""

    desk: CohortDesk
    client: Client
    store: EventStore
    settings: Settings
    skipper: TimeSkipper

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The cohort's workflow, whichever run is current."""
        return self.desk.handle

    async def once(self, stage: CohortStage) -> Cohort:
        """The state as soon as the cohort stands there."""
        return await when(self.desk.state, lambda cohort: cohort.stage is stage)

    async def launched(self) -> Cohort:
        """The state as soon as every pairing runs."""
        found = await when(self._state, lambda cohort: cohort is not None and cohort.launched and not cohort.unlaunched)
        assert found is not None
        return found

    async def _state(self) -> Cohort | None:
        """None while a run that was reset has not come to its first event."""
        try:
            return await self.desk.state()
        except WorkflowQueryFailedError:
            return None

    async def folded(self) -> Cohort:
        """The state by its stored events."""
        state: Cohort | None = None
        for event in await self.store.read(self.handle.id):
            state = evolve(state, load(event.data, event.schema_version))
        assert state is not None
        return state

    async def refusal(self, command: Command) -> ApplicationError:
        """Why the command is refused."""
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.desk.send(command)
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause

    def pairing(self, id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of one of its pairings."""
        return self.client.get_workflow_handle(f"pairing/{self.desk.cohort}/{id}")

    async def runs(self, cohort: Cohort) -> dict[str, str | None]:
        """The current run of every pairing."""
        return {id: (await self.pairing(id).describe()).run_id for id in cohort.launched}

    async def until_its_next_clock(self, cohort: Cohort) -> None:
        """To just behind the next clock."""
        now = await self.skipper.get_current_time(self.handle)
        await self.skipper.fast_forward(self.handle, cohort.clocks[0].due - now + timedelta(seconds=1))


@asynccontextmanager
async def living(
    client: Client, database_url: str, store: EventStore, plan: ProgramDesign | None = None
) -> AsyncIterator[LiveCohort]:
    """A cohort that has been created and not opened, and a worker for it and its pairings."""
    settings = settings_for(database_url)
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
    desk = CohortDesk(skipper.client, f"autumn-{uuid4().hex[:8]}", COORDINATOR, settings.task_queue)
    async with working(client, settings):
        await desk.create(plan or design(), seed=7)
        yield LiveCohort(desk, skipper.client, store, settings, skipper)


async def enrolled_and_matched(cohort: LiveCohort) -> Cohort:
    await cohort.desk.enrol(cohort.store, roster())
    return await cohort.once(CohortStage.REVIEW)
