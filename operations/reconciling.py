"""Temporal beside the event store: which streams have lost their workflow, and starting it again from what is stored.

The store is the record. A workflow that was terminated, or whose namespace or server is gone, leaves a stream that is
not at its end; the folded stream is all that a new run needs, so this is also the recovery of a lost Temporal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.launching import creation, launch_again
from domain.cohort import decider as cohort_decider
from domain.cohort.enrolment import CohortCreated, CreateCohort
from domain.cohort.state import Cohort, CohortStage
from domain.decider import Actor, Frozen, Role
from domain.pairing import decider as pairing_decider
from domain.pairing.proposal import CreatePairing, PairingCreated
from eventstore.people import people_named
from eventstore.records import StoredEvent
from eventstore.store import EventStore
from workflows.batches import remembered
from workflows.contract import (
    COHORT_WORKFLOW,
    PAIRING_WORKFLOW,
    CohortCarried,
    CohortInput,
    PairingCarried,
    PairingInput,
    Remembered,
)
from workflows.engine import REMEMBERED_AT_MOST


class Divergence(StrEnum):
    """How Temporal and the store differ over one stream."""

    MISSING = "missing"
    CLOSED = "closed"
    AHEAD = "ahead"
    SILENT = "silent"


class Difference(Frozen):
    """A stream that is not at its end, and no workflow carries it; or its workflow is beyond it, or does not say.

    `version` is the stream's, `workflow_version` that of a workflow which is ahead.
    """

    stream: str
    divergence: Divergence
    status: str
    version: int
    repaired: bool = False
    workflow_version: int | None = None

    @property
    def sentence(self) -> str:
        """As a person reads it."""
        if self.divergence is Divergence.AHEAD:
            return (
                f"{self.stream}: the record ends at version {self.version}, and its workflow has come to "
                f"{self.workflow_version}: the database has lost events. Terminate the workflow and reconcile again"
            )
        if self.divergence is Divergence.SILENT:
            return f"{self.stream}: its workflow does not say how far it is: does a worker run?"
        found = (
            "there is no such workflow" if self.divergence is Divergence.MISSING else f"its workflow is {self.status}"
        )
        done = "; started again" if self.repaired else ""
        return f"{self.stream}: not at its end (version {self.version}), and {found}{done}"


@dataclass(frozen=True, slots=True)
class Stream:
    """One stored stream, folded: whether it is at its end, and what starts its workflow again."""

    id: str
    version: int
    final: bool
    workflow: str
    restart: PairingInput | CohortInput
    cohort: Cohort | None = None
    """The state, where the stream is a cohort's."""


async def reconcile(
    client: Client, store: EventStore, task_queue: str, *, cohort: str | None = None, repair: bool = True
) -> AsyncIterator[Difference]:
    """Every difference, of one cohort or of all; with `repair`, after its workflow has been started again.

    Safe to repeat and to run beside another: a workflow that runs by now is left alone.
    """
    async for stream in _streams(store, cohort):
        difference = None if stream.final else await _difference(client, stream)
        if difference is not None and repair:
            await _restart(client, task_queue, stream)
            difference = difference.model_copy(update={"repaired": True})
        if difference is not None:
            yield difference


async def _streams(store: EventStore, cohort: str | None) -> AsyncIterator[Stream]:
    """Pairings before their cohorts, which may have an order for them.

    Folded one by one, a cohort twice: a store may hold more than fits into memory.
    """
    cohorts = [id for id in await store.streams("cohort/") if cohort is None or id == f"cohort/{cohort}"]
    for id in cohorts:
        async for uncreated in _uncreated(store, _cohort(id, await store.read(id))):
            yield uncreated
    async for id in store.every_stream("pairing/" if cohort is None else f"pairing/{cohort}/"):
        yield _pairing(id, await store.read(id))
    for id in cohorts:
        yield _cohort(id, await store.read(id))


def _pairing(id: str, stored: Sequence[StoredEvent]) -> Stream:
    events = [pairing_decider.load(event.data, event.schema_version) for event in stored]
    state, first = pairing_decider.fold(events), events[0]
    assert isinstance(first, PairingCreated), "a pairing's stream begins with its creation"
    create = CreatePairing(
        by=_creator(stored[0]),
        key=stored[0].idempotency_key,
        at=first.at,
        pairing=first.pairing,
        cohort=first.cohort,
        replaces=first.replaces,
        design=first.design,
        mentor=first.mentor,
        mentee=first.mentee,
        starts_at=first.starts[0].due,
    )
    carried = PairingCarried(version=len(stored), state=state, answered=_answered(stored))
    return Stream(id, len(stored), state.final, PAIRING_WORKFLOW, PairingInput(create=create, carried=carried))


async def _uncreated(store: EventStore, cohort: Stream) -> AsyncIterator[Stream]:
    """Pairings that the cohort has launched and that had not come to their first event: they have no stream yet."""
    state = cohort.cohort
    if state is None or state.stage is not CohortStage.RUNNING:
        return
    there = set(await store.streams(f"pairing/{state.id}/"))
    for pairing in state.launched:
        id = f"pairing/{state.id}/{pairing}"
        if id in there or pairing in state.pairings_ended:
            continue
        request = launch_again(state, pairing)
        [pair] = request.pairs
        roster = {person.id: person for person in await people_named(store, state.id, (pair.mentor, pair.mentee))}
        if len(roster) == 2:  # somebody who has been erased gets no pairing
            create = creation(request, pair, roster)
            yield Stream(id, 0, False, PAIRING_WORKFLOW, PairingInput(create=create))


def _cohort(id: str, stored: Sequence[StoredEvent]) -> Stream:
    events = [cohort_decider.load(event.data, event.schema_version) for event in stored]
    first, state = events[0], reduce(cohort_decider.evolve, events, None)
    assert isinstance(first, CohortCreated), "a cohort's stream begins with its creation"
    assert state is not None
    create = CreateCohort(
        by=_creator(stored[0]),
        key=stored[0].idempotency_key,
        at=first.at,
        cohort=first.cohort,
        design=first.design,
        seed=first.seed,
    )
    carried = CohortCarried(version=len(stored), state=state, answered=_answered(stored))
    return Stream(id, len(stored), state.final, COHORT_WORKFLOW, CohortInput(create=create, carried=carried), state)


def _creator(first: StoredEvent) -> Actor:
    return Actor(role=Role(first.actor_role), id=first.actor_id)


def _answered(stored: Sequence[StoredEvent]) -> tuple[Remembered, ...]:
    return tuple(remembered(stored))[-REMEMBERED_AT_MOST:]


async def _difference(client: Client, stream: Stream) -> Difference | None:
    try:
        described = await client.get_workflow_handle(stream.id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Difference(stream=stream.id, divergence=Divergence.MISSING, status="", version=stream.version)
    if described.status in (None, WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW):
        return None
    status = described.status.name.lower()
    return Difference(stream=stream.id, divergence=Divergence.CLOSED, status=status, version=stream.version)


async def _restart(client: Client, task_queue: str, stream: Stream) -> None:
    """What was due meanwhile fires once, late, and says so."""
    create = stream.restart.create
    title = f"Pairing {create.pairing} of {create.cohort}" if isinstance(create, CreatePairing) else create.cohort
    await client.start_workflow(
        stream.workflow,
        stream.restart,
        id=stream.id,
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=title,
        static_details=f"{create.design.title}, version {create.design.version}. Started again from the event store.",
    )
