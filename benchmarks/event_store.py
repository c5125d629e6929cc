"""The event store beside raw PostgreSQL and beside `eventsourcing`, on one embedded server with default durability."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Self
from uuid import uuid4

import asyncpg
import psutil
from eventsourcing.postgres import PostgresAggregateRecorder, PostgresApplicationRecorder

from benchmarks.event_store_reading import folding, rebuilding
from benchmarks.event_store_steps import in_steps
from benchmarks.event_store_subjects import (
    RAW_TABLE,
    Written,
    appended,
    long_feed,
    our_batches,
    raw_inserted,
)
from benchmarks.rounds import Result, Row, compared, paired, save
from benchmarks.subjects.recorders import peer_batches, recorded, recorder
from benchmarks.subjects.spending import Meter, Spending
from embedded import postgres
from embedded.ports import Ports, choose
from eventstore.lag import lag
from eventstore.migrations import migrate
from eventstore.records import Batch
from eventstore.sequencer import publish, run_sequencer
from eventstore.store import EventStore, Line

CONNECTIONS = (1, 8, 32)
RAW_GOALS = {1: (0.80, 0.65, 0.55), 10: (0.75, 0.65, 0.60)}
PEER = "eventsourcing"
IN_ONE_ORDER = "eventsourcing, in one order"
PEER_GOAL = 1.4
ROUNDS, SECONDS = 12, 0.5
"""Of one run of one subject: hundreds of appends at least, and many short runs rather than few long ones, so that a
disk's mood, which lasts seconds, meets all subjects.
"""

LOOKS = 20
"""At the lag, at least, while events are written: a look that takes seconds sees nothing."""

Appender = Callable[[Line, str, int, int], Awaitable[None]]
"""Appends a number of events to a stream that stands at a version: `(connection, stream, version, size)`."""

NOTES = (
    "Raw is one INSERT statement with all of the store's columns into a table with its primary key alone; 10 events "
    "are one statement over `unnest`. Both sides use asyncpg with prepared statements and autocommit, from one "
    "process, on connections that stay open.",
    "The sequencer runs in a process of its own while ours is measured.",
    "`eventsourcing` is its PostgreSQL aggregate recorder by psycopg in as many threads; ours there is the whole "
    "`EventStore.append`, from the batch to the answer. Both find their batches made. An aggregate recorder keeps "
    "streams and no order over them; in one order, as ours has for its readers, it is their application recorder, "
    "which locks its table for each append.",
    "The goal beside `eventsourcing` was set before anything was measured; the rows of CPU say why it is not met. "
    "PostgreSQL itself does more for an event of ours: a function that looks at the stream first, three indexes "
    "instead of one, the command's columns, and the feed, which is published meanwhile. The last rows of CPU take the "
    "append apart, in one process of PostgreSQL. Tried, and kept: functions whose names are bound when they are made, "
    "without the search path that those before them set in each call, and whose answer is a number. Tried, and not "
    "kept: a table without the two further indexes, which are how a command is stored once and how publishing finds "
    "what is new.",
    "The feed is folded by the domain's own `evolve` from pydantic events; beside it, the same without a database.",
    "The rebuild counts each stream's events and sums and compares two fields of their JSON, transaction by "
    "transaction with its positions. Beside it: one SQL aggregate over the table of events, in one go, by all cores "
    "and into an unlogged table; the same pages and transactions as ours by SQL, so that no event leaves the "
    "database; and what reading the feed into Python takes, when nothing is done with it. Most of Python's share is "
    "making values of an event's thirteen columns, a third of a microsecond each.",
)


def run() -> Result:
    """Every part in turn; takes some seven minutes."""
    with _server() as url:
        asyncio.run(_set_up(url))
        # First those that measure CPU, or they share the cores with the vacuum of millions of appends.
        folded, spent = asyncio.run(folding(url)), [*_where_it_goes(url), *asyncio.run(in_steps(url))]
        rows = [*_appending(url), *_beside_the_peer(url), *spent]
        rows += asyncio.run(_publishing(url))
        rows += [*folded, *asyncio.run(rebuilding(url))]
    return save("event_store", "Event store", rows, NOTES)


# --- appending ---------------------------------------------------------------------------------


def _appending(url: str) -> Iterator[Row]:
    reached: dict[int, float] = {}
    for size in (1, 10):
        for connections, goal in zip(CONNECTIONS, RAW_GOALS[size], strict=True):
            with _Clients(url, connections) as clients:

                def ours(clients: _Clients = clients, size: int = size) -> float:
                    with _sequencer(url):
                        return clients.rate(appended, size)

                def raw(clients: _Clients = clients, size: int = size) -> float:
                    return clients.rate(raw_inserted, size)

                figures = paired({"ours": ours, "raw": raw}, ROUNDS)
            measure = f"append {_events(size)}, {connections} connection{'s' * (connections > 1)}"
            yield compared(measure, "events/s", figures["ours"], figures["raw"], beside="raw INSERT", goal=goal)
            if size == 1:
                reached[connections] = median(figures["ours"])
    gain = reached[CONNECTIONS[-1]] / reached[1]
    yield Row(measure="append 1 event: 32 connections over 1", unit="times", ours=gain, goal=2.2)


def _events(size: int) -> str:
    return f"{size} event{'s' * (size > 1)}"


class _Clients:
    """Connections that stay open over the rounds, as a worker's do: a new one has plans to make first."""

    def __init__(self, url: str, connections: int) -> None:
        self._url, self._connections = url, connections
        self._loop = asyncio.new_event_loop()
        self._opened: list[Line] = []  # for SQL alone, and only then: the peers need room too

    def __enter__(self) -> Self:
        self._store = self._loop.run_until_complete(EventStore.connect(self._url, max_size=self._connections))
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._opened:
            self._loop.run_until_complete(connection.close())
        self._loop.run_until_complete(self._store.close())
        self._loop.close()

    def rate(self, appender: Appender, size: int) -> float:
        """Events a second by SQL alone. Each connection writes fresh streams, twenty batches long, one by one."""
        while len(self._opened) < self._connections:
            self._opened.append(self._loop.run_until_complete(asyncpg.connect(self._url)))
        return self._loop.run_until_complete(_rate(self._opened, appender, size))

    def store(self, prepared: Sequence[Sequence[Batch]]) -> Written:
        """By `EventStore.append`. Each connection has its own batches, and stops when they or the seconds are over."""
        return self._loop.run_until_complete(_stored(self._store, prepared))


async def _rate(opened: Sequence[Line], appender: Appender, size: int) -> float:
    async def one(connection: Line) -> int:
        written = 0
        while time.perf_counter() < until:
            stream, version = f"pairing/bench/{uuid4()}", 0
            while version < 20 * size and time.perf_counter() < until:
                await appender(connection, stream, version, size)
                version += size
            written += version
        return written

    began = time.perf_counter()
    until = began + SECONDS
    return sum(await asyncio.gather(*(one(connection) for connection in opened))) / (time.perf_counter() - began)


# --- beside the peer ---------------------------------------------------------------------------


def _beside_the_peer(url: str) -> Iterator[Row]:
    for size in (1, 10):
        for connections in CONNECTIONS:
            figures = _beside_recorders(url, connections, size)
            measure = f"EventStore.append {_events(size)}, {connections} at once"
            yield compared(measure, "events/s", figures["ours"], figures[PEER], beside=PEER, goal=PEER_GOAL)
            yield compared(measure, "events/s", figures["ours"], figures[IN_ONE_ORDER], beside=IN_ONE_ORDER)


def _beside_recorders(url: str, connections: int, size: int) -> dict[str, list[float]]:
    with (
        recorder(url, connections, PostgresAggregateRecorder) as streams,
        recorder(url, connections, PostgresApplicationRecorder) as one_order,
        _Clients(url, connections) as clients,
    ):

        def ours() -> float:
            prepared = our_batches(connections, size, SECONDS)
            with _sequencer(url):
                return clients.store(prepared).rate

        def theirs(into: PostgresAggregateRecorder) -> float:
            return recorded(into, peer_batches(connections, size, SECONDS), SECONDS).rate

        runs = {"ours": ours, PEER: lambda: theirs(streams), IN_ONE_ORDER: lambda: theirs(one_order)}
        return paired(runs, ROUNDS)


def _where_it_goes(url: str) -> Iterator[Row]:
    """Of one event a time by 32 writers: ours and the peer's CPU by process."""
    many = CONNECTIONS[-1]
    ours, theirs = list[Spending](), list[Spending]()
    with recorder(url, many, PostgresAggregateRecorder) as peer, _Clients(url, many) as clients:
        server = asyncio.run(_server_process(url))
        recorded(peer, peer_batches(many, 1, SECONDS), SECONDS)
        for _ in range(ROUNDS):
            prepared, others = our_batches(many, 1, SECONDS), peer_batches(many, 1, SECONDS)
            with _sequencer(url) as sequencer:
                clients.store(our_batches(many, 1, SECONDS))
                meter = Meter(server, {sequencer, asyncio.run(_serving_the_sequencer(url))})
                ours.append(meter.spent(clients.store(prepared).events))
            meter = Meter(server)
            theirs.append(meter.spent(recorded(peer, others, SECONDS).events))
    for part in ("writers", "database"):
        mine, other = ([getattr(one, part) for one in side] for side in (ours, theirs))
        yield compared(f"… CPU of an event, {many} at once: {part}", "ms", mine, other, beside=PEER)
    yield Row(
        measure=f"… CPU of an event, {many} at once: publishing",
        unit="ms",
        ours=median(one.publishing for one in ours),
    )


async def _server_process(url: str) -> int:
    connection = await asyncpg.connect(url)
    serving: int = await connection.fetchval("select pg_backend_pid()")
    found = psutil.Process(serving).ppid()
    await connection.close()
    return found


async def _serving_the_sequencer(url: str) -> int:
    connection = await asyncpg.connect(url)
    found: int = await connection.fetchval(
        "select pid from pg_stat_activity where query like '%pairloom.publish%' and pid <> pg_backend_pid()"
    )
    await connection.close()
    return found


async def _stored(store: EventStore, prepared: Sequence[Sequence[Batch]]) -> Written:
    async def one(batches: Sequence[Batch]) -> int:
        written = 0
        for batch in batches:
            if time.perf_counter() >= until:
                break
            await store.append(batch)
            written += len(batch.events)
        return written

    began = time.perf_counter()
    until = began + SECONDS
    written = await asyncio.gather(*(one(batches) for batches in prepared))
    return Written(sum(written), time.perf_counter() - began)


# --- publishing --------------------------------------------------------------------------------


async def _publishing(url: str) -> list[Row]:
    """Thirty-two writers for some seconds: how far the feed stays behind them, and for how long after them."""
    async with await EventStore.connect(url, max_size=2) as store:
        await publish(store)
        with _sequencer(url):
            writing = asyncio.create_task(_rates(url, 10))
            behind = [events async for events in _lags(store, writing)]
            assert len(behind) >= LOOKS, f"the lag was seen only {len(behind)} times"
            stopped = time.perf_counter()
            await _drained(store)
            drained = time.perf_counter() - stopped
        backlog = await _backlog(url, store)
    most, title = median(writing.result()), "publishing behind 32 writers"
    return [
        Row(measure=f"{title}: most events", unit="events", ours=max(behind), goal=round(most), at_most=True),
        Row(measure=f"{title}: median", unit="events", ours=median(behind)),
        Row(measure=f"{title}: until all is published", unit="s", ours=drained, goal=1.0, at_most=True),
        Row(measure="publishing a backlog of 100,000", unit="events/s", ours=backlog),
    ]


async def _rates(url: str, times: int) -> list[float]:
    opened = [await asyncpg.connect(url) for _ in range(32)]
    try:
        return [await _rate(opened, appended, 1) for _ in range(times)]
    finally:
        for connection in opened:
            await connection.close()


async def _lags(store: EventStore, writing: asyncio.Task[list[float]]) -> AsyncIterator[int]:
    while not writing.done():
        yield (await lag(store)).unpublished
        await asyncio.sleep(0.05)


async def _drained(store: EventStore) -> None:
    for _ in range(6000):
        if not (await lag(store)).unpublished:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the sequencer does not keep up")


async def _backlog(url: str, store: EventStore) -> float:
    await long_feed(url, 100_000)
    began = time.perf_counter()
    await publish(store)
    return 100_000 / (time.perf_counter() - began)


# --- the ground --------------------------------------------------------------------------------


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        data, port = Path(directory), choose(Ports(), Ports()).postgres
        server = postgres.start_postgres(data, port, durable=True)
        try:
            postgres.wait_for_postgres(server, data, port)
            yield postgres.database_url(data, port)
        finally:
            postgres.stop_postgres(server)


async def _set_up(url: str) -> None:
    await migrate(url)
    connection = await asyncpg.connect(url)
    await connection.execute(RAW_TABLE)
    await connection.close()


@contextmanager
def _sequencer(url: str) -> Iterator[int]:
    """Publishes for the length of the block, in the process of this id."""
    process = multiprocessing.get_context("fork").Process(target=_sequence, args=(url,), daemon=True)
    process.start()
    assert process.pid is not None
    try:
        yield process.pid
    finally:
        process.terminate()
        process.join()


def _sequence(url: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # how it is ended, where its parent has more to do

    async def forever() -> None:
        async with await EventStore.connect(url, max_size=1) as store:
            await run_sequencer(store)

    asyncio.run(forever())
