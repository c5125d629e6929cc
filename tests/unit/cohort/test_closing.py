"""EVALUATING and the ends: the figures are recorded and the cohort closes, or it is cancelled before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.cohort.closing import AbandonCohort, CancelCohort, CloseCohort, CohortCancelled, CohortClosed
from domain.cohort.state import CohortStage
from domain.decider import Actor

from .given import (
    APPROVER,
    COORDINATOR,
    ENGINE,
    Story,
    an,
    approved,
    closed,
    draft,
    enrolling,
    evaluating,
    figures,
    in_review,
    matching,
    running,
)


def test_the_cohort_closes_with_its_figures() -> None:
    story = evaluating().when(CloseCohort, ENGINE, headline=figures())

    story.then(an(CohortClosed, headline=figures()))
    assert story.stage is CohortStage.CLOSED
    assert story.state.ended
    assert story.clocks == {}


@pytest.mark.parametrize("actor", [COORDINATOR, APPROVER], ids=lambda actor: actor.role.value)
def test_nobody_writes_the_figures_by_hand(actor: Actor) -> None:
    evaluating().refuses(CloseCohort, actor, code="role", headline=figures())


def test_a_running_cohort_is_not_closed() -> None:
    running().refuses(CloseCohort, ENGINE, code="stage", headline=figures())


@pytest.mark.parametrize("story", [draft, enrolling, matching, in_review], ids=lambda story: story.__name__)
def test_the_approver_cancels_before_the_launch(story: Callable[[], Story]) -> None:
    cancelled = story().when(CancelCohort, APPROVER, reason="budget")

    cancelled.then(an(CohortCancelled, reason="budget"))
    assert cancelled.stage is CohortStage.CANCELLED
    assert (cancelled.state.reason, cancelled.clocks) == ("budget", {})


@pytest.mark.parametrize("story", [matching, running, evaluating], ids=lambda story: story.__name__)
def test_a_cohort_whose_workflow_was_cancelled_ends_at_any_stage(story: Callable[[], Story]) -> None:
    abandoned = story().when(AbandonCohort, ENGINE, reason="the workflow was cancelled")

    abandoned.then(an(CohortCancelled, reason="the workflow was cancelled"))
    assert abandoned.state.ended


def test_no_service_cancels_a_cohort() -> None:
    in_review().refuses(CancelCohort, ENGINE, code="role", reason="budget")


@pytest.mark.parametrize("story", [approved, running, evaluating], ids=lambda story: story.__name__)
def test_after_it_pairings_are_closed_one_by_one(story: Callable[[], Story]) -> None:
    story().refuses(CancelCohort, APPROVER, code="stage", reason="budget")


def test_the_coordinator_does_not_cancel() -> None:
    in_review().refuses(CancelCohort, COORDINATOR, code="role", reason="budget")


def test_after_the_end_nothing_happens() -> None:
    closed().refuses(CancelCohort, APPROVER, code="stage", saying="has ended: CLOSED", reason="budget")
