"""What the pool does when the database goes away, turns read-only, or has had enough: and that it comes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from eventstore import feed
from eventstore.failures import StoreUnavailable
from eventstore.feed import Bell
from eventstore.records import AlreadyThere, Appended
from eventstore.store import EventStore
from tests.integration.administration import administer
from tests.integration.cuttable_proxy import cuttable
from tests.integration.test_event_store import STREAM, batch, connection_to, until_somebody_waits

END_ALL = "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}' and pid <> pg_backend_pid()"


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


async def test_after_a_shutdown_the_next_call_finds_the_server_again(store: EventStore, database_url: str) -> None:
    """The pool may have heard of it already; if not, one call fails, and its repetition is answered."""
    await store.append(batch())
    await administer(database_url, END_ALL.format(name_of(database_url)))
    again = batch(expected=1)
    try:
        answer = await store.append(again)
    except StoreUnavailable:
        answer = await store.append(again)
    assert isinstance(answer, (Appended, AlreadyThere))
    assert [event.version for event in await store.read(STREAM)] == [1, 2]


async def test_after_a_failover_the_pool_leaves_the_server_that_takes_no_writes(database_url: str) -> None:
    """The old primary answers, read-only. As soon as the address leads to a primary again, the store does too."""
    await administer(database_url, f"alter database {name_of(database_url)} set default_transaction_read_only = on")
    async with await EventStore.connect(database_url) as store:
        with pytest.raises(StoreUnavailable, match="read-only, probably a replica"):
            await store.append(batch())
        await administer(
            database_url,
            f"begin read write; alter database {name_of(database_url)} reset default_transaction_read_only; commit",
        )
        assert await store.append(batch()) == Appended(first=1, last=1)


async def test_after_its_machine_has_gone_one_call_is_lost_and_not_one_on_each_connection(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says that the other connections lead nowhere, either; each would have to be found out by a minute."""
    monkeypatch.setattr("eventstore.store.CALL", 2.0)
    async with cuttable(database_url) as proxy, await EventStore.connect(proxy.url, max_size=3) as store:
        async with store.connection(), store.connection(), store.connection():
            pass
        proxy.fall_silent()
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            await store.append(batch())
        assert await store.append(batch()) == Appended(first=1, last=1)


async def test_after_its_machine_has_gone_the_bell_rings_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is open on our side for ever, and nothing comes along it."""
    monkeypatch.setattr("eventstore.store.CALL", 2.0)
    monkeypatch.setattr(feed, "SILENT_FOR", timedelta())
    monkeypatch.setattr(feed, "ANSWER", timedelta(seconds=1))
    async with cuttable(database_url) as proxy, await EventStore.connect(proxy.url) as store, Bell(store) as bell:
        proxy.fall_silent()
        await bell.wait(timedelta())
        bell.hush()
        waiting = asyncio.create_task(bell.wait(timedelta(minutes=4)))
        async with connection_to(database_url) as ringing, asyncio.timeout(60):
            await ringing.execute(f"notify {feed.CHANNEL}")
            await waiting


async def test_a_server_without_a_free_connection_is_named(database_url: str) -> None:
    user = f"narrow_{uuid4().hex}"
    host = database_url.rpartition("@")[2]
    await administer(
        database_url, f"create role {user} login password 'narrow' connection limit 1 in role pairloom_app"
    )
    url = f"postgresql://{user}:narrow@{host}"
    try:
        async with await EventStore.connect(url) as first:
            with pytest.raises(StoreUnavailable, match="no connection left; raise max_connections") as refused:
                await EventStore.connect(url)
            assert "narrow" not in refused.value.sentence
            assert isinstance(await first.append(batch()), Appended)
        async with await EventStore.connect(url) as second:
            assert await second.count() == 1
    finally:
        await administer(database_url, f"drop role {user}")


async def test_a_statement_that_is_cancelled_has_stored_nothing_and_may_be_repeated(database_url: str) -> None:
    command = uuid4()
    async with await EventStore.connect(database_url) as store, connection_to(database_url) as rival:
        await rival.execute("begin; lock table pairloom.event in access exclusive mode")
        appending = asyncio.create_task(store.append(batch(command)))
        waiting = await until_somebody_waits(database_url)
        await administer(database_url, f"select pg_cancel_backend({waiting})")
        with pytest.raises(StoreUnavailable, match="cancelled the call"):
            await appending
        await rival.execute("rollback")
        assert await store.append(batch(command)) == Appended(first=1, last=1)
        assert isinstance(await store.append(batch(command)), AlreadyThere)
        assert await store.count(STREAM) == 1


WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def test_a_call_that_was_given_up_does_not_go_on_waiting_in_the_server(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every repetition would leave another session there, until the server has no connection left for anybody."""
    monkeypatch.setattr("eventstore.store.CALL", 0.5)
    monkeypatch.setattr("eventstore.addresses.CLIENT_LOOKED_FOR", "300ms")
    async with await EventStore.connect(database_url) as store, connection_to(database_url) as rival:
        await rival.execute("begin; lock table pairloom.event in access exclusive mode")
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            await store.append(batch())
        async with asyncio.timeout(20):
            while await rival.fetchval(WAITING):  # the server looks for itself
                await rival.execute("select pg_stat_clear_snapshot()")
                await asyncio.sleep(0.05)
        await rival.execute("rollback")
        assert await store.count() == 0


async def test_a_process_that_hangs_in_a_transaction_does_not_hold_its_locks_for_ever(store: EventStore) -> None:
    async with store.connection() as connection:
        assert await connection.fetchval("show idle_in_transaction_session_timeout") == "1min"


async def test_a_worker_needs_no_more_than_the_applications_role(database_url: str) -> None:
    user = f"worker_{uuid4().hex}"
    host = database_url.rpartition("@")[2]
    await administer(database_url, f"create role {user} login password 'w' in role pairloom_app")
    try:
        async with await EventStore.connect(f"postgresql://{user}:w@{host}") as store:
            assert isinstance(await store.append(batch()), Appended)
            async with store.connection() as connection:
                assert await connection.fetchval("select published from pairloom.publish()") == 1
    finally:
        await administer(database_url, f"drop role {user}")
