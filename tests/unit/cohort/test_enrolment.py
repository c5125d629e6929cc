"""DRAFT and ENROLLING: a cohort opens, people enrol and withdraw, the window closes."""

from __future__ import annotations

import pytest

from domain.cohort.decider import decide
from domain.cohort.enrolment import (
    CloseEnrolment,
    CohortCreated,
    CohortOpened,
    EnrolmentClosed,
    EnrolmentExtended,
    EnrolParticipants,
    OpenEnrolment,
    ParticipantEnrolled,
    ParticipantWithdrawn,
    WithdrawParticipant,
)
from domain.cohort.state import CohortStage, Participant
from domain.decider import Actor, Rejected

from .given import (
    APPROVER,
    COORDINATOR,
    ENGINE,
    MENTOR,
    START,
    an,
    creation,
    day,
    design,
    draft,
    enrolling,
    in_review,
    people,
)

STRANGERS = pytest.mark.parametrize("actor", [APPROVER, MENTOR, ENGINE], ids=lambda actor: actor.role.value)


def test_a_cohort_pins_the_design_that_it_is_created_with() -> None:
    plan = design(version=3)

    draft(plan).then(an(CohortCreated, design=plan, seed=7, cohort="spring"))
    assert draft(plan).stage is CohortStage.DRAFT


def test_a_cohort_is_created_once() -> None:
    with pytest.raises(Rejected) as refusal:
        decide(draft().state, creation(), START)
    assert refusal.value.code == "duplicate"


def test_enrolment_is_open_for_four_weeks() -> None:
    story = draft().when(OpenEnrolment, COORDINATOR, on=2)

    story.then(an(CohortOpened, at=day(2)))
    assert story.stage is CohortStage.ENROLLING
    assert story.clocks == {"enrolment.close": 30}


def test_people_enrol_each_once() -> None:
    story = enrolling().when(EnrolParticipants, COORDINATOR, participants=people(1))

    story.then(*(an(ParticipantEnrolled, participant=person) for person in people(1)))
    story.refuses(EnrolParticipants, COORDINATOR, code="duplicate", saying="m1", participants=people(1)[:1])
    twice = [Participant(id="m9", role="mentor")] * 2
    story.refuses(EnrolParticipants, COORDINATOR, code="duplicate", participants=twice)


def test_one_who_is_enrolled_already_refuses_the_whole_list() -> None:
    story = enrolling(1).refuses(EnrolParticipants, COORDINATOR, code="duplicate", participants=people(3))

    assert len(story.state.participants) == 2


def test_whoever_withdraws_is_gone_and_may_come_back() -> None:
    story = enrolling(1).when(WithdrawParticipant, COORDINATOR, participant="m1")

    story.then(an(ParticipantWithdrawn, participant="m1"))
    assert [person.id for person in story.state.participants] == ["e1"]
    story.refuses(WithdrawParticipant, COORDINATOR, code="unknown", participant="m1")
    story.when(EnrolParticipants, COORDINATOR, participants=people(1)[:1])


def test_the_coordinator_closes_the_window_before_its_time() -> None:
    story = enrolling(3).when(CloseEnrolment, COORDINATOR, on=5)

    story.then(an(EnrolmentClosed, enrolled=6, stops=("enrolment.close",)))
    assert story.stage is CohortStage.MATCHING
    assert story.clocks == {}


@pytest.mark.parametrize("role", ["mentor", "mentee"])
def test_it_takes_a_mentor_and_a_mentee_to_close(role: str) -> None:
    story = enrolling().when(EnrolParticipants, COORDINATOR, participants=[{"id": "p1", "role": role}])

    story.refuses(CloseEnrolment, COORDINATOR, code="rule", saying="at least one mentor and one mentee")


def test_the_window_closes_by_itself() -> None:
    enrolling(2).rings().then(an(EnrolmentClosed, at=day(28), enrolled=4))


def test_after_an_outage_it_closes_late() -> None:
    enrolling(2).asleep_until(40).rings().then(an(EnrolmentClosed, at=day(40)))


def test_a_window_in_which_nobody_could_be_matched_stays_open_for_as_long_again() -> None:
    story = enrolling().rings()

    story.then(an(EnrolmentExtended, at=day(28)))
    assert story.stage is CohortStage.ENROLLING
    assert story.clocks == {"enrolment.close": 56}
    story.when(EnrolParticipants, COORDINATOR, on=30, participants=people(1)).rings().then(an(EnrolmentClosed))


@STRANGERS
def test_enrolment_is_the_coordinators(actor: Actor) -> None:
    draft().refuses(OpenEnrolment, actor, code="role")
    story = enrolling(1)
    story.refuses(EnrolParticipants, actor, code="role", participants=people(1))
    story.refuses(WithdrawParticipant, actor, code="role", participant="m1")
    story.refuses(CloseEnrolment, actor, code="role")
    with pytest.raises(Rejected) as refusal:
        decide(None, creation().model_copy(update={"by": actor}), START)
    assert refusal.value.code == "role"


def test_enrolment_has_its_time() -> None:
    draft().refuses(EnrolParticipants, COORDINATOR, code="stage", participants=people(1))
    enrolling().refuses(OpenEnrolment, COORDINATOR, code="stage")
    in_review().refuses(EnrolParticipants, COORDINATOR, code="stage", participants=people(1))
    in_review().refuses(WithdrawParticipant, COORDINATOR, code="stage", participant="m1")
