"""Checkpoints: short pulse surveys on day 30, 90 and 150."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.checkpoints import AnswerCheckpoint, CheckpointAnswered, CheckpointOpened, CheckpointOverdue
from domain.pairing.clocks import ClockKind
from domain.pairing.escalation import CloseEscalation, EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.state import EscalationKind, Side

from .given import (
    COORDINATOR,
    DELEGATE,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    an,
    day,
    having_met,
    in_evaluation,
    paused,
)

FINE = {"safety": 5, "progress": 4}


def surveyed() -> Story:
    """Checkpoint 1 is open, on day 30."""
    return having_met(10, 24).rings("checkpoint.open:1")


def answer(story: Story, actor: Actor, number: int, on: float | None = None) -> Story:
    return story.when(AnswerCheckpoint, actor, on=on, number=number, **FINE)


@pytest.mark.parametrize(("number", "on"), [(1, 30), (2, 90), (3, 150)])
def test_a_survey_opens_on_its_day_for_7_days_with_2_of_grace(number: int, on: float) -> None:
    story = having_met(10).rings(f"checkpoint.open:{number}")

    story.then(an(CheckpointOpened, number=number, at=day(on), late=False))
    assert story.clocks[f"checkpoint.remind:{number}"] == on + 7
    # The third would be overdue on a Saturday: it is on the Monday.
    assert story.clocks[f"checkpoint.overdue:{number}"] == on + (11 if number == 3 else 9)


def test_an_answer_stays_with_its_survey_and_the_second_one_stops_the_clocks() -> None:
    story = answer(surveyed(), MENTOR, 1, on=31)
    story.then(an(CheckpointAnswered, number=1, side=Side.MENTOR, safety=5, progress=4, stops=()))

    answer(story, MENTEE, 1).then(an(CheckpointAnswered, stops=("checkpoint.remind:1", "checkpoint.overdue:1")))

    (survey,) = story.state.checkpoints
    assert survey.safety == ((Side.MENTOR, 5), (Side.MENTEE, 5))
    assert not any(name.startswith(("checkpoint.remind", "checkpoint.overdue")) for name in story.clocks)


def test_each_side_answers_once_and_only_what_was_asked() -> None:
    story = answer(surveyed(), MENTOR, 1)

    story.refuses(AnswerCheckpoint, MENTOR, code="duplicate", number=1, **FINE)
    story.refuses(AnswerCheckpoint, MENTEE, code="unknown", number=2, **FINE)


@pytest.mark.parametrize("actor", [COORDINATOR, DELEGATE, SERVICE], ids=lambda actor: actor.role.value)
def test_nobody_answers_for_another(actor: Actor) -> None:
    surveyed().refuses(AnswerCheckpoint, actor, code="role", number=1, **FINE)


def test_nobody_is_surveyed_in_a_pause() -> None:
    paused(on=35).refuses(AnswerCheckpoint, MENTOR, code="stage", number=1, **FINE)


def test_the_reminder_goes_to_whoever_has_not_answered() -> None:
    story = answer(surveyed(), MENTEE, 1).rings("checkpoint.remind:1")

    story.then(an(ReminderDue, about=ClockKind.CHECKPOINT_REMIND, number=1, to=("mentor",)))


def test_an_overdue_survey_is_an_item_that_a_late_answer_closes() -> None:
    story = answer(surveyed(), MENTOR, 1).rings("checkpoint.overdue:1")
    story.then(
        an(CheckpointOverdue, number=1, missing=(Side.MENTEE,), at=day(39)),
        an(EscalationOpened, kind=EscalationKind.CHECKPOINT_OVERDUE),
    )

    answer(story, MENTEE, 1, on=60).then(an(CheckpointAnswered), an(EscalationClosed, resolved_itself=True))
    assert story.state.checkpoints[0].overdue


def test_however_many_surveys_are_overdue_there_is_one_item_until_all_are_answered() -> None:
    story = surveyed().rings("checkpoint.overdue:1")
    story.rings("checkpoint.overdue:2").then(an(CheckpointOverdue, number=2))
    assert story.items.count("checkpoint_overdue") == 1

    answer(answer(story, MENTOR, 1), MENTEE, 1).then(an(CheckpointAnswered))
    assert "checkpoint_overdue" in story.items
    answer(answer(story, MENTOR, 2), MENTEE, 2).then(an(CheckpointAnswered), an(EscalationClosed))
    assert "checkpoint_overdue" not in story.items


def test_the_next_overdue_survey_opens_a_new_item_after_the_first_was_settled_by_hand() -> None:
    story = surveyed().rings("checkpoint.overdue:1")
    story.when(CloseEscalation, COORDINATOR, id=story.state.escalations[-1].id)

    story.rings("checkpoint.overdue:2").then(an(CheckpointOverdue, number=2), an(EscalationOpened))


def test_a_survey_left_open_can_be_answered_while_the_pair_looks_back() -> None:
    story = in_evaluation(10)
    assert "checkpoint_overdue" in story.items

    answer(story, MENTOR, 3).then(an(CheckpointAnswered, number=3))
