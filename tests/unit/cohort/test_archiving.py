"""CLOSED to ARCHIVED: one follow-up for each person of a completed pairing, then the cohort is filed."""

from __future__ import annotations

import pytest

from domain.cohort.archiving import CohortArchived, FollowUpDue
from domain.cohort.closing import CancelCohort, CloseCohort
from domain.cohort.decider import notices
from domain.cohort.erasing import EraseSubject, ErasureRequested, RecordErasure
from domain.cohort.state import CohortStage
from domain.program import CohortPolicy, days

from .given import APPROVER, COORDINATOR, ENGINE, Story, an, day, evaluating, figures, in_review


def filed() -> Story:
    """Closed on day 21 with one completed pairing of two."""
    return evaluating().when(CloseCohort, ENGINE, headline=figures(), completed=["m1-e1"])


def test_after_half_a_year_the_people_of_completed_pairings_are_asked_once() -> None:
    story = filed().rings()

    story.then(an(FollowUpDue, at=day(203), participants=("e1", "m1"), late=False))
    told = [(notice.to, notice.template) for notice in notices(story.state, story.latest[0])]
    assert told == [("e1", "FollowUpDue"), ("m1", "FollowUpDue")]
    assert (story.stage, story.clocks) == (CohortStage.CLOSED, {"archive": 386})


def test_after_a_year_it_is_filed_and_once_the_answers_are_erased_nothing_happens_any_more() -> None:
    story = filed().rings().rings()

    story.then(an(CohortArchived, at=day(386)))
    assert (story.stage, story.clocks, story.state.final) == (CohortStage.ARCHIVED, {}, False)
    assert story.when(RecordErasure, ENGINE, participant=None, people=4).state.final
    assert story.state.headline == figures()


def test_a_cancelled_cohort_is_filed_a_year_later_without_a_question() -> None:
    story = in_review().when(CancelCohort, APPROVER, reason="budget")
    cancelled = story.now

    story.refuses(RecordErasure, ENGINE, code="stage", participant=None, people=0)
    story.when(EraseSubject, COORDINATOR, participant="m1").then(an(ErasureRequested, participant="m1"))
    story.when(RecordErasure, ENGINE, participant="m1", people=1)
    story.rings().then(an(CohortArchived, due=cancelled + days(365)))
    assert not story.state.final
    assert story.when(RecordErasure, ENGINE, participant=None, people=3).state.final
    story.refuses(EraseSubject, COORDINATOR, code="stage", participant="e1")


def test_a_follow_up_that_comes_late_comes_once_and_says_so() -> None:
    story = filed().asleep_until(400).rings()

    story.then(an(FollowUpDue, at=day(400), due=day(203), late=True))
    story.rings().then(an(CohortArchived, at=day(400), late=True))


def test_the_question_comes_before_the_archive() -> None:
    with pytest.raises(ValueError, match="'follow_up_after' shorter than 'archive_after'"):
        CohortPolicy(follow_up_after=days(365), archive_after=days(365))
