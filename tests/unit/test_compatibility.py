from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roster_people import EVEN, OFFICE, SUMMER, WINTER, mentee, mentor

from domain.matching.compatibility import Parts, compatibility, shared_working_time
from domain.program import MatchingPolicy, MatchingWeights, WorkingHours
from domain.roster import BigFive, Person


def parts(junior: Person, senior: Person, **policy: Any) -> Parts:
    return compatibility(junior, senior, MatchingPolicy(**policy), OFFICE, WINTER).parts


def test_parts_are_named_like_the_weights() -> None:
    assert set(Parts.model_fields) == set(MatchingWeights.model_fields)


@pytest.mark.parametrize(
    ("offered", "wanted", "given_back", "wished", "expected"),
    [
        ({"video"}, {"video"}, set(), set(), 0.75),
        ({"video"}, {"video", "low-code"}, set(), set(), 0.375),
        (set(), {"video"}, {"strategy"}, {"strategy"}, 0.25),
        ({"video", "podcasts"}, {"video"}, {"strategy"}, {"strategy"}, 1.0),
        ({"video"}, set(), {"strategy"}, set(), 0.0),
    ],
)
def test_skills_count_most_for_what_the_mentee_wants(
    offered: set[str], wanted: set[str], given_back: set[str], wished: set[str], expected: float
) -> None:
    junior = mentor(skills_offered=offered, skills_wanted=wished)
    senior = mentee(skills_wanted=wanted, skills_offered=given_back)
    assert parts(junior, senior).skills == pytest.approx(expected)


def test_skills_do_not_count_the_wrong_way_round() -> None:
    assert parts(mentor(skills_wanted={"video"}), mentee(skills_wanted={"video"})).skills == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"chess"}, {"chess"}, 1.0),
        ({"chess", "jazz"}, {"chess"}, 0.6667),
        ({"chess"}, {"jazz"}, 0.0),
        (set(), set(), 0.0),
    ],
)
def test_interests_are_shared_from_both_sides(one: set[str], other: set[str], expected: float) -> None:
    assert parts(mentor(interests=one), mentee(interests=other)).interests == pytest.approx(expected)


def test_personality_is_as_similar_or_as_complementary_as_the_policy_wants() -> None:
    high = BigFive(openness=1, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)
    junior, senior = mentor(traits=high), mentee(traits=EVEN)
    assert parts(junior, senior, personality="similar").personality == pytest.approx(0.9)
    assert parts(junior, senior, personality="complementary").personality == pytest.approx(0.1)


@pytest.mark.parametrize(("born", "expected"), [(1993, 1.0), (2000, 1.0), (1978, 0.4), (1968, 0.0), (1960, 0.0)])
def test_generation_grows_with_the_years_between_and_never_counts_an_older_mentor(born: int, expected: float) -> None:
    assert parts(mentor(birth_year=born), mentee(birth_year=1968)).generation == pytest.approx(expected)


def test_departments_and_sites_mix_when_they_differ() -> None:
    same = parts(mentor(department="Claims", site="Leeds"), mentee(department="claims ", site="LEEDS"))
    mixed = parts(mentor(department="Claims", site="Leeds"), mentee(department="Legal", site="Berlin"))
    assert (same.department_mix, same.site_mix, mixed.department_mix, mixed.site_mix) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("one", "other", "on", "hours"),
    [
        ("Europe/London", "Europe/London", WINTER, 8),
        ("Europe/London", "Europe/Berlin", WINTER, 7),
        ("Europe/London", "America/New_York", WINTER, 3),
        ("Europe/London", "America/New_York", date(2026, 3, 16), 4),  # New York changes its clocks earlier
        ("Europe/London", "Europe/London", date(2026, 3, 7), 8),  # a Saturday stands for its week
        ("Europe/Berlin", "Asia/Singapore", WINTER, 1),
        ("Europe/Berlin", "Asia/Singapore", SUMMER, 2),
        ("Europe/London", "Asia/Singapore", WINTER, 0),
        ("Asia/Kolkata", "Europe/London", WINTER, 2.5),
        ("Pacific/Auckland", "Pacific/Honolulu", WINTER, 7),  # 23 hours apart: the same clock hour but one
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", WINTER, 7),  # 25 hours apart
    ],
)
def test_shared_working_time_follows_the_offsets_of_the_day(one: str, other: str, on: date, hours: float) -> None:
    assert shared_working_time(one, other, OFFICE, on) == timedelta(hours=hours)
    assert shared_working_time(other, one, OFFICE, on) == timedelta(hours=hours)


def test_working_time_is_a_share_of_the_programs_own_working_day() -> None:
    junior, senior = mentor(zone="Europe/Berlin"), mentee(zone="Europe/London")
    short = WorkingHours(start=time(10), end=time(14))
    assert parts(junior, senior).working_time == pytest.approx(7 / 8)
    assert compatibility(junior, senior, MatchingPolicy(), short, WINTER).parts.working_time == pytest.approx(3 / 4)


def test_total_is_the_weighted_mean() -> None:
    junior, senior = mentor(department="Legal"), mentee(department="Claims")
    weights = MatchingWeights(
        skills=3, interests=0, personality=0, generation=0, working_time=0, department_mix=1, site_mix=0
    )
    assert compatibility(junior, senior, MatchingPolicy(weights=weights), OFFICE, WINTER).total == pytest.approx(1 / 4)


def test_total_is_nothing_when_every_weight_is() -> None:
    none = MatchingWeights(**dict.fromkeys(MatchingWeights.model_fields, 0.0))
    assert compatibility(mentor(), mentee(), MatchingPolicy(weights=none), OFFICE, WINTER).total == 0


trait = st.floats(0, 1)
terms = st.frozensets(st.sampled_from(["video", "chess", "strategy", "low-code"]))


@given(
    st.builds(
        BigFive, openness=trait, conscientiousness=trait, extraversion=trait, agreeableness=trait, neuroticism=trait
    ),
    terms,
    terms,
    st.integers(1930, 2015),
    st.sampled_from(["Europe/London", "Asia/Singapore", "Pacific/Apia", "America/St_Johns"]),
    st.builds(MatchingWeights, skills=st.floats(0, 10), site_mix=st.floats(0, 10)),
)
@settings(max_examples=100, deadline=None)
def test_the_score_stays_between_its_worst_and_its_best_part(
    traits: BigFive, offered: frozenset[str], wanted: frozenset[str], born: int, zone: str, weights: MatchingWeights
) -> None:
    junior = mentor(traits=traits, skills_offered=offered, interests=wanted, birth_year=born, zone=zone)
    senior = mentee(skills_wanted=wanted, interests=offered)
    fit = compatibility(junior, senior, MatchingPolicy(weights=weights), OFFICE, WINTER)
    counted = [getattr(fit.parts, name) for name in Parts.model_fields if getattr(weights, name) > 0]
    assert min(counted) - 1e-4 <= fit.total <= max(counted) + 1e-4
