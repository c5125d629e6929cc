"""A safeguarding concern bypasses the coordinator and freezes the meetings; the other side gets no notice."""

from __future__ import annotations

from domain.decider import Role
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import PairingClosedEarly
from domain.pairing.concern import ConcernRaised, ConcernResolved, RaiseConcern, ResolveConcern
from domain.pairing.decider import notices
from domain.pairing.escalation import ReminderDue
from domain.pairing.meetings import MeetingScheduled, ScheduleMeeting
from domain.pairing.pausing import Resume
from domain.pairing.state import CloseReason, Side, Stage
from domain.pairing.visibility import visible

from ..given import CONCERN_HANDLER, COORDINATOR, MENTEE, MENTOR, Story, an, day, with_a_meeting


def the_junior_raises_it_and_only_its_handler_hears_of_it() -> Story:
    story = with_a_meeting(starts=20).when(RaiseConcern, MENTOR, on=10)
    story.then(an(ConcernRaised, side=Side.MENTOR, frozen=(1,)))
    told = notices(story.state, story.latest[0])
    assert [notice.to for notice in told] == ["role:concern_handler", "junior"]
    assert not visible(story.latest[0], Role.COORDINATOR)

    story.refuses(ScheduleMeeting, MENTEE, code="stage", starts_at=day(25), minutes=60)
    story.refuses(Resume, COORDINATOR, code="rule")
    story.refuses(ResolveConcern, COORDINATOR, code="role", id="concern-1", outcome="go_on")

    return story.rings("concern.remind").then(
        an(ReminderDue, about=ClockKind.CONCERN_REMIND, to=("concern_handler",), at=day(12))
    )


def it_is_resolved_and_the_pairing_goes_on() -> Story:
    story = with_a_meeting(starts=20).when(RaiseConcern, MENTEE, on=10)
    story.when(ResolveConcern, CONCERN_HANDLER, on=11, id="concern-1", outcome="go_on").then(
        an(ConcernResolved, runs=True)
    )
    assert story.stage is Stage.MEETING
    return story.when(ScheduleMeeting, MENTOR, starts_at=day(20), minutes=60).then(an(MeetingScheduled, number=2))


def it_ends_the_pairing_for_a_reason_that_stays_confidential() -> Story:
    story = with_a_meeting(starts=20).when(RaiseConcern, MENTOR, on=10)

    return story.when(ResolveConcern, CONCERN_HANDLER, on=13, id="concern-1", outcome="close").then(
        an(ConcernResolved, runs=False), an(PairingClosedEarly, reason=CloseReason.CONFIDENTIAL, no_fault=True)
    )
