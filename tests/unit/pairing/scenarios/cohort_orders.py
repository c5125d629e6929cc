"""The cohort is suspended, amended or cancelled, and its pairings with it."""

from __future__ import annotations

from domain.pairing.amending import AmendDesign, DesignAmended
from domain.pairing.closing import CloseEarly, PairingClosedEarly
from domain.pairing.meetings import MeetingCancelled
from domain.pairing.state import CloseReason, Stage
from domain.pairing.with_cohort import ResumedWithCohort, ResumeWithCohort, SuspendedWithCohort, SuspendWithCohort

from ..given import COHORT, COORDINATOR, Story, an, design, in_meetings, with_a_meeting


def suspended_and_resumed_with_the_time_left_on_every_clock() -> Story:
    before = with_a_meeting(starts=20).until(10).clocks
    story = with_a_meeting(starts=20).when(SuspendWithCohort, COHORT, on=10)
    story.then(an(MeetingCancelled, side=None), an(SuspendedWithCohort))
    assert (story.stage, story.clocks) == (Stage.PAUSED, {})

    story.when(ResumeWithCohort, COHORT, on=24).then(an(ResumedWithCohort, runs=True))

    kept = ("health.red", "checkpoint.open:1", "evaluation.open")
    assert {name: story.clocks[name] for name in kept} == {name: before[name] + 14 for name in kept}
    return story


def an_amended_design_moves_the_clocks_that_it_names_and_no_others() -> Story:
    story = in_meetings().until(10)
    before = story.clocks
    longer = design(version=2, meetings={"over": "196 days"})

    story.when(AmendDesign, COHORT, design=longer).then(an(DesignAmended))

    assert story.clocks == before | {"evaluation.open": before["evaluation.open"] + 14}
    return story.refuses(AmendDesign, COHORT, code="duplicate", design=longer)


def an_amendment_that_would_rewrite_the_past_is_refused() -> Story:
    story = in_meetings().until(40)
    earlier = design(version=2, checkpoints={"after": ["20 days", "90 days", "150 days"]})
    return story.refuses(AmendDesign, COHORT, code="rule", saying="checkpoint 1 has been opened", design=earlier)


def a_cancelled_cohort_ends_its_pairings() -> Story:
    story = in_meetings().refuses(CloseEarly, COORDINATOR, code="role", reason="cohort_cancelled")
    return story.when(CloseEarly, COHORT, on=20, reason="cohort_cancelled").then(
        an(PairingClosedEarly, reason=CloseReason.COHORT_CANCELLED, no_fault=True)
    )
