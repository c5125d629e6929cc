"""Checks after the killing: acknowledged is stored once, streams fold to their workflows' states, clocks have rung."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.pairing.clocks import FiredEvent
from domain.pairing.decider import evolve, load, notices
from domain.pairing.state import Pairing
from eventstore.records import StoredEvent
from eventstore.store import EventStore
from tests.chaos.lifecycle_senders import Acknowledged, Senders

SETTLED = 60.0
"""Seconds in which every overdue clock must have rung once nothing is killed any more."""

LATE = timedelta(seconds=3)


@dataclass(frozen=True)
class Ledger:
    """What was found, for the person who reads the output. `runs` grows with each continue-as-new."""

    events: int
    rung: int
    runs: int
    wrong: tuple[str, ...]


async def check(senders: Senders, database_url: str) -> Ledger:
    """Nobody may act any more; servers and workers must run, and get time to catch up."""
    wrong, events, rung = list(senders.broken), 0, 0
    async with await EventStore.connect(database_url) as store:
        for stream in senders.streams:
            live, stored = await _settled(senders, store, stream)
            events += len(stored)
            rung += sum(event.actor_role == "clock" for event in stored)
            mine = [one for one in senders.acknowledged if one.stream == stream]
            wrong += [f"{stream}: {sentence}" for sentence in _wrong(live, stored, mine)]
            if await store.messages(stream) != _notices(stored):
                wrong.append(f"{stream}: the outbox does not hold what the stream means, once")
    return Ledger(events, rung, await _runs(senders), tuple(wrong))


async def _runs(senders: Senders) -> int:
    return (await senders.client.count_workflows("WorkflowType = 'PairingWorkflow'")).count


async def _settled(senders: Senders, store: EventStore, stream: str) -> tuple[Pairing | None, list[StoredEvent]]:
    """The workflow's state when no clock is overdue and it stands where its stream does; else after the patience."""
    handle, until = senders.client.get_workflow_handle(stream), time.monotonic() + SETTLED
    while True:
        live: Pairing | None = None
        try:
            live = await handle.query("state", result_type=Pairing, rpc_timeout=timedelta(seconds=5))
            version = await handle.query("version", result_type=int, rpc_timeout=timedelta(seconds=5))
        except (RPCError, WorkflowQueryFailedError):
            version = -1
        stored = await store.read(stream)
        if time.monotonic() > until or (live is not None and version == len(stored) and not _overdue(live)):
            return live, stored
        await asyncio.sleep(0.2)


def _overdue(state: Pairing) -> list[str]:
    return [clock.name for clock in state.clocks if clock.due < datetime.now(UTC) - LATE]


def _wrong(live: Pairing | None, stored: Sequence[StoredEvent], acknowledged: Sequence[Acknowledged]) -> Iterator[str]:
    if [event.version for event in stored] != list(range(1, len(stored) + 1)):
        yield "the versions have a gap"
    if len({event.event_id for event in stored}) != len(stored):
        yield "an event is doubled"
    folded: Pairing | None = None
    for event in stored:
        folded = evolve(folded, load(event.data, event.schema_version))
    if live is None:
        yield "the workflow does not answer"
    elif live != folded:
        yield "the workflow's state is not what the stream folds to"
    if folded is not None and _overdue(folded):
        yield f"clocks are lost: {', '.join(_overdue(folded))}"
    yield from _rung_twice(stored)
    yield from _not_as_acknowledged(stored, acknowledged)


def _rung_twice(stored: Sequence[StoredEvent]) -> Iterator[str]:
    """A clock's key is its name and its due time: one firing is one command."""
    starts = [event for event in stored if event.actor_role == "clock" and event.command_seq == 0]
    for key, times in Counter(event.idempotency_key for event in starts).items():
        if times > 1:
            yield f"{key} rang {times} times"
    for event in stored:
        loaded = load(event.data, event.schema_version)
        if isinstance(loaded, FiredEvent) and loaded.at < loaded.due:
            yield f"{loaded.type} came before it was due"


def _not_as_acknowledged(stored: Sequence[StoredEvent], acknowledged: Sequence[Acknowledged]) -> Iterator[str]:
    for one in acknowledged:
        written = [event for event in stored if event.idempotency_key == one.command.key]
        versions = [event.version for event in written]
        promised = list(range(one.receipt.first, one.receipt.last + 1)) if one.receipt.events else []
        if versions != promised:
            yield f"{one.command.key} was acknowledged as {promised} and is stored as {versions}"


def _notices(stored: Sequence[StoredEvent]) -> int:
    """How many messages the stream means, by the domain's own word."""
    told, state = 0, None
    for event in (load(event.data, event.schema_version) for event in stored):
        state = evolve(state, event)
        told += len(notices(state, event))
    return told
