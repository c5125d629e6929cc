from typing import Any

import pytest

from domain.matching.bars import Bar
from domain.matching.compatibility import Parts
from domain.matching.explanation import why_left_over, why_paired
from domain.program import MatchingWeights


def parts(**strong: float) -> Parts:
    nothing: dict[str, Any] = dict.fromkeys(Parts.model_fields, 0.0)
    return Parts(**(nothing | strong))


def test_everybody_compatible_was_taken() -> None:
    assert why_left_over("mentor", {}, 4) == "Everyone compatible was taken (4 of 4 mentees)."


def test_the_others_are_counted_most_frequent_bar_first() -> None:
    told = why_left_over("mentee", {Bar.SAME_MANAGER: 1, Bar.WORKING_TIME: 12}, 2)
    assert told == (
        "Everyone compatible was taken (2 of 15 mentors); "
        "of the others, 12 share too few working hours and 1 has the same manager."
    )


def test_all_are_ruled_out() -> None:
    told = why_left_over("mentor", {Bar.REPORTING_LINE: 2, Bar.SENIORITY_GAP: 1, Bar.WORKING_TIME: 3}, 0)
    assert told == (
        "All 6 mentees are ruled out: 3 share too few working hours, "
        "2 are in the same reporting line and 1 is too close in seniority."
    )


def test_the_only_one_is_ruled_out() -> None:
    told = why_left_over("mentee", {Bar.EARLIER_PAIRING: 1}, 0)
    assert told == "The only mentor is ruled out: 1 was in an earlier pairing with this person."


def test_there_is_nobody_at_all() -> None:
    assert why_left_over("mentor", {}, 0) == "There was no mentee with a free place."


@pytest.mark.parametrize("bar", list(Bar))
def test_every_bar_has_words_for_one_and_for_many(bar: Bar) -> None:
    assert why_left_over("mentor", {bar: 1}, 0) != why_left_over("mentor", {bar: 2}, 0)


def test_a_pair_is_explained_by_what_carries_most_of_its_score() -> None:
    told = why_paired(parts(skills=0.6, generation=1.0, site_mix=1.0, interests=0.5), MatchingWeights())
    assert told == "The skills offered are those wanted, a generation apart and shared interests."


def test_a_strong_part_without_weight_is_no_reason() -> None:
    told = why_paired(parts(interests=1.0, generation=1.0), MatchingWeights(interests=0))
    assert told == "A generation apart."


def test_a_weak_part_is_no_strength_however_heavy() -> None:
    told = why_paired(parts(skills=0.4), MatchingWeights(skills=10))
    assert told == "No part stands out: the best that was left for both."


@pytest.mark.parametrize("part", list(Parts.model_fields))
def test_every_part_has_words(part: str) -> None:
    assert why_paired(parts(**{part: 1.0}), MatchingWeights(language=1)).startswith("No part") is False
