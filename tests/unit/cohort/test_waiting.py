"""The waiting list: who is on it, in what order, until when, and how somebody gets off it."""

from __future__ import annotations

import pytest

from domain.cohort.capacity import free_places
from domain.cohort.closing import CancelCohort
from domain.cohort.decider import Work, notices, work
from domain.cohort.matching import ProposePairs, RecordMatchRun
from domain.cohort.running import CohortReviewed
from domain.cohort.state import CohortStage, Funnel, Participant, Waiting, WaitsBecause
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.cohort.waiting import (
    EndedPairing,
    JoinLate,
    LateJoined,
    LeaveWaitingList,
    Owed,
    PairingsEnded,
    RematchOverdue,
    RequestRematch,
    WaitingListJoined,
    WaitingListLeft,
    for_the_next_cohort,
)
from domain.decider import Actor
from domain.matching.assignment import LeftOver

from .given import APPROVER, COORDINATOR, ENGINE, MENTOR, Story, an, day, enrolling, matching, planned, running

OVER = EndedPairing(final=True)
LATE = [Participant(id="late", role="mentee")]


def entries(story: Story) -> list[tuple[str, int, str | None]]:
    """Who waits, how urgently, in place of which pairing."""
    return [(entry.person, entry.priority, entry.replaces) for entry in story.state.waiting]


def test_whom_the_matching_leaves_over_waits_without_a_target() -> None:
    left = LeftOver(person="m2", role="mentor", reason="there are more mentors than mentees")
    story = matching(2).when(ProposePairs, ENGINE, pairs=[planned(1)])

    story.when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[left])

    assert entries(story) == [("m2", 3, None)]
    assert story.clocks == {}


def test_of_a_cohort_that_never_ran_nobody_waits_for_the_next_one() -> None:
    left = LeftOver(person="m2", role="mentor", reason="there are more mentors than mentees")
    reviewed = matching(2).when(ProposePairs, ENGINE, pairs=[planned(1)])
    reviewed.when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[left])
    assert for_the_next_cohort(reviewed.when(CancelCohort, APPROVER, reason="no budget").state) == ()


def test_a_review_frees_the_places_and_lets_the_survivor_wait_with_a_target() -> None:
    story = running().ends(1, "e1")

    story.then(an(PairingsEnded, pairings=("m1-e1",)), an(WaitingListJoined), an(CohortReviewed, week=1))
    entry = story.state.waiting[0]
    assert entry == Waiting(
        number=1,
        person="e1",
        role="mentee",
        priority=1,
        since=day(21),
        because=WaitsBecause.REMATCH,
        replaces="m1-e1",
    )
    assert free_places(story.state) == {"m1": 1, "m2": 0, "e1": 1, "e2": 0}
    assert story.clocks == {"rematch.due:1": 35, "review:2": 28}


def test_a_pairing_ends_once() -> None:
    story = running().ends(1, "e1").ends(1, "e1")

    story.then(an(CohortReviewed, week=2))


def test_the_person_is_told() -> None:
    story = running().ends(1, "e1")

    told = [(notice.to, notice.about) for event in story.latest for notice in notices(story.state, event)]
    assert ("e1", (("cohort", "this"),)) in told


def test_behind_the_target_the_coordinator_gets_an_item_once() -> None:
    story = running().ends(1, "e1").reviewed().rings()

    story.then(an(RematchOverdue, number=1, due=day(35), late=False))
    assert story.state.waiting[0].overdue
    assert "rematch.due:1" not in story.clocks
    assert [notice.to for notice in notices(story.state, story.latest[0])] == ["role:coordinator"]


def test_the_coordinator_puts_somebody_on_the_list_at_once() -> None:
    owed = (Owed(pairing="m1-e1", participant="e1", priority=1),)
    story = running().asleep_until(17)

    story.when(
        RequestRematch, COORDINATOR, participant="m1", pairing="m1-e1", stands=EndedPairing(final=True, owed=owed)
    )

    story.then(an(PairingsEnded, pairings=("m1-e1",)), an(WaitingListJoined), an(WaitingListJoined))
    assert entries(story) == [("e1", 1, "m1-e1"), ("m1", 1, "m1-e1")]
    story.refuses(RequestRematch, COORDINATOR, code="duplicate", participant="m1", pairing="m1-e1", stands=OVER)


def test_not_before_the_pairing_is_over_for_good() -> None:
    wish = {"participant": "m1", "pairing": "m1-e1", "stands": EndedPairing(final=False)}
    running().refuses(RequestRematch, COORDINATOR, code="rule", saying="close it first", **wish)
    running().refuses(RequestRematch, COORDINATOR, code="unknown", participant="m1", pairing="m2-e2", stands=OVER)
    running().refuses(RequestRematch, MENTOR, code="role", participant="m1", pairing="m1-e1", stands=OVER)


def test_when_too_little_of_the_program_is_left_people_wait_for_the_next_cohort() -> None:
    story = running().asleep_until(145)
    story.refuses(
        RequestRematch, COORDINATOR, code="rule", saying="too little", participant="m1", pairing="m1-e1", stands=OVER
    )

    story.ends(1, "e1")

    assert [(entry.person, entry.next_cohort) for entry in story.state.waiting] == [("e1", True)]
    assert set(story.clocks) == {"review:2"}
    assert work(story.state) is None


@pytest.mark.parametrize(("on", "in_time"), [(15, True), (59, True), (60, False)])
def test_who_comes_late_waits_here_until_day_45_and_then_for_the_next_cohort(on: float, in_time: bool) -> None:
    story = running().when(JoinLate, COORDINATOR, on=on, participants=LATE)

    expected = (an(LateJoined, participant=LATE[0]),) if in_time else ()
    story.then(*expected, an(WaitingListJoined))
    (entry,) = story.state.waiting
    assert (entry.because, entry.next_cohort) == (WaitsBecause.JOINED_LATE, not in_time)
    assert (LATE[0] in story.state.participants) is in_time
    assert ("rematch.due:1" in story.clocks) is in_time


def test_nobody_joins_twice_and_nobody_before_the_launch() -> None:
    story = running().when(JoinLate, COORDINATOR, participants=LATE)
    story.refuses(JoinLate, COORDINATOR, code="duplicate", participants=LATE)
    story.refuses(JoinLate, COORDINATOR, code="duplicate", participants=[Participant(id="m1", role="mentor")])
    enrolling(1).refuses(JoinLate, COORDINATOR, code="stage", participants=LATE)


@pytest.mark.parametrize("actor", [APPROVER, MENTOR, ENGINE], ids=lambda actor: actor.role.value)
def test_the_list_is_the_coordinators(actor: Actor) -> None:
    running().refuses(JoinLate, actor, code="role", participants=LATE)
    running().ends(1, "e1").refuses(LeaveWaitingList, actor, code="role", participant="e1")


def test_who_does_not_want_to_wait_is_taken_off() -> None:
    story = running().ends(1, "e1").when(LeaveWaitingList, COORDINATOR, participant="e1")

    story.then(an(WaitingListLeft, participant="e1", stops=("rematch.due:1",)))
    assert (story.state.waiting, set(story.clocks)) == ((), {"review:2"})
    story.refuses(LeaveWaitingList, COORDINATOR, code="unknown", participant="e1")


def test_a_suspension_stops_the_target_too_and_somebody_can_still_be_taken_off() -> None:
    story = running().ends(1, "e1").when(SuspendCohort, COORDINATOR, on=25, reason="a works council").told(2)
    assert story.clocks == {}

    story.when(LeaveWaitingList, COORDINATOR, participant="e1").when(ResumeCohort, COORDINATOR, on=35)

    assert story.clocks == {"review:2": 38}


def test_a_cohort_with_a_possible_re_match_goes_on_and_without_one_ends() -> None:
    over = Funnel(launched=2, ended_otherwise=2)
    both = [Owed(pairing=f"m{n}-e{n}", participant=person, priority=1) for n, person in ((1, "m1"), (2, "e2"))]
    pairings = ["m1-e1", "m2-e2"]

    assert running().reviewed(over, both[0], ended=pairings).stage is CohortStage.EVALUATING, (
        "nobody to match them with"
    )
    going_on = running().reviewed(over, *both, ended=pairings)
    assert (going_on.stage, work(going_on.state)) == (CohortStage.RUNNING, Work.REMATCH)

    assert going_on.rematched().reviewed(over, ended=pairings).stage is CohortStage.EVALUATING, "none was found"
    assert going_on.clocks == {}
