"""Unbalanced numbers: capacity per person, who is left gets a reason and a place on the waiting list."""

from __future__ import annotations

from activities.matching import MatchRequest, match
from domain.cohort.enrolment import CloseEnrolment, EnrolParticipants
from domain.cohort.matching import ApproveMatches, MatchRunRecorded, ProposePairs, RecordMatchRun
from domain.cohort.state import Participant
from tests.unit.roster_people import mentee, mentor

from ..given import APPROVER, COORDINATOR, ENGINE, Story, an, enrolling, planned


def one_mentor_takes_two_and_the_fourth_executive_waits_with_a_reason() -> Story:
    roster = [mentor("m1", capacity=2), mentor("m2"), *(mentee(f"e{n}") for n in range(1, 5))]
    people = tuple(Participant(id=one.id, role=one.role, capacity=one.capacity) for one in roster)
    story = enrolling().when(EnrolParticipants, COORDINATOR, participants=people)
    story.when(CloseEnrolment, COORDINATOR, on=10)
    state = story.state
    found = match(
        roster, MatchRequest(cohort="spring", design=state.design, seed=state.seed, participants=people, on=state.since)
    )

    story.when(ProposePairs, ENGINE, pairs=found.pairs)
    story.when(RecordMatchRun, ENGINE, input_hash=found.input_hash, left_over=found.left_over)

    story.then(an(MatchRunRecorded, pairs=3))
    (left,) = story.state.left_over
    assert "everyone compatible was taken" in left.reason.lower()
    assert [(entry.person, entry.priority) for entry in story.state.waiting] == [(left.person, 3)]
    return story.when(ApproveMatches, APPROVER)


def a_pair_too_many_is_refused_whoever_proposes_it() -> Story:
    story = enrolling(1).when(CloseEnrolment, COORDINATOR, on=10)

    story.refuses(ProposePairs, ENGINE, code="unknown", pairs=[planned(1), planned(2)])
    return story.when(ProposePairs, ENGINE, pairs=[planned(1)])
