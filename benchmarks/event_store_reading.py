"""Reading the event store: a feed folded to states, and a read model of a million events."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence

import asyncpg
import psutil
from pydantic_core import from_json

from benchmarks.event_store_subjects import Booked, fresh_database, long_feed, stored_lives
from benchmarks.rounds import Row, compared, paired_async
from domain.pairing.decider import evolve, load
from domain.pairing.state import Pairing
from eventstore.feed import FedEvent, Feed
from eventstore.projections import PAGE_OF_A_SHARE, Projector, begin_rebuild
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.subscriptions import PARTITIONS

ROUNDS = 5
REBUILDS = 3
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
        await _settle(url)
        rebuild = _Rebuild(url, store)
        runs = {
            "ours": rebuild.rate,
            "in one go": lambda: _aggregated(url),
            "by pages": lambda: _by_pages(url),
            "reading": lambda: _read_alone(store),
        }
        figures = await paired_async(runs, REBUILDS, warm_up=0)
        await rebuild.compare_with("by_sql", "by_page")
    title, ours = f"rebuild over {MILLION:,} events", figures["ours"]
    return [
        compared(title, "events/s", ours, figures["in one go"], beside="one SQL aggregate", goal=0.45),
        compared(title, "events/s", ours, figures["by pages"], beside="the same transactions in SQL"),
        compared(title, "events/s", ours, figures["reading"], beside="reading the feed alone"),
        Row(
            measure="rebuild: memory growth behind its first tenth",
            unit="MiB",
            ours=max(rebuild.growths),
            goal=20.0,
            at_most=True,
        ),
    ]


async def _settle(url: str) -> None:
    """Or the vacuum of a million new events comes by itself, in the round of one side or the other."""
    connection = await asyncpg.connect(url)
    await connection.execute("vacuum (analyze) pairloom.event, pairloom.feed", timeout=None)
    await connection.close()


class _Rebuild:
    """The read model, filled anew in each round: its last generation can be compared with what SQL alone makes."""

    def __init__(self, url: str, store: EventStore) -> None:
        self._url, self._store = url, store
        self._schema = ""
        self.growths: list[float] = []
        """MiB of each round."""

    async def rate(self) -> float:
        """Events a second."""
        generation = await begin_rebuild(self._url, Booked())
        self._schema = generation.schema
        projector = Projector(self._store, Booked(), generation, "bench")
        process, sizes = psutil.Process(), list[int]()
        began = time.perf_counter()
        total = await projector.catch_up(lambda _: sizes.append(process.memory_info().rss))
        rate = total / (time.perf_counter() - began)
        assert total == MILLION
        await projector.subscription.release()
        self.growths.append((max(sizes) - sizes[len(sizes) // 10]) / 2**20)
        return rate

    async def compare_with(self, *tables: str) -> None:
        """Raises `AssertionError` where a table of SQL's has other rows."""
        connection = await asyncpg.connect(self._url)
        for table in tables:
            wrong = await connection.fetchval(Booked.WRONG.format(self._schema, table), timeout=None)
            assert wrong == 0, f"{wrong} streams of {table} differ from the rebuilt read model"
        await connection.close()


async def _read_alone(store: EventStore) -> float:
    """By the pages of one reader, each event to a value in Python, and nothing done with it."""
    began = time.perf_counter()
    read = 0
    async for page in Feed(store).pages(limit=PARTITIONS * PAGE_OF_A_SHARE):
        read += len(page)
    assert read == MILLION
    return MILLION / (time.perf_counter() - began)


async def _by_pages(url: str) -> float:
    """What the rebuild does, with its pages and its transactions, and no event leaves the database."""
    connection = await asyncpg.connect(url)
    await connection.execute("drop table if exists by_page; delete from pairloom.subscription where name = 'by-pages'")
    await connection.execute(Booked.TABLE.format("by_page"))
    await connection.execute("select pairloom.subscribe('by-pages', $1, 0)", list(range(PARTITIONS)))
    reached, booked = dict.fromkeys(range(PARTITIONS), 0), 0
    began = time.perf_counter()
    while booked < MILLION:
        async with connection.transaction():
            rows = await connection.fetch(Booked.BY_PAGE, list(reached), list(reached.values()), PAGE_OF_A_SHARE)
            moved = {row["partition"]: row["position"] for row in rows}
            assert moved, f"the feed ends after {booked:,} events"
            await connection.execute("select pairloom.advance('by-pages', $1, $2)", list(moved), list(moved.values()))
        reached |= moved
        booked += sum(row["events"] for row in rows)
    rate = MILLION / (time.perf_counter() - began)
    await connection.close()
    return rate


async def _aggregated(url: str) -> float:
    connection = await asyncpg.connect(url)
    await connection.execute("drop table if exists by_sql")
    began = time.perf_counter()
    await connection.execute(Booked.BY_SQL, timeout=None)
    rate = MILLION / (time.perf_counter() - began)
    await connection.close()
    return rate
