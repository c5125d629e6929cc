"""GOAL_SETTING: the agreement is signed by both and goals are set, before meeting 3 or within 30 days."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.pairing.escalation import EscalationClosed, EscalationOpened
from domain.pairing.goal_setting import (
    AgreementSigned,
    CloseGoal,
    DelegateNamed,
    GoalClosed,
    GoalDraft,
    GoalProgressed,
    GoalSet,
    NameDelegate,
    ProgressGoal,
    SetGoals,
    SignAgreement,
)
from domain.pairing.meetings import LogMeeting, ScheduleMeeting
from domain.pairing.state import EscalationKind, Side, Stage

from .given import (
    COORDINATOR,
    DELEGATE,
    MENTEE,
    MENTOR,
    an,
    day,
    design,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
)

ONE = [GoalDraft(text="Run a meeting online", weight=2)]
TWO = [*ONE, GoalDraft(text="Read the room in a chat")]


def test_a_signature_carries_the_rating_before_the_program() -> None:
    story = in_goal_setting().when(SignAgreement, MENTEE, on=3, skill=2)

    story.then(an(AgreementSigned, side=Side.MENTEE, skill=2))
    assert story.state.baseline == ((Side.MENTEE, 2),)
    assert story.stage is Stage.GOAL_SETTING


def test_agreement_and_goals_open_the_meetings_whichever_comes_last() -> None:
    signed_last = in_goal_setting().when(SetGoals, MENTOR, goals=TWO).when(SignAgreement, MENTOR, skill=3)
    signed_last.when(SignAgreement, MENTEE, skill=2).then(an(AgreementSigned, stops=("goals.due",)))

    set_last = in_goal_setting().when(SignAgreement, MENTOR, skill=3).when(SignAgreement, MENTEE, skill=2)
    set_last.when(SetGoals, MENTEE, goals=TWO).then(an(GoalSet, stops=()), an(GoalSet, stops=("goals.due",)))

    assert signed_last.stage is set_last.stage is Stage.MEETING
    assert "goals.due" not in signed_last.clocks
    assert "goals.due" not in set_last.clocks


def test_two_signatures_without_a_goal_are_not_enough() -> None:
    story = in_goal_setting().when(SignAgreement, MENTOR, skill=3).when(SignAgreement, MENTEE, skill=2)

    assert story.stage is Stage.GOAL_SETTING
    assert "goals.due" in story.clocks


def test_the_design_says_how_many_goals_are_enough() -> None:
    story = in_goal_setting(design(goals={"at_least": 2}))
    story.when(SignAgreement, MENTOR, skill=3).when(SignAgreement, MENTEE, skill=2).when(SetGoals, MENTOR, goals=ONE)
    assert story.stage is Stage.GOAL_SETTING

    story.when(SetGoals, MENTOR, goals=ONE)
    assert story.stage is Stage.MEETING
    assert "goals.due" not in story.clocks


def test_a_pairing_has_at_most_three_goals() -> None:
    story = in_goal_setting().when(SetGoals, MENTOR, goals=TWO)

    story.refuses(SetGoals, MENTEE, code="rule", saying="at most 3 goals; 2 are set", goals=TWO)
    story.when(SetGoals, MENTEE, goals=ONE)
    assert [goal.id for goal in story.state.goals] == ["g1", "g2", "g3"]


def test_nobody_signs_twice_or_for_another() -> None:
    story = in_goal_setting().when(SignAgreement, MENTOR, skill=3)

    story.refuses(SignAgreement, MENTOR, code="duplicate", skill=4)
    story.refuses(SignAgreement, COORDINATOR, code="role", skill=4)
    story.refuses(SetGoals, COORDINATOR, code="role", goals=ONE)


def test_the_phase_has_its_time() -> None:
    in_training().refuses(SignAgreement, MENTOR, code="stage", skill=3).refuses(SetGoals, MENTOR, "stage", goals=ONE)
    in_evaluation().refuses(SetGoals, MENTOR, code="stage", goals=ONE)


def test_after_30_days_the_coordinator_has_an_item_that_closes_when_all_is_there() -> None:
    story = in_goal_setting().when(SignAgreement, MENTOR, skill=3).rings("goals.due")
    story.then(an(EscalationOpened, kind=EscalationKind.GOALS_OVERDUE, at=day(32)))
    item = story.state.escalations[-1].id

    story.when(SetGoals, MENTOR, goals=ONE).then(an(GoalSet))
    story.when(SignAgreement, MENTEE, skill=1)

    story.then(an(AgreementSigned), an(EscalationClosed, id=item, resolved_itself=True))


def test_the_third_meeting_needs_agreement_and_a_goal() -> None:
    story = in_goal_setting()
    story.when(LogMeeting, MENTOR, on=5, held_at=day(5), minutes=60)
    story.when(ScheduleMeeting, MENTOR, starts_at=day(12), minutes=60)

    story.refuses(ScheduleMeeting, MENTOR, code="rule", saying="meeting 3", starts_at=day(20), minutes=60)

    story.when(SignAgreement, MENTOR, skill=3).when(SignAgreement, MENTEE, skill=2).when(SetGoals, MENTOR, goals=ONE)
    story.when(ScheduleMeeting, MENTOR, starts_at=day(20), minutes=60)


def test_goals_progress_by_halves_until_they_are_closed() -> None:
    story = in_meetings().when(ProgressGoal, MENTEE, goal="g1", level=0.5)
    story.then(an(GoalProgressed, goal="g1", level=0.5))
    story.refuses(ProgressGoal, MENTOR, code="duplicate", goal="g1", level=0.5)

    story.when(CloseGoal, MENTOR, goal="g1").then(an(GoalClosed, goal="g1"))

    assert [(goal.level, goal.closed) for goal in story.state.goals] == [(0.5, True)]
    story.refuses(ProgressGoal, MENTOR, code="duplicate", saying="closed", goal="g1", level=1.0)
    story.refuses(CloseGoal, MENTOR, code="duplicate", goal="g1")
    story.refuses(CloseGoal, MENTOR, code="unknown", saying="no goal 'g2'; open goals: none", goal="g2")
    in_meetings().refuses(ProgressGoal, MENTOR, "unknown", "no goal 'Listen'; open goals: g1", goal="Listen", level=0.5)


def test_goals_may_still_progress_while_the_pair_looks_back() -> None:
    in_evaluation().when(ProgressGoal, MENTEE, goal="g1", level=1.0).then(an(GoalProgressed, level=1.0))


@pytest.mark.parametrize("level", [-0.5, 0.3, 2])
def test_a_level_is_nothing_half_or_all(level: float) -> None:
    with pytest.raises(ValidationError, match=r"expected 0, 0.5 or 1"):
        ProgressGoal(by=MENTOR, key="k", goal="g1", level=level)


def test_the_mentee_names_a_delegate_from_outside_the_pairing() -> None:
    story = in_training().when(NameDelegate, MENTEE, delegate="assistant")

    story.then(an(DelegateNamed, delegate="assistant"))
    story.refuses(NameDelegate, MENTOR, code="role", delegate="assistant")
    story.refuses(NameDelegate, DELEGATE, code="role", delegate="another")
    story.refuses(NameDelegate, MENTEE, code="rule", delegate="junior")
    offered().refuses(NameDelegate, MENTEE, code="stage", delegate="assistant")
