"""What happened to a pairing or a cohort, in sentences. Read from its stream: no table can be behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.cohort import decider as cohorts
from domain.cohort import story as cohort_story
from domain.pairing import decider as pairings
from domain.pairing import story as pairing_story
from eventstore.records import AsOf, StoredEvent
from eventstore.store import EventStore


@dataclass(frozen=True, slots=True)
class Told:
    """One event. `at` is when it took effect, `recorded_at` when the store got it; `by` is a role."""

    version: int
    at: datetime
    recorded_at: datetime
    by: str
    type: str
    sentence: str


async def pairing_timeline(store: EventStore, cohort: str, pairing: str, as_of: AsOf | None = None) -> list[Told]:
    """The pairing's story, empty for an unknown one."""
    stored = await store.read(f"pairing/{cohort}/{pairing}", as_of=as_of)
    return [_told(e, pairing_story.tell(pairings.load(e.data, e.schema_version))) for e in stored]


async def cohort_timeline(store: EventStore, cohort: str, as_of: AsOf | None = None) -> list[Told]:
    """The cohort's story, empty for an unknown one."""
    stored = await store.read(f"cohort/{cohort}", as_of=as_of)
    return [_told(e, cohort_story.tell(cohorts.load(e.data, e.schema_version))) for e in stored]


def _told(event: StoredEvent, sentence: str) -> Told:
    return Told(event.version, event.occurred_at, event.recorded_at, event.actor_role, event.type, sentence)
