"""How far publishing and the readers of the feed are behind, on the real database."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import cast

import asyncpg
import pytest
from temporalio.common import MetricMeter

from eventstore.failures import StoreUnavailable
from eventstore.lag import lag
from eventstore.migrations import migrate
from eventstore.projections import Projector, begin_rebuild, prepare, switch
from eventstore.sequencer import publish
from eventstore.statements import numbered, statement
from eventstore.store import EventStore
from eventstore.subscriptions import Subscription
from readmodels.standing import Standing
from telemetry.metrics import Gauges
from tests.integration.test_event_store import batch, connection_to
from tests.integration.test_verification import fill

SLOW = "pairing/spring/slow"
LAG, READERS = "pairloom_projection_lag_events", "pairloom_projection_readers"


async def test_the_lag_counts_what_is_not_published_and_what_is_not_read(store: EventStore) -> None:
    await fill(store)
    reader = Subscription(store, "slow", "one")
    await reader.open()
    await store.append(batch(stream="pairing/spring/third", size=2))
    found = await lag(store)
    assert (found.head, found.unpublished) == (14, 2)
    assert found.oldest is not None
    assert [(behind.name, behind.events, behind.readers) for behind in found.behind] == [("slow", 14, 0)]
    await publish(store)
    await reader.renew()
    page = await reader.page(100)
    async with reader.processing(page):
        pass
    found = await lag(store)
    assert (found.head, found.unpublished, found.oldest) == (16, 0, None)
    assert [(behind.name, behind.events, behind.readers) for behind in found.behind] == [("slow", 0, 1)]


async def test_the_lag_of_one_reader_is_asked_alone_and_is_never_less_than_nothing(store: EventStore) -> None:
    await fill(store)
    await Subscription(store, "behind", "one", whole=True).open(4)
    await Subscription(store, "ahead", "one", whole=True).open(1000)
    assert [(reader.name, reader.events) for reader in (await lag(store)).behind] == [("ahead", 0), ("behind", 10)]
    assert [(reader.name, reader.events) for reader in (await lag(store, "behind")).behind] == [("behind", 10)]
    assert (await lag(store, "nobody")).behind == ()


@pytest.mark.parametrize("slow_began", ["first", "last"])
async def test_an_event_of_a_transaction_that_was_open_at_the_last_publication_is_not_published(
    store: EventStore, database_url: str, slow_began: str
) -> None:
    """Whether it is among those that were open then, or the very first that had not begun, as PostgreSQL sees it."""
    async with connection_to(database_url) as slow:
        late = slow.transaction()
        await late.start()
        if slow_began == "first":
            await append_one(slow)
            await store.append(batch())
        else:
            await store.append(batch())
            await append_one(slow)
        await publish(store)
        assert (await lag(store)).unpublished == 0, "nobody sees it yet"
        await late.commit()
    found = await lag(store)
    assert (found.head, found.unpublished) == (1, 1)
    assert found.oldest is not None
    await publish(store)
    assert (await lag(store)).unpublished == 0


async def append_one(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    one = batch(stream=SLOW)
    [event] = one.events
    who = (one.actor_role, one.actor_id, one.source, one.idempotency_key, one.program_version)
    what = (event.event_id, event.type, event.schema_version, event.occurred_at, "{}")
    command = (one.command_id, one.correlation_id, one.causation_id)
    await connection.fetchval(statement("append_event"), SLOW, 0, *command, *who, *what)


class Shown:
    """A meter that holds what a scrape would find: the last figure of each gauge, by its labels."""

    def __init__(self) -> None:
        self.figures: dict[tuple[str, str], float] = {}

    def create_gauge(self, name: str, description: str) -> SimpleNamespace:
        def show(figure: float, labels: Mapping[str, str] = MappingProxyType({})) -> None:
            self.figures[name, labels.get("projection", "")] = figure

        return SimpleNamespace(set=show)

    create_gauge_float = create_gauge


async def test_a_read_model_that_was_replaced_is_behind_no_more(store: EventStore, database_url: str) -> None:
    """Nobody filled it while its successor was built: its last figure would raise an alarm until the workers end."""
    shown = Shown()
    gauges = Gauges(cast(MetricMeter, shown), store)
    await prepare(database_url, [Standing()])
    await store.append(batch(stream="other/than/programs", size=3))
    await publish(store)
    building = await begin_rebuild(database_url, Standing())
    await gauges.measure()
    assert shown.figures[LAG, "standing#1"] == 3
    await Projector(store, Standing(), building, "one").catch_up()
    assert await switch(store, Standing.name)
    await gauges.measure()
    assert (shown.figures[LAG, "standing#1"], shown.figures[READERS, "standing#1"]) == (0, 0)
    assert (shown.figures[LAG, "standing#2"], shown.figures[READERS, "standing#2"]) == (0, 1)


async def test_a_database_of_before_says_what_it_lacks(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await EventStore.connect(empty_database_url) as store:
        with monkeypatch.context() as before:
            before.setattr("eventstore.migrations.numbered", lambda: numbered()[:15])
            await migrate(empty_database_url)
            with pytest.raises(StoreUnavailable, match="run its migrations first"):
                await lag(store)
        await migrate(empty_database_url)
        assert (await lag(store)).unpublished == 0
