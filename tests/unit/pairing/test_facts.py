"""What the evaluation of a cohort takes from one pairing."""

from __future__ import annotations

import pytest

from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.closing import CloseEarly
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.facts import facts, outcome, planned_until
from domain.pairing.goal_setting import ProgressGoal
from domain.pairing.meetings import CancelMeeting
from domain.pairing.offer import DeclineOffer
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason

from .given import (
    COORDINATOR,
    MENTEE,
    MENTOR,
    Story,
    day,
    evaluation,
    having_met,
    in_evaluation,
    in_meetings,
    offered,
    proposed,
    with_a_meeting,
)

FIVE = (10, 40, 80, 120, 160)


def evaluated(story: Story) -> Story:
    for actor in (MENTOR, MENTEE):
        story.when(SubmitEvaluation, actor, **evaluation())
    return story


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (lambda: proposed(), "running"),
        (lambda: in_meetings(), "running"),
        (lambda: evaluated(in_evaluation(*FIVE)), "completed"),
        (lambda: evaluated(in_evaluation(*FIVE[:4])), "below_standard"),
        (lambda: in_evaluation(*FIVE).rings("evaluation.close"), "below_standard"),
        (lambda: offered().when(DeclineOffer, MENTOR), "declined"),
        (lambda: offered().rings("offer.expire"), "expired"),
        (lambda: in_meetings().when(CloseEarly, COORDINATOR, reason=CloseReason.SILENCE), "closed_early"),
        (lambda: in_meetings().when(CloseEarly, COORDINATOR, reason=CloseReason.CANCELLED_BY_ADMIN), "cancelled"),
    ],
)
def test_running_to_the_end_is_not_enough_to_be_completed(story: object, expected: str) -> None:
    assert outcome(story().state) == expected  # type: ignore[operator]


def test_the_course_of_a_pairing_in_dates() -> None:
    told = facts(evaluated(in_evaluation(*FIVE)).state, day(400))

    assert (told.offered_at, told.activated_at, told.trained_at) == (day(0), day(0), day(2))
    assert (told.first_held_at, told.ended_at) == (day(10), day(182))
    assert (told.held, told.planned, told.enough) == (5, 6, 5)


@pytest.mark.parametrize(("on", "planned"), [(0, 0), (30, 0), (31, 1), (91, 3), (181, 5), (182, 6), (300, 6)])
def test_the_plan_spreads_its_meetings_evenly(on: float, planned: int) -> None:
    assert planned_until(in_meetings().state, day(on)) == planned


def test_before_the_second_yes_nothing_is_planned() -> None:
    assert planned_until(offered().state, day(100)) == 0


def test_a_pause_is_left_out_of_the_plan_while_it_lasts_and_after_it() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=31, reason=PauseReason.LEAVE)
    assert planned_until(story.state, day(100)) == 1

    story.when(Resume, COORDINATOR, on=91)
    assert planned_until(story.state, day(91)) == 1
    assert planned_until(story.state, day(91 + 59)) == 2


def test_a_pause_that_the_pairing_ended_in_is_left_out_too() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=31, reason=PauseReason.LEAVE)

    story.when(CloseEarly, COORDINATOR, on=100, reason=CloseReason.LEAVE)

    assert planned_until(story.state, day(400)) == 1
    assert facts(story.state, day(400)).no_fault


def test_the_plan_stops_with_the_pairing() -> None:
    story = having_met(10).when(CloseEarly, COORDINATOR, on=70, reason=CloseReason.NOT_WORKING)

    told = facts(story.state, day(400))
    assert (told.planned, told.reason, told.no_fault) == (2, "not_working", False)


def test_only_the_executives_own_cancellations_count() -> None:
    mine = with_a_meeting().when(CancelMeeting, MENTEE, meeting=1)
    others = with_a_meeting().when(CancelMeeting, MENTOR, meeting=1)
    programs = with_a_meeting().when(Pause, COORDINATOR, reason=PauseReason.OTHER)

    assert [facts(s.state, day(9)).executive_cancellations for s in (mine, others, programs)] == [1, 0, 0]
    assert facts(mine.state, day(9)).scheduled == 1


def test_answers_go_to_the_side_that_gave_them() -> None:
    story = having_met(10).until(31).when(AnswerCheckpoint, MENTOR, number=1, safety=2, progress=5)
    story.when(ProgressGoal, MENTEE, goal="g1", level=0.5).rings("evaluation.open")
    story.when(SubmitEvaluation, MENTOR, **evaluation(skill=5, safety=4, recommend=7, would_repeat=False))

    told = facts(story.state, story.now)

    assert told.mentor.evaluated
    assert not told.mentee.evaluated
    assert (told.mentor.skill_before, told.mentor.skill_after) == (2, 5)
    assert (told.mentor.safety, told.mentor.safety_at_end) == (((1, 2),), 4)
    assert (told.mentor.recommend, told.mentor.would_repeat) == (7, False)
    assert (told.mentee.skill_before, told.mentee.skill_after, told.mentee.safety) == (2, None, ())
    assert told.goals == ((1.0, 0.5),)
