"""The event store: one command's events appended atomically, a stream read in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeAlias

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy
from pydantic_core import from_json, to_json

from eventstore.addresses import connect
from eventstore.failures import in_sentences
from eventstore.records import (
    EVENTS_AT_ONCE,
    AlreadyThere,
    Appended,
    AppendResult,
    AsOf,
    Batch,
    Conflict,
    NewEvent,
    StoredEvent,
)
from eventstore.statements import statement
from eventstore.vault import MasterKeyError, Vault

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

OnQuery: TypeAlias = Callable[[LoggedQuery], None]
"""Observes statements. A `LoggedQuery` has their parameters too, which may be about people: they go nowhere."""

Line: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""A connection that only listens."""

APPLICATION = "pairloom_app"
READER = "pairloom_reader"
"""Database roles, see sql/0001_migration.sql."""


HOPELESS = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError, OSError)
"""What leaves a connection unusable. The driver may notice only when it is used again, in the middle of a message."""

CALL = 60.0
"""Seconds after which a call has failed: a server whose machine has gone says nothing."""

AS_LONG_AS_IT_TAKES = 7 * 86_400.0
"""Seconds for a call that costs what is stored. For the driver, None is the usual time."""

STREAMS_AT_ONCE = 10_000
"""In one statement that lists them: it reads all their events' entries in the index."""

PLANS_ARE_KEPT = 18
"""The first PostgreSQL that keeps the plans of functions in SQL. An earlier one would make them in each call: there
append_event costs half as much again as append_one."""

ELSEWHERE = (asyncpg.ReadOnlySQLTransactionError, asyncpg.AdminShutdownError)
"""What a server says that was the primary."""


class EventStore:
    """A pool of connections to one migrated database.

    Every method raises `StoreUnavailable` where the database cannot serve now and `StoreRefused`
    where it never will take the record.
    """

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], url: str, master_key: str | None = None, *, release: int
    ) -> None:
        """`release` is that of the server, such as 18."""
        self._pool = pool
        self._url = url
        self._release = release
        self._vault = Vault(master_key, self.connection) if master_key else None

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        max_size: int = 8,
        role: str = APPLICATION,
        on_query: OnQuery | None = None,
        master_key: str | None = None,
    ) -> Self:
        """Open one connection now and up to `max_size` when needed, each with the rights of `role` alone.

        Whoever the address names must be a member of that role, or an administrator, who gives his own rights up.
        With the `master_key`, people's answers are sealed as they are stored and opened as they are read; without it
        they are stored readable, and what was sealed is read as if it were erased.
        `on_query` is told of each statement when it has ended, in the context of whoever called.
        An address with several hosts (`host1:5432,host2:5432`) goes to whichever of them takes writes.
        """
        with in_sentences(url):
            pool = await asyncpg.create_pool(
                url,
                init_size=1,
                min_size=0,  # no floor: the pool would try to restore it during an outage, and log each failure
                max_size=max_size,
                connect=connect,
                command_timeout=CALL,
                init=partial(_prepare, on_query=on_query),
                reset=_nothing_to_reset,
                server_settings={
                    "application_name": "pairloom",
                    "role": role,
                    # A process that hangs in the middle must not hold a share or the sequencer's row for ever.
                    "idle_in_transaction_session_timeout": "60s",
                },
            )
            async with pool.acquire() as connection:
                release = connection.get_server_version().major
        return cls(pool, url, master_key, release=release)

    async def close(self) -> None:
        """Wait for calls under way, then close every connection; those that lead nowhere are dropped."""
        with suppress(TimeoutError):
            await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def append(self, batch: Batch) -> AppendResult:
        """Store the batch whole, or say why nothing was written. Safe to repeat after any failure."""
        call = append_call(batch if self._vault is None else await self._vault.sealed(batch), self._release)
        with in_sentences(self._url):
            for attempt in ("first", "once more"):
                try:
                    async with self._acquired() as connection:
                        last: int | None = await connection.fetchval(*call)
                except asyncpg.UniqueViolationError as violation:
                    if violation.constraint_name == "event_stream_command":
                        return await self._why_not(batch)
                    if violation.constraint_name != "event_stream_version":
                        raise
                    if attempt == "first":
                        continue
                    last = None
                if last is None:
                    return await self._why_not(batch)
                return Appended(first=batch.expected + 1, last=last)
        raise AssertionError("the second attempt answers or raises")

    async def _why_not(self, batch: Batch) -> AlreadyThere | Conflict:
        """The command was stored before, or somebody else has written the stream."""
        async with self._acquired() as connection:
            rows = await connection.fetch(statement("read_command"), batch.stream, batch.command_id)
            if not rows:
                return Conflict(current=await connection.fetchval(statement("version"), batch.stream))
        events = tuple(await self._opened(rows))
        return AlreadyThere(first=events[0].version, last=events[-1].version, events=events)

    async def read(
        self, stream: str, after: int = 0, limit: int | None = None, *, as_of: AsOf | None = None
    ) -> list[StoredEvent]:
        """The stream's events with a version above `after`, in order, at most `limit`; empty for an unknown stream.

        `as_of` leaves out what had not happened, or had not been recorded, by a moment.
        """
        limits = (None, None) if as_of is None else (as_of.effective, as_of.recorded)
        async with self.connection() as connection:
            rows = await connection.fetch(statement("read"), stream, after, limit, *limits)
        return await self._opened(rows)

    async def _opened(self, rows: Sequence[asyncpg.Record]) -> list[StoredEvent]:
        events = [StoredEvent.model_validate(dict(row)) for row in rows]
        return events if self._vault is None else await self._vault.opened(events)

    async def check_master_key(self) -> None:
        """Raises MasterKeyError where answers were sealed with another master key than this, or than none."""
        if self._vault is not None:
            return await self._vault.check()
        async with self.connection() as connection:
            if await connection.fetchrow("select * from pairloom.any_key()") is not None:
                raise MasterKeyError(
                    "This database's answers are sealed, and PAIRLOOM_MASTER_KEY is not set: set what sealed them."
                )
        return None

    async def erase_answers(self, cohort: str, people: Sequence[str]) -> int:
        """Nobody reads these people's answers ever again. Safe to repeat; answers with how many keys went now."""
        async with self.connection() as connection:
            erased: int = await connection.fetchval("select pairloom.erase_keys($1, $2)", cohort, list(people))
        return erased

    async def erase_person(self, cohort: str, person: str) -> None:
        """The person's answers, name and address. The streams keep the bare id. Safe to repeat."""
        async with self.connection() as connection:
            await connection.execute("select pairloom.erase_person($1, $2)", cohort, person)

    async def version(self, stream: str) -> int:
        """Of its last event; 0 for an unknown stream."""
        async with self.connection() as connection:
            found: int = await connection.fetchval(statement("version"), stream)
        return found

    async def streams(self, prefix: str) -> list[str]:
        """The ids of the streams that start with `prefix`, in byte order."""
        return [stream async for stream in self.every_stream(prefix)]

    async def every_stream(self, prefix: str) -> AsyncIterator[str]:
        """The same, for more than fit into memory or into one call. What is created meanwhile may be among them."""
        last = ""
        while True:
            async with self.connection() as connection:
                rows = await connection.fetch(statement("streams"), prefix, last, STREAMS_AT_ONCE)
            for row in rows:
                yield row["stream_id"]
            if len(rows) < STREAMS_AT_ONCE:
                return
            last = rows[-1]["stream_id"]

    async def count(self, prefix: str = "") -> int:
        """How many events the streams with `prefix` have."""
        async with self.connection() as connection:
            found: int = await connection.fetchval(statement("count_events"), prefix)
        return found

    async def messages(self, prefix: str) -> int:
        """How many messages the outbox has for the streams with `prefix`, delivered or not."""
        async with self.connection() as connection:
            found: int = await connection.fetchval(statement("count_messages"), prefix)
        return found

    async def waiting_messages(self, at_most: int) -> int:
        """How many messages of the outbox are due and undelivered, of all streams. Counts, and reads, no more."""
        async with self.connection() as connection:
            found: int = await connection.fetchval(statement("count_waiting_messages"), at_most)
        return found

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool, each statement a transaction of its own."""
        with in_sentences(self._url):
            async with self._acquired() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction: committed at the end of the block, rolled back on an error."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator[PoolConnectionProxy[asyncpg.Record]]:
        """A connection that nobody gets after us where it has shown itself to be of no use."""
        async with self._pool.acquire() as connection:
            try:
                yield connection
            except HOPELESS as error:
                with suppress(asyncpg.InterfaceError):  # the pool has let go of it already
                    connection.terminate()
                if isinstance(error, TimeoutError):
                    # Where the server's machine has gone, no other connection leads anywhere, and none says so.
                    await self._pool.expire_connections()
                raise
            except ELSEWHERE:
                # Every connection leads to a server that takes no writes any more: look the primary up again.
                await self._pool.expire_connections()
                raise

    async def listen(self, channel: str, heard: Callable[[], None]) -> Line:
        """A connection outside the pool, which calls `heard` at each announcement on `channel`. Close it yourself."""
        with in_sentences(self._url):
            line = await connect(self._url, server_settings={"application_name": "pairloom listens"})
            await line.add_listener(channel, lambda *_: heard())
            return line


def append_call(batch: Batch, release: int = PLANS_ARE_KEPT) -> tuple[str, *tuple[object, ...]]:
    """The statement and its parameters, in its order: the command, its events, its messages.

    Of a server of that release, it answers with the last version, or with null where nothing was written.
    """
    size, kept = len(batch.events), release >= PLANS_ARE_KEPT
    if size == 1:
        name, events = "append_event" if kept else "append_one", _one(*batch.events)
    else:  # `append` also says what is wrong with a batch of none or of too many
        name, events = "append_events" if kept and 1 < size <= EVENTS_AT_ONCE else "append", _many(batch.events)
    parameters = [
        batch.stream,
        batch.expected,
        batch.command_id,
        batch.correlation_id,
        batch.causation_id,
        batch.actor_role,
        batch.actor_id,
        batch.source,
        batch.idempotency_key,
        batch.program_version,
        *events,
    ]
    if batch.messages:
        name += "_with_messages"
        parameters += [
            [message.message_id for message in batch.messages],
            [message.to for message in batch.messages],
            [message.template for message in batch.messages],
            [message.deliver_after for message in batch.messages],
            [message.about for message in batch.messages],
        ]
    return (statement(name), *parameters)


def _one(event: NewEvent) -> tuple[object, ...]:
    return (event.event_id, event.type, event.schema_version, event.occurred_at, event.data)


def _many(events: Sequence[NewEvent]) -> tuple[object, ...]:
    """A column at a time."""
    return (
        [event.event_id for event in events],
        [event.type for event in events],
        [event.schema_version for event in events],
        [event.occurred_at for event in events],
        [event.data for event in events],
    )


async def _prepare(connection: Any, *, on_query: OnQuery | None) -> None:
    """`json` columns are Python values here. pydantic's codec: no NaN, exact integers, UTF-8 unescaped."""
    if on_query is not None:
        connection.add_query_logger(on_query)
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=lambda value: to_json(value).decode(), decoder=from_json
    )


async def _nothing_to_reset(connection: Any) -> None:
    """The store sets nothing on a session; asyncpg's own reset would add a round trip to each append."""
