"""The same case on a real server and in the simulation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.pairing.decider import PairingEvent, load
from eventstore.store import EventStore
from rehearsal.drive import IN_PARALLEL, PairingDriver
from rehearsal.on_server import Difference, parted
from rehearsal.virtual_time import VirtualTime
from tests.differential.cases import Case
from workflows.contract import PairingInput
from workflows.pairing import PairingWorkflow


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the two machines made of a case."""

    case: Case
    events: int
    types: frozenset[str]
    refused: int
    difference: Difference | None


async def held_together(client: Client, store: EventStore, task_queue: str, cases: Sequence[Case]) -> list[Outcome]:
    """Every case on the server, some side by side, each beside its simulation."""
    slots = asyncio.Semaphore(IN_PARALLEL)

    async def one(case: Case) -> Outcome:
        async with slots:
            stored, refused = await _on_server(client, store, task_queue, case)
        difference = parted(case.create.pairing, stored, case.simulated())
        types = frozenset(event.type for event in stored)
        return Outcome(case, len(stored), types, refused, difference)

    return await asyncio.gather(*(one(case) for case in cases))


async def _on_server(client: Client, store: EventStore, task_queue: str, case: Case) -> tuple[list[PairingEvent], int]:
    create = case.create
    stream = f"pairing/{create.cohort}/{create.pairing}"
    # An execution skips time only where a client with a time skipper has started it.
    skipping = TimeSkipper(client, config=TimeSkippingConfig(enabled=False)).client
    await skipping.start_workflow(PairingWorkflow.run, PairingInput(create=create), id=stream, task_queue=task_queue)
    driver = PairingDriver(
        handle=client.get_workflow_handle(stream),
        actors_of=case.actors,
        time=VirtualTime(client),
        now=create.starts_at - timedelta(days=1),
        may_refuse=True,
    )
    await driver.advance(case.until)
    stored = [load(event.data, event.schema_version) for event in await store.read(stream)]
    return stored, len(driver.refused)
