"""MATCHING and REVIEW: a proposal is recorded with its input hash, then a named approver publishes it."""

from __future__ import annotations

import pytest

from domain.cohort.matching import (
    ApproveMatches,
    MatchesApproved,
    MatchRunRecorded,
    PairingProposed,
    ProposePairs,
    RecordMatchRun,
)
from domain.cohort.state import CohortStage
from domain.decider import Actor
from domain.matching.assignment import LeftOver

from .given import APPROVER, AUDITOR, COORDINATOR, ENGINE, MENTOR, an, approved, day, in_review, matching, planned

NOBODY_FREE = LeftOver(person="m3", role="mentor", reason="there are more mentors than mentees")


def test_pairs_are_taken_over_as_the_matching_computed_them() -> None:
    story = matching().when(ProposePairs, ENGINE, pairs=[planned(1), planned(2)])

    story.then(an(PairingProposed, planned=planned(1)), an(PairingProposed, planned=planned(2)))
    assert story.stage is CohortStage.MATCHING


def test_a_run_is_recorded_with_all_that_it_takes_to_check_it() -> None:
    story = matching().when(ProposePairs, ENGINE, pairs=[planned(1)])

    story.when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[NOBODY_FREE])

    story.then(an(MatchRunRecorded, input_hash="abc", seed=7, pairs=1, left_over=(NOBODY_FREE,)))
    assert story.stage is CohortStage.REVIEW
    assert len(story.state.left_over) == 1
    assert story.clocks == {}


def test_a_named_approver_publishes_and_the_reviews_begin_a_week_after_the_start() -> None:
    story = in_review().when(ApproveMatches, APPROVER, on=12, starts_at=day(14))

    story.then(an(MatchesApproved, approver="head-of-people", at=day(12), starts_at=day(14)))
    assert story.stage is CohortStage.RUNNING
    assert (story.state.approved_by, story.state.approved_at, story.state.starts_at) == (
        "head-of-people",
        day(12),
        day(14),
    )
    assert story.clocks == {"review:1": 21}


def test_offers_go_out_at_once_unless_a_start_is_given() -> None:
    assert in_review().when(ApproveMatches, APPROVER, on=12).state.starts_at == day(12)


def test_the_start_is_not_before_the_approval() -> None:
    in_review().refuses(ApproveMatches, APPROVER, code="time", starts_at=day(9))


def test_an_approval_never_takes_effect_before_the_proposal() -> None:
    assert in_review().when(ApproveMatches, APPROVER, on=12, at=day(1)).state.approved_at == day(10)


def test_without_a_pair_there_is_nothing_to_approve() -> None:
    story = matching().when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[])

    story.refuses(ApproveMatches, APPROVER, code="rule", saying="no pair")


@pytest.mark.parametrize("actor", [COORDINATOR, MENTOR, AUDITOR, ENGINE], ids=lambda actor: actor.role.value)
def test_nobody_else_publishes(actor: Actor) -> None:
    in_review().refuses(ApproveMatches, actor, code="role")


@pytest.mark.parametrize("actor", [COORDINATOR, APPROVER, MENTOR], ids=lambda actor: actor.role.value)
def test_nobody_edits_what_the_matching_found(actor: Actor) -> None:
    matching().refuses(ProposePairs, actor, code="role", pairs=[planned(1)])
    matching().refuses(RecordMatchRun, actor, code="role", input_hash="abc", left_over=[])


def test_matching_and_review_have_their_time() -> None:
    in_review().refuses(ProposePairs, ENGINE, code="stage", pairs=[planned(3)])
    in_review().refuses(RecordMatchRun, ENGINE, code="stage", input_hash="abc", left_over=[])
    matching().refuses(ApproveMatches, APPROVER, code="stage")
    approved().refuses(ApproveMatches, APPROVER, code="stage")
