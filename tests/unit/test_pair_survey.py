"""What the arrays say about every pair is, to the last bit, what the rules say about each."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from roster_people import OFFICE, WINTER, mentee, mentor

from activities.pair_facts import ManyFacts, RosterArrays
from activities.pair_survey import _BLOCK, PairSurvey, surveyed
from domain.matching.bars import Bar, RosterIndex, bars, shortfalls
from domain.matching.compatibility import STEPS, compatibility
from domain.matching.survey import Question
from domain.program import MatchingPolicy, MatchingWeights
from domain.roster import BigFive, Person

IDS = [*(f"m{nth}" for nth in range(6)), *(f"e{nth}" for nth in range(6))]
terms = st.frozensets(st.sampled_from(["video", "chess", "english", "low-code"]), max_size=3)
pairs = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=3).map(tuple)
trait = st.floats(0, 1)


@st.composite
def rosters(draw: st.DrawFn) -> list[Person]:
    people = []
    for one in draw(st.lists(st.sampled_from(IDS), unique=True, min_size=2)):
        fields: dict[str, Any] = {
            "grade": draw(st.integers(1, 20)),
            "manager": draw(st.sampled_from([None, "outside", *IDS])),
            "department": draw(st.sampled_from(["Claims", "claims ", "Legal"])),
            "site": draw(st.sampled_from(["London", "LONDON", "Leeds"])),
            "zone": draw(st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"])),
            "birth_year": draw(st.integers(1950, 2005)),
            "traits": draw(st.builds(BigFive, **dict.fromkeys(BigFive.model_fields, trait))),
            "conflicts": draw(st.frozensets(st.sampled_from(IDS), max_size=2)),
            "earlier_partners": draw(st.frozensets(st.sampled_from(IDS), max_size=2)),
        }
        fields |= {name: draw(terms) for name in ("skills_offered", "skills_wanted", "interests", "languages")}
        people.append((mentor if one.startswith("m") else mentee)(one, **fields))
    return people


policies = st.builds(
    MatchingPolicy,
    weights=st.builds(MatchingWeights, **dict.fromkeys(MatchingWeights.model_fields, st.floats(0, 10))),
    personality=st.sampled_from(["similar", "complementary"]),
    language=st.sampled_from(["weighted", "required"]),
    shared_working_hours_at_least=st.sampled_from([0.0, 2.0, 3.5]),
    seniority_gap_at_least=st.integers(0, 6),
    forbidden=pairs,
    earlier_pairs=pairs,
)


@given(rosters(), policies)
@settings(max_examples=60, deadline=None)
def test_scores_and_bars_are_those_of_each_pair(people: list[Person], policy: MatchingPolicy) -> None:
    mentors = [one for one in people if one.role == "mentor"]
    mentees = [one for one in people if one.role == "mentee"]
    index = RosterIndex(people)
    survey = surveyed(Question(mentors, mentees, index, policy, OFFICE, WINTER))
    for row, junior in enumerate(mentors):
        for column, senior in enumerate(mentees):
            found = bars(junior, senior, index, policy, OFFICE, WINTER)
            fit = compatibility(junior, senior, policy, OFFICE, WINTER)
            assert [bar for nth, bar in enumerate(Bar) if survey.mask[row, column] >> nth & 1] == list(found)
            assert survey.steps[row, column] == (-1 if found else round(fit.total * STEPS))
            assert fit.total == round(fit.total, 4)


@given(rosters(), policies, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_pairs_here_and_there_are_answered_as_each_alone(
    people: list[Person], policy: MatchingPolicy, luck: Random
) -> None:
    mentors = [one for one in people if one.role == "mentor"]
    mentees = [one for one in people if one.role == "mentee"]
    index = RosterIndex(people)
    cells = [(row, column) for row in range(len(mentors)) for column in range(len(mentees)) if luck.random() < 0.6]
    luck.shuffle(cells)
    chosen = [(mentors[row], mentees[column]) for row, column in cells]
    survey = surveyed(Question(mentors, mentees, index, policy, OFFICE, WINTER))
    assert survey.fits(cells) == [compatibility(*pair, policy, OFFICE, WINTER) for pair in chosen]
    facts = ManyFacts.singles(RosterArrays(mentors, mentees, index), cells)
    missing = shortfalls(facts, policy, OFFICE, WINTER)
    barred = {bar: np.broadcast_to(missing[bar] > 0, len(cells)) for bar in Bar}
    assert [tuple(bar for bar in Bar if barred[bar][nth]) for nth in range(len(cells))] == [
        bars(*pair, index, policy, OFFICE, WINTER) for pair in chosen
    ]


@given(st.lists(st.integers(0, 2**200 - 1), min_size=2, max_size=6), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_common_terms_are_counted_however_many_there_are(chosen: list[int], split: int) -> None:
    lists = [{f"skill {nth}" for nth in range(200) if each >> nth & 1} for each in chosen]
    juniors = [mentor(f"m{nth}", skills_offered=terms) for nth, terms in enumerate(lists[:split])]
    seniors = [mentee(f"e{nth}", skills_wanted=terms) for nth, terms in enumerate(lists[split:])]
    roster = RosterArrays(juniors, seniors, RosterIndex([*juniors, *seniors]))
    whole = ManyFacts.block(roster, slice(0, len(juniors)), slice(0, len(seniors)))
    expected = [[len(one.skills_offered & other.skills_wanted) for other in seniors] for one in juniors]
    assert whole.shared("skills_offered", "skills_wanted").tolist() == expected


def test_blocks_make_no_difference() -> None:
    people = [mentor(f"m{nth}", manager=f"e{nth % 7}", grade=nth % 9 + 1) for nth in range(700)]
    people += [mentee(f"e{nth}", conflicts={f"m{nth * 2}"}, grade=nth % 9 + 5) for nth in range(500)]
    mentors, mentees = people[:700], people[700:]
    whole = Question(mentors, mentees, RosterIndex(people), MatchingPolicy(), OFFICE, WINTER)
    assert len(mentors) * len(mentees) > _BLOCK
    in_one = PairSurvey(Question(mentors[:400], mentees, whole.index, whole.policy, OFFICE, WINTER))
    rest = PairSurvey(Question(mentors[400:], mentees, whole.index, whole.policy, OFFICE, WINTER))
    survey = surveyed(whole)
    assert np.array_equal(survey.mask, np.vstack([in_one.mask, rest.mask]))
    assert np.array_equal(survey.steps, np.vstack([in_one.steps, rest.steps]))
    assert survey.barred()[Bar.DECLARED_CONFLICT] == 350
