"""What is derived from the state: its health, and whose move it is."""

from __future__ import annotations

import pytest

from domain.decider import Role
from domain.pairing.closing import CloseEarly, RequestExit
from domain.pairing.escalation import CloseEscalation
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import SetGoals, SignAgreement
from domain.pairing.meetings import LogMeeting
from domain.pairing.moves import waiting_for
from domain.pairing.offer import AcceptOffer
from domain.pairing.state import CloseReason, Health, Side, Stage, health
from domain.pairing.training import CompleteTraining

from .given import (
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    day,
    evaluation,
    having_met,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
    with_a_meeting,
)

BOTH = (Role.MENTOR, Role.MENTEE)
GOALS = [{"text": "learn something"}]


def colour(story: Story, on: float) -> Health:
    return health(story.state, day(on))


# --- Health ---


@pytest.mark.parametrize(
    ("days_after", "expected"),
    [(44, Health.GREEN), (45, Health.AMBER), (59, Health.AMBER), (60, Health.RED), (400, Health.RED)],
)
def test_health_counts_the_days_since_the_last_meeting(days_after: float, expected: Health) -> None:
    assert colour(having_met(10), 10 + days_after) is expected


def test_before_the_first_meeting_they_count_from_the_second_yes() -> None:
    story = with_a_meeting(starts=100)

    assert [colour(story, on) for on in (44, 45, 60)] == [Health.GREEN, Health.AMBER, Health.RED]


def test_an_open_item_makes_amber_and_a_grave_one_red() -> None:
    overdue = in_training().rings("training.due")
    assert colour(overdue, 14) is Health.AMBER

    leaving = in_meetings().when(RequestExit, MENTOR)
    assert colour(leaving, 4) is Health.RED


def test_a_red_item_that_is_settled_by_hand_does_not_make_a_silent_pairing_healthy() -> None:
    story = in_meetings().rings("health.red")
    for item in story.state.escalations:
        story.when(CloseEscalation, COORDINATOR, id=item.id)

    assert story.items == []
    assert colour(story, 61) is Health.RED


def test_a_meeting_makes_it_green_again() -> None:
    story = in_meetings().rings("health.amber").when(LogMeeting, MENTOR, on=46, held_at=day(46), minutes=60)
    story.when(CloseEscalation, COORDINATOR, id=story.state.escalations[0].id)

    assert colour(story, 46) is Health.GREEN


@pytest.mark.parametrize(
    "story",
    [
        lambda: proposed(),
        lambda: offered(),
        lambda: paused(),
        lambda: in_meetings().when(CloseEarly, COORDINATOR, reason=CloseReason.SILENCE),
        lambda: having_met(10, 20, 30, 40, 50, 60),
    ],
    ids=["proposed", "offered", "paused", "ended", "every planned meeting held"],
)
def test_where_nobody_should_be_meeting_it_is_green(story: object) -> None:
    told = story()  # type: ignore[operator]
    for item in told.state.escalations:
        told.when(CloseEscalation, COORDINATOR, id=item.id)

    assert colour(told, 170) is Health.GREEN


def test_while_the_pair_looks_back_the_days_do_not_count() -> None:
    story = in_evaluation(10)
    for item in story.state.escalations:
        story.when(CloseEscalation, COORDINATOR, id=item.id)

    assert colour(story, 190) is Health.GREEN


# --- Whose move ---


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (lambda: proposed(), ()),
        (lambda: offered(), BOTH),
        (lambda: offered().when(AcceptOffer, MENTEE), (Role.MENTOR,)),
        (lambda: in_training(), BOTH),
        (lambda: in_training().when(CompleteTraining, SERVICE, side=Side.MENTOR), (Role.MENTEE,)),
        (lambda: in_goal_setting(), BOTH),
        (lambda: in_meetings(), (Role.MENTOR,)),
        (lambda: with_a_meeting(), ()),
        (lambda: having_met(10, 20, 30, 40, 50, 60), (Role.COORDINATOR,)),
        (lambda: in_meetings().rings("booking.escalate:1"), (Role.MENTOR, Role.COORDINATOR)),
        (lambda: paused(), ()),
        (lambda: paused().rings("pause.end"), (Role.COORDINATOR,)),
        (lambda: in_meetings().when(RequestExit, MENTOR), (Role.COORDINATOR,)),
        (lambda: in_evaluation().rings("evaluation.remind"), (*BOTH, Role.COORDINATOR)),
        (
            lambda: in_evaluation().when(SubmitEvaluation, MENTEE, **evaluation()),
            (Role.MENTOR, Role.COORDINATOR),
        ),
        (lambda: in_evaluation().rings("evaluation.close"), ()),
    ],
)
def test_whose_move_it_is(story: object, expected: tuple[Role, ...]) -> None:
    assert waiting_for(story().state) == expected  # type: ignore[operator]


def test_both_are_waited_for_until_there_is_a_goal() -> None:
    story = in_goal_setting().when(SignAgreement, MENTOR, skill=3).when(SignAgreement, MENTEE, skill=3)
    assert waiting_for(story.state) == BOTH

    story.when(SetGoals, MENTOR, goals=GOALS)
    assert waiting_for(story.state) == (Role.MENTOR,)


# --- Looking through a pause ---


def test_a_pause_remembers_the_stage_beneath() -> None:
    story = paused()

    assert story.stage is Stage.PAUSED
    assert story.state.phase is Stage.MEETING


def test_the_other_side() -> None:
    assert Side.MENTOR.other is Side.MENTEE
    assert Side.MENTEE.other is Side.MENTOR
