"""A person leaves, or the organisation changes: the survivors are re-matched by priority, touching nobody else."""

from __future__ import annotations

from domain.cohort.rematch import ApproveRematches, RematchProposed, RematchRunRecorded, candidates
from domain.cohort.running import CohortReviewed, PairingLaunched, RecordLaunch
from domain.cohort.waiting import Owed, PairingsEnded, RematchOverdue, WaitingListJoined

from ..given import APPROVER, ENGINE, Story, an, planned, running


def a_leavers_survivor_is_first_in_line_for_the_next_free_partner() -> Story:
    """m1 left the company; m2 and e2 did not get on, and wait behind."""
    story = running(4).ends(1, "e1", priority=1)
    story.then(an(PairingsEnded, pairings=("m1-e1",)), an(WaitingListJoined), an(CohortReviewed))
    story.ends(2, "m2", "e2", priority=2)
    assert [(one.id, one.priority) for one in candidates(story.state)] == [("m2", 2), ("e1", 1), ("e2", 2)]

    story.rematched(planned(2, 1)).then(an(RematchProposed), an(RematchRunRecorded, pairs=1))
    story.when(ApproveRematches, APPROVER).when(RecordLaunch, ENGINE, pairings=["m2-e1"])

    story.then(an(PairingLaunched, pairing="m2-e1"))
    new = story.state.proposed[-1]
    assert (new.replaces, new.rematched) == ("m1-e1", ("e1", "m2"))
    assert story.state.proposed[:4] == running(4).state.proposed, "nothing is rewritten"
    assert [entry.person for entry in story.state.waiting] == ["e2"]
    return story


def a_re_organisation_parts_two_pairs_and_their_people_find_each_other() -> Story:
    story = running(3)
    owed = [Owed(pairing=f"m{n}-e{n}", participant=f"{side}{n}", priority=1) for n in (1, 2) for side in ("m", "e")]
    story.reviewed(None, *owed, ended=["m1-e1", "m2-e2"])

    story.rematched(planned(1, 2), planned(2, 1)).when(ApproveRematches, APPROVER)

    assert {planned.pairing for planned in story.state.unlaunched} == {"m1-e2", "m2-e1"}
    assert story.state.waiting == ()
    return story


def nobody_is_found_within_two_weeks_and_the_coordinator_gets_an_item() -> Story:
    story = running(2).ends(1, "e1").reviewed()

    return story.rings().then(an(RematchOverdue, number=1))
