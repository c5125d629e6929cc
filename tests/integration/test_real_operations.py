"""What real operations meet, on the real servers: every story of the unit tests through the durable engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from live_pairing import just_now, settings_for, working
from scenario import play
from temporalio.client import Client

from eventstore.store import EventStore
from tests.unit.pairing.given import Story
from tests.unit.pairing.scenarios import scenarios

SCENARIOS = scenarios()


@pytest.mark.parametrize("tell", SCENARIOS.values(), ids=SCENARIOS)
async def test_the_engine_stores_what_the_rules_say(
    tell: Callable[[], Story], temporal_client: Client, database_url: str, store: EventStore
) -> None:
    settings = settings_for(database_url)
    async with working(temporal_client, settings):
        await play(tell(), temporal_client, store, settings.task_queue, earliest=just_now())
