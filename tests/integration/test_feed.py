"""The feed: what readers see, on the real database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from eventstore.feed import CHANNEL, Bell, FedEvent, Feed
from eventstore.projections import Generation, Projector, begin_rebuild, generations, prepare, switch, wait_until
from eventstore.sequencer import Published, publish
from eventstore.store import Connection, EventStore
from eventstore.subscriptions import LeaseLost, Subscription
from tests.integration.administration import administer
from tests.integration.test_event_store import batch, connection_to, until_somebody_waits


class Counted:
    """A read model that counts each stream's events, and remembers the versions in the order of their coming."""

    name = "counted"

    def __init__(self, version: int = 1) -> None:
        self.version = version

    def tables(self) -> str:
        return "create table counted (stream text primary key, events integer not null, versions text not null)"

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        await connection.executemany(
            "insert into counted values ($1, 1, $2) on conflict (stream) do update"
            " set events = counted.events + 1, versions = counted.versions || ' ' || excluded.versions",
            [(event.stream, str(event.version)) for event in events],
        )

    def forget(self) -> None:
        return


async def test_events_appear_in_the_feed_once_and_densely(store: EventStore) -> None:
    await store.append(batch(size=3))
    await store.append(batch(stream="pairing/spring/other", size=2))
    published = await publish(store)
    assert published == Published(events=5, head=5)
    await store.append(batch(expected=3, size=1))
    await publish(store)
    feed = Feed(store)
    assert [event.position for event in await feed.read()] == [1, 2, 3, 4, 5, 6]
    assert [event.version for event in await feed.read() if event.stream == batch().stream] == [1, 2, 3, 4]
    assert await feed.head() == 6
    assert await feed.position_of(batch().stream, 4) == 6


async def test_the_next_page_is_on_its_way_while_a_reader_works_on_this_one(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.append(batch(size=5))
    await publish(store)
    feed, asked = Feed(store), list[int]()
    read = feed.read

    async def noted(after: int = 0, limit: int = 2) -> list[FedEvent]:
        asked.append(after)
        return await read(after, limit)

    monkeypatch.setattr(feed, "read", noted)
    positions = list[list[int]]()
    async for page in feed.pages(limit=2):
        positions.append([event.position for event in page])
        assert asked[-1] == page[-1].position  # though nobody has waited for anything here
    assert positions == [[1, 2], [3, 4], [5]]


async def test_an_open_transaction_delays_its_own_events_and_nobody_elses(store: EventStore, database_url: str) -> None:
    async with connection_to(database_url) as writer:
        slow = writer.transaction()
        await slow.start()
        await writer.execute("select pg_current_xact_id()")
        await writer.execute(
            "insert into pairloom.event (stream_id, version, event_id, type, schema_version, command_id, command_seq,"
            " command_size, correlation_id, actor_role, actor_id, source, idempotency_key, program_version,"
            " occurred_at, data) values ('pairing/spring/slow', 1, gen_random_uuid(), 'T', 1, gen_random_uuid(), 0, 1,"
            " gen_random_uuid(), 'mentee', 'bo', 'x', 'k', 1, now(), '{}')"
        )
        await store.append(batch(size=2))
        await publish(store)
        feed = Feed(store)
        assert [event.stream for event in await feed.read()] == [batch().stream] * 2
        await slow.commit()
    await publish(store)
    assert [event.stream for event in await feed.read(after=2)] == ["pairing/spring/slow"]


async def test_a_projection_counts_each_event_once_and_can_be_rebuilt_beside_itself(
    store: EventStore, database_url: str
) -> None:
    (live,) = await prepare(database_url, [Counted()])
    for number in range(20):
        await store.append(batch(stream=f"pairing/spring/p{number}", size=3))
    await publish(store)
    projector = Projector(store, Counted(), live, "one")
    assert await projector.catch_up() == 60
    assert await wait_until(store, "counted", "pairing/spring/p7", 3, within=timedelta(seconds=5))
    building = await begin_rebuild(database_url, Counted())
    await store.append(batch(stream="pairing/spring/p0", expected=3))
    await publish(store)
    assert await projector.catch_up() == 1
    second = Projector(store, Counted(), building, "one")
    assert not await switch(store, "counted")
    assert await second.catch_up() == 61
    assert await switch(store, "counted")
    async with store.connection() as connection:
        rows = await connection.fetch("select stream, events, versions from read_counted.counted order by stream")
    assert len(rows) == 20
    assert {row["stream"]: row["versions"] for row in rows}["pairing/spring/p0"] == "1 2 3 4"
    (only,) = await generations(store, "counted")
    assert (only.live, only.number) == (True, 2)


async def test_a_switch_waits_for_a_reader_without_keeping_others_out(store: EventStore, database_url: str) -> None:
    (live,) = await prepare(database_url, [Counted()])
    await store.append(batch())
    await publish(store)
    projector = Projector(store, Counted(), live, "one")
    await projector.catch_up()
    building = await begin_rebuild(database_url, Counted())
    second = Projector(store, Counted(), building, "one")
    await second.catch_up()
    count = "select sum(events) from read_counted.counted"
    async with connection_to(database_url) as analyst:
        looking = analyst.transaction()
        await looking.start()
        assert await analyst.fetchval(count) == 1
        async with asyncio.timeout(30):  # for ever, if it waited for the analyst
            assert not await switch(store, "counted")
        async with store.connection() as another:
            assert await another.fetchval(count) == 1
        await store.append(batch(expected=1))
        await publish(store)
        assert await projector.catch_up() == 1
        await looking.rollback()
    assert await second.catch_up() == 1
    assert await switch(store, "counted")


class Replaced(Counted):
    """Somebody rebuilds the read model while this one is about to write."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.rebuild: asyncio.Task[Generation] | None = None

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        if self.rebuild is None:
            self.rebuild = asyncio.create_task(begin_rebuild(self.url, Counted()))
            await until_somebody_waits(self.url)
        await super().apply(connection, events)


async def test_a_rebuild_over_an_unfinished_one_waits_for_who_fills_it(store: EventStore, database_url: str) -> None:
    await prepare(database_url, [Counted()])
    await store.append(batch())
    await publish(store)
    replaced = Replaced(database_url)
    unfinished = await begin_rebuild(database_url, Counted())
    assert await Projector(store, replaced, unfinished, "one").catch_up() == 1
    assert replaced.rebuild is not None
    assert (await replaced.rebuild).number == unfinished.number + 1
    assert [generation.number for generation in await generations(store, "counted")] == [1, unfinished.number + 1]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
async def test_who_rebuilds_at_the_same_time_comes_one_after_another(database_url: str, level: str) -> None:
    """Whatever isolation the database has for others: behind the lock, each sees what the one before has made."""
    await prepare(database_url, [Counted()])
    name = database_url.rpartition("/")[2]
    await administer(database_url, f"alter database {name} set default_transaction_isolation = '{level}'")
    made = await asyncio.gather(*(begin_rebuild(database_url, Counted()) for _ in range(3)))
    assert sorted(generation.number for generation in made) == [2, 3, 4]


async def test_a_reader_that_lost_its_share_writes_nothing(store: EventStore) -> None:
    await store.append(batch())
    await publish(store)
    late, quick = Subscription(store, "shared", "late"), Subscription(store, "shared", "quick")
    await late.open()
    await late.renew()
    page = await late.page(10)
    await Subscription(store, "shared", "late").release()
    await quick.renew()
    with pytest.raises(LeaseLost):
        async with late.processing(page) as connection:
            await connection.execute("update pairloom.person set profile = '{}'")
    async with quick.processing(await quick.page(10)):
        pass
    assert await quick.page(10) == []


async def test_a_newcomer_gets_half_and_inherits_what_is_released(store: EventStore) -> None:
    first = Subscription(store, "shared", "first")
    await first.open()
    assert len(await first.renew()) == 64
    second = Subscription(store, "shared", "second")
    assert await second.renew() == ()
    assert len(await first.renew()) == 32
    assert len(await second.renew()) == 32
    await first.release()
    assert len(await second.renew()) == 64


WRITTEN = """
select sum(n_tup_ins + n_tup_upd + n_tup_del)
  from pg_stat_user_tables
 where relname in ('subscription', 'subscription_reader')
"""


async def test_who_renews_writes_a_row_and_not_each_share(store: EventStore, database_url: str) -> None:
    """Every reader does so every three seconds, for ever, whether anything happens or not."""
    reader = Subscription(store, "shared", "one")
    await reader.open()
    held = await reader.renew()

    async def written() -> int:
        async with store.connection() as connection:
            await connection.fetchval("select pg_stat_force_next_flush()")
        async with connection_to(database_url) as asking:
            found: int = await asking.fetchval(WRITTEN)
        return found

    before = await written()
    for _ in range(3):
        assert await reader.renew() == held
    assert await written() == before + 3


async def test_shares_are_taken_over_from_who_was_not_seen_for_a_lease(store: EventStore) -> None:
    silent = Subscription(store, "shared", "silent", lease=timedelta(milliseconds=300))
    await silent.open()
    assert len(await silent.renew()) == 64
    heir = Subscription(store, "shared", "heir")
    assert await heir.renew() == ()
    await asyncio.sleep(0.4)
    taken = await heir.renew()
    assert [share.epoch for share in taken] == [2] * 64
    assert await silent.renew() == ()


async def test_a_reader_whose_lease_ends_while_it_renews_gets_what_there_is(store: EventStore) -> None:
    """As where it has waited for the database; it was nobody among no readers."""
    reader = Subscription(store, "shared", "one", lease=timedelta(0))
    await reader.open()
    assert len(await reader.renew()) == 64


READERS = "select name, reader from pairloom.subscription_reader order by name, reader"
KILLED = "insert into pairloom.subscription_reader values ($1, 'killed', now() - $2::interval)"


async def test_readers_that_were_killed_are_cleared_away_by_those_that_live(
    store: EventStore, database_url: str
) -> None:
    """Those of subscriptions that are gone, too. Who has only just gone silent may come back."""
    async with connection_to(database_url) as administrator:
        for name, ago in (("shared", timedelta(hours=2)), ("dropped#1", timedelta(days=1)), ("other", timedelta(0))):
            await administrator.execute(KILLED, name, ago)
        living = Subscription(store, "shared", "living")
        await living.open()
        assert len(await living.renew()) == 64
        found = [tuple(row) for row in await administrator.fetch(READERS)]
        assert found == [("other", "killed"), ("shared", "living")]


async def test_readers_that_come_back_at_once_do_not_wait_for_each_other(store: EventStore, database_url: str) -> None:
    """Each has its own row in hand, which the other would clear away."""
    one, other = Subscription(store, "shared", "one"), Subscription(store, "shared", "other")
    await one.open()
    await administer(
        database_url,
        "insert into pairloom.subscription_reader select 'shared', reader, now() - interval '1 day'"
        " from unnest(array['one', 'other']) as reader",
    )
    async with connection_to(database_url) as slow:
        renewing = slow.transaction()
        await renewing.start()
        await slow.execute("update pairloom.subscription_reader set seen_until = now() where reader = 'other'")
        async with asyncio.timeout(30):
            await one.renew()
        await renewing.commit()
        assert [row["reader"] for row in await slow.fetch(READERS)] == ["one", "other"]
    await other.renew()
    assert len(await one.renew()) + len(await other.renew()) == 64


async def test_the_application_may_not_change_events(store: EventStore) -> None:
    await store.append(batch())
    async with store.connection() as connection:
        for forbidden in (
            "update pairloom.event set version = 2",
            "delete from pairloom.event",
            "truncate pairloom.event",
            "insert into pairloom.feed select * from pairloom.feed",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)


@pytest.mark.parametrize("turns", range(4))
async def test_a_reader_that_is_stopped_as_the_bell_rings_stops(store: EventStore, turns: int) -> None:
    async with Bell(store) as bell:
        reader = asyncio.create_task(_for_ever(bell))
        await asyncio.sleep(0.05)
        async with store.connection() as connection:
            await connection.execute(f"notify {CHANNEL}")
        for _ in range(turns):
            await asyncio.sleep(0)
        reader.cancel()
        done, _ = await asyncio.wait([reader], timeout=10)
        assert done, "the cancellation was swallowed: a worker that ends would wait for its projector for ever"


async def _for_ever(bell: Bell) -> None:
    while True:
        bell.hush()
        await bell.wait(timedelta(minutes=1))
