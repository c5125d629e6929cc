"""The recorders of `eventsourcing`, by psycopg in threads: what the event store is measured beside."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresAggregateRecorder, PostgresDatastore

from benchmarks.event_store_subjects import DATA, LONG, Written, streams_each


@contextmanager
def recorder(url: str, connections: int, kind: type[PostgresAggregateRecorder]) -> Iterator[PostgresAggregateRecorder]:
    """One with a table of its own and as many connections. An application recorder numbers all events in one order."""
    address = urlsplit(url)
    datastore = PostgresDatastore(
        dbname=address.path.removeprefix("/"),
        host=str(address.hostname),
        port=str(address.port),
        user=str(address.username),
        password=str(address.password),
        pool_size=connections,
        max_overflow=0,
    )
    made = kind(datastore, events_table_name=f"peer_{uuid4().hex[:8]}")
    made.create_table()
    try:
        yield made
    finally:
        datastore.close()


def peer_batches(connections: int, size: int, seconds: float) -> list[list[list[StoredEvent]]]:
    """What `our_batches` are, for a recorder."""
    state = DATA.encode()

    def stream() -> Iterator[list[StoredEvent]]:
        name = uuid4()
        for number in range(LONG):
            versions = range(number * size, (number + 1) * size)
            yield [StoredEvent(name, version, "MeetingScheduled", state) for version in versions]

    streams = range(streams_each(connections, size, seconds))
    return [[batch for _ in streams for batch in stream()] for _ in range(connections)]


def recorded(
    into: PostgresAggregateRecorder, prepared: Sequence[Sequence[Sequence[StoredEvent]]], seconds: float
) -> Written:
    """Each thread has its own batches, and stops when they or the seconds are over."""

    def one(batches: Sequence[Sequence[StoredEvent]]) -> int:
        written = 0
        for batch in batches:
            if time.perf_counter() >= until:
                break
            into.insert_events(batch)
            written += len(batch)
        return written

    began = time.perf_counter()
    until = began + seconds
    with ThreadPoolExecutor(len(prepared)) as threads:
        written = sum(threads.map(one, prepared))
    return Written(written, time.perf_counter() - began)
