"""What goes wrong in event stores elsewhere: each failure happens to a naive design here, and not to ours.

The naive designs are the few lines of SQL that one finds in the wild. Each test lets the same thing happen to both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from eventstore.feed import Feed
from eventstore.lag import lag
from eventstore.records import AlreadyThere, Appended, Conflict
from eventstore.sequencer import publish
from eventstore.store import EventStore, Line, append_call
from eventstore.verification import verify
from tests.integration.test_event_store import STREAM, batch, connection_to

NAIVE = """
create table naive (
    id bigint generated always as identity primary key, xid xid8 not null default pg_current_xact_id(),
    stream text not null, version integer not null, event uuid not null unique, unique (stream, version)
)
"""


async def write_naively(connection: Line, stream: str, version: int) -> None:
    await connection.execute(
        "insert into naive (stream, version, event) values ($1, $2, gen_random_uuid())", stream, version
    )


@pytest.fixture
async def lines(database_url: str) -> AsyncIterator[tuple[Line, Line, Line]]:
    """Two writers and a reader of the naive table, as its owner."""
    async with (
        connection_to(database_url) as one,
        connection_to(database_url) as two,
        connection_to(database_url) as three,
    ):
        await one.execute(NAIVE)
        yield one, two, three


@asynccontextmanager
async def open_append(url: str, stream: str) -> AsyncIterator[Line]:
    """Our append, in a transaction that the caller ends."""
    async with connection_to(url) as connection:
        await connection.set_type_codec("json", schema="pg_catalog", encoder=lambda _: "{}", decoder=str)
        await connection.execute("begin")
        await connection.fetchrow(*append_call(batch(stream=stream)))
        yield connection


async def published(store: EventStore, after: int = 0) -> list[tuple[str, int]]:
    await publish(store)
    return [(event.stream, event.version) for event in await Feed(store).read(after)]


async def test_a_position_behind_the_highest_id_loses_what_commits_later(
    store: EventStore, database_url: str, lines: tuple[Line, Line, Line]
) -> None:
    slow, quick, reader = lines
    await slow.execute("begin")
    await write_naively(slow, "slow", 1)
    await write_naively(quick, "quick", 1)
    read = await reader.fetch("select id, stream from naive where id > 0 order by id")
    await slow.execute("commit")
    later = await reader.fetch("select stream from naive where id > $1", read[-1]["id"])
    assert [row["stream"] for row in read] + [row["stream"] for row in later] == ["quick"], "slow is lost"

    async with open_append(database_url, "pairing/spring/slow") as ours:
        await store.append(batch(stream="pairing/spring/quick"))
        assert await published(store) == [("pairing/spring/quick", 1)]
        await ours.execute("commit")
        assert await published(store, after=1) == [("pairing/spring/slow", 1)]


async def test_a_filter_by_xmin_with_a_position_loses_them_too(
    store: EventStore, database_url: str, lines: tuple[Line, Line, Line]
) -> None:
    """The filter holds events back while an older transaction is open; the position then steps over a lower id."""
    slow, quick, reader = lines
    visible = "select id, stream from naive where id > $1 and xid < pg_snapshot_xmin(pg_current_snapshot()) order by id"
    await reader.execute("select nextval(pg_get_serial_sequence('naive', 'id'))")  # the next 32 write no log, so
    await slow.execute("begin")
    await slow.execute("select nextval(pg_get_serial_sequence('naive', 'id'))")  # this one takes an id and no xid
    low = await slow.fetchval("select currval(pg_get_serial_sequence('naive', 'id'))")
    await write_naively(quick, "quick", 1)
    read = await reader.fetch(visible, 0)
    await slow.execute(
        "insert into naive (id, stream, version, event) overriding system value"
        " values ($1, 'slow', 1, gen_random_uuid())",
        low,
    )
    await slow.execute("commit")
    later = await reader.fetch(visible, read[-1]["id"])
    assert [row["stream"] for row in [*read, *later]] == ["quick"], "slow is lost"

    # Ours, where the event's number is taken early and the transaction's id late, too.
    async with connection_to(database_url) as ours:
        await ours.execute("begin")
        early = await ours.fetchval("select nextval(pg_get_serial_sequence('pairloom.event', 'event_no'))")
        await store.append(batch(stream="pairing/spring/quick"))
        assert await published(store) == [("pairing/spring/quick", 1)]
        await ours.execute(
            "insert into pairloom.event (event_no, stream_id, version, event_id, type, schema_version, command_id,"
            " command_seq, command_size, correlation_id, actor_role, actor_id, source, idempotency_key,"
            " program_version, occurred_at, data) overriding system value values ($1, 'pairing/spring/slow', 1,"
            " gen_random_uuid(), 'T', 1, gen_random_uuid(), 0, 1, gen_random_uuid(), 'clock', 'c', 's', 'k', 1,"
            " now(), '{}')",
            early,
        )
        await ours.execute("commit")
    assert await published(store, after=1) == [("pairing/spring/slow", 1)]


async def test_an_order_by_transaction_puts_version_two_before_version_one(
    store: EventStore, database_url: str, lines: tuple[Line, Line, Line]
) -> None:
    """A transaction gets its id at its first write, which need not be the stream's: the older id writes later."""
    early, late, reader = lines
    await early.execute("begin")
    await write_naively(early, "elsewhere", 1)
    await write_naively(late, "stream", 1)
    await write_naively(early, "stream", 2)
    await early.execute("commit")
    rows = await reader.fetch("select version from naive where stream = 'stream' order by xid, id")
    assert [row["version"] for row in rows] == [2, 1]

    async with open_append(database_url, "pairing/spring/elsewhere") as ours:
        await store.append(batch())
        await ours.fetchrow(*append_call(batch(expected=1)))
        await ours.execute("commit")
    mine = [version for stream, version in await published(store) if stream == STREAM]
    assert mine == [1, 2]


async def test_a_writer_in_another_database_stalls_who_waits_for_the_oldest_transaction(
    store: EventStore, empty_database_url: str, lines: tuple[Line, Line, Line]
) -> None:
    quick, _, reader = lines
    async with connection_to(empty_database_url) as stranger:
        await stranger.execute("begin")
        await stranger.execute("create table anything ()")
        await write_naively(quick, "quick", 1)
        waiting = "select stream from naive where xid < pg_snapshot_xmin(pg_current_snapshot())"
        assert await reader.fetch(waiting) == [], "the naive reader waits for a stranger"
        await store.append(batch())
        assert await published(store) == [(STREAM, 1)]
        await stranger.execute("commit")
    assert await published(store, after=1) == []


async def test_on_conflict_do_nothing_reports_success_and_loses_events(
    store: EventStore, lines: tuple[Line, Line, Line]
) -> None:
    one, two, reader = lines
    insert = "insert into naive (stream, version, event) values ('s', 1, gen_random_uuid()) on conflict do nothing"
    for writer in (one, two):
        assert (await writer.execute(insert)).startswith("INSERT")  # neither is told that it failed
    assert await reader.fetchval("select count(*) from naive") == 1

    first = await store.append(batch())
    second = await store.append(batch())
    assert isinstance(first, Appended)
    assert second == Conflict(current=1)


async def test_a_retry_at_the_right_version_writes_twice_without_a_command_id(
    store: EventStore, lines: tuple[Line, Line, Line]
) -> None:
    """The answer to the first append was lost. The sender reads the stream again and tries at its new end."""
    writer, _, reader = lines
    for _attempt in range(2):
        version = await reader.fetchval("select coalesce(max(version), 0) from naive where stream = 's'")
        await write_naively(writer, "s", version + 1)
    assert await reader.fetchval("select count(*) from naive") == 2, "one intention, two events"

    command = uuid4()
    first = await store.append(batch(command))
    retried = await store.append(batch(command, expected=1))
    assert isinstance(first, Appended)
    assert isinstance(retried, AlreadyThere)
    assert await store.count(STREAM) == 1


async def test_time_partitions_lose_the_unique_version(store: EventStore, lines: tuple[Line, Line, Line]) -> None:
    writer, _, reader = lines
    await writer.execute(
        "create table by_month (stream text, version integer, at date, unique (stream, version, at))"
        " partition by range (at)"
    )
    with pytest.raises(asyncpg.FeatureNotSupportedError):
        await writer.execute("alter table by_month add unique (stream, version)")
    await writer.execute("create table january partition of by_month for values from ('2027-01-01') to ('2027-02-01')")
    await writer.execute("create table february partition of by_month for values from ('2027-02-01') to ('2027-03-01')")
    await writer.execute("insert into by_month values ('s', 1, '2027-01-31'), ('s', 1, '2027-02-01')")
    assert await reader.fetchval("select count(*) from by_month where version = 1") == 2

    await store.append(batch())
    assert isinstance(await store.append(batch()), Conflict)


async def test_a_restore_into_a_younger_cluster_breaks_positions_by_transaction_id(
    store: EventStore, database_url: str, lines: tuple[Line, Line, Line]
) -> None:
    """A restored row keeps its old, high id; new transactions get lower ones, below the reader's position."""
    writer, _, reader = lines
    await writer.execute(
        "insert into naive (stream, version, event, xid) values ('old', 1, gen_random_uuid(), '900000000')"
    )
    read = await reader.fetch("select xid from naive order by xid")
    await write_naively(writer, "new", 1)
    assert await reader.fetch("select from naive where xid > $1", read[-1]["xid"]) == [], "new is lost"

    await store.append(batch())
    await publish(store)
    async with connection_to(database_url) as restorer:  # the same, to ours: as if this were the younger cluster
        await restorer.execute("set session_replication_role = replica; update pairloom.event set xid = '900000000'")
        await restorer.execute("update pairloom.sequencer set next_xid = '900000001', cluster = 1")
    await store.append(batch(stream="pairing/spring/new"))
    assert await published(store, after=1) == [("pairing/spring/new", 1)]


async def test_a_restore_into_an_older_copy_of_the_cluster_breaks_who_knows_a_cluster_by_its_identifier(
    store: EventStore, database_url: str, lines: tuple[Line, Line, Line]
) -> None:
    """A base backup or a volume's snapshot keeps the identifier, and its transaction ids go on from an earlier one."""
    writer, _, reader = lines
    identifier = "select system_identifier from pg_control_system()"
    remembered = (await reader.fetchval(identifier), 900_000_001)
    await write_naively(writer, "new", 1)
    assert await reader.fetchval(identifier) == remembered[0], "nothing tells that this is another cluster"
    assert await reader.fetch("select from naive where xid >= $1", remembered[1]) == [], "new is lost"

    await store.append(batch())
    await publish(store)
    async with connection_to(database_url) as restorer:  # as if the original had come further before it was dumped
        await restorer.execute("set session_replication_role = replica; update pairloom.event set xid = '900000000'")
        await restorer.execute("update pairloom.sequencer set next_xid = '900000001'")
    await store.append(batch(stream="pairing/spring/new"))
    assert (await lag(store)).unpublished == 1
    assert await published(store, after=1) == [("pairing/spring/new", 1)]
    assert (await lag(store)).unpublished == 0
    assert (await verify(store)).findings == ()
