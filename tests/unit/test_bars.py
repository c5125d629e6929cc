from typing import Any

import pytest
from roster_people import OFFICE, SUMMER, WINTER, mentee, mentor

from domain.matching.bars import Bar, RosterIndex, bars
from domain.program import MatchingPolicy
from domain.roster import Person


def barred(junior: Person, senior: Person, *others: Person, **policy: Any) -> tuple[Bar, ...]:
    index = RosterIndex({one.id: one for one in (junior, senior, *others)}.values())
    return bars(junior, senior, index, MatchingPolicy(**policy), OFFICE, WINTER)


def test_strangers_far_enough_apart_are_not_barred() -> None:
    assert barred(mentor(manager="b1"), mentee(manager="b2"), mentee("b1"), mentee("b2")) == ()


def test_nobody_mentors_their_own_manager() -> None:
    assert barred(mentor(manager="senior"), mentee()) == (Bar.REPORTING_LINE,)


def test_nobody_is_mentored_by_their_own_manager() -> None:
    assert barred(mentor(), mentee(manager="junior")) == (Bar.REPORTING_LINE,)


def test_two_levels_up_is_a_skip_level_and_a_reporting_line() -> None:
    assert barred(mentor(manager="b1"), mentee(), mentee("b1", manager="senior")) == (
        Bar.SKIP_LEVEL,
        Bar.REPORTING_LINE,
    )


def test_two_levels_down_is_a_skip_level_too() -> None:
    assert barred(mentor(), mentee(manager="b1"), mentor("b1", manager="junior")) == (
        Bar.SKIP_LEVEL,
        Bar.REPORTING_LINE,
    )


@pytest.mark.parametrize("between", [2, 3, 30])
def test_a_reporting_line_bars_at_any_distance(between: int) -> None:
    above = [*(f"b{nth}" for nth in range(1, between)), "senior"]
    line = [mentee(f"b{nth}", manager=manager) for nth, manager in enumerate(above)]
    assert barred(mentor(manager="b0"), mentee(), *line) == (Bar.REPORTING_LINE,)


def test_a_shared_manager_bars_even_one_outside_the_roster() -> None:
    assert barred(mentor(manager="outside"), mentee(manager="outside")) == (Bar.SAME_MANAGER,)


def test_having_no_manager_is_not_having_the_same_manager() -> None:
    assert barred(mentor(manager=None), mentee(manager=None)) == ()


def test_a_shared_manager_further_up_does_not_bar() -> None:
    others = [mentee("b1", manager="top"), mentee("b2", manager="top"), mentee("top")]
    assert barred(mentor(manager="b1"), mentee(manager="b2"), *others) == ()


@pytest.mark.parametrize("pair", [("junior", "senior"), ("senior", "junior")])
def test_earlier_and_forbidden_pairs_bar_in_either_order(pair: tuple[str, str]) -> None:
    assert barred(mentor(), mentee(), earlier_pairs=(pair,)) == (Bar.EARLIER_PAIRING,)
    assert barred(mentor(), mentee(), forbidden=(pair,)) == (Bar.FORBIDDEN_PAIR,)
    assert barred(mentor(), mentee(), forbidden=(("junior", "somebody"), ("somebody", "senior"))) == ()


@pytest.mark.parametrize(("grade", "expected"), [(7, ()), (6, (Bar.SENIORITY_GAP,)), (2, (Bar.SENIORITY_GAP,))])
def test_the_mentee_must_stand_high_enough_above_the_mentor(grade: int, expected: tuple[Bar, ...]) -> None:
    assert barred(mentor(grade=4), mentee(grade=grade), seniority_gap_at_least=3) == expected


def test_too_few_shared_working_hours_bar_and_exactly_enough_do_not() -> None:
    junior, senior = mentor(zone="Asia/Singapore"), mentee(zone="Europe/Berlin")
    index = RosterIndex([junior, senior])
    assert bars(junior, senior, index, MatchingPolicy(), OFFICE, WINTER) == (Bar.WORKING_TIME,)
    assert bars(junior, senior, index, MatchingPolicy(), OFFICE, SUMMER) == ()


def test_nobody_is_their_own_mentor() -> None:
    assert barred(mentor("me", grade=1), mentee("me", grade=14))[0] == Bar.SAME_PERSON


def test_a_circle_of_managers_ends_and_bars_all_of_its_members() -> None:
    circle = [mentor("a", manager="b"), mentee("b", manager="c"), mentee("c", manager="a")]
    index = RosterIndex([*circle, mentor("d", manager="a")])
    assert index.above("a") == ("b", "c")
    assert index.above("d") == ("a", "b", "c")
    assert Bar.REPORTING_LINE in bars(circle[0], circle[2], index, MatchingPolicy(), OFFICE, WINTER)


def test_somebody_who_manages_themselves_has_nobody_above() -> None:
    assert RosterIndex([mentor("a", manager="a")]).above("a") == ()


def test_every_bar_is_reported_in_order() -> None:
    found = barred(
        mentor(manager="senior", grade=13, zone="Asia/Tokyo"),
        mentee(),
        forbidden=(("junior", "senior"),),
        earlier_pairs=(("junior", "senior"),),
    )
    assert found == (
        Bar.REPORTING_LINE,
        Bar.EARLIER_PAIRING,
        Bar.FORBIDDEN_PAIR,
        Bar.SENIORITY_GAP,
        Bar.WORKING_TIME,
    )
