"""What the event store's benchmark writes and folds: the same rows for every side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import asyncpg
from pydantic_core import from_json

from domain.decider import Actor, Role
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party
from eventstore.feed import FedEvent
from eventstore.migrations import migrate
from eventstore.records import Batch, JsonObject, NewEvent
from eventstore.statements import statement
from eventstore.store import Connection, Line
from intake.program_file import read_program
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)

DATA = (
    '{"type":"MeetingScheduled","at":"2027-01-11T09:00:00Z","starts":[{"name":"meeting.remind:1/24 h before",'
    '"due":"2027-01-12T09:00:00Z"}],"stops":[],"number":3,"starts_at":"2027-01-13T09:00:00Z","minutes":60}'
)
"""An ordinary event of a pairing, 200 bytes."""

_COLUMNS = (
    "stream_id, version, event_id, type, schema_version, command_id, command_seq, command_size, correlation_id,"
    " causation_id, actor_role, actor_id, source, idempotency_key, program_version, occurred_at, data"
)

RAW_TABLE = """
create table raw (like pairloom.event including defaults including identity);
alter table raw add primary key (stream_id, version);
"""

INTO_THE_LEDGER = (
    f"insert into pairloom.event ({_COLUMNS})"
    " values ($1, $2, $3, $4, 1, $5, 0, 1, $5, null, $6, $7, $8, $9, 1, $10, $11)"
)
_RAW_ONE = INTO_THE_LEDGER.replace("pairloom.event", "raw")

_RAW_MANY = (
    f"insert into raw ({_COLUMNS}) select $1, $2 + n, id, type, 1, $3, n - 1, $4, $3, null, $5, $6, $7, $8, 1, at, data"
    " from unnest($9::uuid[], $10::text[], $11::timestamptz[], $12::json[])"
    " with ordinality as e (id, type, at, data, n)"
)


async def raw_inserted(connection: Line, stream: str, version: int, size: int) -> None:
    """The least that could be done with the same rows."""
    command, ids = uuid4(), [uuid4() for _ in range(size)]
    who = ("mentor", "P031", "update", "key")
    if size == 1:
        await connection.execute(_RAW_ONE, stream, version + 1, ids[0], "MeetingScheduled", command, *who, NOW, DATA)
    else:
        rows = (ids, ["MeetingScheduled"] * size, [NOW] * size, [DATA] * size)
        await connection.execute(_RAW_MANY, stream, version, command, size, *who, *rows)


async def appended(connection: Line, stream: str, version: int, size: int) -> None:
    """The store's append, by its own statements."""
    command, ids = uuid4(), [uuid4() for _ in range(size)]
    who = ("mentor", "P031", "update", "key", 1)
    if size == 1:
        only = (ids[0], "MeetingScheduled", 1, NOW, DATA)
        await connection.fetchval(statement("append_event"), stream, version, command, command, None, *who, *only)
    else:
        rows = (ids, ["MeetingScheduled"] * size, [1] * size, [NOW] * size, [DATA] * size)
        await connection.fetchval(statement("append_events"), stream, version, command, command, None, *who, *rows)


A_SECOND = 10_000
"""Batches of one event that are made for each second, more than either side stores in it; of ten, half as many."""

LONG = 20
"""Batches of a stream."""


class Written(NamedTuple):
    """How many events, in how many seconds."""

    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def our_batches(connections: int, size: int, seconds: float) -> list[list[Batch]]:
    """For each connection, batches of `size` events to be stored one by one: fresh streams, each `LONG` batches."""

    def stream() -> Iterator[Batch]:
        name = f"pairing/bench/{uuid4()}"
        for number in range(LONG):
            yield _batch(name, number * size, [("MeetingScheduled", {"number": 3, "text": DATA})] * size)

    streams = range(streams_each(connections, size, seconds))
    return [[batch for _ in streams for batch in stream()] for _ in range(connections)]


def streams_each(connections: int, size: int, seconds: float) -> int:
    """How many streams a connection gets, for `A_SECOND`."""
    batches = seconds * (A_SECOND if size == 1 else A_SECOND // 2)
    return 1 + int(batches) // (LONG * connections)


def stored_lives(prefix: str, pairings: int) -> Iterator[Batch]:
    """The whole simulated lives of pairings, a batch each."""
    design = read_program(Path(__file__).parent.parent / "examples" / "digital-fluency.yaml")
    for number in range(pairings):
        create = CreatePairing(
            by=Actor(role=Role.COORDINATOR, id="ops-1"),
            key="create",
            pairing=f"p{number}",
            cohort="bench",
            design=design,
            mentor=Party(participant="m1", zone="Europe/London"),
            mentee=Party(participant="e1", zone="America/New_York"),
            starts_at=NOW,
        )
        events = simulate(create, 7, Assumptions())
        yield _batch(f"{prefix}/p{number}", 0, [(event.type, event.model_dump(mode="json")) for event in events])


def _batch(stream: str, expected: int, events: Sequence[tuple[str, JsonObject]]) -> Batch:
    command = uuid4()
    return Batch.model_construct(
        stream=stream,
        expected=expected,
        command_id=command,
        correlation_id=command,
        causation_id=None,
        actor_role="mentor",
        actor_id="P031",
        source="update",
        idempotency_key="key",
        program_version=1,
        events=tuple(
            NewEvent.model_construct(event_id=uuid4(), type=name, schema_version=1, occurred_at=NOW, data=data)
            for name, data in events
        ),
        messages=(),
    )


async def long_feed(url: str, events: int) -> None:
    """Many events at once, a hundred to a stream, as the owner may write them; not published."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            f"insert into pairloom.event ({_COLUMNS})"
            " select 'pairing/long/' || $1::text || (n / 100)::text, n % 100 + 1, gen_random_uuid(),"
            "        'MeetingScheduled', 1, gen_random_uuid(), 0, 1, gen_random_uuid(), null, 'mentor', 'P031',"
            "        'update', 'key', 1, $3, $4::json"
            "   from generate_series(0, $2::bigint - 1) as n",
            uuid4().hex,
            events,
            NOW,
            DATA,
            timeout=600,
        )
    finally:
        await connection.close()


async def fresh_database(address: str, name: str) -> str:
    """The address of a new, migrated database on the same server."""
    connection = await asyncpg.connect(address)
    await connection.execute(f"create database {name}")
    await connection.close()
    url = f"{address.rpartition('/')[0]}/{name}"
    await migrate(url)
    return url


class Booked:
    """A read model of the usual kind: counts, a sum and a latest value, from the events' own fields."""

    name = "booked"
    version = 1

    BY_SQL = """
        create unlogged table by_sql as
        select e.stream_id, count(*)::integer as events, sum((e.data->>'minutes')::integer) as minutes,
               max(e.data->>'starts_at') as latest
          from pairloom.event e
         group by e.stream_id
    """
    TABLE = (
        'create table {} (stream_id text collate "C" primary key, events integer not null, minutes integer,'
        " latest text)"
    )
    ADD_UP = (
        " on conflict (stream_id) do update set events = {0}.events + excluded.events,"
        " minutes = {0}.minutes + excluded.minutes, latest = greatest({0}.latest, excluded.latest)"
    )
    BY_PAGE = f"""
        with page as ({statement("feed_shares").rstrip().removesuffix(";")}),
        booked as (
            insert into by_page
            select stream_id, count(*)::integer, sum((data::json->>'minutes')::integer), max(data::json->>'starts_at')
              from page
             group by stream_id
            {ADD_UP.format("by_page")}
        )
        select partition, max(position) as position, count(*) as events from page group by partition
    """
    WRONG = """
        select count(*) from {}.booked b full join {} s using (stream_id)
         where (b.events, b.minutes, b.latest) is distinct from (s.events, s.minutes, s.latest)
    """

    def tables(self) -> str:
        """One row a stream."""
        return self.TABLE.format("booked")

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        """Fold the page in memory and write each stream once."""
        folded: dict[str, tuple[int, int, str]] = {}
        for event in events:
            data = from_json(event.data)
            count, minutes, latest = folded.get(event.stream, (0, 0, ""))
            folded[event.stream] = (count + 1, minutes + data["minutes"], max(latest, data["starts_at"]))
        counts, minutes_, latests = zip(*folded.values(), strict=True)
        await connection.execute(
            "insert into booked select * from unnest($1::text[], $2::integer[], $3::integer[], $4::text[])"
            + self.ADD_UP.format("booked"),
            list(folded),
            counts,
            minutes_,
            latests,
        )

    def forget(self) -> None:
        """It remembers nothing."""
