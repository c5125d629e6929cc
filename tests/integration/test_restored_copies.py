"""A dump that is restored in a physical copy of its own cluster: the same identifier, other transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from eventstore.feed import Feed
from eventstore.lag import lag
from eventstore.migrations import migrate
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.chaos.store import Server
from tests.integration.several_servers import copy_of, new_server, restored
from tests.integration.test_event_store import batch, connection_to

NEXT_XID = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


class Clusters(NamedTuple):
    """Both go on from the same transaction id."""

    original: Server
    copy: Server


@pytest.fixture
async def clusters(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clusters]:
    directory = tmp_path_factory.mktemp("clusters")
    original = new_server(directory / "original")
    try:
        await migrate(original.url)
        copy = copy_of(original, directory / "copy")
        try:
            yield Clusters(original, copy)
        finally:
            copy.stop()
    finally:
        original.stop()


async def spend_until(url: str, wanted: int) -> None:
    """Transaction ids, as everything else in a cluster does."""
    async with connection_to(url) as spender:
        while await spender.fetchval(NEXT_XID) < wanted:
            await spender.execute("select pg_current_xact_id()")


async def fill_past(url: str, wanted: int) -> int:
    """A stream with an event of each transaction up to this one, published; its length."""
    async with await EventStore.connect(url, max_size=1) as store, connection_to(url) as asking:
        length = 0
        while await asking.fetchval(NEXT_XID) <= wanted:
            await store.append(batch(expected=length))
            length += 1
        await publish(store)
    return length


@asynccontextmanager
async def open_transaction(url: str) -> AsyncIterator[int]:
    async with connection_to(url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield int(await connection.fetchval("select pg_current_xact_id()::text::bigint"))
        await transaction.rollback()


async def versions(store: EventStore) -> list[int]:
    return [event.version for event in await Feed(store).read()]


async def test_a_transaction_that_is_open_in_the_copy_and_had_published_in_the_original_stops_nothing(
    clusters: Clusters,
) -> None:
    original, copy = clusters
    async with connection_to(original.url) as asking:
        ahead: int = await asking.fetchval(NEXT_XID) + 1000
    await spend_until(copy.url, ahead)
    async with open_transaction(copy.url) as xid:
        await spend_until(original.url, xid - 5)
        length = await fill_past(original.url, xid)
        async with connection_to(original.url) as asking:
            assert await asking.fetchval("select count(*) from pairloom.event where xid = $1", xid) == 1
            remembered = int(await asking.fetchval("select next_xid::text::bigint from pairloom.sequencer"))
        url = restored(original.url, copy, "restored")
        await spend_until(copy.url, remembered)
        await _goes_on(url, length)


async def test_what_is_stored_in_the_copy_before_its_first_publication_is_published(clusters: Clusters) -> None:
    """Though the copy has come as far as the original by then."""
    original, copy = clusters
    async with connection_to(copy.url) as asking:
        ahead: int = await asking.fetchval(NEXT_XID) + 10_000
    await spend_until(original.url, ahead)
    length = await fill_past(original.url, ahead)
    url = restored(original.url, copy, "restored")
    async with await EventStore.connect(url, max_size=1) as store:
        await store.append(batch(expected=length))
    await spend_until(copy.url, ahead + length + 10)
    await _goes_on(url, length + 1)


async def _goes_on(url: str, length: int) -> None:
    """Two publications: what the first one remembers is what the second one looks at."""
    await migrate(url)
    async with await EventStore.connect(url, max_size=1) as store:
        for known in (length, length + 1):
            await store.append(batch(expected=known))
            await publish(store)
            assert (await lag(store)).unpublished == 0
            assert await versions(store) == [*range(1, known + 2)]
        assert (await verify(store)).findings == ()
