"""Overrides: the coordinator corrects a proposal with a reason; what bars a pair cannot be overridden."""

from __future__ import annotations

from typing import Any

import pytest

from activities.matching import BarsRequest, MatchRequest, bars_of, match, match_request
from domain.cohort.decider import Work, notices, work
from domain.cohort.matching import ApproveMatches, ProposePairs, RecordMatchRun
from domain.cohort.overriding import ForbidPair, OverrideKind, PairingOverridden, PinPair, SwapMentees, couples
from domain.cohort.state import CohortStage, Participant
from domain.decider import Actor
from domain.matching.bars import Bar
from tests.unit.roster_people import mentee, mentor

from .given import APPROVER, COORDINATOR, ENGINE, MENTOR, Story, an, day, design, in_review, matching, planned, running

WHY = "they asked for each other"
ACROSS = {"mentor": "m1", "mentee": "e2", "reason": WHY}
SWAP = {"one": "m1-e1", "other": "m2-e2", "reason": WHY}


def again(story: Story, *pairs: tuple[int, int]) -> Story:
    """The matching runs again and finds these pairs."""
    found = [planned(mentor, mentee) for mentor, mentee in pairs]
    return story.when(ProposePairs, ENGINE, pairs=found).when(RecordMatchRun, ENGINE, input_hash="x", left_over=[])


def test_a_pin_takes_the_proposal_back_to_the_matching() -> None:
    story = in_review().when(PinPair, COORDINATOR, on=11, **ACROSS)

    story.then(an(PairingOverridden, kind=OverrideKind.PIN, pairs=(("m1", "e2"),), reason=WHY, at=day(11)))
    assert (story.stage, work(story.state)) == (CohortStage.MATCHING, Work.MATCH)
    assert (story.state.pins, story.state.proposed) == ((("m1", "e2"),), ())
    assert [notice.to for notice in notices(story.state, story.latest[0])] == ["role:approver"]

    again(story, (1, 2), (2, 1))
    assert (story.stage, len(story.state.proposed), story.state.match_runs) == (CohortStage.REVIEW, 2, 2)


def test_a_swap_is_two_pins_or_none() -> None:
    story = in_review().when(SwapMentees, COORDINATOR, **SWAP)

    story.then(an(PairingOverridden, kind=OverrideKind.SWAP, pairs=(("m1", "e2"), ("m2", "e1"))))
    assert story.state.pins == (("m1", "e2"), ("m2", "e1"))

    again(story, (1, 2), (2, 1)).when(SwapMentees, COORDINATOR, one="m1-e2", other="m2-e1", reason=WHY)
    assert story.state.pins == (("m1", "e1"), ("m2", "e2")), "a swap back gives up the pins"


def test_of_two_overrides_about_one_pair_the_later_counts() -> None:
    story = again(in_review().when(ForbidPair, COORDINATOR, mentor="m1", mentee="e1", reason=WHY), (1, 2), (2, 1))
    assert story.state.apart == (("m1", "e1"),)
    story.refuses(ForbidPair, COORDINATOR, code="duplicate", mentor="m1", mentee="e1", reason=WHY)

    again(story.when(PinPair, COORDINATOR, mentor="m1", mentee="e1", reason=WHY), (1, 1), (2, 2))
    assert (story.state.apart, story.state.pins) == ((), (("m1", "e1"),))
    story.refuses(PinPair, COORDINATOR, code="duplicate", mentor="m1", mentee="e1", reason=WHY)

    story.when(ForbidPair, COORDINATOR, mentor="m1", mentee="e1", reason=WHY)
    assert (story.state.apart, story.state.pins) == ((("m1", "e1"),), ())


@pytest.mark.parametrize(("kind", "wish"), [(PinPair, ACROSS), (SwapMentees, SWAP)])
def test_a_bar_is_not_overridden(kind: Any, wish: dict[str, Any]) -> None:
    in_review().refuses(kind, COORDINATOR, code="rule", saying="reporting line", bars=[Bar.REPORTING_LINE], **wish)


def test_a_declared_conflict_and_an_earlier_pair_are_seen_at_once() -> None:
    for name, saying in (("forbidden", "declared conflict"), ("earlier_pairs", "earlier pair")):
        plan = design(matching={name: [["e2", "m1"]]})
        story = in_review(plan=plan)
        story.refuses(PinPair, COORDINATOR, code="rule", saying=saying, **ACROSS)
        story.refuses(SwapMentees, COORDINATOR, code="rule", saying=saying, **SWAP)


def test_of_two_pins_for_one_place_the_second_is_told() -> None:
    story = again(in_review().when(PinPair, COORDINATOR, **ACROSS), (1, 2), (2, 1))

    story.refuses(PinPair, COORDINATOR, code="rule", saying="no free place", mentor="m2", mentee="e2", reason=WHY)


def test_only_people_who_take_part_on_their_own_side() -> None:
    for pair in (("m9", "e1"), ("e1", "m1")):
        wish = {"mentor": pair[0], "mentee": pair[1], "reason": WHY}
        in_review().refuses(PinPair, COORDINATOR, code="unknown", **wish)
        in_review().refuses(ForbidPair, COORDINATOR, code="unknown", **wish)
    in_review().refuses(SwapMentees, COORDINATOR, code="unknown", one="m1-e1", other="m9-e9", reason=WHY)
    in_review().refuses(SwapMentees, COORDINATOR, code="rule", one="m1-e1", other="m1-e1", reason=WHY)


@pytest.mark.parametrize("actor", [APPROVER, MENTOR, ENGINE], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_and_only_in_review(actor: Actor) -> None:
    in_review().refuses(PinPair, actor, code="role", **ACROSS)
    in_review().refuses(ForbidPair, actor, code="role", **ACROSS)
    in_review().refuses(SwapMentees, actor, code="role", **SWAP)
    running().refuses(PinPair, COORDINATOR, code="stage", **ACROSS)
    matching().refuses(SwapMentees, COORDINATOR, code="stage", **SWAP)


def test_nothing_is_approved_while_the_matching_runs_again() -> None:
    in_review().when(PinPair, COORDINATOR, **ACROSS).refuses(ApproveMatches, APPROVER, code="stage")


def test_the_pairs_whose_bars_must_be_known() -> None:
    story = in_review()
    pin = PinPair(by=COORDINATOR, key="k", mentor="m1", mentee="e2", reason=WHY)
    swap = SwapMentees(by=COORDINATOR, key="k", one="m1-e1", other="m2-e2", reason=WHY)
    assert couples(story.state, pin) == (("m1", "e2"),)
    assert couples(story.state, swap) == (("m1", "e2"), ("m2", "e1"))


# --- The run around it ---

ROSTER = [mentor("m1"), mentor("m2"), mentee("e1", manager="m1"), mentee("e2"), mentee("e3")]


def test_the_matching_keeps_pins_and_keeps_others_apart() -> None:
    request = MatchRequest(
        cohort="spring",
        design=design(),
        seed=7,
        participants=tuple(Participant(id=one.id, role=one.role) for one in ROSTER),
        on=day(10),
    )
    pinned = match(ROSTER, request.model_copy(update={"pins": (("m1", "e3"),)}))
    apart = match(ROSTER, request.model_copy(update={"apart": (("m1", "e2"), ("m1", "e3"), ("m2", "e1"))}))

    assert ("m1", "e3") in {pair.people for pair in pinned.pairs}
    assert len(pinned.pairs) == 2
    assert all(pair.why for pair in pinned.pairs)
    assert {pair.people for pair in apart.pairs} <= {("m2", "e2"), ("m2", "e3"), ("m1", "e1")}
    assert pinned.input_hash != match(ROSTER, request).input_hash


def test_what_bars_a_pair_is_looked_up_by_the_same_rules() -> None:
    request = BarsRequest(cohort="spring", design=design(), pairs=(("m1", "e1"), ("m1", "gone")), on=day(10))

    assert bars_of(ROSTER, request) == (Bar.REPORTING_LINE,)
    assert bars_of(ROSTER, request.model_copy(update={"pairs": (("m2", "e1"),)})) == ()


def test_what_stood_before_a_correction_stands_until_the_matching_has_ended() -> None:
    """However often that begins again: pairs proposed halfway change nothing of what it is asked."""
    reviewed = in_review()
    stood = tuple(pair.people for pair in reviewed.state.proposed)
    assert match_request(reviewed.state).standing == stood, "for another design, what is proposed now"

    story = in_review().when(PinPair, COORDINATOR, on=11, **ACROSS)
    asked = match_request(story.state)
    assert asked.standing == stood
    halfway = story.when(ProposePairs, ENGINE, pairs=[planned(1, 2)])
    assert match_request(halfway.state) == asked

    first = matching()
    asked = match_request(first.state)
    assert asked.standing == ()
    assert match_request(first.when(ProposePairs, ENGINE, pairs=[planned(1)]).state) == asked
