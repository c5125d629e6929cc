"""The pairings of a cohort as their stored streams tell them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from domain.pairing.decider import fold, load
from domain.pairing.state import Pairing
from eventstore.records import AsOf
from eventstore.store import EventStore


async def folded_pairings(store: EventStore, cohort: str, until: datetime | None = None) -> AsyncIterator[Pairing]:
    """Each pairing, by id, as it stood at the effective time `until` (now, if that is None)."""
    for stream in await store.streams(f"pairing/{cohort}/"):
        stored = await store.read(stream, as_of=AsOf(effective=until))
        events = [load(event.data, event.schema_version) for event in stored]
        if events:
            yield fold(events)
