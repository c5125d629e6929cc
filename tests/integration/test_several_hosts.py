"""An address with several hosts leads to the one that takes writes, whoever asks, and whichever stands first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import NamedTuple

import asyncpg
import pytest

from embedded.ports import Ports, choose
from eventstore import addresses
from eventstore.addresses import Host, connect, hosts_of
from eventstore.failures import StoreUnavailable
from eventstore.feed import Bell, Feed
from eventstore.migrations import migrate
from eventstore.projections import begin_rebuild, generations, prepare
from eventstore.records import Appended
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import verify
from serving.settings import Settings, WorkerError
from tests.chaos.store import Server
from tests.integration.several_servers import copy_of, new_server
from tests.integration.test_event_store import batch, connection_to
from tests.integration.test_feed import Counted


class Pair(NamedTuple):
    """A primary, and a hot standby that follows it."""

    primary: Server
    standby: Server


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    directory = tmp_path_factory.mktemp("pair")
    primary = new_server(directory / "primary")
    try:
        standby = copy_of(primary, directory / "standby", standby=True)
        try:
            yield Pair(primary, standby)
        finally:
            standby.stop()
    finally:
        primary.stop()


def through(*ports: int, url: str) -> str:
    """The address with these hosts in place of its own."""
    who, _, rest = url.rpartition("@")
    return f"{who}@{','.join(f'127.0.0.1:{port}' for port in ports)}/{rest.partition('/')[2]}"


def nobodys_port() -> int:
    return choose(Ports(), Ports()).postgres


async def test_everybody_finds_the_one_that_takes_writes(pair: Pair) -> None:
    url = through(nobodys_port(), pair.standby.port, pair.primary.port, url=pair.primary.url)
    assert await migrate(url)
    await replayed(pair)
    [live] = await prepare(url, [Counted()])
    await replayed(pair)
    building = await begin_rebuild(url, Counted())
    async with await EventStore.connect(url) as store, Bell(store) as bell:
        assert [generation.number for generation in await generations(store, "counted")] == [
            live.number,
            building.number,
        ]
        assert await store.append(batch()) == Appended(first=1, last=1)
        bell.hush()
        rung = asyncio.create_task(bell.wait(timedelta(minutes=1)))
        await publish(store)
        async with asyncio.timeout(30):
            await rung


async def test_publishing_goes_on_where_the_standby_was_promoted(pair: Pair) -> None:
    """Its transaction ids go on from the primary's; what was open there has never been."""
    url = through(pair.primary.port, pair.standby.port, url=pair.primary.url)
    await migrate(url)
    async with await EventStore.connect(url, max_size=1) as store, open_transaction(pair.primary.url):
        await store.append(batch())
        await publish(store)
        await store.append(batch(expected=1))
        await replayed(pair)
        pair.primary.kill()
        async with connection_to(pair.standby.url) as administrator:
            assert await administrator.fetchval("select pg_promote()")
        again = batch(expected=2)
        answer = None
        async with asyncio.timeout(60):
            while answer is None:
                try:
                    answer = await store.append(again)
                except StoreUnavailable:
                    await asyncio.sleep(0.1)
        await publish(store)
        assert [event.version for event in await Feed(store).read()] == [1, 2, 3]
        assert (await verify(store)).findings == ()


@asynccontextmanager
async def open_transaction(url: str) -> AsyncIterator[None]:
    """Until its server dies."""
    connection = await asyncpg.connect(url)
    await connection.execute("begin; select pg_current_xact_id()")
    yield
    connection.terminate()


async def replayed(pair: Pair) -> None:
    """Until the standby has what the primary has."""
    async with connection_to(pair.primary.url) as primary, connection_to(pair.standby.url) as standby:
        written = await primary.fetchval("select pg_current_wal_flush_lsn()::text")
        async with asyncio.timeout(60):
            while not await standby.fetchval(  # noqa: ASYNC110  # another server replays it
                "select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", written
            ):
                await asyncio.sleep(0.05)


@contextmanager
def silent() -> Iterator[int]:
    """A port whose owner takes connections and says nothing, as a machine that has gone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def test_a_host_that_says_nothing_costs_its_own_time_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "PATIENCE_WITH_EACH", 2.0)
    [(_, port)] = hosts_of(database_url)
    assert port is not None
    with silent() as gone:
        connection = await connect(through(gone, port, url=database_url))
        assert await connection.fetchval("select 1") == 1
        await connection.close()


async def test_the_environment_may_name_the_hosts(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "PATIENCE_WITH_EACH", 2.0)
    [(host, port)] = hosts_of(database_url)
    who, _, _ = database_url.removeprefix("postgresql://").rpartition("@")
    user, _, password = who.partition(":")
    database = database_url.rpartition("/")[2]
    with silent() as gone:
        for name, value in {"PGHOST": f"{host},{host}", "PGPORT": f"{gone},{port}", "PGPASSWORD": password}.items():
            monkeypatch.setenv(name, value)
        async with await EventStore.connect(f"postgresql:///{database}?user={user}") as store:
            assert await store.append(batch()) == Appended(first=1, last=1)


async def test_where_none_takes_writes_the_address_is_named(database_url: str, ground_is_read_only: None) -> None:
    [(_, port)] = hosts_of(database_url)
    assert port is not None
    url = through(port, nobodys_port(), url=database_url)
    with pytest.raises(StoreUnavailable, match=rf"None of the servers at 127\.0\.0\.1:{port},127.* takes writes"):
        await EventStore.connect(url)


@pytest.fixture
async def ground_is_read_only(database_url: str) -> None:
    name = database_url.rpartition("/")[2]
    async with connection_to(database_url) as administrator:
        await administrator.execute(f"alter database {name} set default_transaction_read_only = on")


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p@a/d", [("a", None)]),
        ("postgresql://u:p@a:1,b:2/d", [("a", 1), ("b", 2)]),
        ("postgresql://u:p,q@a,b:2/d", [("a", None), ("b", 2)]),
        ("postgresql://u@[::1]:1,[::2]/d", [("::1", 1), ("::2", None)]),
        ("postgresql://%2Ftmp/d", [("/tmp", None)]),
        ("postgresql:///d?host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("postgresql:///d?host=a,b&port=1", [("a", 1), ("b", 1)]),
        ("postgresql:///d", []),
    ],
)
def test_the_hosts_of_an_address(url: str, hosts: list[Host]) -> None:
    assert hosts_of(url) == hosts


@pytest.mark.parametrize(
    ("url", "environment", "hosts"),
    [
        ("postgresql:///d", {"PGHOST": "a,b", "PGPORT": "1,2"}, [("a", 1), ("b", 2)]),
        ("postgresql:///d", {"PGHOST": "a,b", "PGPORT": "1"}, [("a", 1), ("b", 1)]),
        ("postgresql:///d?port=3", {"PGHOST": "a,b", "PGPORT": "1,2"}, [("a", 3), ("b", 3)]),
        ("postgresql:///d?host=c", {"PGHOST": "a,b"}, [("c", None)]),
        ("postgresql://c,d:4/d", {"PGHOST": "a,b", "PGPORT": "3"}, [("c", 3), ("d", 4)]),
        ("postgresql:///d", {"PGPORT": "1"}, []),
    ],
)
def test_the_hosts_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str], hosts: list[Host]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert hosts_of(url) == hosts


def test_a_worker_takes_an_address_of_several_hosts() -> None:
    several = "postgresql://u@a:1,b:2/d"
    assert Settings.from_environment({"PAIRLOOM_DATABASE_URL": several}).database_url == several
    with pytest.raises(WorkerError, match="PAIRLOOM_DATABASE_URL is no address"):
        Settings.from_environment({"PAIRLOOM_DATABASE_URL": "postgresql://u@a:1,b:two/d"})


@pytest.mark.parametrize("url", ["postgresql://u:secret/x@a/d", "postgresql://a:1,b:two/d", "postgresql://a:99999/d"])
async def test_an_address_that_is_none_is_not_quoted(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="address is not one: expected postgresql://"):
        await EventStore.connect(url)
