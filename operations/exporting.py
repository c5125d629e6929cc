"""A cohort's events as a file for analysts: without names, ids or prose, unless somebody asks for the record itself."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from pydantic import JsonValue
from pydantic_core import from_json

from domain.cohort import decider as cohorts
from domain.pairing import decider as pairings
from domain.pseudonyms import Alias, pseudonymised
from eventstore.statements import statement
from eventstore.store import EventStore

PAGE = 2000
"""Events in one read, and in one row group of a Parquet file: bounds the memory."""


class ExportFormat(StrEnum):
    """What the file is written as."""

    JSONL = "jsonl"
    PARQUET = "parquet"


class ExportRefused(Exception):
    """The export cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event. `data` is JSON; `stream` and `actor` are aliases in a pseudonymised export."""

    stream: str
    kind: str
    version: int
    type: str
    schema_version: int
    actor_role: str
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    data: JsonValue


def aliases(key: bytes) -> Alias:
    """Aliases that nobody can compute, or link to another export's, without the key (HMAC-SHA-256, 64 bits shown)."""

    def alias(text: str) -> str:
        return hmac.new(key, text.encode(), sha256).hexdigest()[:16]

    return alias


async def exported(store: EventStore, cohort: str, alias: Alias | None) -> AsyncIterator[list[Row]]:
    """Page by page, the cohort's own stream and then its pairings', each in order. `alias` None: the record itself."""
    streams = (f"cohort/{cohort}", f"cohort/{cohort}!"), (f"pairing/{cohort}/", f"pairing/{cohort}0")
    for first, behind in streams:  # '!' is the lowest character of a stream's name, and '0' follows '/'
        after: tuple[str, int] = ("", 0)
        while found := await _page(store, first, behind, after):
            after = (found[-1].stream, found[-1].version)
            yield found if alias is None else [_under_aliases(row, alias) for row in found]


async def _page(store: EventStore, first: str, behind: str, after: tuple[str, int]) -> list[Row]:
    async with store.connection() as connection:
        found = await connection.fetch(statement("export"), first, behind, *after, PAGE)
    return [Row(**{**row, "data": from_json(row["data"])}) for row in found]


def _under_aliases(row: Row, alias: Alias) -> Row:
    assert isinstance(row.data, dict)
    event = (pairings if row.kind == "pairing" else cohorts).load(row.data, row.schema_version)
    return replace(row, stream=alias(row.stream), actor=alias(row.actor), data=pseudonymised(event, alias))


async def export(
    store: EventStore,
    cohort: str,
    file: Path,
    form: ExportFormat,
    alias: Alias | None,
    record: Callable[[int], Awaitable[None]],
    on_progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the file whole or not at all; the number of events. Raises ExportRefused for a cohort without any.

    `record` puts the number down before anybody has the file; where it raises, there is none.
    """
    count = 0
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        with closing(_WRITERS[form](unfinished)) as writer:
            async for page in exported(store, cohort, alias):
                writer.write(page)
                count += len(page)
                on_progress(len(page))
        if not count:
            raise ExportRefused(f"The store has no event of a cohort {cohort!r}: `pairloom cohort list` names them.")
        await record(count)
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


class _Lines:
    """JSON Lines."""

    def __init__(self, file: Path) -> None:
        self._out = file.open("w", encoding="utf-8")

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            times = {"occurred_at": row.occurred_at.isoformat(), "recorded_at": row.recorded_at.isoformat()}
            self._out.write(json.dumps(asdict(row) | times, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._out.close()


class _RowGroups:
    """Parquet. `data` is a column of JSON texts, as each type of event has fields of its own."""

    def __init__(self, file: Path) -> None:
        try:
            self._arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        except ImportError:
            raise ExportRefused(
                "Parquet needs one more package: pip install 'pairloom[parquet]', or take --format jsonl."
            ) from None
        text, whole, moment = self._arrow.string(), self._arrow.int32(), self._arrow.timestamp("us", tz="UTC")
        kinds = {"version": whole, "schema_version": whole, "occurred_at": moment, "recorded_at": moment}
        self._schema = self._arrow.schema([(field.name, kinds.get(field.name, text)) for field in fields(Row)])
        self._out = parquet.ParquetWriter(file, self._schema)

    def write(self, rows: list[Row]) -> None:
        records = [asdict(row) | {"data": json.dumps(row.data, ensure_ascii=False)} for row in rows]
        self._out.write_table(self._arrow.Table.from_pylist(records, self._schema))

    def close(self) -> None:
        self._out.close()


_WRITERS: dict[ExportFormat, Callable[[Path], _Lines | _RowGroups]] = {
    ExportFormat.JSONL: _Lines,
    ExportFormat.PARQUET: _RowGroups,
}
