"""How a roster file differs from the roster that a cohort has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.cohort.decider import load
from domain.cohort.state import WaitsBecause
from domain.cohort.waiting import WaitingListJoined
from domain.decider import ParticipantId
from domain.roster import Person
from eventstore.store import EventStore


def roster_changes(file: Sequence[Person], stored: Sequence[Person], erased: Collection[str]) -> str | None:
    """In numbers, `1 person new, 2 missing`; None where they agree. Who has been erased is in no stored roster."""
    given = {person.id: person for person in file if person.id not in erased}
    known = {person.id: person for person in stored}
    counts = {
        "new": len(given.keys() - known.keys()),
        "missing": len(known.keys() - given.keys()),
        "changed": sum(known[id] != person for id, person in given.items() if id in known),
    }
    found = [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join(found) or None


async def joined_later(store: EventStore, cohort: str) -> frozenset[ParticipantId]:
    """Who joined late, by the cohort's stream: the roster that it began with has not got them."""
    stored = await store.read(f"cohort/{cohort}")
    events = [load(each.data, each.schema_version) for each in stored if each.type == WaitingListJoined.__name__]
    return frozenset(
        event.entry.person
        for event in events
        if isinstance(event, WaitingListJoined) and event.entry.because is WaitsBecause.JOINED_LATE
    )
