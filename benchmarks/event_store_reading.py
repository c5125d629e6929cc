"""Reading the event store: a feed folded to states, and a read model of a million events."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence

import asyncpg
import psutil
from pydantic_core import from_json

from benchmarks.event_store_subjects import Booked, fresh_database, long_feed, stored_lives
from benchmarks.rounds import Row, compared
from domain.pairing.decider import evolve, load
from domain.pairing.state import Pairing
from eventstore.feed import FedEvent, Feed
from eventstore.projections import PAGE_OF_A_SHARE, Projector, prepare
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.subscriptions import PARTITIONS

ROUNDS = 5
MILLION = 1_000_000


async def folding(address: str) -> list[Row]:
    """Feed to folded states, and the same from memory. Each round is the whole feed of some 60,000 events."""
    url = await fresh_database(address, "fold")
    async with await EventStore.connect(url, max_size=2) as store:
        for batch in stored_lives("pairing/fold", 400):
            await store.append(batch)
        await publish(store)
        known = await _read(store)
        gc.collect()
        gc.freeze()  # or every collection looks through what only the reference holds in memory
        by_feed, by_memory = list[float](), list[float]()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            states: dict[str, Pairing] = {}
            async for page in Feed(store).pages(limit=2000):
                _fold(page, states)
            by_feed.append(len(known) / (time.perf_counter() - began))
            began = time.perf_counter()
            _fold(known, {})
            by_memory.append(len(known) / (time.perf_counter() - began))
        gc.unfreeze()
    return [
        compared("feed to folded states", "events/s", by_feed, by_memory, beside="decode and fold alone", goal=0.85)
    ]


def _fold(events: Sequence[FedEvent], states: dict[str, Pairing]) -> None:
    for event in events:
        states[event.stream] = evolve(states.get(event.stream), load(from_json(event.data), event.schema_version))


async def _read(store: EventStore) -> list[FedEvent]:
    return [event async for page in Feed(store).pages(limit=5000) for event in page]


async def rebuilding(address: str) -> list[Row]:
    """A million events into a read model with its positions, beside SQL alone: page by page, and in one go."""
    url = await fresh_database(address, "rebuild")
    await long_feed(url, MILLION)
    async with await EventStore.connect(url, max_size=3) as store:
        await publish(store)
        (generation,) = await prepare(url, [Booked()])
        projector = Projector(store, Booked(), generation, "bench")
        process, sizes = psutil.Process(), list[int]()
        began = time.perf_counter()
        total = await projector.catch_up(lambda _: sizes.append(process.memory_info().rss))
        rebuilt = total / (time.perf_counter() - began)
        read = await _read_alone(store, total)
    by_pages = await _by_pages(url, total)
    aggregated = await _aggregated(url, total)
    tenth = len(sizes) // 10
    growth = (max(sizes) - sizes[tenth]) / 2**20
    title = f"rebuild over {total:,} events"
    return [
        compared(title, "events/s", [rebuilt] * 3, aggregated, beside="one SQL aggregate", goal=0.45),
        compared(title, "events/s", [rebuilt], [by_pages], beside="the same transactions in SQL"),
        compared(title, "events/s", [rebuilt], [read], beside="reading the feed alone"),
        Row(measure="rebuild: memory growth behind its first tenth", unit="MiB", ours=growth, goal=20.0, at_most=True),
    ]


async def _read_alone(store: EventStore, total: int) -> float:
    """By the pages of one reader, each event to a value in Python, and nothing done with it."""
    began = time.perf_counter()
    read = 0
    async for page in Feed(store).pages(limit=PARTITIONS * PAGE_OF_A_SHARE):
        read += len(page)
    assert read == total
    return total / (time.perf_counter() - began)


async def _by_pages(url: str, total: int) -> float:
    """What the rebuild does, with its pages and its transactions, and no event leaves the database."""
    connection = await asyncpg.connect(url)
    await connection.execute(Booked.TABLE.format("by_page"))
    await connection.execute("select pairloom.subscribe('by-pages', $1, 0)", list(range(PARTITIONS)))
    reached, booked = dict.fromkeys(range(PARTITIONS), 0), 0
    began = time.perf_counter()
    while booked < total:
        async with connection.transaction():
            rows = await connection.fetch(Booked.BY_PAGE, list(reached), list(reached.values()), PAGE_OF_A_SHARE)
            moved = {row["partition"]: row["position"] for row in rows}
            assert moved, f"the feed ends after {booked:,} events"
            await connection.execute("select pairloom.advance('by-pages', $1, $2)", list(moved), list(moved.values()))
        reached |= moved
        booked += sum(row["events"] for row in rows)
    rate = total / (time.perf_counter() - began)
    await _close_where_right(connection, "by_page")
    return rate


async def _aggregated(url: str, total: int) -> list[float]:
    connection, rates = await asyncpg.connect(url), list[float]()
    for _ in range(3):
        await connection.execute("drop table if exists by_sql")
        began = time.perf_counter()
        await connection.execute(Booked.BY_SQL, timeout=None)
        rates.append(total / (time.perf_counter() - began))
    await _close_where_right(connection, "by_sql")
    return rates


async def _close_where_right(connection: asyncpg.Connection, table: str) -> None:
    wrong = await connection.fetchval(Booked.WRONG.format(table), timeout=None)
    await connection.close()
    assert wrong == 0, f"{wrong} streams of {table} differ from the rebuilt read model"
