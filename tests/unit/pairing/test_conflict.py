"""Conflict of interest, beyond what its scenarios tell: who may report it, when, and what the holds do together."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.closing import RequestExit
from domain.pairing.conflict import ReportingLineChanged, ReportReportingLine
from domain.pairing.escalation import CloseEscalation
from domain.pairing.notices import notices
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import Stage
from domain.reporting_line import Relation

from .given import APPROVER, COORDINATOR, MENTEE, MENTOR, SERVICE, Story, an, day, design, in_meetings, proposed
from .scenarios.conflict import APART, IN_ONE_LINE

ONE_MANAGER = {"mentor_managers": ["lead"], "mentee_managers": ["lead"]}


@pytest.mark.parametrize("by", [MENTOR, MENTEE, APPROVER])
def test_only_the_hr_system_and_the_coordinator_report_it(by: Actor) -> None:
    in_meetings().refuses(ReportReportingLine, by, code="role", **IN_ONE_LINE)


def test_before_the_offer_it_ends_too() -> None:
    story = proposed().when(ReportReportingLine, SERVICE, **IN_ONE_LINE)
    assert (story.stage, story.state.no_fault) == (Stage.CLOSED_EARLY, True)


def test_after_an_exit_was_asked_for_there_is_nothing_to_suspend() -> None:
    story = in_meetings().when(RequestExit, MENTOR, on=10)
    story.refuses(ReportReportingLine, SERVICE, code="stage", **IN_ONE_LINE)


def test_another_relation_does_not_buy_more_time_and_asks_nobody_twice() -> None:
    story = in_meetings().when(ReportReportingLine, SERVICE, on=10, **IN_ONE_LINE)
    story.when(ReportReportingLine, SERVICE, on=12, **ONE_MANAGER).then(
        an(ReportingLineChanged, relations=(Relation.SAME_MANAGER,))
    )
    assert story.clocks == {"conflict.close": 17}
    assert story.items == ["conflict_of_interest"]


def test_settling_the_item_does_not_stop_the_clock() -> None:
    story = in_meetings().when(ReportReportingLine, SERVICE, on=10, **IN_ONE_LINE)
    story.when(CloseEscalation, COORDINATOR, on=11, id=story.state.escalations[0].id)
    assert story.clocks == {"conflict.close": 17}


@pytest.mark.parametrize(("days", "closes"), [(1, 11), (2, 14), (5, 17), (10, 24)])
def test_weekends_are_no_time_to_rematch(days: int, closes: float) -> None:
    plan = design(conflict={"working_days": days})
    assert in_meetings(plan).when(ReportReportingLine, SERVICE, on=10, **IN_ONE_LINE).clocks["conflict.close"] == closes


def test_a_pause_goes_on_when_the_conflict_is_over() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason=PauseReason.OTHER, until=day(40))
    story.when(ReportReportingLine, SERVICE, on=11, **IN_ONE_LINE)
    story.when(ReportReportingLine, SERVICE, on=12, **APART)
    assert (story.stage, _last_change(story).runs) == (Stage.PAUSED, False)
    assert notices(story.state, _last_change(story)) == ()
    assert story.until(40).stage is Stage.MEETING


def test_nobody_resumes_what_is_a_conflict() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason=PauseReason.OTHER, until=day(40))
    story.when(ReportReportingLine, SERVICE, on=11, **IN_ONE_LINE).when(Resume, COORDINATOR, on=12)
    assert story.stage is Stage.PAUSED
    story.refuses(Resume, COORDINATOR, code="rule", saying="whatever else holds it")


def test_both_hear_that_it_rests_and_that_it_goes_on() -> None:
    story = in_meetings().when(ReportReportingLine, SERVICE, on=10, **IN_ONE_LINE)
    assert {notice.to for notice in notices(story.state, _last_change(story))} == {"junior", "senior"}
    story.when(ReportReportingLine, SERVICE, on=11, **APART)
    assert {notice.to for notice in notices(story.state, _last_change(story))} == {"junior", "senior"}


def _last_change(story: Story) -> ReportingLineChanged:
    return [event for event in story.events if isinstance(event, ReportingLineChanged)][-1]
