"""Decisions taken back: who may, until when, and what everything stands at again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.pairing.clocks import ClockKind
from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.decider import notices
from domain.pairing.facts import facts
from domain.pairing.leave import ReportLeave
from domain.pairing.offer import AcceptOffer
from domain.pairing.pausing import Resume
from domain.pairing.state import CloseReason, Stage
from domain.pairing.training import CompleteTraining
from domain.pairing.undoing import CloseUndone, SettleClose, UndoAcceptance, UndoClose

from .given import (
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    an,
    day,
    design,
    having_met,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
)

FROM_OUTSIDE = {CloseReason.CANCELLED_BY_ADMIN, CloseReason.COHORT_CANCELLED, CloseReason.CONFIDENTIAL}


def closed(story: Story, reason: CloseReason = CloseReason.NOT_WORKING) -> Story:
    return story.when(CloseEarly, COORDINATOR, reason=reason)


def test_only_who_accepted_takes_an_acceptance_back() -> None:
    story = offered().when(AcceptOffer, MENTOR)

    story.refuses(UndoAcceptance, MENTEE, code="duplicate")
    story.refuses(UndoAcceptance, COORDINATOR, code="role")


def test_once_both_are_trained_an_acceptance_stands() -> None:
    in_goal_setting().refuses(UndoAcceptance, MENTOR, code="stage")


def test_the_window_of_an_acceptance_closes_to_the_second() -> None:
    began = in_training()
    assert began.state.activated_at is not None
    last = (began.state.activated_at + timedelta(days=3) - day(0)) / timedelta(days=1)

    in_training().until(last).when(UndoAcceptance, MENTOR)
    in_training().until(last + 1 / 86_400).refuses(UndoAcceptance, MENTOR, code="time")


def test_a_training_that_is_done_need_not_be_done_again() -> None:
    story = in_training().when(CompleteTraining, SERVICE, side="mentor").when(UndoAcceptance, MENTOR)
    story.when(AcceptOffer, MENTOR).when(CompleteTraining, SERVICE, side="mentee")

    assert story.stage is Stage.GOAL_SETTING


def test_a_leaver_still_leaves_after_an_acceptance_was_taken_back() -> None:
    story = in_training().when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(30))

    story.when(UndoAcceptance, MENTOR)

    assert set(story.clocks) == {"leaver.effective", "offer.remind", "offer.expire"}


def test_the_partner_hears_of_it_only_where_the_program_had_begun() -> None:
    early = offered().when(AcceptOffer, MENTOR).when(UndoAcceptance, MENTOR)
    late = in_training().when(UndoAcceptance, MENTOR)

    assert notices(early.state, early.latest[0]) == ()
    assert [notice.to for notice in notices(late.state, late.latest[0])] == ["junior", "senior"]


@pytest.mark.parametrize("beginning", [proposed, offered, in_training, in_meetings, paused])
def test_a_close_taken_back_at_once_has_changed_nothing_that_counts(beginning: type[Story]) -> None:
    before = beginning()
    stage, clocks, suspension = before.stage, before.clocks, before.state.suspension

    story = closed(before).when(UndoClose, COORDINATOR)

    assert (story.stage, story.clocks, story.state.suspension) == (stage, clocks, suspension)
    assert story.state.before_close is None
    assert (story.state.reason, story.state.ended_at, story.state.no_fault) == (None, None, False)


def test_the_days_between_close_and_undo_are_no_days_of_the_program() -> None:
    story = having_met(10).until(30)
    planned = facts(story.state, story.now).planned

    closed(story).when(UndoClose, COORDINATOR, on=33 - 1 / 24)

    assert facts(story.state, story.now).planned == planned
    assert story.state.paused_for == timedelta(days=3, hours=-1)
    assert story.state.quiet_since == day(13) - timedelta(hours=1)


def test_before_the_program_there_is_no_time_of_it_to_give_back() -> None:
    story = closed(offered()).when(UndoClose, COORDINATOR, on=2)

    assert story.state.paused_for == timedelta(0)


def test_a_pairing_closed_in_a_leave_rests_again_and_who_came_back_meanwhile_is_back() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(40)).until(39)

    closed(story, CloseReason.LEAVE).when(UndoClose, COORDINATOR, on=41)
    assert story.stage is Stage.PAUSED

    story.rings("leave.end")
    assert story.stage is Stage.MEETING
    assert story.state.paused_for == timedelta(days=31)


def test_an_exit_that_was_granted_too_early_waits_its_days_again() -> None:
    story = in_meetings().when(RequestExit, MENTOR, on=10)

    closed(story.until(12), CloseReason.EXIT).when(UndoClose, COORDINATOR, on=14).then(an(CloseUndone))

    assert (story.stage, story.clocks, story.items) == (Stage.EXIT_REQUESTED, {"exit.close": 19}, ["exit"])


@pytest.mark.parametrize("reason", [reason for reason in CloseReason if reason not in FROM_OUTSIDE])
def test_whatever_the_coordinator_gave_as_the_reason_can_be_taken_back(reason: CloseReason) -> None:
    assert closed(in_meetings(), reason).when(UndoClose, COORDINATOR).stage is Stage.MEETING


def test_an_administrators_cancellation_ends_the_workflow_and_is_final() -> None:
    story = closed(in_meetings(), CloseReason.CANCELLED_BY_ADMIN)

    assert story.state.final
    story.refuses(UndoClose, COORDINATOR, code="rule")


def test_a_workflow_that_ends_before_its_time_leaves_no_window_open() -> None:
    story = closed(in_meetings()).when(SettleClose, COORDINATOR)

    assert story.state.final
    story.refuses(SettleClose, COORDINATOR, code="stage")
    in_meetings().refuses(SettleClose, COORDINATOR, code="stage")


def test_nothing_else_happens_while_a_close_can_be_taken_back() -> None:
    closed(paused()).refuses(Resume, COORDINATOR, code="stage").refuses(
        CloseEarly, COORDINATOR, code="stage", reason="exit"
    )


def test_the_window_is_the_programs() -> None:
    story = Story(design(undo={"within": "7 days"})).rings("offer.send").until(1)

    assert closed(story).clocks == {ClockKind.UNDO_END: 8}
