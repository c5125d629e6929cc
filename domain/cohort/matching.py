"""MATCHING and REVIEW: a proposal is recorded with its input hash, then a named approver publishes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from domain.cohort.capacity import reserve
from domain.cohort.eligibility import must_be_eligible
from domain.cohort.state import (
    Cohort,
    CohortClock,
    CohortStage,
    EngineReport,
    PlannedPairing,
    cohort_during,
)
from domain.cohort.waiting import left_over
from domain.decider import Clock, Command, Event, Moment, Rejected, Role
from domain.matching.assignment import LeftOver
from domain.permissions import only


class PairingProposed(Event):
    """The matching proposes a pair, with the parts of its score."""

    type: Literal["PairingProposed"] = "PairingProposed"
    planned: PlannedPairing


class MatchRunRecorded(Event):
    """A matching run is complete. The same hash and seed give the same pairs, so anyone can check it."""

    type: Literal["MatchRunRecorded"] = "MatchRunRecorded"
    input_hash: str
    seed: int
    pairs: int
    left_over: tuple[LeftOver, ...]


class MatchesApproved(Event):
    """A named approver publishes the pairs; offers go out at `starts_at`."""

    type: Literal["MatchesApproved"] = "MatchesApproved"
    approver: str
    starts_at: AwareDatetime


class ProposePairs(EngineReport):
    """The matching reports a part of its pairs. Only the engine sends this."""

    pairs: tuple[PlannedPairing, ...] = Field(min_length=1, max_length=500)


class RecordMatchRun(EngineReport):
    """The matching reports that it is done. Only the engine sends this."""

    input_hash: str
    left_over: tuple[LeftOver, ...]


class ApproveMatches(Command):
    """A named approver publishes the proposed pairs. Offers go out at `starts_at`, by default at once."""

    starts_at: Moment | None = None


def propose(state: Cohort, command: ProposePairs, at: datetime) -> tuple[PairingProposed, ...]:
    """Take pairs over from the matching, as it computed them; each reserves a place of both."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.MATCHING)
    reserve(state, command.pairs)
    return tuple(PairingProposed(at=at, planned=pair) for pair in command.pairs)


def record_run(state: Cohort, command: RecordMatchRun, at: datetime) -> tuple[MatchRunRecorded, ...]:
    """The proposal is complete: a person looks at it."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.MATCHING)
    return (
        MatchRunRecorded(
            at=at,
            input_hash=command.input_hash,
            seed=state.seed,
            pairs=len(state.proposed),
            left_over=command.left_over,
        ),
    )


def approve(state: Cohort, command: ApproveMatches, at: datetime) -> tuple[MatchesApproved, ...]:
    """Publish: REVIEW to RUNNING needs a named approver."""
    only(command.by, Role.APPROVER)
    cohort_during(state, CohortStage.REVIEW)
    if not state.proposed:
        raise Rejected("rule", "the matching found no pair; there is nothing to approve")
    must_be_eligible(state, state.proposed)
    starts_at = command.starts_at or at
    if starts_at < at:
        raise Rejected("time", "'starts_at' lies before the approval")
    review = Clock(name=f"{CohortClock.REVIEW.value}:1", due=starts_at + state.design.cohort.review_every)
    return (MatchesApproved(at=at, approver=command.by.id, starts_at=starts_at, starts=(review,)),)


def evolve_run(state: Cohort, event: MatchRunRecorded) -> Cohort:
    """REVIEW; whoever is left over is on the waiting list from now on."""
    waiting = left_over(state, event.left_over, event.at)
    return replace(
        state,
        stage=CohortStage.REVIEW,
        since=event.at,
        left_over=event.left_over,
        waiting=(*state.waiting, *waiting),
        waited=state.waited + len(waiting),
        stood=(),
        match_runs=state.match_runs + 1,
    )


def evolve_approved(state: Cohort, event: MatchesApproved) -> Cohort:
    """RUNNING from now on."""
    return replace(
        state,
        stage=CohortStage.RUNNING,
        since=event.at,
        approved_by=event.approver,
        approved_at=event.at,
        starts_at=event.starts_at,
    )
