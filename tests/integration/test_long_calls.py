"""What costs as much as is stored, or as lies unpublished, is not broken off after the time of a usual call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from eventstore import sequencer
from eventstore.failures import StoreUnavailable
from eventstore.sequencer import Published, publish, run_sequencer
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.integration.test_event_store import batch, connection_to, until_somebody_waits

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
