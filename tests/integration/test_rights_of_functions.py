"""Functions that run with their owner's rights lend them to nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from eventstore.projections import prepare
from eventstore.store import APPLICATION, EventStore
from readmodels.standing import Standing
from tests.integration.administration import administer
from tests.integration.test_event_store import batch, connection_to

LOOK_ELSEWHERE = """
select p.oid::regprocedure::text
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where (n.nspname = 'pairloom' or n.nspname like 'read\\_%')
   and (p.prosecdef or exists (select from unnest(p.proconfig) as setting where setting like 'search_path=%'))
   and p.prosqlbody is null
   and 'search_path=pg_catalog, pg_temp' <> all (coalesce(p.proconfig, '{}'))
"""
"""Names in a body that is no text were looked up when the function was made."""

BAIT = """
create function pg_temp.bite(value pg_catalog.{type}) returns boolean language plpgsql as $$
begin
    alter table pairloom.event disable trigger event_is_append_only;
    return true;
end;
$$;
create domain pg_temp.{type} as pg_catalog.{type} check (pg_temp.bite(value));
"""
"""Succeeds where the check runs as the owner of the ledger, and is an error where it runs as anybody else."""

GUARDED = "select tgenabled = 'O' from pg_trigger where tgname = 'event_is_append_only'"


@pytest_asyncio.fixture
async def worker(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A login that is a member of the application's role and of no other."""
    name = f"worker_{uuid4().hex}"
    await administer(database_url, f"create role {name} login password 'secret' in role {APPLICATION}")
    connection = await asyncpg.connect(database_url, user=name, password="secret")
    try:
        yield connection
    finally:
        await connection.close()
        await administer(database_url, f"drop role {name}")


LURE = """
create function lure.bite(integer, integer) returns boolean language plpgsql as $$
begin
    alter table pairloom.event disable trigger event_is_append_only;
    return true;
end;
$$;
create operator lure.= (function = lure.bite, leftarg = integer, rightarg = integer);
set search_path = lure, pg_catalog;
"""
"""As the bait, by an operator that the function's own comparison could find first."""

APPEND = """
select pairloom.append_event(
           'pairing/spring/p1', 0, gen_random_uuid(), gen_random_uuid(), null, 'mentor', 'P031', 'update', 'yes', 1,
           gen_random_uuid(), 'OfferAccepted', 1, now(), '{}')
"""


async def test_every_function_with_its_owners_rights_looks_at_temporary_names_last(database_url: str) -> None:
    await prepare(database_url, [Standing()])
    async with connection_to(database_url) as asking:
        assert [row[0] for row in await asking.fetch(LOOK_ELSEWHERE)] == []


@pytest.mark.parametrize(
    ("bait", "call"),
    [
        ("bytea", "select pairloom.key_of('spring', 'P031', '\\x00'::pg_catalog.bytea)"),
        ("pg_snapshot", "select pairloom.publish()"),
    ],
    ids=["bytea", "pg_snapshot"],
)
async def test_a_temporary_type_does_not_run_with_the_owners_rights(
    store: EventStore, worker: asyncpg.Connection[asyncpg.Record], bait: str, call: str
) -> None:
    await store.append(batch())
    trying = worker.transaction()
    await trying.start()
    await worker.execute(BAIT.format(type=bait))
    await worker.fetch(call)
    guarded = await worker.fetchval(GUARDED)
    await trying.rollback()
    assert guarded, "the worker has switched off what keeps events from being changed"


async def test_a_callers_own_operators_do_not_run_with_the_owners_rights(
    database_url: str, worker: asyncpg.Connection[asyncpg.Record]
) -> None:
    await administer(database_url, "create schema lure; grant all on schema lure to public")
    trying = worker.transaction()
    await trying.start()
    await worker.execute(LURE)
    assert await worker.fetchval(APPEND) == 1
    guarded = await worker.fetchval(GUARDED)
    await trying.rollback()
    assert guarded, "the worker has switched off what keeps events from being changed"
