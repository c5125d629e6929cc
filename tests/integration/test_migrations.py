"""The migrations, on the real database: whole, once, and by the code that knows them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from importlib.resources import files
from uuid import uuid4

import pytest

from eventstore.failures import StoreRefused, StoreUnavailable
from eventstore.feed import Feed
from eventstore.lag import lag
from eventstore.migrations import STOPS_OLDER, SchemaChanged, SchemaTooNew, migrate
from eventstore.projections import prepare
from eventstore.records import AlreadyThere, Appended, Conflict
from eventstore.sequencer import Published, publish
from eventstore.statements import numbered
from eventstore.store import EventStore
from eventstore.verification import verify
from readmodels.standing import Standing
from tests.integration.administration import administer
from tests.integration.test_event_store import batch, connection_to, until_somebody_waits

AS_BEFORE = ("eventstore.store.PLANS_ARE_KEPT", 99)
"""A worker of an earlier release appends by the functions of its schema."""


async def test_two_workers_may_migrate_at_once(empty_database_url: str) -> None:
    names = [name for name, _ in numbered()]
    applied = await asyncio.gather(migrate(empty_database_url), migrate(empty_database_url))
    assert sorted(applied) == [[], names]
    assert await migrate(empty_database_url) == []


async def test_a_database_of_before_goes_on_with_its_streams(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 0014 on they bring another way to append, to the same streams and commands, and to ask for the lag."""
    command = uuid4()
    async with await EventStore.connect(empty_database_url) as store:
        with monkeypatch.context() as before:
            before.setattr("eventstore.migrations.numbered", lambda: numbered()[:13])
            before.setattr(*AS_BEFORE)
            await migrate(empty_database_url)
            assert await store.append(batch(command, size=2, messages=1)) == Appended(first=1, last=2)
            with pytest.raises(StoreUnavailable, match="run its migrations first"):
                await store.append(batch(expected=2))
        assert await migrate(empty_database_url) == [name for name, _ in numbered()[13:]]
        assert await store.append(batch(expected=2)) == Appended(first=3, last=3)
        assert await store.append(batch(expected=2)) == Conflict(current=3)
        assert isinstance(await store.append(batch(command, size=2, messages=1)), AlreadyThere)


async def test_a_feed_of_before_goes_on_where_it_is(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """0023 does not know whether the sequencer was restored, so the next publication compares the tables."""
    async with await EventStore.connect(empty_database_url) as store:
        with monkeypatch.context() as before:
            before.setattr("eventstore.migrations.numbered", lambda: numbered()[:22])
            before.setattr(*AS_BEFORE)
            await migrate(empty_database_url)
            await store.append(batch())
            assert await publish(store) == Published(events=1, head=1)
            await store.append(batch(expected=1))
        await migrate(empty_database_url)
        assert (await lag(store)).unpublished == 1
        assert (await publish(store)) is not None
        await store.append(batch(expected=2))
        assert await publish(store) == Published(events=1, head=3)
        assert [event.version for event in await Feed(store).read()] == [1, 2, 3]
        assert (await verify(store)).findings == ()


async def test_a_migration_keeps_nobody_waiting_behind_a_dump(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes to a table that a migration waits for would wait as long as the dump takes."""
    monkeypatch.setattr(*AS_BEFORE)
    with monkeypatch.context() as before:
        before.setattr("eventstore.migrations.numbered", lambda: numbered()[:22])
        await migrate(empty_database_url)
    async with await EventStore.connect(empty_database_url) as store, connection_to(empty_database_url) as dump:
        await dump.execute("begin; lock table pairloom.sequencer in access share mode")
        migrating = asyncio.create_task(migrate(empty_database_url))
        await until_somebody_waits(empty_database_url)
        await store.append(batch())
        async with asyncio.timeout(30):
            assert await publish(store) == Published(events=1, head=1)
        assert not migrating.done()
        with monkeypatch.context() as hasty:
            hasty.setattr("eventstore.migrations._ONE_AT_A_TIME", 1)
            hasty.setattr("eventstore.migrations.PATIENCE", timedelta())
            with pytest.raises(StoreUnavailable, match=r"0023_.* somebody else holds, as a dump"):
                await migrate(empty_database_url)
        await dump.execute("commit")
        assert "0023_ledger_of_the_sequencer" in await migrating


async def test_a_release_without_what_the_roles_need_is_named(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To whoever is no superuser: a superuser needs no more than any release has."""
    user = f"plain_{uuid4().hex}"
    await administer(empty_database_url, f"create role {user} login password 'plain'")
    monkeypatch.setattr("eventstore.migrations.OLDEST", 1000)
    try:
        with pytest.raises(StoreUnavailable, match="take PostgreSQL 1000 or later"):
            await migrate(f"postgresql://{user}:plain@{empty_database_url.rpartition('@')[2]}")
        assert await migrate(empty_database_url)
    finally:
        await administer(empty_database_url, f"drop role {user}")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_that_does_not_hold_every_script_is_refused(database_url: str, encoding: str) -> None:
    """And not the first record in one that it lacks."""
    name = f"narrow_{uuid4().hex}"
    url = f"{database_url.rpartition('/')[0]}/{name}"
    how = f"encoding '{encoding}' locale_provider libc locale 'C' template template0"
    await administer(database_url, f"create database {name} {how}")
    try:
        with pytest.raises(StoreUnavailable, match=f"stores text as {encoding}.* encoding 'UTF8'"):
            await migrate(url)
    finally:
        await administer(database_url, f"drop database {name} with (force)")


KEYS_BY_LOCALE = """
select indexed.indexrelid::regclass::text
  from pg_index indexed
  join pg_class c on c.oid = indexed.indrelid
 where c.relnamespace::regnamespace::text in ('pairloom', 'read_standing')
   and (select oid from pg_collation where collname = 'default') = any (indexed.indcollation::oid[])
"""


async def test_no_key_is_sorted_by_a_locale(database_url: str) -> None:
    """Which may sort otherwise behind an update of the system, or on a standby's: a key would be there twice."""
    await prepare(database_url, [Standing()])
    async with connection_to(database_url) as asking:
        assert [row[0] for row in await asking.fetch(KEYS_BY_LOCALE)] == []


async def test_a_worker_of_before_starts_again_behind_a_newer_release(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workflows that are pinned to it need it for as long as they run."""
    with monkeypatch.context() as newer:
        newer.setattr(
            "eventstore.migrations.numbered", lambda: (*numbered(), ("9999_more", "create table pairloom.more ()"))
        )
        assert await migrate(database_url) == ["9999_more"]
    assert await migrate(database_url) == []
    async with await EventStore.connect(database_url) as store:
        assert await store.append(batch()) == Appended(first=1, last=1)


async def test_a_migration_that_stops_older_workers_stops_them(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        breaking = ("9999_from_the_future", f"{STOPS_OLDER}\nalter table pairloom.message rename to told")
        newer.setattr("eventstore.migrations.numbered", lambda: (*numbered(), breaking))
        await migrate(database_url)
        assert await migrate(database_url) == []
    with pytest.raises(SchemaTooNew, match="9999_from_the_future"):
        await migrate(database_url)


async def test_a_database_of_another_line_of_releases_is_refused(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has something that this code does not know, and lacks something that it does."""
    with monkeypatch.context() as another:
        another.setattr("eventstore.migrations.numbered", lambda: (*numbered()[:-1], ("9999_more", "select 1")))
        await migrate(empty_database_url)
    with pytest.raises(SchemaTooNew, match="9999_more"):
        await migrate(empty_database_url)


async def test_a_migration_that_was_changed_is_refused(database_url: str) -> None:
    async with connection_to(database_url) as other:
        await other.execute("update pairloom.migration set sha256 = 'x' where name = '0002_event'")
    with pytest.raises(SchemaChanged, match="0002_event"):
        await migrate(database_url)


async def test_a_migration_that_fails_leaves_whole_files_only(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = numbered()[:2], ("0003_broken", "create table pairloom.half (id int); select 1/0;")
    monkeypatch.setattr("eventstore.migrations.numbered", lambda: (*whole, broken))
    with pytest.raises(StoreRefused):
        await migrate(empty_database_url)
    async with connection_to(empty_database_url) as asking:
        names = await asking.fetch("select name from pairloom.migration order by name")
        half = await asking.fetchval("select to_regclass('pairloom.half')")
    assert ([row["name"] for row in names], half) == ([name for name, _ in whole], None)


def test_migrations_are_numbered_without_gaps_and_packed() -> None:
    names = [name for name, _ in numbered()]
    assert [name[:5] for name in names] == [f"{n:04}_" for n in range(1, len(names) + 1)]
    assert files("eventstore").joinpath("sql", f"{names[0]}.sql").is_file()
