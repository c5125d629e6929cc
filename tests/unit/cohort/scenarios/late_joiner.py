"""Late joiner: until day 45 a shorter plan on an own clock; else a waiting list with priority."""

from __future__ import annotations

from domain.cohort.rematch import ApproveRematches
from domain.cohort.shorter_plan import plan_of
from domain.cohort.state import Participant
from domain.cohort.waiting import JoinLate, LateJoined, WaitingListJoined

from ..given import APPROVER, COORDINATOR, Story, an, day, planned, running

NEWCOMER = Participant(id="e9", role="mentee")


def somebody_joins_in_week_four_and_gets_what_is_left_of_the_plan() -> Story:
    """Day 14 is the start; the newcomer takes the place of a mentee who left."""
    story = running(2).ends(1, "m1").when(JoinLate, COORDINATOR, on=40, participants=[NEWCOMER])
    story.then(an(LateJoined, participant=NEWCOMER), an(WaitingListJoined))

    story.rematched(planned(1, 9)).when(ApproveRematches, APPROVER, on=41, starts_at=day(42))

    (new,) = story.state.unlaunched
    plan = plan_of(story.state, new)
    assert (new.people, new.replaces) == (("m1", "e9"), "m1-e1")
    assert plan.meetings.over == day(196) - day(42), "to the end of the program"
    assert (plan.meetings.planned, plan.meetings.enough) == (5, 4)
    assert all(after < plan.meetings.over for after in plan.checkpoints.after)
    return story


def somebody_joins_after_day_45_and_waits_for_the_next_cohort() -> Story:
    story = running(2).ends(1, "m1").when(JoinLate, COORDINATOR, on=60, participants=[NEWCOMER])

    story.then(an(WaitingListJoined))
    entry = story.state.waiting[-1]
    assert (entry.person, entry.next_cohort, entry.priority) == ("e9", True, 3)
    assert NEWCOMER not in story.state.participants
    return story
