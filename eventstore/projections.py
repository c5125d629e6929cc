"""Projections: read models that are folded from the feed, each event once, and rebuilt beside the live ones.

A read model lives in a schema of its own, `read_<name>`. Its rows and how far it has come are one transaction. A new
version, or a rebuild, fills another generation in a schema beside it and takes the name when it has caught up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from eventstore.addresses import connect
from eventstore.failures import StoreUnavailable, in_sentences
from eventstore.feed import Bell, FedEvent, Feed
from eventstore.migrations import act_as_owner
from eventstore.store import APPLICATION, READER, Connection, EventStore
from eventstore.subscriptions import LEASE, PARTITIONS, LeaseLost, Subscription

LOOK_EVERY = timedelta(seconds=1)
RENEW_EVERY = LEASE / 3
PAGE_OF_A_SHARE = 100
"""Events of one partition in one transaction: bounds memory, and what is done again after a kill."""

DOWN = 2.0
"""Seconds until the next try when the database is away."""

log = structlog.get_logger("pairloom.projections")


class Projection(Protocol):
    """What a read model must offer. Every row belongs to one stream, or two readers would meet at it."""

    @property
    def name(self) -> str:
        """Small letters and underscores; the schema is `read_<name>`."""
        ...

    @property
    def version(self) -> int:
        """Raised with every change of the tables or of what is put into them: a new generation is built."""
        ...

    def tables(self) -> str:
        """The SQL that makes the tables and views, without schema names."""
        ...

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        """Fold events into the tables, in the transaction that counts them; unqualified names are this read model's.

        Each stream comes in order and without a gap, but calls in between may have gone to another reader: what is
        remembered about a stream counts only if the next version follows it.
        """
        ...

    def forget(self) -> None:
        """Drop what is remembered between calls: the last transaction may not have happened."""
        ...


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of a read model."""

    name: str
    number: int
    version: int
    live: bool

    @property
    def schema(self) -> str:
        """Where its tables are now."""
        return f"read_{self.name}" if self.live else f"read_{self.name}__{self.number}"

    @property
    def subscription(self) -> str:
        """The name under which it reads the feed."""
        return f"{self.name}#{self.number}"


async def prepare(url: str, projections: Sequence[Projection]) -> list[Generation]:
    """Make the tables that this code's read models need; the new generations, which then have to be filled.

    A read model of an older version stays live until the new generation has caught up; one of a newer version
    belongs to newer workers and is left alone. Needs the rights of the migrations where something is missing.
    """
    if not await _anything_missing(url, projections):
        return []
    made = []
    async with _as_owner(url) as connection:
        for projection in projections:
            standing = await _generations(connection, projection.name)
            newest = max((generation.version for generation in standing), default=0)
            if newest < projection.version:
                made.append(await _create(connection, projection, standing))
    return made


async def begin_rebuild(url: str, projection: Projection) -> Generation:
    """A new, empty generation beside the live one; an unfinished one is dropped."""
    async with _as_owner(url) as connection:
        return await _create(connection, projection, await _generations(connection, projection.name))


async def generations(store: EventStore, name: str) -> list[Generation]:
    """The live generation of a read model, and the one that is being built, by number."""
    async with store.connection() as connection:
        return await _generations(connection, name)


class Projector:
    """Fills one generation of a read model, as one of any number of readers."""

    def __init__(self, store: EventStore, projection: Projection, generation: Generation, reader: str) -> None:
        self._store = store
        self._projection = projection
        self.generation = generation
        self.subscription = Subscription(store, generation.subscription, reader)
        self._renew_at = 0.0

    async def catch_up(self, on_progress: Callable[[int], None] = lambda _: None) -> int:
        """Process everything that is published now; the number of events. Shares of other readers are theirs.

        A lost lease is not an error: another reader does the work.
        """
        total = 0
        try:
            async for events in self._pages():
                await self._process(events)
                total += len(events)
                on_progress(len(events))
        except LeaseLost:
            self._projection.forget()
        except BaseException:
            self._projection.forget()
            raise
        return total

    async def _pages(self) -> AsyncIterator[list[FedEvent]]:
        """Page after page of the held shares. The next one is read while this one is processed."""
        ahead: asyncio.Task[list[FedEvent]] | None = None
        try:
            while True:
                if await self._keep_shares() and ahead is not None:
                    ahead.cancel()  # it was read for other shares than we hold now
                    ahead = None
                events = await (ahead or self.subscription.page(PAGE_OF_A_SHARE))
                if not events:
                    return
                ahead = asyncio.create_task(self.subscription.page(PAGE_OF_A_SHARE, behind=events))
                yield events
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _process(self, events: Sequence[FedEvent]) -> None:
        async with self.subscription.processing(events) as connection:
            # Looked up now: the generation may have gone live, and changed its schema's name, since the last page.
            await connection.execute(
                "select set_config('search_path', pairloom.schema_of(name, generation, live), true)"
                "  from pairloom.projection where name = $1 and generation = $2",
                self.generation.name,
                self.generation.number,
            )
            await self._projection.apply(connection, events)

    async def _keep_shares(self) -> bool:
        """Renew the leases where it is time; True where the shares may have changed."""
        now = asyncio.get_running_loop().time()
        if now < self._renew_at and self.subscription.shares:
            return False
        before = self.subscription.shares
        await self.subscription.renew()
        self._renew_at = now + RENEW_EVERY.total_seconds()
        return self.subscription.shares != before


async def switch(store: EventStore, name: str) -> bool:
    """Let the generation that is being built go live; False while it is behind the live one, or that is being read.

    Waits for readers half a second at a time, for they keep others out as long: call it again after a rest.
    """
    async with store.connection() as connection:
        done: bool = await connection.fetchval("select pairloom.switch_projection($1)", name)
    return done


async def run_projection(store: EventStore, make: Callable[[], Projection], reader: str) -> None:
    """Keep every generation of this version filled until cancelled, through outages of the database.

    `make` gives each generation a projection of its own, with its own memory.
    """
    projectors: dict[int, Projector] = {}
    name = make().name
    async with Bell(store) as bell:
        try:
            while True:
                bell.hush()
                try:
                    busy = await _round(store, make, reader, projectors)
                except StoreUnavailable as away:
                    log.warning("projecting waits for the database", projection=name, reason=away.sentence)
                    await asyncio.sleep(DOWN)
                    continue
                if not busy:
                    await bell.wait(LOOK_EVERY)
        finally:
            with suppress(StoreUnavailable):
                for projector in projectors.values():
                    await projector.subscription.release()


async def _round(
    store: EventStore, make: Callable[[], Projection], reader: str, projectors: dict[int, Projector]
) -> bool:
    """One turn for each generation that is this version's; True where something was done."""
    wanted = make()
    standing = [g for g in await generations(store, wanted.name) if g.version == wanted.version]
    for gone in projectors.keys() - {generation.number for generation in standing}:
        del projectors[gone]
    busy = False
    for generation in standing:
        if generation.number not in projectors:
            projectors[generation.number] = Projector(store, make(), generation, reader)
        busy = bool(await projectors[generation.number].catch_up()) or busy
        if not generation.live and not busy:
            busy = await switch(store, wanted.name)
    return busy


async def wait_until(store: EventStore, name: str, stream: str, version: int, *, within: timedelta) -> bool:
    """Wait until the live read model holds this event (read your own writes); False where that takes too long."""
    feed = Feed(store)
    try:
        async with asyncio.timeout(within.total_seconds()), Bell(store) as bell:
            while True:
                bell.hush()
                position = await feed.position_of(stream, version)
                if position is not None and await _has_processed(store, name, stream, position):
                    return True
                await bell.wait(timedelta(milliseconds=50))
    except TimeoutError:
        return False


async def _has_processed(store: EventStore, name: str, stream: str, position: int) -> bool:
    async with store.connection() as connection:
        reached: int | None = await connection.fetchval(
            "select s.position"
            "  from pairloom.projection p"
            "  join pairloom.subscription s"
            "    on s.name = p.name || '#' || p.generation and s.partition = pairloom.partition_of($2)"
            " where p.name = $1 and p.live",
            name,
            stream,
        )
    return reached is not None and reached >= position


async def _generations(connection: Connection, name: str) -> list[Generation]:
    rows = await connection.fetch(
        "select name, generation, version, live from pairloom.projection where name = $1 order by generation", name
    )
    return [Generation(*row) for row in rows]


async def _create(connection: Connection, projection: Projection, standing: Sequence[Generation]) -> Generation:
    number = max((generation.number for generation in standing), default=0) + 1
    made = Generation(projection.name, number, projection.version, live=not standing)
    for unfinished in (generation for generation in standing if not generation.live):
        await _stop_filling(connection, unfinished)
        await connection.execute(f"drop schema {unfinished.schema} cascade")
        await connection.execute("delete from pairloom.subscription where name = $1", unfinished.subscription)
        await connection.execute(
            "delete from pairloom.projection where name = $1 and generation = $2", unfinished.name, unfinished.number
        )
    await connection.execute(f"create schema {made.schema}")
    await connection.execute(f"set local search_path = {made.schema}")
    await connection.execute(projection.tables())
    await connection.execute("reset search_path")
    await connection.execute(f"grant usage on schema {made.schema} to {APPLICATION}, {READER}")
    await connection.execute(f"grant select on all tables in schema {made.schema} to {APPLICATION}, {READER}")
    await connection.execute(f"grant insert, update, delete on all tables in schema {made.schema} to {APPLICATION}")
    await connection.execute(
        "insert into pairloom.projection (name, generation, version, live) values ($1, $2, $3, $4)",
        made.name,
        made.number,
        made.version,
        made.live,
    )
    await connection.execute("select pairloom.subscribe($1, $2, 0)", made.subscription, [*range(PARTITIONS)])
    return made


async def _stop_filling(connection: Connection, unfinished: Generation) -> None:
    """Hold every share, as a projector does before it writes: it would wait for the tables, and we for its shares."""
    await connection.execute(
        "select from pairloom.subscription where name = $1 order by partition for update", unfinished.subscription
    )


async def _anything_missing(url: str, projections: Sequence[Projection]) -> bool:
    async with await EventStore.connect(url, max_size=1) as store, store.connection() as connection:
        for projection in projections:
            standing = await _generations(connection, projection.name)
            if all(generation.version < projection.version for generation in standing):
                return True
    return False


@asynccontextmanager
async def _as_owner(url: str) -> AsyncIterator[Connection]:
    """One transaction with the owner's rights; one maker of read models at a time."""
    with in_sentences(url):
        connection = await connect(url, server_settings={"application_name": "pairloom migrate"})
        try:
            async with connection.transaction():
                await act_as_owner(connection)
                await connection.execute("lock table pairloom.projection in share row exclusive mode")
                yield connection
        finally:
            await connection.close(timeout=5)
