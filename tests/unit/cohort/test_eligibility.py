"""Eligibility: HR reports who may not take part, and the matching leaves them out."""

from __future__ import annotations

import pytest

from domain.cohort.eligibility import EligibilityChanged, ReportEligibility
from domain.cohort.enrolment import CloseEnrolment, EnrolParticipants
from domain.cohort.matching import ApproveMatches, ProposePairs, RecordMatchRun
from domain.cohort.overriding import ForbidPair
from domain.cohort.rematch import ApproveRematches, candidates
from domain.cohort.running import RecordLaunch
from domain.cohort.state import Participant
from domain.cohort.waiting import WaitingListLeft
from domain.decider import Actor

from .given import APPROVER, COORDINATOR, ENGINE, MENTOR, an, closed, enrolling, in_review, planned, running

GONE = {"participant": "m1", "eligible": False}


def test_somebody_is_out_and_in_again() -> None:
    story = enrolling(2).when(ReportEligibility, ENGINE, **GONE)
    story.then(an(EligibilityChanged, participant="m1", eligible=False))
    assert story.state.ineligible == ("m1",)
    story.refuses(ReportEligibility, ENGINE, code="duplicate", **GONE)

    assert story.when(ReportEligibility, COORDINATOR, participant="m1", eligible=True).state.ineligible == ()


def test_an_enrolment_without_anybody_eligible_does_not_close() -> None:
    enrolling(1).when(ReportEligibility, ENGINE, **GONE).refuses(CloseEnrolment, COORDINATOR, code="rule")


def test_a_proposal_with_them_cannot_be_published() -> None:
    story = in_review().when(ReportEligibility, ENGINE, **GONE)
    story.refuses(ApproveMatches, APPROVER, code="rule", saying="not eligible any more: m1")

    story.when(ReportEligibility, ENGINE, participant="m1", eligible=True).when(ApproveMatches, APPROVER)


def test_the_way_out_is_to_forbid_the_pair_of_the_one_who_is_left() -> None:
    story = in_review().when(ReportEligibility, ENGINE, participant="m2", eligible=False)
    story.when(ForbidPair, COORDINATOR, mentor="m1", mentee="e2", reason="the matching runs again")
    assert story.state.proposed == ()


def test_who_waits_waits_no_longer() -> None:
    story = running(3).ends(1, "e1").ends(2, "m2").rematched(planned(2, 1))

    story.when(ReportEligibility, ENGINE, participant="e1", eligible=False)

    story.then(an(EligibilityChanged), an(WaitingListLeft, participant="e1"))
    assert [one.id for one in candidates(story.state)] == ["m2"]
    assert story.state.rematches == ()


def test_a_re_match_with_them_cannot_be_published() -> None:
    """m3 has two places, one of them beside a pairing, and does not wait."""
    third = Participant(id="m3", role="mentor", capacity=2)
    story = enrolling(2).when(EnrolParticipants, COORDINATOR, participants=[third, Participant(id="e3", role="mentee")])
    story.when(CloseEnrolment, COORDINATOR, on=10).when(ProposePairs, ENGINE, pairs=[planned(n) for n in (1, 2, 3)])
    story.when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[]).when(ApproveMatches, APPROVER)
    story.when(RecordLaunch, ENGINE, pairings=[planned(n).pairing for n in (1, 2, 3)]).ends(1, "e1")
    story.rematched(planned(3, 1)).when(ReportEligibility, ENGINE, participant="m3", eligible=False)

    story.refuses(ApproveRematches, APPROVER, code="rule", saying="not eligible any more: m3")


@pytest.mark.parametrize("actor", [APPROVER, MENTOR], ids=lambda actor: actor.role.value)
def test_it_is_a_report_of_a_service(actor: Actor) -> None:
    enrolling(1).refuses(ReportEligibility, actor, code="role", **GONE)
    enrolling(1).refuses(ReportEligibility, ENGINE, code="unknown", participant="m9", eligible=False)
    closed().refuses(ReportEligibility, ENGINE, code="stage", **GONE)
