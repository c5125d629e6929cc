"""Brings a database to the schema that this code expects: numbered SQL files, each applied once."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

import asyncpg

from eventstore.addresses import connect
from eventstore.failures import StoreUnavailable, in_sentences
from eventstore.statements import numbered, statement

_ONE_AT_A_TIME = 0x7061_6972_6C6F_6F6D
"""The advisory lock that migrating workers queue for: "pairloom" in ASCII."""

LET_OTHERS = timedelta(seconds=2)
"""Rest before asking once more for a table that somebody holds: whoever comes to it would wait behind us."""

PATIENCE = timedelta(minutes=1)
"""With whoever holds it."""

STOPS_OLDER = "-- Stops older workers."
"""The first line of a migration with which workers of a release before it cannot work: they refuse the database."""

OLDEST = 16
"""The first release of PostgreSQL in which the roles can be made by whoever is no superuser."""


class SchemaTooNew(Exception):
    """The database was migrated by a newer Pairloom than this one, which cannot work with what that has made."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SchemaChanged(Exception):
    """A migration's file is not the one that this database was migrated with."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


async def migrate(url: str) -> list[str]:
    """Apply what is missing and return the names, in order; an empty list when nothing was.

    Safe when several workers start at once, and where a newer release has migrated already. Each
    file is one transaction with its row in `pairloom.migration`, so a crash leaves whole files
    only. Raises `SchemaTooNew`, `SchemaChanged` (before anything is changed) or
    `StoreUnavailable`, also where somebody holds a table that has to be changed.
    """
    with in_sentences(url):
        connection = await connect(
            url, server_settings={"application_name": "pairloom migrate", "client_min_messages": "warning"}
        )
        try:
            # Held by the session: it survives the transactions below and dies with the connection.
            await connection.execute("select pg_advisory_lock($1)", _ONE_AT_A_TIME)
            return await _apply(connection)
        finally:
            await connection.close(timeout=5)


async def _apply(connection: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    applied = await _applied(connection)
    if not applied:
        await _check_release(connection)
        await _check_encoding(connection)
    known = {name: sha256(text.encode()).hexdigest() for name, text in numbered()}
    _check(applied, known)
    missing = [(name, text) for name, text in numbered() if name not in applied]
    until = time.monotonic() + PATIENCE.total_seconds()
    for name, text in missing:
        makes_the_owner = not applied and name == missing[0][0]
        while not await _applied_now(connection, name, text, known[name], makes_the_owner=makes_the_owner):
            if time.monotonic() > until:
                raise StoreUnavailable(
                    f"Migration {name} changes a table that somebody else holds, as a dump or an open transaction "
                    "does: run it again when that has ended."
                )
            await asyncio.sleep(LET_OTHERS.total_seconds())
    if not missing:
        await _give_back_what_a_restore_lost(connection)
    return [name for name, _ in missing]


async def _applied_now(
    connection: asyncpg.Connection[asyncpg.Record], name: str, text: str, digest: str, *, makes_the_owner: bool
) -> bool:
    """False where somebody holds what it changes. We do not wait long, for everybody else waits behind us; but longer
    than a deadlock_timeout, for an autovacuum gives way only then."""
    try:
        async with connection.transaction():
            await connection.execute("set local lock_timeout = '1500ms'")
            if not makes_the_owner:  # and goes on as it
                await act_as_owner(connection)
            await connection.execute(text)
            await connection.execute("insert into pairloom.migration (name, sha256) values ($1, $2)", name, digest)
            if text.startswith(STOPS_OLDER):
                await connection.execute("update pairloom.migration set stops_older = true where name = $1", name)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def _give_back_what_a_restore_lost(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """A dump does not hold the rights on the database itself; without them no read model can be switched."""
    allowed = "select has_database_privilege('pairloom_owner', current_database(), 'create')"
    if not await connection.fetchval(allowed):
        with suppress(asyncpg.InsufficientPrivilegeError):  # whoever may, will: `pairloom store migrate`
            async with connection.transaction():
                await act_as_owner(connection)


class _Applied(NamedTuple):
    sha256: str
    stops_older: bool


async def _applied(connection: asyncpg.Connection[asyncpg.Record]) -> dict[str, _Applied]:
    """What the database has, by name; empty for a database that was never migrated."""
    if await connection.fetchval("select to_regclass('pairloom.migration')") is None:
        return {}
    rows = await connection.fetch(  # whether it has the column yet or not
        "select name, sha256, coalesce((to_jsonb(m) ->> 'stops_older')::boolean, false) from pairloom.migration m"
        " order by name"
    )
    return {name: _Applied(*row) for name, *row in rows}


def _check(applied: dict[str, _Applied], known: dict[str, str]) -> None:
    newer = [name for name in applied if name not in known]
    unfinished = bool(newer) and not known.keys() <= applied.keys()  # then it is not newer, but another one
    for name in newer:
        if unfinished or applied[name].stops_older:
            raise SchemaTooNew(
                f"The database has migration {name}, which this Pairloom does not know: "
                "run the newer Pairloom that applied it, or give another database."
            )
    for name in applied.keys() & known.keys():
        if applied[name].sha256 != known[name]:
            raise SchemaChanged(
                f"Migration {name} was changed after the database had applied it: "
                "restore the file and put the change into a new migration."
            )


async def _check_release(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    major = connection.get_server_version().major
    if major < OLDEST and not await connection.fetchval("select current_setting('is_superuser')::boolean"):
        raise StoreUnavailable(
            f"In PostgreSQL {major} only a superuser can make Pairloom's roles: migrate the database once as one, "
            f"or take PostgreSQL {OLDEST} or later."
        )


async def _check_encoding(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """In another one, a name or a goal in the wrong script would be refused for good when it comes."""
    encoding = await connection.fetchval("show server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailable(
            f"The database stores text as {encoding}, which does not hold everything that people write: make one for "
            "Pairloom with `create database ... encoding 'UTF8' template template0`."
        )


async def act_as_owner(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """What is made in this transaction belongs to the owner, whoever has connected."""
    await connection.execute(statement("act_as_owner"))
