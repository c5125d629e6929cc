"""Re-matching: new linked pairings for the waiting people, the fewest touched, published by a named approver."""

from __future__ import annotations

import pytest

from activities.matching import RematchRequest, match_again
from domain.cohort.capacity import free_places
from domain.cohort.decider import Work, notices, work
from domain.cohort.rematch import (
    REMATCHES_AT_ONCE,
    ApproveRematches,
    Candidate,
    RecordRematchRun,
    RejectRematch,
    RematchesApproved,
    RematchProposed,
    RematchRejected,
    RematchRunRecorded,
    by_priority,
    candidates,
    never_again,
    run_report,
)
from domain.cohort.running import RecordLaunch
from domain.cohort.shorter_plan import plan_of
from domain.cohort.state import Participant, PlannedPairing
from domain.cohort.suspending import SuspendCohort
from domain.cohort.waiting import JoinLate, LeaveWaitingList, Owed, for_the_next_cohort, rematches_of
from domain.decider import Actor
from eventstore.records import EVENTS_AT_ONCE
from tests.unit.roster_people import mentee, mentor

from .given import APPROVER, COORDINATOR, ENGINE, MENTOR, Story, an, day, design, planned, running


def two_survivors() -> Story:
    """e1 has lost m1 and m2 has lost e2, by the first two reviews; a third pairing runs on."""
    return running(3).ends(1, "e1").ends(2, "m2")


def proposed() -> Story:
    """m2 and e1 are proposed to each other."""
    return two_survivors().rematched(planned(2, 1))


def test_who_is_proposed_to_somebody_is_not_handed_over_though_it_has_become_late() -> None:
    story = proposed().asleep_until(145).ends(3, "e3")
    assert for_the_next_cohort(story.state) == ("e3",)

    story.when(RejectRematch, APPROVER, pairing="m2-e1", reason="too late")
    assert set(for_the_next_cohort(story.state)) == {"m2", "e1", "e3"}


def test_who_waits_on_both_sides_is_matched_and_linked_to_what_ended() -> None:
    story = two_survivors()
    assert [(one.id, one.places, one.priority) for one in candidates(story.state)] == [("m2", 1, 1), ("e1", 1, 1)]

    story.rematched(planned(2, 1))

    story.then(an(RematchProposed), an(RematchRunRecorded, pairs=1, input_hash="def", seed=7))
    (pair,) = story.state.rematches
    assert (pair.replaces, pair.rematched) == ("m1-e1", ("e1", "m2")), "whoever has waited longest gives the link"
    assert story.state.waiting_for == (APPROVER.role,)
    assert work(story.state) is None, "until something changes"
    told = [(notice.to, notice.about) for event in story.latest for notice in notices(story.state, event)]
    assert told == [("role:approver", (("pairs", "1"),))]


def test_what_one_run_cannot_propose_the_next_one_does() -> None:
    story = running()
    for start in range(101, 701, 50):
        late = [one for at in range(start, start + 50) for one in people_of(at)]
        story.when(JoinLate, COORDINATOR, participants=late)
    pairs = [planned(number) for number in range(101, 701)]

    first = run_report(story.state, ENGINE, "abc", pairs)
    story.when(RecordRematchRun, ENGINE, **first.model_dump(exclude={"by", "key"}))

    assert (len(story.state.rematches), len(story.latest) <= EVENTS_AT_ONCE) == (REMATCHES_AT_ONCE, True)
    assert (work(story.state), len(candidates(story.state))) == (Work.REMATCH, 2 * 100), "the others still wait"

    second = run_report(story.state, ENGINE, "def", pairs[REMATCHES_AT_ONCE:])
    assert second.key != first.key, "or it would count as a repetition of the first"
    story.when(RecordRematchRun, ENGINE, **second.model_dump(exclude={"by", "key"}))
    assert (len(story.state.rematches), candidates(story.state), work(story.state)) == (600, (), None)


def people_of(number: int) -> list[Participant]:
    return [Participant(id=f"m{number}", role="mentor"), Participant(id=f"e{number}", role="mentee")]


def test_a_proposal_reserves_its_places() -> None:
    story = proposed()

    assert [free_places(story.state)[person] for person in ("m2", "e1")] == [0, 0]
    assert candidates(story.state) == ()


def test_a_named_approver_publishes_and_the_new_pairing_has_what_is_left_of_the_program() -> None:
    story = proposed().when(ApproveRematches, APPROVER, on=30, starts_at=day(32))

    story.then(
        an(
            RematchesApproved,
            approver="head-of-people",
            starts_at=day(32),
            pairings=("m2-e1",),
            stops=("rematch.due:1", "rematch.due:2"),
        )
    )
    assert story.state.waiting == ()
    assert work(story.state) is Work.LAUNCH
    (new,) = story.state.unlaunched
    assert (new.pairing, new.approved_at, new.starts_at) == ("m2-e1", day(30), day(32))
    plan = plan_of(story.state, new)
    assert (plan.meetings.over, plan.meetings.planned) == (day(14 + 182) - day(32), 5)
    assert plan_of(story.state, story.state.proposed[0]) == story.state.design
    assert work(story.when(RecordLaunch, ENGINE, pairings=["m2-e1"]).state) is None


def test_the_second_approval_finds_it_gone() -> None:
    story = proposed().when(ApproveRematches, APPROVER, pairings=["m2-e1"])

    story.refuses(ApproveRematches, APPROVER, code="unknown", saying="no proposal", pairings=["m2-e1"])
    story.refuses(ApproveRematches, APPROVER, code="rule", saying="no re-match waits")


def test_a_start_lies_in_the_program() -> None:
    proposed().refuses(ApproveRematches, APPROVER, code="time", starts_at=day(20))
    proposed().refuses(ApproveRematches, APPROVER, code="time", starts_at=day(196))


@pytest.mark.parametrize("actor", [COORDINATOR, MENTOR, ENGINE], ids=lambda actor: actor.role.value)
def test_nobody_else_publishes(actor: Actor) -> None:
    proposed().refuses(ApproveRematches, actor, code="role")
    proposed().refuses(RecordRematchRun, COORDINATOR, code="role", input_hash="x", changes=1)


def test_what_is_turned_down_is_not_proposed_again() -> None:
    story = proposed().when(RejectRematch, COORDINATOR, pairing="m2-e1", reason="they know each other")

    story.then(an(RematchRejected, pairing="m2-e1"))
    assert ("m2", "e1") in never_again(story.state)
    assert len(story.state.waiting) == 2
    assert work(story.state) is Work.REMATCH
    story.refuses(RejectRematch, COORDINATOR, code="unknown", pairing="m2-e1", reason="again")
    story.refuses(RejectRematch, MENTOR, code="role", pairing="m2-e1", reason="again")


def test_nobody_is_paired_with_the_same_person_again() -> None:
    assert set(never_again(running(2).state)) == {("m1", "e1"), ("m2", "e2")}
    two_survivors().rematched(planned(1)).then(an(RematchRunRecorded, pairs=0))


def test_what_does_not_fit_any_more_is_left_out() -> None:
    story = two_survivors()
    changes = story.state.changes
    story.when(LeaveWaitingList, COORDINATOR, participant="e1").when(LeaveWaitingList, COORDINATOR, participant="m2")

    story.when(RecordRematchRun, ENGINE, input_hash="x", changes=changes, pairs=[planned(2, 1), planned(9)])

    story.then(an(RematchRunRecorded, pairs=0))


def test_of_two_proposals_for_one_place_the_first_gets_it() -> None:
    story = running(3).ends(1, "e1").ends(2, "m2", "e2")

    story.rematched(planned(2, 1), planned(2, 3), planned(1, 2))

    assert [pair.pairing for pair in story.state.rematches] == ["m2-e1", "m1-e2"]


def test_somebody_who_goes_takes_the_proposal_along() -> None:
    story = proposed().when(LeaveWaitingList, COORDINATOR, participant="e1")

    assert story.state.rematches == ()
    assert free_places(story.state)["m2"] == 1


def test_nothing_is_matched_while_one_side_is_missing_or_the_cohort_stands_still() -> None:
    assert work(running(2).ends(1, "e1").state) is None
    story = two_survivors().when(SuspendCohort, COORDINATOR, reason="a works council").told(3)
    assert work(story.state) is None


def test_at_most_two_re_matches_for_one_person() -> None:
    story = running(4).ends(1, "e1").ends(2, "m2").rematched(planned(2, 1)).when(ApproveRematches, APPROVER)
    story.when(RecordLaunch, ENGINE, pairings=["m2-e1"]).ends(3, "m3")
    pairing = planned(2, 1).pairing
    story.reviewed(None, Owed(pairing=pairing, participant="e1", priority=1), ended=[pairing])
    story.rematched(planned(3, 1)).when(ApproveRematches, APPROVER).when(RecordLaunch, ENGINE, pairings=["m3-e1"])
    assert rematches_of(story.state, "e1") == 2

    story.reviewed(None, Owed(pairing="m3-e1", participant="e1", priority=1), ended=["m3-e1"])

    assert [(entry.person, entry.next_cohort) for entry in story.state.waiting] == [("e1", True)]


def test_a_late_joiner_alone_waits_for_a_free_place() -> None:
    story = running(1).when(JoinLate, COORDINATOR, participants=[Participant(id="late", role="mentee")])

    assert candidates(story.state) == (Candidate(id="late", role="mentee", places=1, priority=3),)
    assert work(story.state) is None


# --- The run itself ---


def test_the_first_priority_chooses_first_and_pairs_that_serve_nobody_are_ruled_out() -> None:
    people = (
        Candidate(id="free", role="mentor", places=1),
        Candidate(id="busy", role="mentee", places=1),
        Candidate(id="second", role="mentee", places=1, priority=2),
        Candidate(id="first", role="mentee", places=1, priority=1),
    )
    rounds = []

    def match(places: dict[str, int], apart: tuple[tuple[str, str], ...]) -> tuple[PlannedPairing, ...]:
        rounds.append((dict(places), set(apart)))
        pair = planned(1).pair.model_copy(update={"mentor": "free", "mentee": "first"})
        return (planned(1).model_copy(update={"pair": pair}),) if places.get("free") else ()

    assert [pair.people for pair in by_priority(people, (("x", "y"),), match)] == [("free", "first")]
    assert rounds == [
        ({"free": 1, "busy": 1, "second": 1, "first": 1}, {("x", "y"), ("free", "busy"), ("free", "second")}),
        ({"busy": 1, "second": 1}, {("x", "y")}),
    ]


def test_the_same_bars_and_scores_as_the_first_matching() -> None:
    roster = [mentor("m1"), mentor("m2"), mentee("e1"), mentee("e2", manager="m1")]
    request = RematchRequest(
        cohort="spring",
        design=design(),
        seed=7,
        candidates=(
            Candidate(id="m1", role="mentor", places=1, priority=1),
            Candidate(id="m2", role="mentor", places=1),
            Candidate(id="e1", role="mentee", places=1, priority=2),
            Candidate(id="e2", role="mentee", places=1, priority=2),
        ),
        apart=(("m2", "e1"),),
        on=day(30),
    )

    found = match_again(roster, request)

    assert {pair.people for pair in found.pairs} == {("m1", "e1"), ("m2", "e2")}
    assert match_again(roster, request) == found
    assert found.input_hash != match_again(roster, request.model_copy(update={"apart": ()})).input_hash
