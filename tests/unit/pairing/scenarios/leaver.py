"""A person leaves: meetings to come are cancelled, the pairing closes early, the survivor gets a partner first."""

from __future__ import annotations

from domain.pairing.closing import EmploymentChanged, PairingClosedEarly, ReportLeaver
from domain.pairing.meetings import LogMeeting, MeetingCancelled, MeetingHeld
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import CloseReason, Side

from ..given import MENTOR, SERVICE, Story, an, day, having_met, in_meetings, with_a_meeting


def from_the_effective_date_the_meetings_to_come_are_cancelled_and_the_survivor_comes_first() -> Story:
    story = with_a_meeting(starts=40).when(ReportLeaver, SERVICE, on=10, participant="senior", leaves_at=day(30))
    story.then(an(EmploymentChanged, side=Side.MENTEE, leaves_at=day(30)))

    return story.rings("leaver.effective").then(
        an(MeetingCancelled, number=1, side=None, at=day(30)),
        an(PairingClosedEarly, reason=CloseReason.LEFT_COMPANY, no_fault=True),
        an(RematchRequested, sides=(Side.MENTOR,), priority=1),
    )


def a_late_feed_carries_its_effective_date_and_what_was_held_stays() -> Story:
    story = having_met(10).when(LogMeeting, MENTOR, on=24, held_at=day(24), minutes=60).then(an(MeetingHeld, number=2))

    story.when(ReportLeaver, SERVICE, on=30, participant="senior", leaves_at=day(20)).then(
        an(EmploymentChanged, leaves_at=day(20)), an(PairingClosedEarly, at=day(30)), an(RematchRequested)
    )
    assert story.state.held == 2
    return story


def a_leaving_date_is_corrected_before_it_comes() -> Story:
    story = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="junior", leaves_at=day(20))
    story.refuses(ReportLeaver, SERVICE, code="duplicate", participant="junior", leaves_at=day(20))
    story.when(ReportLeaver, SERVICE, on=11, participant="junior", leaves_at=day(25)).then(an(EmploymentChanged))

    return story.rings("leaver.effective").then(
        an(PairingClosedEarly, at=day(25)), an(RematchRequested, sides=(Side.MENTEE,))
    )
