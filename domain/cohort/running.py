"""RUNNING: the approved pairs are launched, and every week the coordinator gets a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.state import Cohort, CohortClock, CohortStage, EngineReport, Funnel, cohort_during
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


def record_launch(state: Cohort, command: RecordLaunch, at: datetime) -> tuple[PairingLaunched, ...]:
    """Remember which pairings run, each once; a batch may come back after the cohort was suspended or cancelled."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.RUNNING, CohortStage.SUSPENDED, CohortStage.CANCELLED)
    waiting = {pair.pairing for pair in state.unlaunched}
    fresh = tuple(pairing for pairing in command.pairings if pairing in waiting)
    if not fresh:
        raise Rejected("duplicate", "these pairings have been launched already")
    return tuple(PairingLaunched(at=at, pairing=pairing) for pairing in fresh)


def record_review(state: Cohort, command: RecordReview, now: datetime) -> tuple[CohortReviewed, ...]:
    """The week's review; the next one is due a week later, until every pairing has ended for good."""
    if all(clock.name != command.clock or clock.due != command.due for clock in state.clocks):
        raise Rejected("duplicate", f"the clock '{command.clock}' does not run any more")
    at, _ = fired(command.due, now, state.design, state.as_of)
    week = state.reviews + 1
    over = command.funnel.settled >= len(state.proposed)
    following = Clock(name=f"{CohortClock.REVIEW.value}:{week + 1}", due=at + state.design.cohort.review_every)
    starts = () if over else (following,)
    return (CohortReviewed(at=at, week=week, funnel=command.funnel, starts=starts, stops=(command.clock,)),)


def evolve_reviewed(state: Cohort, event: CohortReviewed) -> Cohort:
    """EVALUATING once every pairing has ended for good."""
    over = event.funnel.settled >= len(state.proposed)
    stage = CohortStage.EVALUATING if over else state.stage
    since = event.at if over else state.since
    return replace(state, reviews=event.week, funnel=event.funnel, stage=stage, since=since)
