"""Invitations: asked, reminded on day 3 and 10, and on day 14 a matter for the coordinator."""

from __future__ import annotations

import pytest

from domain.cohort.decider import notices
from domain.cohort.enrolment import CloseEnrolment, EnrolParticipants, ParticipantEnrolled
from domain.cohort.invitations import (
    AcceptInvitation,
    DeclineInvitation,
    InvitationDeclined,
    InvitationReminderDue,
    InvitationsUnanswered,
    InviteParticipants,
    ParticipantsInvited,
)
from domain.cohort.state import Participant
from domain.cohort.status import cohort_status
from domain.decider import Actor, Role
from domain.program import InvitationPolicy, days

from .given import APPROVER, COORDINATOR, MENTOR, Story, an, day, draft, enrolling, people

E1 = Actor(role=Role.MENTEE, id="e1")
STRANGER = Actor(role=Role.MENTEE, id="e9")


def invited() -> Story:
    """m1 and e1 are invited on day 0."""
    return enrolling().when(InviteParticipants, COORDINATOR, participants=people(1))


def told(story: Story) -> list[str]:
    return [notice.to for event in story.latest for notice in notices(story.state, event)]


def test_people_are_asked_and_reminded_until_they_answer() -> None:
    story = invited()
    story.then(an(ParticipantsInvited, batch=1, participants=people(1)))
    assert told(story) == ["m1", "e1"]
    assert story.clocks == {
        "invitation.remind:1/1": 3,
        "invitation.remind:1/2": 10,
        "invitation.unanswered:1": 14,
        "enrolment.close": 28,
    }

    story.rings().then(an(InvitationReminderDue, at=day(3), participants=("m1", "e1"), late=False))
    story.when(AcceptInvitation, MENTOR).then(an(ParticipantEnrolled, participant=people(1)[0]))
    story.rings().then(an(InvitationReminderDue, at=day(10), participants=("e1",)))
    assert told(story) == ["e1"]


def test_after_two_weeks_it_is_the_coordinators_until_somebody_answers() -> None:
    story = invited().rings().rings().rings()

    story.then(an(InvitationsUnanswered, at=day(14), participants=("m1", "e1")))
    assert told(story) == ["role:coordinator"]
    status = cohort_status(story.state)
    assert [(item.kind, item.since) for item in status.items] == [("invitation_unanswered", day(14))]
    assert status.invited == 2

    story.when(DeclineInvitation, E1, participant="e1").then(an(InvitationDeclined, participant="e1"))
    story.when(EnrolParticipants, COORDINATOR, participants=[people(1)[0]])
    assert (cohort_status(story.state).items, story.state.invited) == ((), ())


def test_where_everybody_has_answered_nobody_is_told() -> None:
    story = invited().when(DeclineInvitation, E1, participant="e1").when(DeclineInvitation, MENTOR, participant="m1")

    for _ in range(3):
        assert told(story.rings()) == []
    assert set(story.clocks) == {"enrolment.close"}
    assert cohort_status(story.state).items == ()


def test_who_declined_can_be_asked_again_and_who_is_asked_or_enrolled_cannot() -> None:
    story = invited().when(DeclineInvitation, COORDINATOR, participant="e1")
    story.when(InviteParticipants, COORDINATOR, participants=[people(1)[1]]).then(an(ParticipantsInvited, batch=2))

    story.refuses(InviteParticipants, COORDINATOR, code="duplicate", participants=[people(1)[1]])
    enrolling(1).refuses(InviteParticipants, COORDINATOR, code="duplicate", participants=people(1))
    twice = [Participant(id="x", role="mentor")] * 2
    story.refuses(InviteParticipants, COORDINATOR, code="duplicate", participants=twice)


def test_everybody_answers_for_themselves_and_on_their_side() -> None:
    story = invited()
    story.refuses(AcceptInvitation, STRANGER, code="unknown")
    story.refuses(AcceptInvitation, Actor(role=Role.MENTOR, id="e1"), code="role", saying="invited as a mentee")
    story.refuses(DeclineInvitation, E1, code="role", saying="for themselves", participant="m1")
    story.refuses(DeclineInvitation, COORDINATOR, code="unknown", participant="e9")
    story.refuses(AcceptInvitation, COORDINATOR, code="role")
    story.when(AcceptInvitation, MENTOR).refuses(
        AcceptInvitation, MENTOR, code="duplicate", saying="takes part already"
    )


@pytest.mark.parametrize("actor", [APPROVER, MENTOR], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_invites_while_people_enrol(actor: Actor) -> None:
    enrolling().refuses(InviteParticipants, actor, code="role", participants=people(1))
    draft().refuses(InviteParticipants, COORDINATOR, code="stage", participants=people(1))


def test_the_end_of_the_enrolment_ends_the_reminders() -> None:
    story = enrolling(1).when(InviteParticipants, COORDINATOR, participants=[Participant(id="x", role="mentor")])

    story.when(CloseEnrolment, COORDINATOR, on=5)

    assert (story.clocks, story.state.invited) == ({}, ())
    story.refuses(AcceptInvitation, Actor(role=Role.MENTOR, id="x"), code="stage")


def test_reminders_come_in_order() -> None:
    with pytest.raises(ValueError, match="ascending order"):
        InvitationPolicy(remind_after=(days(10), days(3)))
