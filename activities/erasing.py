"""Erasing: keys and rows go, streams stay. Every activity is safe to repeat."""

from __future__ import annotations

from temporalio import activity

from activities.heartbeats import heartbeating
from domain.decider import Frozen, ParticipantId
from eventstore.people import people
from eventstore.store import EventStore

AT_ONCE = 1000
"""People whose keys are erased in one statement."""


class ErasureRequest(Frozen):
    """Whose: all that is kept of one person, or, without a `subject`, of an archived cohort with these `people`."""

    cohort: str
    subject: ParticipantId | None
    people: tuple[ParticipantId, ...] = ()


class Erasing:
    """Makes what people gave unreadable, for ever."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    @activity.defn
    async def erase(self, request: ErasureRequest) -> int:
        """Answers with how many people it was about. Whoever is only in the roster is erased with them, uncounted."""
        async with heartbeating():
            if request.subject is not None:
                await self._store.erase_person(request.cohort, request.subject)
                return 1
            for start in range(0, len(request.people), AT_ONCE):
                await self._store.erase_answers(request.cohort, request.people[start : start + AT_ONCE])
            # Nobody can ask an archived cohort for an erasure any more: it keeps no name and no address either.
            for person in await people(self._store, request.cohort):
                await self._store.erase_person(request.cohort, person.id)
            return len(request.people)
