"""Hundreds of small cohorts, each solved once more as a mixed-integer program: the same people, the same total."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from itertools import chain

import numpy as np
import pytest
from numpy.typing import NDArray
from roster_people import OFFICE, WINTER, mentee, mentor
from scipy.optimize import Bounds, LinearConstraint, milp

from activities import pair_survey
from activities.pair_survey import surveyed
from domain.matching.assignment import Proposal, propose
from domain.matching.bars import LIFTABLE, RosterIndex, bars
from domain.matching.compatibility import STEPS, compatibility
from domain.matching.survey import Question, Survey, Surveyor
from domain.program import MatchingPolicy
from domain.roster import Person

SKILLS = ["accessibility", "low-code", "prompt writing", "video"]


def cohort(seed: int) -> list[Person]:
    luck = random.Random(seed)
    ids = [f"m{nth}" for nth in range(luck.randint(1, 8))] + [f"e{nth}" for nth in range(luck.randint(1, 8))]
    return [
        (mentor if one.startswith("m") else mentee)(
            one,
            zone=luck.choice(["Europe/London", "Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"]),
            grade=luck.randint(3, 8) if one.startswith("m") else luck.randint(8, 14),
            manager=luck.choice([None, None, *ids]),
            skills_offered=luck.sample(SKILLS, luck.randint(0, 3)),
            skills_wanted=luck.sample(SKILLS, luck.randint(0, 3)),
            capacity=luck.choice([1, 1, 2, 3]),
            conflicts=[luck.choice([other for other in ids if other != one])]
            if luck.random() < 0.2 and len(ids) > 1
            else [],
            earlier_partners=luck.sample(ids, 1) if luck.random() < 0.2 else [],
        )
        for one in ids
    ]


def proposed(people: list[Person], policy: MatchingPolicy, surveyor: Surveyor = surveyed) -> Proposal:
    return propose(people, policy, seed=1, hours=OFFICE, on=WINTER, surveyor=surveyor)


def by_milp(
    people: list[Person], policy: MatchingPolicy, standing: Collection[tuple[str, str]] = ()
) -> tuple[int, int, int]:
    """Three programs: the most people; with so many, the most standing pairs; with both, the highest score.

    One variable a pair, one a person.
    """
    index = RosterIndex(people)
    sides = [[one for one in people if one.role == role] for role in ("mentor", "mentee")]
    allowed = [
        (one, other) for one in sides[0] for other in sides[1] if not bars(one, other, index, policy, OFFICE, WINTER)
    ]
    if not allowed:
        return 0, 0, 0
    pairs, everybody = len(allowed), sides[0] + sides[1]
    has = np.array([[float(one in pair) for pair in allowed] for one in everybody])
    paired = -np.eye(len(everybody))
    rows = [
        LinearConstraint(np.hstack([has, 0 * paired]), 0, [one.capacity for one in everybody]),
        LinearConstraint(np.hstack([has, paired]), 0, np.inf),  # paired only with a pair
    ]
    people_of = np.concatenate([np.zeros(pairs), np.ones(len(everybody))])
    most = _optimum(-people_of, rows)
    steps = [round(compatibility(one, other, policy, OFFICE, WINTER).total * STEPS) for one, other in allowed]
    score_of = np.concatenate([np.array(steps, dtype=float), np.zeros(len(everybody))])
    stands = [float((one.id, other.id) in standing) for one, other in allowed]
    kept_of = np.concatenate([np.array(stands), np.zeros(len(everybody))])
    rows.append(LinearConstraint(people_of, most, np.inf))
    kept = _optimum(-kept_of, rows) if standing else 0
    return most, kept, _optimum(-score_of, [*rows, LinearConstraint(kept_of, kept, np.inf)])


def _optimum(cost: NDArray[np.float64], rows: list[LinearConstraint]) -> int:
    found = milp(cost, integrality=np.ones(len(cost)), bounds=Bounds(0, 1), constraints=rows)
    assert found.success
    return round(-found.fun)


@pytest.mark.parametrize("part", range(4))
def test_the_same_people_and_total_as_by_mixed_integer_programming(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = MatchingPolicy()
    if part >= 2:
        monkeypatch.setattr(pair_survey, "WORTHWHILE", 1)  # with an auction before, as large cohorts have it
    for seed in range(part * 75, part * 75 + 75):
        people = cohort(seed)
        proposal = proposed(people, policy)
        person, index = {one.id: one for one in people}, RosterIndex(people)
        used = Counter(chain.from_iterable((pair.mentor, pair.mentee) for pair in proposal.pairs))
        for pair in proposal.pairs:
            assert not bars(person[pair.mentor], person[pair.mentee], index, policy, OFFICE, WINTER), seed
        assert all(times <= person[one].capacity for one, times in used.items())
        assert {one.person for one in proposal.left_over} == set(person) - set(used)
        assert all(one.reason for one in proposal.left_over)
        assert (len(used), 0, _steps(proposal)) == by_milp(people, policy), seed


def test_a_corrected_proposal_keeps_as_much_as_any_with_as_many_people_could() -> None:
    """A quarter of the pairs are forbidden after the first proposal; the rest stands."""
    moved = Counter[str]()
    for seed in range(150):
        people = cohort(seed)
        first = sorted((pair.mentor, pair.mentee) for pair in proposed(people, MatchingPolicy()).pairs)
        policy = MatchingPolicy(forbidden=tuple(first[::4]))
        again = propose(people, policy, seed=1, hours=OFFICE, on=WINTER, surveyor=surveyed, standing=first, keep=True)
        used = {one for pair in again.pairs for one in (pair.mentor, pair.mentee)}
        kept = sum((pair.mentor, pair.mentee) in first for pair in again.pairs)
        assert (len(used), kept, _steps(again)) == by_milp(people, policy, first), seed
        moved["more than had to" if kept < len(first) - len(first[::4]) else "only what had to"] += 1
    assert min(moved.values()) >= 5, moved


def _steps(proposal: Proposal) -> int:
    return sum(round(pair.score * STEPS) for pair in proposal.pairs)


def test_the_cheapest_change_matches_whom_it_is_for_and_costs_nobody_their_pairing() -> None:
    """The change is made, and everything matched again: for every person left over, more people have a pairing."""
    tried = Counter[str]()
    for seed in range(60):
        people, policy = cohort(seed), MatchingPolicy()
        before = proposed(people, policy)
        paired = {one for pair in before.pairs for one in (pair.mentor, pair.mentee)}
        for left in before.left_over:
            change = left.relaxation
            if change is None:
                tried["nothing helps"] += 1
                continue
            assert set(change.bars) <= set(LIFTABLE)
            changed = [_with_room(one) if change.place and one.id == change.partner else one for one in people]
            after = proposed(changed, policy, surveyor=_lifting({left.person, change.partner}))
            again = {one for pair in after.pairs for one in (pair.mentor, pair.mentee)}
            assert len(again) > len(paired), (seed, left)
            assert left.person in again or change.place
            tried["place" if change.place else "bars"] += 1
    assert min(tried["place"], tried["bars"], tried["nothing helps"]) >= 5, tried


def test_who_is_left_with_no_change_could_be_matched_by_no_change_of_one_pair() -> None:
    for seed in range(60):
        people, policy, index = cohort(seed), MatchingPolicy(), RosterIndex(cohort(seed))
        person = {one.id: one for one in people}
        for left in proposed(people, policy).left_over:
            if left.relaxation is None:
                others = [one for one in people if one.role != left.role and one.capacity < 5]
                me = person[left.person]
                pairs = [(me, one) if me.role == "mentor" else (one, me) for one in others]
                assert all(set(bars(*pair, index, policy, OFFICE, WINTER)) - set(LIFTABLE) for pair in pairs)


def _with_room(one: Person) -> Person:
    return one.model_copy(update={"capacity": one.capacity + 1})


def _lifting(pair: set[str]) -> Surveyor:
    """A survey in which nothing bars this pair."""

    def surveyor(question: Question) -> Survey:
        survey = surveyed(question)
        for row, junior in enumerate(question.mentors):
            for column, senior in enumerate(question.mentees):
                if {junior.id, senior.id} == pair:
                    fit = compatibility(junior, senior, question.policy, question.hours, question.on)
                    survey.mask[row, column], survey.steps[row, column] = 0, round(fit.total * STEPS)
        return survey

    return surveyor
