"""Whoever looks after a command is told by how much a read model is behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from eventstore.feed import Feed
from eventstore.lag import lag
from eventstore.projections import Generation, Projector, begin_rebuild, prepare, switch
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.subscriptions import Subscription
from readmodels.freshness import catches_up
from tests.integration.test_event_store import batch, connection_to
from tests.integration.test_feed import Counted

A_WHILE = timedelta(seconds=1)
NO_TIME = timedelta()


class Company:
    """Two workers with half of the shares each; one is dead, and its leases still run."""

    def __init__(self, store: EventStore, live: Generation) -> None:
        self.store = store
        self.dead = Subscription(store, live.subscription, "dead", lease=timedelta(hours=1))
        self.alive = Projector(store, Counted(), live, "alive")

    async def share_out(self) -> None:
        for reader in (self.dead, self.alive.subscription, self.dead, self.alive.subscription):
            await reader.renew()
        assert len(self.dead.shares) == len(self.alive.subscription.shares) == 32

    async def inherit(self) -> None:
        """As when the leases of the dead have run out."""
        await self.dead.release()
        await self.alive.subscription.renew()
        assert len(self.alive.subscription.shares) == 64

    async def stream_of(self, reader: Subscription) -> str:
        """One that falls into a share of this reader's."""
        held = [share.partition for share in reader.shares]
        async with self.store.connection() as connection:
            found: str = await connection.fetchval(
                "select stream from (select 'pairing/spring/p' || n as stream from generate_series(1, 1000) n)"
                " where pairloom.partition_of(stream) = any ($1) limit 1",
                held,
            )
        return found


@pytest.fixture
async def company(store: EventStore, database_url: str) -> Company:
    [live] = await prepare(database_url, [Counted()])
    company = Company(store, live)
    await company.share_out()
    return company


def between_two_looks(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[object]]) -> None:
    """Once, while somebody who has asked waits."""
    rest, left = asyncio.sleep, [happens]

    async def resting(seconds: float) -> None:
        if left:
            await left.pop()()
        await rest(seconds)

    monkeypatch.setattr("readmodels.freshness.asyncio.sleep", resting)


@pytest.mark.parametrize("published", [True, False])
async def test_what_others_read_afterwards_does_not_stand_for_what_the_dead_have_not_read(
    company: Company, monkeypatch: pytest.MonkeyPatch, published: bool
) -> None:
    store = company.store
    await store.append(batch(stream=await company.stream_of(company.dead)))
    if published:
        await publish(store)
    elsewhere = await company.stream_of(company.alive.subscription)

    async def others_get_further() -> None:
        await store.append(batch(stream=elsewhere, size=3))
        await publish(store)
        assert await company.alive.catch_up() == 3

    between_two_looks(monkeypatch, others_get_further)
    assert await catches_up(store, "counted", A_WHILE) == 1
    await company.inherit()
    assert await company.alive.catch_up() == 1
    assert await catches_up(store, "counted", NO_TIME) == 0


async def test_what_is_stored_after_the_question_is_not_waited_for(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = company.store
    mine = await company.stream_of(company.alive.subscription)
    await store.append(batch(stream=mine))
    await publish(store)

    async def more_than_can_be_read() -> None:
        await company.alive.catch_up()
        await store.append(batch(stream=mine, expected=1))
        await publish(store)
        await store.append(batch(stream=mine, expected=2))

    between_two_looks(monkeypatch, more_than_can_be_read)
    assert await catches_up(store, "counted", timedelta(minutes=1)) == 0
    assert await catches_up(store, "counted", NO_TIME) == 2


async def test_what_an_open_transaction_stores_is_not_waited_for(company: Company, database_url: str) -> None:
    """Nor does it keep the question open, whether it began before the last publication or after it."""
    store = company.store
    async with connection_to(database_url) as slow, connection_to(database_url) as slower:
        for writer in (slow, slower):
            await writer.execute("begin; select pg_current_xact_id()")
            await store.append(batch(stream="pairing/spring/a", expected=await store.count()))
            await publish(store)
        await company.inherit()
        await company.alive.catch_up()
        await store.append(batch(stream="pairing/spring/a", expected=2))
        assert await catches_up(store, "counted", NO_TIME) == 1
        await publish(store)
        await company.alive.catch_up()
        assert await catches_up(store, "counted", NO_TIME) == 0


async def test_the_generation_that_is_live_counts(company: Company, database_url: str) -> None:
    store = company.store
    await store.append(batch(size=2))
    await publish(store)
    building = await begin_rebuild(database_url, Counted())
    await company.inherit()
    filled = Projector(store, Counted(), building, "alive")
    await filled.catch_up()
    assert await catches_up(store, "counted", NO_TIME) == 2
    await company.alive.catch_up()
    assert await switch(store, "counted")
    assert await catches_up(store, "counted", NO_TIME) == 0


async def test_a_feed_that_was_restored_is_behind_until_it_is_entered(company: Company, database_url: str) -> None:
    store = company.store
    await store.append(batch())
    await publish(store)
    await company.inherit()
    await company.alive.catch_up()
    async with connection_to(database_url) as restorer:
        await restorer.execute("update pairloom.sequencer set cluster = 1")
    assert (await lag(store)).unpublished == 0
    assert await catches_up(store, "counted", NO_TIME) == 0
    await store.append(batch(expected=1))
    assert await catches_up(store, "counted", NO_TIME) == 1
    await publish(store)
    assert await Feed(store).head() == 2
    await company.alive.catch_up()
    assert await catches_up(store, "counted", NO_TIME) == 0
