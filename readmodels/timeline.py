"""What happened to a pairing or a cohort, in sentences. Read from its stream: no table can be behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.cohort import decider as cohorts
from domain.cohort import story as cohort_story
from domain.decider import Role
from domain.pairing import decider as pairings
from domain.pairing import story as pairing_story
from domain.pairing.state import Pairing
from domain.pairing.visibility import visible, visible_to_sender
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


async def pairing_timeline(
    store: EventStore, cohort: str, pairing: str, as_of: AsOf | None = None, *, reader: Role
) -> list[Told]:
    """The pairing's story as far as the reader's role may know it, empty for an unknown one."""
    stored = await store.read(f"pairing/{cohort}/{pairing}", as_of=as_of)
    events = [(each, pairings.load(each.data, each.schema_version)) for each in stored]
    return [_told(each, pairing_story.tell(event)) for each, event in events if visible(event, reader)]


async def told_to_sender(
    store: EventStore, cohort: str, pairing: str, first: int, last: int, *, sender: Role
) -> list[Told]:
    """What these events of the pairing say, which a command of the sender meant, as far as its role may know.

    `first` is 0 where it meant none.
    """
    if not first:
        return []
    stored = await store.read(f"pairing/{cohort}/{pairing}", after=first - 1, limit=last - first + 1)
    events = [(each, pairings.load(each.data, each.schema_version)) for each in stored]
    return [_told(each, pairing_story.tell(event)) for each, event in events if visible_to_sender(event, sender)]


async def pairing_state(store: EventStore, cohort: str, pairing: str) -> Pairing | None:
    """The pairing as its stream tells it now; None for an unknown one."""
    stored = await store.read(f"pairing/{cohort}/{pairing}")
    return pairings.fold(pairings.load(e.data, e.schema_version) for e in stored) if stored else None


async def cohort_timeline(store: EventStore, cohort: str, as_of: AsOf | None = None) -> list[Told]:
    """The cohort's story, empty for an unknown one."""
    stored = await store.read(f"cohort/{cohort}", as_of=as_of)
    return [_told(e, cohort_story.tell(cohorts.load(e.data, e.schema_version))) for e in stored]


def _told(event: StoredEvent, sentence: str) -> Told:
    return Told(event.version, event.occurred_at, event.recorded_at, event.actor_role, event.type, sentence)
