"""The first publication in another cluster, where the events have come there in other ways than by a dump."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from benchmarks.event_store_subjects import long_feed
from embedded import postgres
from eventstore.failures import StoreUnavailable
from eventstore.feed import Feed
from eventstore.lag import lag
from eventstore.migrations import migrate
from eventstore.sequencer import publish
from eventstore.statements import numbered
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.chaos.store import Server
from tests.integration.administration import administer
from tests.integration.several_servers import new_server, restored
from tests.integration.test_event_store import STREAM, batch, connection_to, until_somebody_waits
from tests.integration.test_lag import SLOW, append_one

ELSEWHERE = "update pairloom.sequencer set cluster = 1"
NO_SEQUENCES = "select setval('pairloom.event_event_no_seq', 1, false)"
"""Logical replication copies rows."""

ARRIVED = """
select (select count(*) from pairloom.event) + (select count(*) from pairloom.feed)
     + (select count(*) from pairloom.sequencer where position = 4)
"""


async def published_in_the_end(store: EventStore) -> list[str]:
    """Asks again as a sequencer does; what it was told meanwhile."""
    told: list[str] = []
    while True:
        try:
            await publish(store)
        except StoreUnavailable as away:
            told.append(away.sentence)
            await asyncio.sleep(0.1)
        else:
            return told


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


@pytest.fixture
def two_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The first one may send rows to the second."""
    directory = tmp_path_factory.mktemp("two")
    sender = new_server(directory / "sender")
    try:
        subprocess.run(
            [postgres.binaries() / "psql", "-q", "-d", sender.url, "-c", "alter system set wal_level = logical"],
            check=True,
        )
        sender.stop()
        sender.start()
        receiver = new_server(directory / "receiver")
        try:
            yield sender, receiver
        finally:
            receiver.stop()
    finally:
        sender.stop()


async def test_what_is_stored_at_once_where_the_rows_came_by_replication_is_published(
    two_clusters: tuple[Server, Server],
) -> None:
    """Workers that go on before anybody has published there get numbers that nothing has, published or not."""
    sender, receiver = two_clusters
    await migrate(sender.url)
    await migrate(receiver.url)  # makes the roles
    elsewhere = restored(sender.url, receiver, "elsewhere", "--schema-only")
    async with (
        await EventStore.connect(sender.url, max_size=1) as store,
        connection_to(sender.url) as sending,
        connection_to(elsewhere) as receiving,
    ):
        await store.append(batch(size=3))
        await publish(store)
        await sending.execute("create publication record for table pairloom.event, pairloom.feed, pairloom.sequencer")
        await receiving.execute(f"create subscription record connection '{sender.url}' publication record")
        await store.append(batch(expected=3))
        await publish(store)
        await store.append(batch(expected=4))  # arrives without having been published
        async with asyncio.timeout(60):
            while await receiving.fetchval(ARRIVED) < 5 + 4 + 1:  # noqa: ASYNC110  # another server's work
                await asyncio.sleep(0.05)
        await receiving.execute("drop subscription record")
    async with await EventStore.connect(elsewhere, max_size=1) as store:
        await store.append(batch(expected=5))
        await publish(store)
        assert [event.version for event in await Feed(store).read()] == [1, 2, 3, 4, 5, 6]
        assert (await verify(store)).findings == ()


AS_BEHIND_A_RESTORE = """
alter table pairloom.event set (
    autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
"""
"""An autovacuum that comes at once, and takes for ever."""

VACUUMED = """
select count(*) from pg_stat_activity where backend_type = 'autovacuum worker' and query like '%pairloom.event%'
"""


@pytest.fixture
async def vacuumed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    server = new_server(tmp_path_factory.mktemp("vacuumed") / "server")
    try:
        await migrate(server.url)
        await long_feed(server.url, 20_000)
        for statement in ("alter system set autovacuum_naptime = '1s'", "select pg_reload_conf()", AS_BEHIND_A_RESTORE):
            await administer(server.url, statement)
        yield server
    finally:
        server.stop()


async def until_vacuumed(url: str) -> None:
    async with connection_to(url) as asking, asyncio.timeout(60):
        while not await asking.fetchval(VACUUMED):  # noqa: ASYNC110  # the server's own doing
            await asyncio.sleep(0.05)


async def test_an_autovacuum_keeps_nobody_from_entering(vacuumed: Server) -> None:
    """It would be at it for hours, and nothing be published meanwhile."""
    async with await EventStore.connect(vacuumed.url, max_size=1) as store:
        await administer(vacuumed.url, ELSEWHERE)
        await until_vacuumed(vacuumed.url)
        await publish(store)
        assert await Feed(store).head() == 20_000


async def test_an_autovacuum_keeps_nobody_from_migrating(vacuumed: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    another = ("9999_another", "alter table pairloom.event add column another integer")
    known = numbered()
    monkeypatch.setattr("eventstore.migrations.numbered", lambda: (*known, another))
    monkeypatch.setattr("eventstore.migrations.PATIENCE", timedelta())
    await until_vacuumed(vacuumed.url)
    assert await migrate(vacuumed.url) == ["9999_another"]


@pytest.mark.parametrize("began", ["before the comparison", "after it"])
async def test_what_is_committed_between_comparison_and_lock_is_published(
    store: EventStore, database_url: str, began: str
) -> None:
    await store.append(batch())
    await publish(store)
    await administer(database_url, ELSEWHERE)
    async with connection_to(database_url) as slow:
        await slow.execute("begin; lock table pairloom.event in row exclusive mode")
        if began == "before the comparison":
            await append_one(slow)
        await store.append(batch(expected=1))  # with a higher number than the slow one's
        entering = asyncio.create_task(published_in_the_end(store))
        await until_somebody_waits(database_url)
        if began == "after it":
            await append_one(slow)
        await slow.execute("commit")
        await entering
    await publish(store)
    assert [(event.stream, event.version) for event in await Feed(store).read(after=1)] in (
        [(SLOW, 1), (STREAM, 2)],
        [(STREAM, 2), (SLOW, 1)],
    )
    assert (await verify(store)).findings == ()


async def test_what_others_store_meanwhile_is_not_lost(store: EventStore, database_url: str) -> None:
    """Each round enters once more, between the appends of many."""
    entered = 0

    async def write(number: int) -> None:
        for version in range(60):
            await store.append(batch(stream=f"pairing/spring/p{number}", expected=version))

    async with connection_to(database_url) as mover, await EventStore.connect(database_url, max_size=1) as looking:
        writing = asyncio.gather(*(write(number) for number in range(6)))
        while not writing.done():
            await mover.execute(ELSEWHERE)
            entered += await publish(looking) is not None
            await asyncio.sleep(0)
        await writing
        await publish(looking)
    assert entered > 1
    seen: dict[str, list[int]] = {}
    async for page in Feed(store).pages():
        for event in page:
            seen.setdefault(event.stream, []).append(event.version)
    assert seen == {f"pairing/spring/p{number}": [*range(1, 61)] for number in range(6)}
    assert (await verify(store)).findings == ()


async def test_who_comes_to_append_does_not_wait_for_a_vacuum(store: EventStore, database_url: str) -> None:
    """The first look needs the table for itself for a moment, and asks for it again and again."""
    await store.append(batch())
    await administer(database_url, ELSEWHERE)
    async with connection_to(database_url) as vacuum:
        await vacuum.execute("begin; lock table pairloom.event in share update exclusive mode")
        looking = asyncio.create_task(published_in_the_end(store))
        await until_somebody_waits(database_url)
        async with asyncio.timeout(30):
            await store.append(batch(expected=1))
        await vacuum.execute("commit")
        assert [sentence.partition(" of")[0] for sentence in (await looking)[:1]] == ["Somebody holds a table"]
    await publish(store)
    assert await Feed(store).head() == 2
