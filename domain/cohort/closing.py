"""EVALUATING and the ends: the headline figures are recorded and the cohort closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.archiving import after_cancellation, after_close
from domain.cohort.orders import ordered, without_unanswered
from domain.cohort.state import Cohort, CohortStage, EngineReport, OrderKind, cohort_during
from domain.decider import Command, Event, Rejected, Role
from domain.figures import Headline
from domain.permissions import only


class CohortClosed(Event):
    """Every pairing has ended and the cohort is evaluated. `completed` are the pairings that did what was planned."""

    type: Literal["CohortClosed"] = "CohortClosed"
    headline: Headline
    completed: tuple[str, ...] = ()


class CohortCancelled(Event):
    """The cohort ended before its plan. `closes_pairings`: the ones that run are closed with it."""

    type: Literal["CohortCancelled"] = "CohortCancelled"
    reason: str
    closes_pairings: bool = False


class CloseCohort(EngineReport):
    """The evaluation reports the cohort's figures, and which pairings completed. Only the engine sends this."""

    headline: Headline
    completed: tuple[str, ...] = ()


class CancelCohort(Command):
    """An approver ends a cohort before its plan; pairings that run are closed with it, for good."""

    reason: str = Field(min_length=3, max_length=500)


class AbandonCohort(EngineReport):
    """The cohort's workflow was cancelled from outside, before its end. Only the engine sends this."""

    reason: str


CANCELLABLE = (
    CohortStage.DRAFT,
    CohortStage.ENROLLING,
    CohortStage.MATCHING,
    CohortStage.REVIEW,
    CohortStage.RUNNING,
    CohortStage.SUSPENDED,
)
"""Whatever comes before the figures."""


def close(state: Cohort, command: CloseCohort, at: datetime) -> tuple[CohortClosed, ...]:
    """Close with the figures; the effective time is that of the last review."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.EVALUATING)
    following = after_close(state, at)
    return (CohortClosed(at=at, headline=command.headline, completed=command.completed, starts=following),)


def evolve_closed(state: Cohort, event: CohortClosed) -> Cohort:
    """CLOSED, with the clocks that lead to the archive."""
    return replace(
        without_unanswered(state),
        stage=CohortStage.CLOSED,
        since=event.at,
        clocks=(),
        headline=event.headline,
        completed=event.completed,
    )


def cancel(state: Cohort, command: CancelCohort, at: datetime) -> tuple[CohortCancelled, ...]:
    """At any stage until its figures are taken; its pairings are told by an order."""
    only(command.by, Role.APPROVER)
    cohort_during(state, *CANCELLABLE)
    closes, following = state.approved_at is not None, after_cancellation(state, at)
    return (CohortCancelled(at=at, reason=command.reason, closes_pairings=closes, starts=following),)


def abandon(state: Cohort, command: AbandonCohort, at: datetime) -> tuple[CohortCancelled, ...]:
    """It ends in the record too; the pairings that it launched go on by themselves.

    Its archive stays due, or its people's data would be kept for ever: the workflow is started again for that.
    """
    only(command.by, Role.SERVICE)
    if state.ended:
        raise Rejected("stage", f"the cohort is {state.stage.value} already")
    return (CohortCancelled(at=at, reason=command.reason, starts=after_cancellation(state, at)),)


def evolve_cancelled(state: Cohort, event: CohortCancelled) -> Cohort:
    """Over. Nobody is left to carry out what an abandoned cohort had ordered."""
    over = replace(state, stage=CohortStage.CANCELLED, since=event.at, clocks=(), suspension=None, reason=event.reason)
    if event.closes_pairings:
        return ordered(over, OrderKind.CLOSE, event.at)
    return replace(without_unanswered(over), orders=())
