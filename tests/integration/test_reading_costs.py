"""What a look at the event store reads: what is new, not what is stored. Counted in rows, by PostgreSQL itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

import asyncpg
import pytest
import pytest_asyncio

from benchmarks.event_store_subjects import long_feed
from eventstore.feed import Feed
from eventstore.lag import lacking, lag, stored_now
from eventstore.projections import prepare
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.subscriptions import PARTITIONS, Subscription
from readmodels.questions import Questions
from readmodels.standing import Standing
from tests.integration.test_event_store import STREAM, batch, connection_to

STORED = 50_000
LONG = 20_000
NEW = 5
FEW = 100
"""Rows that a look may read: `NEW` events from two or three indexes and tables, and nothing that grows."""

ROWS_READ = """
select (select sum(seq_tup_read) from pg_stat_user_tables where relname in ('event', 'feed', 'message', 'pairing'))
     + (select sum(idx_tup_read) from pg_stat_user_indexes where relname in ('event', 'feed', 'message', 'pairing'))
"""


class Ledger(NamedTuple):
    """A store of one connection with a long past, readers that have read it, and `NEW` events behind it."""

    store: EventStore
    sharded: Subscription
    whole: Subscription
    asking: asyncpg.Connection


RESTORED = """
set session_replication_role = replica;
update pairloom.event set xid = '900000000';
update pairloom.sequencer set cluster = 1, next_xid = '900000001';
"""
"""As in a younger cluster than the one that was dumped: every stored transaction id lies in its future."""


@pytest_asyncio.fixture(params=["never analyzed", "analyzed", "restored"])
async def ledger(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    """With statistics of the tables as they were when they were empty, as they are, and behind a restore."""
    await long_feed(database_url, STORED)
    async with (
        await EventStore.connect(database_url, max_size=1) as store,
        connection_to(database_url) as asking,
    ):
        await publish(store)
        sharded = await _opened(Subscription(store, "sharded", "one"))
        whole = await _opened(Subscription(store, "whole", "one", whole=True))
        if request.param == "restored":
            await asking.execute(RESTORED)
            await asking.execute("vacuum pairloom.event")  # a restore leaves no versions of rows behind
            await publish(store)
        if request.param != "never analyzed":
            await asking.execute("analyze")
        await store.append(batch(size=NEW))
        yield Ledger(store, sharded, whole, asking)


async def _opened(reader: Subscription) -> Subscription:
    await reader.open(STORED)
    await reader.renew()
    return reader


@asynccontextmanager
async def reads_few(ledger: Ledger) -> AsyncIterator[None]:
    before = await _rows_read(ledger)
    yield
    read = await _rows_read(ledger) - before
    assert read <= FEW, f"{read:,} rows"


async def _rows_read(ledger: Ledger) -> int:
    flush = "select pg_stat_force_next_flush()"
    await ledger.asking.fetchval(flush)  # what preparing has read is not to be counted later
    async with ledger.store.connection() as connection:
        await connection.fetchval(flush)
    found: int = await ledger.asking.fetchval(ROWS_READ)
    return found


async def test_how_far_the_feed_is_behind(ledger: Ledger) -> None:
    async with reads_few(ledger):
        unpublished = await lag(ledger.store)
    await publish(ledger.store)
    async with reads_few(ledger):
        unread = await lag(ledger.store)
    assert (unpublished.unpublished, unread.unpublished) == (NEW, 0)
    assert [(reader.name, reader.events) for reader in unread.behind] == [("sharded", NEW), ("whole", NEW)]


async def test_what_a_read_model_lacks(ledger: Ledger) -> None:
    """What is before its shares, and nothing of what it has read; nor of what has come since it was asked."""
    await ledger.asking.execute("insert into pairloom.projection values ('sharded', 1, 1, true)")
    await ledger.asking.execute("update pairloom.subscription set name = 'sharded#1' where name = 'sharded'")
    async with reads_few(ledger):
        stored = await stored_now(ledger.store)
        unpublished, _ = await lacking(ledger.store, "sharded", stored)
    await publish(ledger.store)
    async with reads_few(ledger):
        unread, stored = await lacking(ledger.store, "sharded", stored)
    assert (unpublished, unread) == (NEW, NEW)
    await ledger.store.append(batch(stream="pairing/spring/later", size=1000))
    await publish(ledger.store)
    async with reads_few(ledger):
        unread, _ = await lacking(ledger.store, "sharded", stored)
    assert unread == NEW


async def test_how_far_a_reader_is_behind_that_has_everything_before_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a rebuild has: every worker's gauges ask meanwhile, and whoever wants to see what a command did."""
    counted = 10
    monkeypatch.setattr("eventstore.lag.COUNTED", counted)
    far = Subscription(ledger.store, "far#1", "one")
    await far.open()
    await ledger.asking.execute("insert into pairloom.projection values ('far', 1, 1, true)")
    before = await _rows_read(ledger)
    [reader] = (await lag(ledger.store, far.name)).behind
    lacks, _ = await lacking(ledger.store, "far", await stored_now(ledger.store))
    read = await _rows_read(ledger) - before
    assert read <= 2 * PARTITIONS * counted + FEW, f"{read:,} rows"
    for found in (reader.events, lacks):
        assert 0.6 * STORED < found < 1.2 * STORED


async def test_streams_are_listed_page_by_page(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of ten million takes longer than a call may, and more memory than a process has."""
    at_once = await ledger.store.streams("pairing/")
    monkeypatch.setattr("eventstore.store.STREAMS_AT_ONCE", FEW // 2)
    listing = ledger.store.every_stream("pairing/")
    async with reads_few(ledger):
        first = await anext(listing)
    assert [first, *[stream async for stream in listing]] == at_once
    assert len(at_once) == STORED // 100 + 1
    assert await ledger.store.streams(STREAM) == [STREAM]


async def test_publishing(ledger: Ledger) -> None:
    async with reads_few(ledger):
        published = await publish(ledger.store)
    assert published is not None
    assert published.events == NEW


async def test_looking_where_nothing_is_to_be_published(ledger: Ledger) -> None:
    await publish(ledger.store)
    async with reads_few(ledger):
        published = await publish(ledger.store)
    assert published is not None
    assert published.events == 0


async def test_a_page_of_a_reader(ledger: Ledger) -> None:
    await publish(ledger.store)
    for reader in (ledger.sharded, ledger.whole):
        async with reads_few(ledger):
            page = await reader.page(100)
        assert len(page) == NEW


async def test_a_page_of_a_reader_that_is_far_behind(ledger: Ledger) -> None:
    """Reads what it brings, from the feed and from the events, and not what lies between its shares' positions."""
    far = Subscription(ledger.store, "far", "one")
    await far.open()
    await far.renew()
    before = await _rows_read(ledger)
    page = await far.page(20)
    read = await _rows_read(ledger) - before
    assert len(page) > 500
    assert read <= 2 * len(page) + FEW, f"{read:,} rows for {len(page):,} events"


EAGER = """
do $$ begin execute format(
    'alter database %I set parallel_setup_cost = 0; alter database %I set parallel_tuple_cost = 0.01;'
    'alter database %I set min_parallel_table_scan_size = 0; alter database %I set min_parallel_index_scan_size = 0',
    variadic array_fill(current_database()::text, array[4])); end $$
"""
"""PostgreSQL starts parallel workers for this ledger then as it does by itself for one of half a million events."""

WORKERS = "select parallel_workers_launched from pg_stat_database where datname = current_database()"


@pytest.mark.parametrize("ledger", ["analyzed"], indirect=True)
async def test_a_long_page_is_read_by_one_process(ledger: Ledger, database_url: str) -> None:
    """Workers that are started for a page take longer to start than the page takes."""
    await ledger.asking.execute(EAGER)
    async with await EventStore.connect(database_url, max_size=1) as store:
        page = await Feed(store).read(limit=LONG)
        await _rows_read(ledger._replace(store=store))
    assert (len(page), await ledger.asking.fetchval(WORKERS)) == (LONG, 0)


LOOKS: dict[str, Callable[[EventStore], Awaitable[object]]] = {
    "the end of the feed": lambda store: Feed(store).read(STORED),
    "the feed's head": lambda store: Feed(store).head(),
    "an event's position": lambda store: Feed(store).position_of(STREAM, NEW),
    "a stream": lambda store: store.read(STREAM),
    "an append": lambda store: store.append(batch(expected=NEW)),
    "an append of several": lambda store: store.append(batch(expected=NEW, size=3)),
    "a conflict": lambda store: store.append(batch(expected=1)),
}


@pytest.mark.parametrize("look", LOOKS)
async def test_other_looks(ledger: Ledger, look: str) -> None:
    await publish(ledger.store)
    async with reads_few(ledger):
        assert await LOOKS[look](ledger.store)


STANDING = 20_000

PAIRINGS_THAT_WAIT = """
insert into read_standing.pairing (
    cohort, id, version, stage, outcome, held, planned, open_items, next_deadline, status)
select 'spring', 'p' || n, 1, 'OFFERED', '', 0, 6, 0,
       case n % 2 when 0 then now() + n * interval '1 minute' end, '{}'
  from generate_series(1, $1::integer) as n
"""

MESSAGES_THAT_WAIT = """
insert into pairloom.message (message_id, stream_id, version, recipient, template, deliver_after, about)
select gen_random_uuid(), 'pairing/spring/p' || n, 1, 'P031', 'offer', now() + n * interval '1 minute', '{}'
  from generate_series(1, $1::integer) as n
"""


class Waiting(NamedTuple):
    """What the gauges look at, long before it is due: a clock of every second pairing, and a message of each."""

    name: str
    due: str
    """The statement that makes so many of them due."""
    count: Callable[[EventStore, int], Awaitable[int]]


GAUGES = (
    Waiting(
        "overdue clocks",
        "update read_standing.pairing set next_deadline = now() - interval '1 day'"
        " where id in (select id from read_standing.pairing where next_deadline is not null limit $1)",
        lambda store, at_most: Questions(store).overdue(timedelta(minutes=1), at_most),
    ),
    Waiting(
        "waiting messages",
        "update pairloom.message set deliver_after = now() - interval '1 day'"
        " where message_id in (select message_id from pairloom.message limit $1)",
        lambda store, at_most: store.waiting_messages(at_most),
    ),
)


@pytest.fixture(params=["never analyzed", "analyzed"])
async def waiting(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    await prepare(database_url, [Standing()])
    async with (
        await EventStore.connect(database_url, max_size=1) as store,
        connection_to(database_url) as asking,
    ):
        await asking.execute(PAIRINGS_THAT_WAIT, STANDING)
        await asking.execute(MESSAGES_THAT_WAIT, STANDING)
        if request.param != "never analyzed":
            await asking.execute("vacuum analyze")
        nobody = Subscription(store, "nobody", "one")
        yield Ledger(store, nobody, nobody, asking)


gauges = pytest.mark.parametrize("gauge", GAUGES, ids=[gauge.name for gauge in GAUGES])


@gauges
async def test_a_gauge_reads_what_is_due(waiting: Ledger, gauge: Waiting) -> None:
    async with reads_few(waiting):
        assert await gauge.count(waiting.store, FEW) == 0
    await waiting.asking.execute(gauge.due, NEW)
    async with reads_few(waiting):
        assert await gauge.count(waiting.store, FEW) == NEW


@gauges
@pytest.mark.parametrize("waiting", ["analyzed"], indirect=True)
async def test_a_gauge_reads_no_more_than_it_counts(waiting: Ledger, gauge: Waiting) -> None:
    await waiting.asking.execute(gauge.due, STANDING // 4)
    await waiting.asking.execute("vacuum analyze")
    async with reads_few(waiting):
        assert await gauge.count(waiting.store, FEW // 2) == FEW // 2
