"""Launching: start the workflow of each approved pair, in batches that can be interrupted and repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from pydantic import AwareDatetime
from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import ServiceClient

from activities.heartbeats import heartbeating
from activities.search_attributes import at_creation
from domain.cohort.shorter_plan import plan_of
from domain.cohort.state import Cohort, PlannedPairing
from domain.decider import Actor, Frozen, ParticipantId, Role
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party
from domain.program import ProgramDesign, days
from domain.roster import Person
from eventstore.people import people_named
from eventstore.store import EventStore
from intake.holiday_calendar import public_holidays

IN_FLIGHT = 32
"""Starts under way at one time."""

BATCH = 500
"""Pairings started by one activity: what is started once more after a kill, and one answer's size."""

AFTER_THE_PROGRAM = days(365)
"""How far behind the program's weeks holidays are taken along: pauses, late evaluations."""


class ApprovedPair(Frozen):
    """What a launch needs of a planned pairing: whom it pairs, not why. So a batch stays small."""

    pairing: str
    mentor: ParticipantId
    mentee: ParticipantId
    replaces: str | None = None


class LaunchRequest(Frozen):
    """A batch of approved pairs that share a design and a start; their offers go out at `starts_at`."""

    cohort: str
    design: ProgramDesign
    pairs: tuple[ApprovedPair, ...]
    approved_at: AwareDatetime
    starts_at: AwareDatetime


class Launching:
    """Starts pairings. Repeating a batch starts nothing twice: the workflow id decides."""

    def __init__(self, client: Client, store: EventStore, task_queue: str) -> None:
        self._client = client
        self._store = store
        self._task_queue = task_queue

    @activity.defn
    async def launch_pairings(self, request: LaunchRequest) -> list[str]:
        """Start every pairing of the batch that does not run yet; answer with all of them."""
        ids = {id for pair in request.pairs for id in (pair.mentor, pair.mentee)}
        roster = {person.id: person for person in await people_named(self._store, request.cohort, ids)}
        async with heartbeating():
            return await asyncio.to_thread(asyncio.run, self._start_all(request, roster))

    async def _start_all(self, request: LaunchRequest, roster: Mapping[str, Person]) -> list[str]:
        """On a loop of its own: there the calls do not queue behind everything else that the worker does."""
        client, slots = await _connected_again(self._client), asyncio.Semaphore(IN_FLIGHT)

        async def start(pair: ApprovedPair) -> None:
            async with slots:
                with suppress(WorkflowAlreadyStartedError):  # it ran and has ended: an earlier try started it
                    await start_pairing(client, self._task_queue, creation(request, pair, roster))

        # Nobody is erased while a pairing is theirs or about to be: who is gone had theirs started, and it is over.
        there = [pair for pair in request.pairs if pair.mentor in roster and pair.mentee in roster]
        async with asyncio.TaskGroup() as starts:
            for pair in there:
                starts.create_task(start(pair))
        return [pair.pairing for pair in request.pairs]


async def _connected_again(client: Client) -> Client:
    """The same client over a connection of this loop: one belongs to the loop that it was made in."""
    service = await ServiceClient.connect(client.service_client.config)
    return Client(**(client.config() | {"service_client": service}))


async def start_pairing(client: Client, task_queue: str, create: CreatePairing) -> None:
    """Start it unless it runs; raises WorkflowAlreadyStartedError where it ran and has ended."""
    await client.start_workflow(
        "PairingWorkflow",
        {"create": create},
        id=f"pairing/{create.cohort}/{create.pairing}",
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=at_creation(create, datetime.now(UTC)),
        static_summary=f"Pairing {create.pairing} of {create.cohort}",
        static_details=f"{create.design.title}, version {create.design.version}",
    )


def launch_request(state: Cohort, besides: Collection[str] = ()) -> LaunchRequest | None:
    """The next batch of approved pairs that start alike, `besides` those under way; None when there is none left."""
    left = [planned for planned in state.unlaunched if planned.pairing not in besides]
    return _request(state, left) if left else None


def launch_again(state: Cohort, pairing: str) -> LaunchRequest:
    """What started a pairing that the cohort has recorded as launched: itself alone, everything else as it was."""
    return _request(state, [planned for planned in state.proposed if planned.pairing == pairing])


def _request(state: Cohort, left: Sequence[PlannedPairing]) -> LaunchRequest:
    first = left[0]
    approved_at, starts_at = first.approved_at or state.approved_at, first.starts_at or state.starts_at
    if starts_at is None or approved_at is None:
        raise AssertionError("an approved cohort has a start")
    alike = (planned for planned in left if planned.starts_at == first.starts_at)
    return LaunchRequest(
        cohort=state.id,
        design=plan_of(state, first),
        pairs=approved(islice(alike, BATCH)),
        approved_at=approved_at,
        starts_at=starts_at,
    )


def approved(planned: Iterable[PlannedPairing]) -> tuple[ApprovedPair, ...]:
    """The planned pairings as a launch takes them."""
    return tuple(
        ApprovedPair(pairing=one.pairing, mentor=one.pair.mentor, mentee=one.pair.mentee, replaces=one.replaces)
        for one in planned
    )


def creation(request: LaunchRequest, pair: ApprovedPair, roster: Mapping[str, Person]) -> CreatePairing:
    """The command that an approved pair begins with."""
    return CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="launch"),
        key="create",
        at=request.approved_at,
        pairing=pair.pairing,
        cohort=request.cohort,
        replaces=pair.replaces,
        design=request.design,
        mentor=_party(roster[pair.mentor], request),
        mentee=_party(roster[pair.mentee], request),
        starts_at=request.starts_at,
    )


def _party(person: Person, request: LaunchRequest) -> Party:
    holidays = public_holidays(person.country, request.starts_at.date(), _last_day(request).date())
    return Party(participant=person.id, zone=person.zone, holidays=holidays)


def _last_day(request: LaunchRequest) -> datetime:
    return request.starts_at + request.design.meetings.over + AFTER_THE_PROGRAM
