"""EVALUATING and the ends: the figures are recorded and the cohort closes, or it is cancelled before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.cohort.closing import AbandonCohort, CancelCohort, CloseCohort, CohortCancelled, CohortClosed
from domain.cohort.decider import Work, work
from domain.cohort.orders import OrderCarriedOut, pairing_command, tellings
from domain.cohort.running import RecordLaunch
from domain.cohort.state import CohortStage, OrderKind
from domain.cohort.suspending import SuspendCohort
from domain.decider import Actor
from domain.pairing.closing import CloseEarly
from domain.pairing.state import CloseReason

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
    suspended,
)


def test_the_cohort_closes_with_its_figures() -> None:
    story = evaluating().when(CloseCohort, ENGINE, headline=figures())

    story.then(an(CohortClosed, headline=figures()))
    assert story.stage is CohortStage.CLOSED
    assert story.state.ended
    assert story.clocks == {"follow_up": 203, "archive": 386}


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
    assert cancelled.state.reason == "budget"
    assert list(cancelled.clocks) == ["archive"]


@pytest.mark.parametrize("story", [matching, running, evaluating], ids=lambda story: story.__name__)
def test_a_cohort_whose_workflow_was_cancelled_ends_at_any_stage(story: Callable[[], Story]) -> None:
    abandoned = story().when(AbandonCohort, ENGINE, reason="the workflow was cancelled")

    abandoned.then(an(CohortCancelled, reason="the workflow was cancelled"))
    assert abandoned.state.ended
    assert list(abandoned.clocks) == ["archive"], "what its people said is not kept for ever"
    abandoned.refuses(AbandonCohort, ENGINE, code="stage", reason="the workflow was cancelled")


def test_no_service_cancels_a_cohort() -> None:
    in_review().refuses(CancelCohort, ENGINE, code="role", reason="budget")


@pytest.mark.parametrize("story", [approved, running, suspended], ids=lambda story: story.__name__)
def test_after_it_the_pairings_that_run_are_closed_with_it(story: Callable[[], Story]) -> None:
    cancelled = story().when(CancelCohort, APPROVER, reason="budget")

    cancelled.then(an(CohortCancelled, reason="budget", closes_pairings=True))
    assert (cancelled.stage, list(cancelled.clocks)) == (CohortStage.CANCELLED, ["archive"])
    assert cancelled.state.ended
    assert work(cancelled.state) is Work.ORDER
    (order,) = cancelled.state.orders
    command = pairing_command(order)
    assert isinstance(command, CloseEarly)
    assert (command.reason, command.at) == (CloseReason.COHORT_CANCELLED, cancelled.now)

    cancelled.told(obeyed=2).then(an(OrderCarriedOut, kind=OrderKind.CLOSE, obeyed=2))
    assert work(cancelled.state) is None
    assert not cancelled.state.final, "the answers are still kept"


def test_a_batch_that_was_being_launched_is_closed_too() -> None:
    cancelled = approved(3).when(CancelCohort, APPROVER, reason="budget")

    cancelled.when(RecordLaunch, ENGINE, pairings=["m1-e1", "m2-e2"])

    ((_, told),) = tellings(cancelled.state, cancelled.state.orders[0])
    assert told == ("m1-e1", "m2-e2")
    cancelled.told(obeyed=2).refuses(RecordLaunch, ENGINE, code="stage", pairings=["m3-e3"])


def test_whoever_takes_the_figures_is_not_stopped() -> None:
    evaluating().refuses(CancelCohort, APPROVER, code="stage", reason="budget")


def test_an_abandoned_cohort_gives_no_order() -> None:
    story = running().when(SuspendCohort, COORDINATOR, reason="a works council")

    assert work(story.when(AbandonCohort, ENGINE, reason="the workflow was cancelled").state) is None
    running().refuses(AbandonCohort, COORDINATOR, code="role", reason="by hand")


def test_the_coordinator_does_not_cancel() -> None:
    in_review().refuses(CancelCohort, COORDINATOR, code="role", reason="budget")


def test_after_the_end_nothing_happens() -> None:
    closed().refuses(CancelCohort, APPROVER, code="stage", saying="has ended: CLOSED", reason="budget")
