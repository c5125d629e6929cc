"""A pairing without trouble stays as cheap as docs/benchmarks.md says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from live_pairing import settings_for, working
from temporalio.client import Client

from benchmarks.cost import ACTIONS_AT_MOST, EVENTS_AT_MOST, actions, reference_life


async def test_the_reference_pairing_costs_no_more_than_it_did(temporal_client: Client, database_url: str) -> None:
    """Six meetings and three checkpoints, launched at once; whenever in the year, the counts are the same."""
    settings = settings_for(database_url)
    async with working(temporal_client, settings):
        histories = await reference_life(temporal_client, settings.task_queue, datetime.now(UTC))
    counted = sum((actions(history) for history in histories), Counter[str]())
    assert counted.total() <= ACTIONS_AT_MOST, counted
    assert counted["activities"] == 0, "nothing but local activities while the database answers"
    assert sum(map(len, histories)) <= EVENTS_AT_MOST
