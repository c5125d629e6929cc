"""A roster beside a cohort: who is new, whom the cohort knows and as what, whose row reads otherwise."""

from __future__ import annotations

import pytest

from domain.cohort.closing import CancelCohort
from domain.cohort.enrolment import CloseEnrolment, EnrolParticipants, WithdrawParticipant
from domain.cohort.erasing import EraseSubject
from domain.cohort.invitations import AcceptInvitation, DeclineInvitation, InviteParticipants
from domain.cohort.newcomers import Known, KnownAs, corrections, known_as, newcomers
from domain.cohort.state import Participant
from domain.cohort.waiting import JoinLate, LeaveWaitingList
from domain.decider import Actor, Rejected, Role
from tests.unit.roster_people import mentee, mentor

from .given import APPROVER, COORDINATOR, MENTOR, Story, enrolling, in_review, matching, people, running

E1 = Actor(role=Role.MENTEE, id="e1")
LATE = (Participant(id="late", role="mentor"),)


def asked() -> Story:
    """m1 takes part, e1 has declined, m2 was enrolled and withdrew, e2 has not answered."""
    story = enrolling().when(InviteParticipants, COORDINATOR, participants=people(2))
    story.when(AcceptInvitation, MENTOR).when(DeclineInvitation, E1, participant="e1")
    story.when(AcceptInvitation, Actor(role=Role.MENTOR, id="m2"))
    return story.when(WithdrawParticipant, COORDINATOR, participant="m2")


def test_everybody_who_was_asked_is_known_as_what_became_of_it() -> None:
    assert known_as(asked().state) == {
        "m1": KnownAs.ENROLLED,
        "e1": KnownAs.DECLINED,
        "m2": KnownAs.WITHDREW,
        "e2": KnownAs.INVITED,
    }


def test_who_has_not_answered_until_the_end_is_known_to_have_been_asked() -> None:
    story = asked().when(EnrolParticipants, COORDINATOR, participants=[Participant(id="e3", role="mentee")])
    story.when(CloseEnrolment, COORDINATOR, on=10)
    assert known_as(story.state)["e2"] is KnownAs.NO_ANSWER


@pytest.mark.parametrize("again", [InviteParticipants, EnrolParticipants])
def test_who_is_asked_once_more_has_not_declined(again: type[InviteParticipants] | type[EnrolParticipants]) -> None:
    story = asked().when(again, COORDINATOR, participants=[people(1)[1]])
    assert known_as(story.state)["e1"] in (KnownAs.INVITED, KnownAs.ENROLLED)
    assert "e1" not in {one.participant for one in story.state.absent}


def test_late_joiners_wait_here_or_for_the_next_cohort() -> None:
    assert known_as(running().when(JoinLate, COORDINATOR, participants=LATE).state)["late"] is KnownAs.WAITING
    story = running().when(JoinLate, COORDINATOR, on=100, participants=LATE)
    assert known_as(story.state)["late"] is KnownAs.NEXT_COHORT
    story.when(LeaveWaitingList, COORDINATOR, participant="late")
    assert known_as(story.state)["late"] is KnownAs.WITHDREW


def test_whoever_was_only_asked_or_waits_for_the_next_cohort_can_be_erased_and_is_not_asked_any_more() -> None:
    story = asked()
    for person in ("e1", "m2", "e2"):
        story.when(EraseSubject, COORDINATOR, participant=person)
        assert known_as(story.state)[person] is KnownAs.ERASED
    assert story.state.invited == ()
    waits = running().when(JoinLate, COORDINATOR, on=100, participants=LATE)
    waits.when(EraseSubject, COORDINATOR, participant="late")
    assert known_as(waits.state)["late"] is KnownAs.ERASED
    asked().refuses(EraseSubject, COORDINATOR, "unknown", participant="nobody")


def corrected(story: Story, **otherwise: object) -> list[str]:
    """Whose rows are taken over where m1's reads otherwise in the file; or the refusal's code."""
    file = [mentor("m1", **otherwise), mentee("e1"), mentor("new")]
    found = newcomers(story.state, file, [mentor("m1"), mentee("e1")])
    try:
        return [person.id for person in corrections(story.state, found)]
    except Rejected as rejected:
        return [rejected.code]


def test_a_row_is_corrected_unless_something_rests_on_it() -> None:
    assert corrected(running(), email="m1@elsewhere.example") == ["m1"]
    assert corrected(running(), zone="Europe/Berlin", grade=5) == ["m1"]
    assert corrected(running()) == []
    assert corrected(in_review(), email="m1@elsewhere.example", name="Jo Other") == ["m1"]
    assert corrected(matching(), grade=5) == ["stage"], "the matching may have read it already"
    assert corrected(in_review(), grade=5) == ["stage"], "the pairs that are being approved were made by it"
    assert corrected(running(), capacity=2) == ["rule"], "the cohort's own record says how many"
    gone = running()
    gone.when(CancelCohort, APPROVER, reason="no budget")
    assert corrected(gone, email="m1@elsewhere.example") == ["m1"], "the follow-up is still to come"


def test_a_roster_is_sorted_out_by_id_and_says_what_reads_otherwise() -> None:
    traits = mentor().traits.model_copy(update={"openness": 0.9})
    stored = [mentor("m1")]
    file = [mentor("new"), mentee("e2"), mentor("m1", site="York", traits=traits), mentee("e1"), mentee("also-new")]

    found = newcomers(asked().state, file, stored)

    assert [person.id for person in found.new] == ["also-new", "new"]
    assert found.known == (
        Known(person="e1", role="mentee", known_as=KnownAs.DECLINED),
        Known(person="e2", role="mentee", known_as=KnownAs.INVITED),
        Known(person="m1", role="mentor", known_as=KnownAs.ENROLLED, differs=("site", "openness")),
    )
    assert [person.id for person in found.unread] == ["e2"], "who has declined is not stored again"
    assert [person.id for person in found.renewed] == ["m1"]
