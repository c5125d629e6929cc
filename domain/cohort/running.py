"""RUNNING: the approved pairs are launched, and every week the coordinator gets a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.rematch import rematch_is_due
from domain.cohort.state import Cohort, CohortClock, CohortStage, EngineReport, Funnel, cohort_during
from domain.cohort.waiting import (
    Owed,
    PairingsEnded,
    WaitingListJoined,
    ended_and_owed,
    evolve_ended,
    evolve_joined,
    too_late,
)
from domain.decider import Clock, Event, Rejected, Role
from domain.lateness import fired
from domain.permissions import only


class PairingLaunched(Event):
    """The pairing's own workflow runs."""

    type: Literal["PairingLaunched"] = "PairingLaunched"
    pairing: str


class CohortReviewed(Event):
    """The week's figures: how many pairings have come how far, and what needs a person."""

    type: Literal["CohortReviewed"] = "CohortReviewed"
    week: int
    funnel: Funnel


class RecordLaunch(EngineReport):
    """The launch reports pairings that run. Only the engine sends this."""

    pairings: tuple[str, ...] = Field(min_length=1, max_length=500)


class RecordReview(EngineReport):
    """A review's clock came due and its figures were read from the store. Only the engine sends this."""

    clock: str
    due: datetime
    funnel: Funnel
    ended: tuple[str, ...] = ()
    owed: tuple[Owed, ...] = ()


def record_launch(state: Cohort, command: RecordLaunch, at: datetime) -> tuple[PairingLaunched, ...]:
    """Remember which pairings run, each once; a batch may come back after the cohort was suspended or cancelled."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.RUNNING, CohortStage.SUSPENDED, CohortStage.CANCELLED)
    waiting = {pair.pairing for pair in state.unlaunched}
    fresh = tuple(pairing for pairing in command.pairings if pairing in waiting)
    if not fresh:
        raise Rejected("duplicate", "these pairings have been launched already")
    return tuple(PairingLaunched(at=at, pairing=pairing) for pairing in fresh)


def record_review(
    state: Cohort, command: RecordReview, now: datetime
) -> tuple[PairingsEnded | WaitingListJoined | CohortReviewed, ...]:
    """The week's review; the next one is due a week later, until every pairing has ended for good.

    It frees the places of pairings that have ended, and puts on the waiting list who is owed another partner. A
    re-match that is proposed or can be keeps the cohort running, as long as there is time for it.
    """
    if all(clock.name != command.clock or clock.due != command.due for clock in state.clocks):
        raise Rejected("duplicate", f"the clock '{command.clock}' does not run any more")
    at, _ = fired(command.due, now, state.design, state.as_of)
    freed = ended_and_owed(state, command.ended, command.owed, at)
    week = state.reviews + 1
    if _over(state, freed, command.funnel, at) and not _some_left(state, freed, command.ended):
        clocks = tuple(clock.name for clock in state.clocks)
        return (*freed, CohortReviewed(at=at, week=week, funnel=command.funnel, stops=_all_of(clocks, freed)))
    following = Clock(name=f"{CohortClock.REVIEW.value}:{week + 1}", due=at + state.design.cohort.review_every)
    review = CohortReviewed(at=at, week=week, funnel=command.funnel, starts=(following,), stops=(command.clock,))
    return (*freed, review)


def evolve_reviewed(state: Cohort, event: CohortReviewed) -> Cohort:
    """EVALUATING once no further review is due: every pairing has ended for good."""
    over = not event.starts
    stage = CohortStage.EVALUATING if over else state.stage
    since = event.at if over else state.since
    return replace(state, reviews=event.week, funnel=event.funnel, stage=stage, since=since)


def _over(state: Cohort, freed: tuple[PairingsEnded | WaitingListJoined, ...], funnel: Funnel, at: datetime) -> bool:
    if funnel.settled < len(state.proposed):
        return False
    if too_late(state, at):
        return True
    for event in freed:
        state = evolve_ended(state, event) if isinstance(event, PairingsEnded) else evolve_joined(state, event)
    return not state.rematches and not rematch_is_due(replace(state, as_of=at))


def _some_left(state: Cohort, freed: tuple[PairingsEnded | WaitingListJoined, ...], ended: tuple[str, ...]) -> bool:
    """More pairings have ended than this review could take over."""
    taken = {pairing for event in freed if isinstance(event, PairingsEnded) for pairing in event.pairings}
    known = {planned.pairing for planned in state.proposed}
    return bool((set(ended) & known) - taken - set(state.pairings_ended))


def _all_of(running: tuple[str, ...], freed: tuple[PairingsEnded | WaitingListJoined, ...]) -> tuple[str, ...]:
    return (*running, *(clock.name for event in freed for clock in event.starts))
