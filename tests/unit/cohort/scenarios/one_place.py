"""Two accepts at once: capacity is reserved at the offer, atomically. One gets the place, the other is told."""

from __future__ import annotations

from domain.cohort.capacity import free_places
from domain.cohort.matching import ProposePairs
from domain.cohort.overriding import PinPair
from domain.cohort.rematch import ApproveRematches, RematchesApproved, RematchProposed, RematchRunRecorded

from ..given import APPROVER, COORDINATOR, ENGINE, Story, an, in_review, matching, planned, running


def two_proposals_want_the_only_free_mentor_and_the_first_reserves_the_place() -> Story:
    story = running(3).ends(1, "e1").ends(2, "m2", "e2").rematched(planned(2, 1), planned(2, 3))

    story.then(an(RematchProposed), an(RematchRunRecorded, pairs=1))
    assert free_places(story.state)["m2"] == 0
    return story


def two_approvers_publish_one_proposal_and_the_second_is_told() -> Story:
    story = running(3).ends(1, "e1").ends(2, "m2").rematched(planned(2, 1))
    story.when(ApproveRematches, APPROVER, pairings=["m2-e1"]).then(an(RematchesApproved, pairings=("m2-e1",)))

    return story.refuses(ApproveRematches, APPROVER, code="unknown", saying="no proposal", pairings=["m2-e1"])


def two_coordinators_pin_one_executive_and_the_second_is_told() -> Story:
    story = in_review(3).when(PinPair, COORDINATOR, mentor="m1", mentee="e2", reason="they asked for it")

    return story.refuses(PinPair, COORDINATOR, code="stage", mentor="m3", mentee="e2", reason="the matching runs again")


def a_mentor_with_one_place_is_not_proposed_twice() -> Story:
    story = matching(2).when(ProposePairs, ENGINE, pairs=[planned(1)])

    return story.refuses(ProposePairs, ENGINE, code="rule", saying="no free place", pairs=[planned(1, 2)])
