"""A handful of what `make rehearse-differential` does at length."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio.client import Client

from eventstore.store import EventStore
from serving.settings import Settings
from tests.differential.cases import case
from tests.differential.machines import held_together
from worker import running_worker


async def test_the_real_server_and_the_simulation_give_the_same_events(
    temporal_client: Client, store: EventStore, database_url: str
) -> None:
    settings = Settings(database_url=database_url, task_queue="differential")
    now = datetime.now(UTC).replace(microsecond=0)
    async with running_worker(temporal_client, settings):
        outcomes = await held_together(temporal_client, store, settings.task_queue, [case(n, 5, now) for n in range(4)])
    assert [outcome.difference for outcome in outcomes] == [None] * 4
    assert sum(outcome.events for outcome in outcomes) > 60
    assert sum(outcome.refused for outcome in outcomes) > 5
