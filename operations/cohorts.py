"""Bringing a cohort to life: its people into the `person` table, its commands to its workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from domain.cohort.enrolment import CloseEnrolment, CreateCohort, EnrolParticipants, OpenEnrolment
from domain.cohort.invitations import InviteParticipants
from domain.cohort.matching import ApproveMatches
from domain.cohort.newcomers import Newcomers
from domain.cohort.state import Cohort, Participant
from domain.cohort.waiting import JOIN_AT_ONCE, JoinLate
from domain.decider import Actor, Command
from domain.program import ProgramDesign
from domain.roster import Person
from eventstore.people import save_people
from eventstore.store import EventStore
from operations.sending import ask, send
from workflows.contract import COHORT_WORKFLOW, TASK_QUEUE, CohortInput, CohortNow, Receipt

ENROLLED_AT_ONCE = 400


class CohortNotStarted(Exception):
    """No worker has taken the cohort on; the message says where to look."""


class CohortDesk:
    """What a coordinator and an approver do to one cohort. Every call may be repeated: its key makes it one."""

    def __init__(self, client: Client, cohort: str, coordinator: Actor, task_queue: str = TASK_QUEUE) -> None:
        self.cohort = cohort
        self._client = client
        self._by = coordinator
        self._task_queue = task_queue
        self.handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(f"cohort/{cohort}")

    async def create(self, design: ProgramDesign, seed: int, at: datetime | None = None) -> None:
        """Start the cohort's workflow; returns when its first event is stored."""
        create = CreateCohort(by=self._by, key="create", at=at, cohort=self.cohort, design=design, seed=seed)
        await self._client.start_workflow(
            COHORT_WORKFLOW,
            CohortInput(create=create),
            id=f"cohort/{self.cohort}",
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Cohort {self.cohort}",
            static_details=f"{design.title}, version {design.version}",
        )
        await self._begun()

    async def enrol(self, store: EventStore, people: Sequence[Person], at: datetime | None = None) -> None:
        """Open the enrolment, save the people where personal data lives, enrol them by id, close the enrolment."""
        await save_people(store, self.cohort, people)
        await self.send(OpenEnrolment(by=self._by, key="open", at=at))
        known = {participant.id for participant in (await self.state()).participants}
        missing = sorted((person for person in people if person.id not in known), key=lambda person: person.id)
        for part in _parts(missing, ENROLLED_AT_ONCE):
            key = f"enrol:{_named(part)}"
            await self.send(EnrolParticipants(by=self._by, key=key, at=at, participants=_participants(part)))
        await self.send(CloseEnrolment(by=self._by, key="close-enrolment", at=at))

    async def invite(self, store: EventStore, found: Newcomers) -> None:
        """Open the enrolment, save whose row is new or reads otherwise, invite who is new. It stays open."""
        await save_people(store, self.cohort, [*found.new, *found.unread, *found.renewed])
        await self.send(OpenEnrolment(by=self._by, key="open"))
        for part in _parts(found.new, ENROLLED_AT_ONCE):
            key = f"invite:{_named(part)}"
            await self.send(InviteParticipants(by=self._by, key=key, participants=_participants(part)))

    async def join(self, store: EventStore, state: Cohort, found: Newcomers) -> None:
        """Save who is new, and who takes part without a row, then take the new ones in as late joiners.

        `state` is the one in which they were new: what was sent then and is still on its way has the same keys.
        """
        await save_people(store, self.cohort, [*found.new, *found.unread])
        for command in late_joiners(self._by, state, found.new):
            await self.send(command)

    async def approve(self, approver: Actor, starts_at: datetime | None = None, at: datetime | None = None) -> None:
        """Publish the proposed pairs under a name; offers go out at `starts_at`."""
        await self.send(ApproveMatches(by=approver, key="approve", at=at, starts_at=starts_at))

    async def until(self, holds: Callable[[Cohort], bool]) -> Cohort:
        """The cohort as soon as it is so; raises CohortNotStarted after two minutes without."""
        for _ in range(600):
            cohort = await self.state()
            if holds(cohort):
                return cohort
            await asyncio.sleep(0.2)
        raise CohortNotStarted(
            f"The cohort '{self.cohort}' does not get on: see the worker's log. Nothing is lost; look again later."
        )

    async def told(self) -> Cohort:
        """The cohort as soon as its pairings have heard what was decided about them."""
        return await self.until(lambda cohort: not cohort.orders)

    async def _begun(self) -> None:
        for _ in range(1200):
            if await self.handle.query("version", result_type=int):
                return
            await asyncio.sleep(0.05)
        raise CohortNotStarted(f"The cohort '{self.cohort}' does not start: does a worker serve '{self._task_queue}'?")

    async def send(self, command: Command) -> Receipt:
        """Send one command; returns when its events are stored. Raises WorkflowUpdateFailedError if refused."""
        return await send(self.handle, command)

    async def state(self) -> Cohort:
        """The cohort as its workflow holds it."""
        now: CohortNow = await ask(self.handle, "state", CohortNow)
        return now.root


def late_joiners(by: Actor, state: Cohort, people: Sequence[Person]) -> tuple[JoinLate, ...]:
    """The commands that take these in, at most a hundred by each.

    Each key says how many had waited before it: sent again it is the same, and another when somebody who has left the
    list comes back.
    """
    return tuple(
        JoinLate(
            by=by,
            key=f"join:{state.waited + nth * JOIN_AT_ONCE}:{_named(part)}",
            participants=_participants(part),
        )
        for nth, part in enumerate(_parts(people, JOIN_AT_ONCE))
    )


def _parts(people: Sequence[Person], size: int) -> Iterator[Sequence[Person]]:
    return (people[start : start + size] for start in range(0, len(people), size))


def _named(part: Sequence[Person]) -> str:
    return f"{part[0].id}:{part[-1].id}:{len(part)}"


def _participants(part: Sequence[Person]) -> tuple[Participant, ...]:
    return tuple(Participant(id=person.id, role=person.role, capacity=person.capacity) for person in part)
