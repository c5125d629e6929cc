"""Readers of the feed beside many writers: all see every event once, in one order."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import asyncpg
import pytest

from eventstore.feed import FedEvent, Feed
from eventstore.records import Appended, Conflict
from eventstore.sequencer import run_sequencer
from eventstore.store import READER, EventStore
from tests.integration.administration import administer
from tests.integration.test_event_store import batch

WRITERS = 32
BATCHES = 12
STREAMS = 10


async def write(store: EventStore, number: int) -> int:
    """Batches for random streams, decided anew after each conflict; how many events they were."""
    luck, written = random.Random(number), 0
    for _ in range(BATCHES):
        size, expected = luck.choice((1, 1, 2, 7)), 0
        wanted = batch(stream=f"pairing/spring/p{luck.randrange(STREAMS)}", size=size)
        while not isinstance(answer := await store.append(wanted.model_copy(update={"expected": expected})), Appended):
            assert isinstance(answer, Conflict)
            expected = answer.current
        written += size
    return written


async def read_until(store: EventStore, total: asyncio.Future[int], page: int) -> list[FedEvent]:
    seen: list[FedEvent] = []
    async for events in Feed(store).follow(limit=page):
        seen += events
        if total.done() and len(seen) >= total.result():
            break
    return seen


async def test_every_reader_sees_every_event_once_and_in_the_same_order(database_url: str) -> None:
    total: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with (
        await EventStore.connect(database_url, max_size=WRITERS) as writing,
        await EventStore.connect(database_url, max_size=8) as reading,
    ):
        sequencers = [asyncio.create_task(run_sequencer(reading)) for _ in range(2)]
        readers = [asyncio.create_task(read_until(reading, total, page)) for page in (1000, 100, 17, 3)]
        total.set_result(sum(await asyncio.gather(*(write(writing, number) for number in range(WRITERS)))))
        # A reader that has everything before the total is known waits for one more page.
        await writing.append(batch(stream="pairing/spring/last"))
        seen = await asyncio.wait_for(asyncio.gather(*readers), 60)
        for sequencer in sequencers:
            sequencer.cancel()
            with suppress(asyncio.CancelledError):
                await sequencer
    first, *others = [events[: total.result()] for events in seen]
    assert [event.position for event in first] == list(range(1, total.result() + 1))
    assert all(other == first for other in others)
    versions: dict[str, int] = {}
    for event in first:
        assert event.version == versions.get(event.stream, 0) + 1
        versions[event.stream] = event.version


@pytest.mark.parametrize("table", ["event", "feed", "sequencer", "subscription", "projection", "migration", "message"])
async def test_a_reader_may_change_nothing(store: EventStore, database_url: str, table: str) -> None:
    await store.append(batch())
    async with await EventStore.connect(database_url, role=READER) as reader, reader.connection() as connection:
        for change in (
            f"delete from pairloom.{table}",
            f"truncate pairloom.{table}",
            f"insert into pairloom.{table} overriding system value select * from pairloom.{table}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)


async def test_a_reader_may_read_the_record_and_no_names(store: EventStore, database_url: str) -> None:
    await store.append(batch())
    async with await EventStore.connect(database_url, role=READER) as reader, reader.connection() as connection:
        assert await connection.fetchval("select count(*) from pairloom.event") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from pairloom.person")


@pytest.mark.parametrize("table", ["event", "feed"])
@pytest.mark.parametrize("change", ["update {} set version = 1", "delete from {}", "truncate {}"])
async def test_even_an_administrator_is_refused(store: EventStore, database_url: str, table: str, change: str) -> None:
    await store.append(batch())
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await administer(database_url, change.format(f"pairloom.{table}"))
