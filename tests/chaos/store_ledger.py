"""Checks after the killing: everything acknowledged is there once, and readers see all of it in one order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg

from eventstore.feed import FedEvent, Feed
from eventstore.projections import Generation, Projector, begin_rebuild, generations, prepare
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.chaos.store_actors import Versions
from tests.integration.administration import administer


@dataclass(frozen=True)
class Ledger:
    """What was found, for the person who reads the output."""

    acknowledged: int
    events: int
    wrong: tuple[str, ...]


async def check(url: str, lines: list[str]) -> Ledger:
    """`lines` is what the writers wrote down. Nobody may be at work; what is left is published and read first."""
    await _alone(url)
    async with await EventStore.connect(url) as store:
        assert await publish(store) is not None, "a sequencer is still at it"
        wrong = [line for line in lines if line.startswith("BROKEN")]
        events = await _feed(store)
        wrong += [finding.sentence for finding in (await verify(store)).findings]
        wrong += _acknowledgements(events, [line for line in lines if not line.startswith("BROKEN")])
        wrong += await _batches(store)
        wrong += _order(events)
        wrong += await _read_model(store, url)
        if len(events) != await store.count():
            wrong.append(f"{await store.count()} events are stored and {len(events)} published")
        return Ledger(len(lines), len(events), tuple(wrong))


async def _alone(url: str) -> None:
    """What the dead had sent is still being carried out by the server: wait for its end."""
    connection = await asyncpg.connect(url)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    for _ in range(600):
        if not await connection.fetchval(f"{others} and backend_type = 'client backend'"):
            break
        await asyncio.sleep(0.05)
    await connection.close()


async def _feed(store: EventStore) -> list[FedEvent]:
    feed, events = Feed(store), list[FedEvent]()
    while page := await feed.read(events[-1].position if events else 0, 5000):
        events += page
    return events


def _acknowledgements(events: list[FedEvent], lines: list[str]) -> list[str]:
    stored: dict[tuple[str, str], list[int]] = {}
    for event in events:
        stored.setdefault((event.stream, str(event.command_id)), []).append(event.version)
    wrong = []
    for line in lines:
        stream, command, first, last = line.split()
        if stored.get((stream, command)) != list(range(int(first), int(last) + 1)):
            wrong.append(f"{line} was acknowledged; stored are the versions {stored.get((stream, command))}")
    return wrong


async def _batches(store: EventStore) -> list[str]:
    async with store.connection() as connection:
        rows = await connection.fetch(
            "select stream_id, command_id from pairloom.event group by stream_id, command_id"
            " having count(*) <> max(command_size) or count(*) <> max(command_seq) + 1"
            "     or count(*) <> max(version) - min(version) + 1"
        )
    return [f"{row['stream_id']}: the batch {row['command_id']} is not whole" for row in rows]


def _order(events: list[FedEvent]) -> list[str]:
    wrong = [
        f"position {event.position} where {expected} belongs"
        for expected, event in enumerate(events, 1)
        if event.position != expected
    ]
    versions: dict[str, int] = {}
    for event in events:
        if event.version != versions.get(event.stream, 0) + 1:
            wrong.append(f"{event.stream}: version {event.version} follows {versions.get(event.stream, 0)} in the feed")
        versions[event.stream] = event.version
    return wrong


async def _read_model(store: EventStore, url: str) -> list[str]:
    """The read model that was killed again and again, beside one that is filled now, undisturbed."""
    await prepare(url, [Versions()])
    [live] = [generation for generation in await generations(store, "versions") if generation.live]
    # The dead hold their shares until the leases run out: nobody has to wait for that here.
    await administer(url, "update pairloom.subscription set leased_until = null")
    await administer(url, "delete from pairloom.subscription_reader")
    undisturbed = await begin_rebuild(url, Versions())
    for generation in (live, undisturbed):
        projector = Projector(store, Versions(), generation, "ledger")
        while await projector.catch_up():
            pass
        await projector.subscription.release()
    there, here = [await _rows(store, generation) for generation in (live, undisturbed)]
    if there == here and here:
        return []
    return [f"the read model that was killed has {len(there)} rows that differ from the undisturbed {len(here)}"]


async def _rows(store: EventStore, generation: Generation) -> list[tuple[object, ...]]:
    async with store.connection() as connection:
        found = await connection.fetch(f"select * from {generation.schema}.versions order by stream")
    return [tuple(row) for row in found]
