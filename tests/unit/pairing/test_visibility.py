"""What each role may read of a pairing's history."""

from __future__ import annotations

import pytest

from domain.decider import Role
from domain.pairing.concern import RaiseConcern, ResolveConcern
from domain.pairing.visibility import visible, visible_to_sender

from .given import CONCERN_HANDLER, MENTOR, Story, with_a_meeting
from .scenarios.executive_cancels import three_in_a_row_at_short_notice_reach_coordinator_and_sponsor as three_in_a_row


def read(story: Story, role: Role) -> list[str]:
    return [event.type for event in story.events if visible(event, role)]


def with_a_concern() -> Story:
    story = with_a_meeting(starts=20).when(RaiseConcern, MENTOR, on=10).rings("concern.remind")
    return story.when(ResolveConcern, CONCERN_HANDLER, id="concern-1", outcome="go_on")


def test_its_handler_sees_the_concern_and_nothing_else() -> None:
    assert read(with_a_concern(), Role.CONCERN_HANDLER) == ["ConcernRaised", "ReminderDue", "ConcernResolved"]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.APPROVER, Role.MENTOR, Role.MENTEE])
def test_nobody_else_sees_the_concern(role: Role) -> None:
    story = with_a_concern()

    assert set(read(story, Role.AUDITOR)) - set(read(story, role)) >= {"ConcernRaised", "ConcernResolved"}
    assert "MeetingScheduled" in read(story, role)


def test_the_auditor_sees_that_everything_happened() -> None:
    story = with_a_concern()

    assert read(story, Role.AUDITOR) == [event.type for event in story.events]


def test_the_sponsor_sees_what_was_put_to_the_sponsor() -> None:
    assert read(three_in_a_row(), Role.SPONSOR) == ["EscalationOpened"]


def test_the_two_see_their_pairing_and_not_what_operations_looks_at() -> None:
    seen = set(read(three_in_a_row(), Role.MENTEE))

    assert "MeetingCancelled" in seen
    assert not {"EscalationOpened", "EscalationClosed"} & seen


def test_the_delegate_sees_meetings_alone() -> None:
    assert set(read(three_in_a_row(), Role.DELEGATE)) == {"MeetingScheduled", "MeetingCancelled", "MeetingHeld"}


@pytest.mark.parametrize("role", [Role.SERVICE, Role.CLOCK])
def test_systems_report_and_do_not_read(role: Role) -> None:
    assert read(with_a_meeting(), role) == []


def test_the_counting_of_cancellations_is_the_executives_and_the_coordinators() -> None:
    assert "CancellationCounted" not in read(three_in_a_row(), Role.MENTOR)
    assert "CancellationCounted" in read(three_in_a_row(), Role.COORDINATOR)


def told_to_sender(story: Story, role: Role) -> set[str]:
    return {event.type for event in story.events if visible_to_sender(event, role)}


def test_a_system_is_told_what_its_own_report_did_and_nothing_of_a_concern() -> None:
    told = told_to_sender(with_a_concern(), Role.SERVICE)

    assert "MeetingScheduled" in told
    assert not {"ConcernRaised", "ConcernResolved"} & told


def test_the_sponsor_is_told_what_became_of_the_item() -> None:
    assert told_to_sender(three_in_a_row(), Role.SPONSOR) == {"EscalationOpened", "EscalationClosed"}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MENTOR, Role.MENTEE, Role.DELEGATE, Role.CONCERN_HANDLER])
def test_everybody_else_is_told_what_they_may_read(role: Role) -> None:
    for story in (with_a_concern(), three_in_a_row()):
        assert told_to_sender(story, role) == set(read(story, role))
