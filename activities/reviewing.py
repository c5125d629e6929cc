"""Reading a cohort's figures from the event store: the week's funnel, the final evaluation."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime
from temporalio import activity

from activities.heartbeats import heartbeating
from activities.pairing_streams import folded_pairings
from domain.cohort.funnel import funnel
from domain.cohort.state import Funnel
from domain.decider import Frozen
from domain.evaluation import Headline, headline
from domain.pairing.facts import facts
from domain.pairing.status import status
from eventstore.store import EventStore


class ReviewRequest(Frozen):
    """Which cohort, and up to which effective time."""

    cohort: str
    until: AwareDatetime


class EvaluationRequest(Frozen):
    """Which cohort, and how many people had enrolled when it was matched."""

    cohort: str
    enrolled: int


class Reviewing:
    """Reads only; safe to repeat."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    @activity.defn
    async def review_cohort(self, request: ReviewRequest) -> Funnel:
        """The funnel at a moment."""
        async with heartbeating():
            pairings = [status(p) async for p in folded_pairings(self._store, request.cohort, request.until)]
            return funnel(pairings, request.until)

    @activity.defn
    async def evaluate_cohort(self, request: EvaluationRequest) -> Headline:
        """The headline figures of a cohort whose pairings have all ended."""
        async with heartbeating():
            return await headline_of(self._store, request)


async def headline_of(store: EventStore, request: EvaluationRequest) -> Headline:
    """The headline figures as the streams stand now. People without a pairing count as eligible."""
    states = [state async for state in folded_pairings(store, request.cohort)]
    moments = [state.ended_at or state.since for state in states]
    now = max(moments, default=datetime.min)
    matched = {person for state in states for person in (state.mentor.participant, state.mentee.participant)}
    return headline([facts(state, now) for state in states], matched=len(matched), eligible=request.enrolled)
