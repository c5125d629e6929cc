"""Erasure: who may have whose data erased, when everybody's answers go, and what the record says of it."""

from __future__ import annotations

import pytest

from domain.cohort.decider import Work, work
from domain.cohort.erasing import (
    AnswersErased,
    EraseSubject,
    ErasureRequested,
    RecordErasure,
    SubjectErased,
    everybody,
)
from domain.cohort.state import CohortStage
from domain.cohort.story import tell
from domain.decider import Actor

from .given import APPROVER, AUDITOR, COORDINATOR, ENGINE, MENTOR, Story, an, closed, in_review, running
from .given import enrolling as with_nobody


def enrolling() -> Story:
    return with_nobody(2)


def test_an_archived_cohort_keeps_no_answers() -> None:
    story = closed().rings().rings()
    assert (story.stage, work(story.state), story.state.final) == (CohortStage.ARCHIVED, Work.ERASE, False)

    story.when(RecordErasure, ENGINE, participant=None, people=4).then(an(AnswersErased, people=4))

    assert (work(story.state), story.state.final) == (None, True)
    assert tell(story.latest[0]) == "What 4 people had answered was erased; the record of what happened stays."
    story.refuses(RecordErasure, ENGINE, code="stage", participant=None, people=4)


def test_before_that_nobody_erases_them() -> None:
    closed().refuses(RecordErasure, ENGINE, code="stage", participant=None, people=4)
    enrolling().refuses(RecordErasure, ENGINE, code="duplicate", participant=None, people=4)


def test_one_persons_data_go_on_request_and_the_record_says_when_they_are_gone() -> None:
    story = enrolling().when(EraseSubject, COORDINATOR, participant="m1").then(an(ErasureRequested, participant="m1"))
    assert work(story.state) is Work.ERASE
    assert "m1" in story.state.ineligible
    story.refuses(EraseSubject, COORDINATOR, code="duplicate", participant="m1")

    story.when(RecordErasure, ENGINE, participant="m1", people=1).then(an(SubjectErased, participant="m1"))

    assert (story.state.erasing, story.state.erased, work(story.state)) == ((), ("m1",), None)
    story.refuses(RecordErasure, ENGINE, code="duplicate", participant="m1", people=1)
    story.refuses(EraseSubject, COORDINATOR, code="duplicate", participant="m1")


def test_nobody_disappears_out_of_a_pairing() -> None:
    in_review().refuses(EraseSubject, COORDINATOR, code="rule", saying="is in a pairing", participant="m1")
    running().refuses(EraseSubject, COORDINATOR, code="rule", participant="e1")


def test_after_the_close_it_is_still_possible() -> None:
    story = closed().when(EraseSubject, COORDINATOR, participant="m1")

    story.when(RecordErasure, ENGINE, participant="m1", people=1).then(an(SubjectErased))
    assert story.stage is CohortStage.CLOSED


def test_a_stranger_has_nothing_here() -> None:
    enrolling().refuses(EraseSubject, COORDINATOR, code="unknown", participant="somebody")


@pytest.mark.parametrize("by", [APPROVER, AUDITOR, ENGINE, MENTOR], ids=lambda by: by.role.value)
def test_the_coordinator_alone_has_it_done(by: Actor) -> None:
    enrolling().refuses(EraseSubject, by, code="role", participant="m1")
    enrolling().refuses(RecordErasure, COORDINATOR, code="role", participant="m1", people=1)


def test_everybody_is_everybody_who_ever_took_part() -> None:
    assert everybody(closed().state) == ("m1", "m2", "e1", "e2")
