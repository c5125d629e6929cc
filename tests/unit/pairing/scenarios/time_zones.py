"""Time zones: UTC is stored with the zone, so everybody is told in their own hours, on both sides of a change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.pairing.decider import notices
from domain.pairing.escalation import EscalationClosed
from domain.pairing.goal_setting import GoalDraft, SetGoals, SignAgreement
from domain.pairing.meetings import LogMeeting, MeetingHeld, MeetingScheduled, ScheduleMeeting
from domain.pairing.offer import AcceptOffer, OfferAccepted
from domain.pairing.state import Party
from domain.pairing.training import CompleteTraining, TrainingAssigned

from ..given import JUNIOR, MENTEE, MENTOR, SERVICE, Story, an, day

NEW_YORK = Party(participant="senior", zone="America/New_York", holidays=(date(2026, 1, 19),))


def each_is_told_within_the_own_working_hours_on_both_sides_of_the_ocean() -> Story:
    story = Story(mentor=JUNIOR, mentee=NEW_YORK).until(0)
    offered = {notice.to: notice.deliver_after for notice in notices(story.state, story.latest[0])}
    assert offered == {"junior": day(0), "senior": day(0) + timedelta(hours=5)}

    story.when(AcceptOffer, MENTOR, on=1).then(an(OfferAccepted, activates=False))
    return story.when(AcceptOffer, MENTEE, on=2).then(an(OfferAccepted, activates=True), an(TrainingAssigned))


def a_booked_hour_stays_that_hour_when_the_clocks_change_in_one_country_before_the_other() -> Story:
    """New York changes on 8 March, London on 29 March 2026: what is nine o'clock there is another hour here."""
    story = Story(mentor=JUNIOR, mentee=NEW_YORK).until(0)
    for actor in (MENTOR, MENTEE):
        story.when(AcceptOffer, actor, on=1)
    for side in ("mentor", "mentee"):
        story.when(CompleteTraining, SERVICE, on=2, side=side)
    for actor in (MENTOR, MENTEE):
        story.when(SignAgreement, actor, on=3, skill=3)
    story.when(SetGoals, MENTOR, goals=[GoalDraft(text="Run a meeting online")])

    nine_in_new_york = datetime(2026, 3, 10, 13, tzinfo=UTC)
    story.when(ScheduleMeeting, MENTEE, on=60, starts_at=nine_in_new_york, minutes=60).then(
        an(MeetingScheduled), an(EscalationClosed)
    )
    reminders = [clock.due for clock in story.latest[0].starts if clock.name.startswith("meeting.remind")]
    assert reminders == [nine_in_new_york - timedelta(hours=24), nine_in_new_york - timedelta(hours=1)]

    story.until(65)
    return story.when(LogMeeting, MENTOR, meeting=1, held_at=nine_in_new_york, minutes=60).then(
        an(MeetingHeld), an(EscalationClosed)
    )
