"""The reporting line changes later: suspended at once, five working days to re-match, then closed without fault."""

from __future__ import annotations

from domain.pairing.closing import PairingClosedEarly
from domain.pairing.conflict import ReportingLineChanged, ReportReportingLine
from domain.pairing.escalation import EscalationClosed, EscalationOpened
from domain.pairing.leave import LeaveStarted, ReportLeave
from domain.pairing.meetings import MeetingCancelled
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import CloseReason, EscalationKind, Side, Stage
from domain.reporting_line import Relation

from ..given import SERVICE, Story, an, day, in_meetings, offered, with_a_meeting

IN_ONE_LINE = {"mentor_managers": ["lead", "senior"], "mentee_managers": ["chief"]}
APART = {"mentor_managers": ["lead"], "mentee_managers": ["chief"]}


def the_mentor_becomes_a_report_of_the_executive_and_nobody_rematches_them() -> Story:
    story = (
        with_a_meeting(starts=20)
        .when(ReportReportingLine, SERVICE, on=10, **IN_ONE_LINE)
        .then(
            an(MeetingCancelled, side=None),
            an(ReportingLineChanged, relations=(Relation.SKIP_LEVEL, Relation.REPORTING_LINE), runs=False),
            an(EscalationOpened, kind=EscalationKind.CONFLICT_OF_INTEREST),
        )
    )
    # Day 10 is a Thursday: five working days later it is the Thursday after.
    assert (story.stage, story.clocks) == (Stage.PAUSED, {"conflict.close": 17})

    return story.rings("conflict.close").then(
        an(PairingClosedEarly, reason=CloseReason.CONFLICT_OF_INTEREST, no_fault=True),
        an(RematchRequested, sides=(Side.MENTOR, Side.MENTEE), priority=1),
    )


def the_organisation_changes_back_in_time_and_every_clock_goes_on() -> Story:
    before = in_meetings().until(10).clocks
    story = in_meetings().when(ReportReportingLine, SERVICE, on=10, **IN_ONE_LINE)
    story.refuses(ReportReportingLine, SERVICE, code="duplicate", **IN_ONE_LINE)

    story.when(ReportReportingLine, SERVICE, on=13, **APART).then(
        an(ReportingLineChanged, relations=(), runs=True), an(EscalationClosed, resolved_itself=True)
    )

    assert story.stage is Stage.MEETING
    assert story.clocks["evaluation.open"] == before["evaluation.open"] + 3
    return story.refuses(ReportReportingLine, SERVICE, code="duplicate", **APART)


def an_offer_between_two_in_one_line_ends_at_once() -> Story:
    return (
        offered()
        .when(ReportReportingLine, SERVICE, on=2, **IN_ONE_LINE)
        .then(an(ReportingLineChanged, runs=False), an(PairingClosedEarly, no_fault=True), an(RematchRequested))
    )


def a_conflict_during_a_leave_closes_in_its_own_time() -> Story:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="junior", returns_at=day(60))
    story.then(an(LeaveStarted, side=Side.MENTOR))
    story.when(ReportReportingLine, SERVICE, on=11, mentor_managers=["lead"], mentee_managers=["lead"])
    assert story.state.relations == (Relation.SAME_MANAGER,)
    return story.rings("conflict.close").then(
        an(PairingClosedEarly, at=day(18), no_fault=True), an(RematchRequested, sides=(Side.MENTEE,))
    )
