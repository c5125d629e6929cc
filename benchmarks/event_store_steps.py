"""Where the database's CPU of an append goes: one row by the raw INSERT, then in steps up to the store's function."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import asyncpg
import psutil

from benchmarks.event_store_subjects import DATA, INTO_THE_LEDGER, NOW, appended, raw_inserted
from benchmarks.rounds import Row, compared, paired_async
from eventstore.store import Line

ROUNDS, STREAMS, LENGTH = 7, 100, 20
"""Two thousand events at a time: some 300 ms of CPU, which is counted in steps of ten."""

IF_IT_STANDS_THERE = INTO_THE_LEDGER.partition(" values ")[0] + (
    " select $1, $2, $3, $4, 1, $5, 0, 1, $5, null, $6, $7, $8, $9, 1, $10, $11"
    "  where $2 - 1 = coalesce((select e.version from pairloom.event e where e.stream_id = $1"
    " order by e.version desc limit 1), 0)"
)


async def _into_the_ledger(connection: Line, stream: str, version: int, size: int) -> None:
    await _written(connection, INTO_THE_LEDGER, stream, version + size)


async def _if_it_stands_there(connection: Line, stream: str, version: int, size: int) -> None:
    await _written(connection, IF_IT_STANDS_THERE, stream, version + size)


async def _written(connection: Line, sql: str, stream: str, version: int) -> None:
    row = (uuid4(), "MeetingScheduled", uuid4(), "mentor", "P031", "update", "key", NOW, DATA)
    await connection.execute(sql, stream, version, *row)


STEPS = {
    "into the ledger, with its indexes": _into_the_ledger,
    "and only if the stream stands there": _if_it_stands_there,
    "by a function, for who may not insert": appended,
}


async def in_steps(url: str) -> Iterator[Row]:
    """Each step's CPU of an event beside the raw INSERT's, of the one process that serves them in turn."""
    connection = await asyncpg.connect(url)
    serving = psutil.Process(await connection.fetchval("select pg_backend_pid()"))

    async def spent(step: str) -> float:
        began, appender = _seconds(serving), {"raw": raw_inserted, **STEPS}[step]
        for _ in range(STREAMS):
            stream = f"pairing/bench/{uuid4()}"
            for version in range(LENGTH):
                await appender(connection, stream, version, 1)
        return 1000 * (_seconds(serving) - began) / (STREAMS * LENGTH)

    figures = await paired_async({step: partial(spent, step) for step in ("raw", *STEPS)}, ROUNDS)
    await connection.close()
    title = "database CPU of an event, 1 connection"
    return (compared(f"{title}: {step}", "ms", figures[step], figures["raw"], beside="raw INSERT") for step in STEPS)


def _seconds(serving: psutil.Process) -> float:
    times = serving.cpu_times()
    return times.user + times.system
