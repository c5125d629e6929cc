"""The first publication in another cluster, where the events have come there in other ways than by a dump."""

from __future__ import annotations

import asyncio

import pytest

from eventstore.failures import StoreUnavailable
from eventstore.feed import Feed
from eventstore.lag import lag
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.integration.administration import administer
from tests.integration.test_event_store import batch, connection_to, until_somebody_waits

ELSEWHERE = "update pairloom.sequencer set cluster = 1"
NO_SEQUENCES = "select setval('pairloom.event_event_no_seq', 1, false)"
"""Logical replication copies rows."""


async def test_a_publication_of_all_tables_does_not_stop_ours(store: EventStore, database_url: str) -> None:
    await administer(database_url, "create publication everything for all tables")
    await store.append(batch())
    await publish(store)
    assert await Feed(store).head() == 1


async def test_behind_a_copy_without_sequences_new_events_get_new_numbers(store: EventStore, database_url: str) -> None:
    await store.append(batch(size=3))
    await publish(store)
    await administer(database_url, ELSEWHERE)
    await administer(database_url, NO_SEQUENCES)
    await publish(store)
    await store.append(batch(expected=3))
    assert (await lag(store)).unpublished == 1
    await publish(store)
    assert [event.version for event in await Feed(store).read()] == [1, 2, 3, 4]
    assert (await verify(store)).findings == ()


async def test_an_event_that_got_a_number_twice_is_named(store: EventStore, database_url: str) -> None:
    """Before the first publication there: the feed takes a number once, and would pass over it for ever."""
    await store.append(batch(size=3))
    await publish(store)
    await administer(database_url, ELSEWHERE)
    await administer(database_url, NO_SEQUENCES)
    await store.append(batch(expected=3))
    await publish(store)
    [finding] = (await verify(store)).findings
    assert (finding.kind, finding.version) == ("unpublished", 4)


async def test_who_comes_to_append_does_not_wait_for_a_vacuum(store: EventStore, database_url: str) -> None:
    """The first look needs the table for itself for a moment, and asks for it again and again."""
    await store.append(batch())
    await administer(database_url, ELSEWHERE)
    async with connection_to(database_url) as vacuum:
        await vacuum.execute("begin; lock table pairloom.event in share update exclusive mode")
        looking = asyncio.create_task(publish(store))
        await until_somebody_waits(database_url)
        async with asyncio.timeout(30):
            await store.append(batch(expected=1))
        with pytest.raises(StoreUnavailable, match="Somebody holds a table"):
            await looking
        await vacuum.execute("commit")
    await publish(store)
    assert await Feed(store).head() == 2
