"""SUSPENDED: the cohort stands still with its pairings, and every clock keeps the time that it had left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.cohort.decider import Work, work
from domain.cohort.matching import ApproveMatches
from domain.cohort.orders import pairing_command
from domain.cohort.running import RecordLaunch
from domain.cohort.state import CohortStage, OrderKind
from domain.cohort.suspending import CohortResumed, CohortSuspended, ResumeCohort, SuspendCohort
from domain.decider import Actor
from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort

from .given import (
    APPROVER,
    COORDINATOR,
    ENGINE,
    MENTOR,
    Story,
    an,
    approved,
    closed,
    day,
    draft,
    enrolling,
    evaluating,
    in_review,
    matching,
    running,
    suspended,
)

WHY = "a works council asks for time"


def test_a_suspended_cohort_stands_still_and_tells_its_pairings() -> None:
    story = running().when(SuspendCohort, COORDINATOR, on=16, reason=WHY)

    story.then(an(CohortSuspended, at=day(16), reason=WHY))
    assert (story.stage, story.clocks) == (CohortStage.SUSPENDED, {})
    (order,) = story.state.orders
    assert isinstance(pairing_command(order), SuspendWithCohort)
    assert (pairing_command(order).at, pairing_command(order).key) == (day(16), "cohort-order:1")


def test_it_goes_on_where_it_stood_with_the_time_that_was_left() -> None:
    story = suspended().when(ResumeCohort, COORDINATOR, on=46)

    story.then(an(CohortResumed, at=day(46)))
    assert (story.stage, story.clocks) == (CohortStage.RUNNING, {"review:1": 51})
    assert story.state.suspended_for == day(30) - day(0)
    (order,) = story.state.orders
    assert isinstance(pairing_command(order), ResumeWithCohort)
    assert story.told(obeyed=2).reviewed().clocks == {"review:2": 58}


def test_orders_are_carried_out_one_after_the_other() -> None:
    story = running().when(SuspendCohort, COORDINATOR, on=16, reason=WHY).when(ResumeCohort, COORDINATOR, on=17)

    assert [order.kind for order in story.state.orders] == [OrderKind.SUSPEND, OrderKind.RESUME]
    assert [order.kind for order in story.told(obeyed=2).state.orders] == [OrderKind.RESUME]
    assert work(story.state) is Work.ORDER
    assert work(story.told(obeyed=2).state) is None


def test_nothing_is_launched_meanwhile_and_what_was_being_launched_is_suspended_too() -> None:
    story = approved(3).when(SuspendCohort, COORDINATOR, on=13, reason=WHY)
    story.when(RecordLaunch, ENGINE, pairings=["m1-e1"])
    assert work(story.state) is Work.ORDER

    story.told(obeyed=1)
    assert work(story.state) is None

    story.when(ResumeCohort, COORDINATOR, on=20).told(obeyed=1)
    assert work(story.state) is Work.LAUNCH


def test_an_enrolment_window_keeps_its_days_and_nobody_is_told() -> None:
    story = enrolling(2).when(SuspendCohort, COORDINATOR, on=8, reason=WHY)
    assert (story.clocks, story.state.orders) == ({}, ())

    story.when(ResumeCohort, COORDINATOR, on=18)

    assert (story.stage, story.clocks) == (CohortStage.ENROLLING, {"enrolment.close": 38})
    assert story.state.orders == ()


@pytest.mark.parametrize(
    "story", [draft, matching, in_review, evaluating, closed, suspended], ids=lambda story: story.__name__
)
def test_only_what_has_clocks_is_suspended(story: Callable[[], Story]) -> None:
    story().refuses(SuspendCohort, COORDINATOR, code="stage", reason=WHY)


def test_only_what_is_suspended_goes_on() -> None:
    running().refuses(ResumeCohort, COORDINATOR, code="stage")


@pytest.mark.parametrize("actor", [APPROVER, MENTOR, ENGINE], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_decides(actor: Actor) -> None:
    running().refuses(SuspendCohort, actor, code="role", reason=WHY)
    suspended().refuses(ResumeCohort, actor, code="role")


def test_a_suspended_cohort_takes_no_other_decision() -> None:
    suspended().refuses(ApproveMatches, APPROVER, code="stage")
