"""EVALUATING and the ends: the headline figures are recorded and the cohort closes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.state import Cohort, CohortStage, EngineReport, cohort_during
from domain.decider import Command, Event, Role
from domain.evaluation import Headline
from domain.permissions import only


class CohortClosed(Event):
    """Every pairing has ended and the cohort is evaluated."""

    type: Literal["CohortClosed"] = "CohortClosed"
    headline: Headline


class CohortCancelled(Event):
    """The cohort ended before its plan."""

    type: Literal["CohortCancelled"] = "CohortCancelled"
    reason: str


class CloseCohort(EngineReport):
    """The evaluation reports the cohort's figures. Only the engine sends this."""

    headline: Headline


class CancelCohort(Command):
    """An approver ends a cohort that has not been launched."""

    reason: str = Field(min_length=3, max_length=500)


class AbandonCohort(EngineReport):
    """The cohort's workflow was cancelled from outside, at whatever stage. Only the engine sends this."""

    reason: str


def close(state: Cohort, command: CloseCohort, at: datetime) -> tuple[CohortClosed, ...]:
    """Close with the figures; the effective time is that of the last review."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.EVALUATING)
    return (CohortClosed(at=at, headline=command.headline),)


def cancel(state: Cohort, command: CancelCohort, at: datetime) -> tuple[CohortCancelled, ...]:
    """Before the launch only: running pairings are closed one by one, each with its reason."""
    only(command.by, Role.APPROVER)
    cohort_during(state, CohortStage.DRAFT, CohortStage.ENROLLING, CohortStage.MATCHING, CohortStage.REVIEW)
    return (CohortCancelled(at=at, reason=command.reason),)


def abandon(state: Cohort, command: AbandonCohort, at: datetime) -> tuple[CohortCancelled, ...]:
    """It ends in the record too; the pairings that it launched go on by themselves."""
    return (CohortCancelled(at=max(at, state.since), reason=command.reason),)
