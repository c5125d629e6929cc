"""Pins, leave, conflicts, other weights, and matching again: what stands stays."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from roster_people import OFFICE, WINTER, mentee, mentor

from activities.pair_survey import surveyed
from domain.matching.assignment import Pair, Proposal, propose
from domain.matching.bars import Bar
from domain.program import MatchingPolicy, MatchingWeights
from domain.roster import Person

SKILLS = ["accessibility", "low-code", "prompt writing", "video"]
USUAL: dict[str, Any] = {"seed": 1, "hours": OFFICE, "on": WINTER, "surveyor": surveyed}


def matched(people: list[Person], **policy: Any) -> Proposal:
    return propose(people, MatchingPolicy(**policy), **USUAL)


def met(proposal: Proposal) -> set[Pair]:
    return {(pair.mentor, pair.mentee) for pair in proposal.pairs}


def company(each: int, seed: int = 1) -> list[Person]:
    luck = random.Random(seed)
    return [
        side(
            f"{letter}{nth}",
            skills_offered=luck.sample(SKILLS, 2),
            skills_wanted=luck.sample(SKILLS, 2),
            birth_year=luck.randint(*born),
            capacity=luck.choice([1, 1, 2]),
        )
        for side, letter, born in ((mentor, "m", (1985, 2003)), (mentee, "e", (1958, 1984)))
        for nth in range(each)
    ]


def test_a_pinned_pair_is_made_whatever_it_costs() -> None:
    people = [mentor("m1", skills_offered=SKILLS), mentor("m2"), mentee("e1", skills_wanted=SKILLS), mentee("e2")]
    assert met(matched(people)) == {("m1", "e1"), ("m2", "e2")}
    assert met(matched(people, pinned=(("e2", "m1"),))) == {("m1", "e2"), ("m2", "e1")}


def test_a_pin_takes_one_place_and_is_made_once() -> None:
    people = [mentor("m1", capacity=2), mentee("e1", capacity=2), mentee("e2")]
    proposal = matched(people, pinned=(("m1", "e1"), ("e1", "m1")))
    assert met(proposal) == {("m1", "e1"), ("m1", "e2")}
    assert proposal.refused_pins == ()


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        (("m1", "e1"), "Ruled out: one of the two is in the same reporting line for the other."),
        (("m2", "nobody"), "Not a mentor and a mentee who both take part."),
        (("m2", "m1"), "Not a mentor and a mentee who both take part."),
        (("m2", "e2"), "One of the two has no free place."),
    ],
)
def test_a_pin_that_cannot_be_is_refused_with_its_reason(pin: Pair, reason: str) -> None:
    people = [mentor("m1", manager="e1"), mentor("m2"), mentee("e1"), mentee("e2")]
    first = (("m2", "e1"),) if "place" in reason else ()
    proposal = matched(people, pinned=(*first, pin))
    assert [(one.pair, one.reason) for one in proposal.refused_pins] == [(pin, reason)]
    assert pin not in met(proposal)


@pytest.mark.parametrize(
    ("returns_on", "reason"),
    [
        (WINTER + timedelta(days=28), None),
        (WINTER + timedelta(days=29), "On leave until 2026-03-31; a return within 28 days of the matching would do."),
        ("unknown", "On leave without a known return; a return within 28 days of the matching would do."),
    ],
)
def test_who_is_back_in_time_takes_part_and_others_wait_with_the_reason(
    returns_on: date | str, reason: str | None
) -> None:
    proposal = matched([mentor("m1", returns_on=returns_on), mentee("e1")])
    assert bool(proposal.pairs) is (reason is None)
    assert [one.reason for one in proposal.left_over if one.person == "m1"] == ([] if reason is None else [reason])


@pytest.mark.parametrize("side", ["m1", "e1"])
def test_conflicts_and_earlier_partners_bar_whoever_of_the_two_names_the_other(side: str) -> None:
    other = {"m1": "e1", "e1": "m1"}[side]
    for field, bar in (("conflicts", Bar.DECLARED_CONFLICT), ("earlier_partners", Bar.EARLIER_PAIRING)):
        people = [mentor("m1"), mentee("e1")]
        people = [one.model_copy(update={field: {other}}) if one.id == side else one for one in people]
        assert [(one.bar, one.pairs) for one in matched(people).barred] == [(bar, 1)]


def test_a_required_language_bars_those_without_a_shared_one() -> None:
    people = [mentor("m1", languages=["german"]), mentee("e1", languages=["english"])]
    proposal = matched(people, language="required")
    assert [one.reason for one in proposal.left_over] == [
        "The only mentor is ruled out: 1 shares no language.",
        "The only mentee is ruled out: 1 shares no language.",
    ]
    assert met(matched(people, language="weighted")) == {("m1", "e1")}


def test_the_cheapest_change_is_told_with_what_it_costs() -> None:
    people = [mentor("m1", zone="Asia/Kolkata"), mentee("e1", zone="America/New_York"), mentee("e2", grade=6)]
    proposal = matched(people)
    told = {one.person: one.relaxation.says for one in proposal.left_over if one.relaxation}
    assert told["m1"] == "A gap of 2 grades instead of 3 would allow a pairing with e2, score 0.23."
    assert told["e1"].startswith("0 shared working hours a day instead of 2 would allow a pairing with m1")
    full = matched([mentor("m1"), mentee("e1"), mentee("e2")])
    [left] = full.left_over
    assert left.relaxation is not None
    assert (left.relaxation.place, left.relaxation.bars, left.relaxation.price) == (True, (), 1.0)
    assert left.relaxation.says.startswith("One pairing more for m1 would allow")


def test_by_the_same_rules_everything_stays() -> None:
    people = company(20)
    before = matched(people)
    for keep in (False, True):
        again = propose(people, MatchingPolicy(), **USUAL, standing=sorted(met(before)), keep=keep)
        assert again == before


def test_other_weights_change_the_pairs_that_they_make_worse() -> None:
    people, other = company(20), MatchingPolicy(weights=MatchingWeights(skills=0, generation=10))
    before = met(matched(people))
    after = met(propose(people, other, **USUAL, standing=sorted(before)))
    assert len(after - before) > 5
    assert len(before - after) <= len(before - met(propose(people, other, **USUAL)))


def test_among_equals_other_weights_change_nothing() -> None:
    people = [one for nth in range(8) for one in (mentor(f"m{nth}"), mentee(f"e{nth}"))]
    turned = [(f"m{nth}", f"e{7 - nth}") for nth in range(8)]
    lighter = MatchingPolicy(weights=MatchingWeights(generation=3))
    assert met(propose(people, lighter, **USUAL, standing=turned)) == set(turned)


def test_a_correction_moves_only_what_must_move() -> None:
    people = company(20)
    before = met(matched(people))
    apart = sorted(before)[0]
    policy = MatchingPolicy(forbidden=(apart,))
    free, kept = propose(people, policy, **USUAL), propose(people, policy, **USUAL, standing=sorted(before), keep=True)
    assert _reached(kept) == _reached(free)
    assert len(before - met(kept)) <= len(before - met(free))
    assert len(before - met(kept)) <= 3


def test_newcomers_are_matched_beside_what_stands() -> None:
    people = company(20)
    before = met(matched(people))
    newcomers = [mentor("new1"), mentee("new2")]
    after = propose([*people, *newcomers], MatchingPolicy(), **USUAL, standing=sorted(before), keep=True)
    assert before <= met(after)
    assert {"new1", "new2"} <= _reached(after)


def _reached(proposal: Proposal) -> set[str]:
    return {one for pair in met(proposal) for one in pair}
