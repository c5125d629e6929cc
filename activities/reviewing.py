"""Reading a cohort's figures from the event store: the week's funnel, the final evaluation."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime
from temporalio import activity

from activities.heartbeats import heartbeating
from activities.pairing_streams import folded_pairings
from domain.cohort.funnel import funnel
from domain.cohort.state import Funnel
from domain.cohort.waiting import EndedPairing, Owed
from domain.decider import Frozen
from domain.evaluation import headline
from domain.figures import Headline
from domain.pairing.decider import fold, load
from domain.pairing.facts import facts, outcome
from domain.pairing.state import Pairing
from domain.pairing.status import status
from eventstore.store import EventStore


class ReviewRequest(Frozen):
    """Which cohort, and up to which effective time."""

    cohort: str
    until: AwareDatetime


class ReviewFacts(Frozen):
    """The funnel, the pairings that are over for good, and who is owed another partner."""

    funnel: Funnel
    ended: tuple[str, ...]
    owed: tuple[Owed, ...]


class PairingRequest(Frozen):
    """One pairing of a cohort, as it stands now."""

    cohort: str
    pairing: str


class EvaluationRequest(Frozen):
    """Which cohort, and how many people had enrolled when it was matched."""

    cohort: str
    enrolled: int


class EvaluationFacts(Frozen):
    """The figures, and the pairings that did what was planned."""

    headline: Headline
    completed: tuple[str, ...]


class Reviewing:
    """Reads only; safe to repeat."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    @activity.defn
    async def review_cohort(self, request: ReviewRequest) -> ReviewFacts:
        """The figures of a moment, and what has ended until then."""
        async with heartbeating():
            states = [state async for state in folded_pairings(self._store, request.cohort, request.until)]
            return ReviewFacts(
                funnel=funnel([status(state) for state in states], request.until),
                ended=tuple(state.id for state in states if state.final),
                owed=tuple(owed for state in states for owed in _owed(state)),
            )

    @activity.defn
    async def read_pairing(self, request: PairingRequest) -> EndedPairing:
        """Whether a pairing is over for good, and who is owed another partner because of it."""
        stored = await self._store.read(f"pairing/{request.cohort}/{request.pairing}")
        if not stored:
            return EndedPairing(final=False)
        state = fold(load(event.data, event.schema_version) for event in stored)
        return EndedPairing(final=state.final, owed=_owed(state))

    @activity.defn
    async def evaluate_cohort(self, request: EvaluationRequest) -> EvaluationFacts:
        """The headline figures of a cohort whose pairings have all ended, and those that completed."""
        async with heartbeating():
            states = [state async for state in folded_pairings(self._store, request.cohort)]
            completed = tuple(state.id for state in states if outcome(state) == "completed")
            return EvaluationFacts(headline=await headline_of(self._store, request), completed=completed)


async def headline_of(store: EventStore, request: EvaluationRequest) -> Headline:
    """The headline figures as the streams stand now. People without a pairing count as eligible."""
    states = [state async for state in folded_pairings(store, request.cohort)]
    moments = [state.ended_at or state.since for state in states]
    now = max(moments, default=datetime.min)
    matched = {person for state in states for person in (state.mentor.participant, state.mentee.participant)}
    return headline([facts(state, now) for state in states], matched=len(matched), eligible=request.enrolled)


def _owed(state: Pairing) -> tuple[Owed, ...]:
    return tuple(
        Owed(pairing=state.id, participant=owed.participant, priority=owed.priority) for owed in status(state).owed
    )
