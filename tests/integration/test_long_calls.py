"""What costs as much as is stored, or as lies unpublished, is not broken off after the time of a usual call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from eventstore import sequencer
from eventstore.failures import StoreUnavailable
from eventstore.migrations import _ONE_AT_A_TIME, migrate
from eventstore.projections import begin_rebuild
from eventstore.sequencer import Published, publish, run_sequencer
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.integration.administration import administer
from tests.integration.test_event_store import batch, connection_to, until_somebody_waits
from tests.integration.test_feed import Counted
from tests.integration.test_outages import name_of

CALL = 0.3

LONG: dict[str, Callable[[EventStore], Awaitable[object]]] = {"publish": publish, "verify": verify}


@pytest.mark.parametrize("call", LONG)
async def test_a_long_call_is_waited_for(database_url: str, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.setattr("eventstore.store.CALL", CALL)
    async with await EventStore.connect(database_url) as store, connection_to(database_url) as holding:
        await store.append(batch())
        await holding.execute("begin; lock table pairloom.event in access exclusive mode")
        calling = asyncio.create_task(LONG[call](store))
        await until_somebody_waits(database_url)
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            await store.count()
        await holding.execute("commit")
        await calling


async def test_a_sequencer_that_does_not_come_to_an_end_waits_longer_the_next_time(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not begin with the longest time: a server whose machine has gone would be waited for as long."""
    asked = list[float]()

    async def slow(_: EventStore, patience: float) -> Published:
        asked.append(patience)
        if len(asked) < 4:
            await asyncio.sleep(1.5 * patience)
            raise StoreUnavailable("It did not answer in time.")
        if len(asked) == 6:
            raise asyncio.CancelledError
        return Published(events=1, head=1)

    monkeypatch.setattr(sequencer, "publish", slow)
    monkeypatch.setattr(sequencer, "CALL", 0.01)
    monkeypatch.setattr(sequencer, "DOWN", 0.0)
    with suppress(asyncio.CancelledError):
        await run_sequencer(store)
    assert asked == [0.01, 0.02, 0.04, 0.08, 0.01, 0.01]


IMPATIENT = 0.2
"""Seconds after which the server ends things, as its administrator has it for others."""


async def rebuild(store: EventStore, url: str) -> None:
    await begin_rebuild(url, Counted())


OURS: dict[str, Callable[[EventStore, str], Awaitable[object]]] = {
    "publish": lambda store, _: publish(store),
    "verify": lambda store, _: verify(store),
    "begin a rebuild": rebuild,
    "migrate": lambda _, url: migrate(url),
}
HELD = (
    "begin; lock table pairloom.event, pairloom.projection in access exclusive mode;"
    f" select pg_advisory_xact_lock({_ONE_AT_A_TIME})"
)


@pytest.mark.parametrize("call", OURS)
@pytest.mark.parametrize("limit", ["statement_timeout", "transaction_timeout", "lock_timeout"])
async def test_no_limit_of_the_servers_ends_a_call_of_ours(database_url: str, limit: str, call: str) -> None:
    await administer(database_url, f"alter database {name_of(database_url)} set {limit} = '{IMPATIENT * 1000:.0f}ms'")
    async with await EventStore.connect(database_url) as store, connection_to(database_url) as holding:
        await store.append(batch())
        for other in ("statement_timeout", "transaction_timeout", "lock_timeout"):
            await holding.execute(f"set {other} = 0")
        await holding.execute(HELD)
        calling = asyncio.create_task(OURS[call](store, database_url))
        await until_somebody_waits(database_url)
        await asyncio.sleep(3 * IMPATIENT)
        await holding.execute("commit")
        await calling


async def test_a_server_that_ends_idle_sessions_does_not_end_who_listens(database_url: str) -> None:
    await administer(
        database_url, f"alter database {name_of(database_url)} set idle_session_timeout = '{IMPATIENT * 1000:.0f}ms'"
    )
    async with await EventStore.connect(database_url) as store:
        line = await store.listen("anything", lambda: None)
        await asyncio.sleep(3 * IMPATIENT)
        assert not line.is_closed()
        await line.close()
