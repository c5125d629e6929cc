"""Which parts of an event are sealed, and what is left of it without the key."""

from __future__ import annotations

from typing import Any

import pytest
from pairing.given import MENTEE, MENTOR, Story, evaluation, having_met, in_evaluation

from domain.evaluation import Answers
from domain.event_schemas import FAMILIES
from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.decider import fold, load
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.facts import facts
from domain.pairing.state import Pairing
from domain.sealing import MARK, is_sealed, with_parts, without_sealed

SEALED = {MARK: "bm9uY2U="}


def a_whole_life() -> Story:
    story = having_met(10, 20, 30, 40, 50)
    for actor in (MENTOR, MENTEE):
        story.when(AnswerCheckpoint, actor, on=51, number=1, safety=2, progress=4)
    story.rings("evaluation.open")
    for actor in (MENTOR, MENTEE):
        story.when(SubmitEvaluation, actor, **evaluation())
    return story


def read_without_keys(story: Story) -> Pairing:
    stored = [
        with_parts(event.model_dump(mode="json"), event.sealed, lambda path, value: SEALED) for event in story.events
    ]
    return fold(load(data, 1) for data in stored)


def test_without_the_keys_a_stream_folds_to_the_same_course_without_what_was_answered() -> None:
    story = a_whole_life()

    bare = read_without_keys(story)

    assert (bare.stage, bare.held, bare.meets_standard) == (story.stage, 5, True)
    assert [goal.text for goal in bare.goals] == [None]
    assert bare.baseline == ()
    assert [survey.safety for survey in bare.checkpoints] == [() for _ in bare.checkpoints]
    assert facts(bare, story.now).mentor == Answers(evaluated=True)
    assert facts(story.state, story.now).mentor != Answers(evaluated=True)


def test_no_answer_is_left_in_what_is_stored() -> None:
    story = a_whole_life()

    answered = ("AgreementSigned", "CheckpointAnswered", "EvaluationSubmitted", "GoalSet")
    for event in story.events:
        assert bool(event.sealed) is (event.type in answered)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_sealed_part_is_a_field_that_may_be_none(family: Any) -> None:
    for member in family.members:
        for path in member.sealed:
            *above, last = path.split(".")
            holder = member
            for name in above:
                holder = holder.model_fields[name].annotation
            assert type(None) in holder.model_fields[last].annotation.__args__, f"{member.__name__}.{path}"


def test_a_part_that_is_not_there_is_not_made() -> None:
    assert with_parts({"a": None, "b": {"c": 1}}, ("a", "b.d", "e.f", "b.c"), lambda path, value: path) == {
        "a": None,
        "b": {"c": "b.c"},
    }


def test_the_original_is_left_alone() -> None:
    data: dict[str, Any] = {"goal": {"text": "learn", "id": "g1"}}

    assert without_sealed(with_parts(data, ("goal.text",), lambda path, value: SEALED)) == {
        "goal": {"text": None, "id": "g1"}
    }
    assert data == {"goal": {"text": "learn", "id": "g1"}}


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, {MARK: "x", "more": 1}, {"other": "x"}])
def test_nothing_else_is_taken_for_sealed(value: Any) -> None:
    assert not is_sealed(value)
    assert is_sealed(SEALED)


def test_an_evaluation_without_its_answers_still_counts_as_submitted() -> None:
    story = in_evaluation(10).when(SubmitEvaluation, MENTOR, **evaluation())

    assert [one.side for one in read_without_keys(story).evaluations] == ["mentor"]
