"""With whom one person could be paired, and what another proposal would change."""

from __future__ import annotations

from roster_people import OFFICE, WINTER, mentee, mentor

from domain.matching.assignment import ProposedPair
from domain.matching.bars import Bar
from domain.matching.candidates import candidates
from domain.matching.comparison import compared
from domain.matching.compatibility import Parts
from domain.program import MatchingPolicy

PARTS = Parts(**dict.fromkeys(Parts.model_fields, 0.5))


def pair(mentor: str, mentee: str) -> ProposedPair:
    return ProposedPair(mentor=mentor, mentee=mentee, score=0.5, parts=PARTS)


def test_the_best_come_first_and_the_barred_say_why() -> None:
    boss = mentee("boss")
    junior = mentor("junior", manager="boss", skills_offered=["python"])
    roster = [
        boss,
        junior,
        mentee("plain"),
        mentee("eager", skills_wanted=["python"]),
        mentee("absent", skills_wanted=["python"]),
        mentor("colleague"),
    ]
    found = candidates(junior, roster, ["boss", "plain", "eager", "colleague"], MatchingPolicy(), OFFICE, WINTER)
    assert [one.person for one in found] == ["eager", "plain", "boss"], (
        "the absent takes no part, a mentor is no partner"
    )
    assert [one.score is None for one in found] == [False, False, True]
    assert Bar.REPORTING_LINE in found[-1].bars
    assert found[0].parts is not None
    assert found[0].parts.skills > 0


def test_both_sides_see_the_same_score() -> None:
    one, other = mentor("one", interests=["chess"]), mentee("other", interests=["chess", "opera"])
    (seen,) = candidates(one, [one, other], ["one", "other"], MatchingPolicy(), OFFICE, WINTER)
    (back,) = candidates(other, [one, other], ["one", "other"], MatchingPolicy(), OFFICE, WINTER)
    assert (seen.score, seen.parts) == (back.score, back.parts)


def test_a_comparison_says_which_pairs_and_whose_luck_change() -> None:
    found = compared([pair("m1", "e1"), pair("m2", "e2")], [pair("m1", "e1"), pair("m3", "e2")])
    assert [(one.mentor, one.mentee) for one in found.kept] == [("m1", "e1")]
    assert [(one.mentor, one.mentee) for one in found.gone] == [("m2", "e2")]
    assert [(one.mentor, one.mentee) for one in found.new] == [("m3", "e2")]
    assert (found.gains, found.loses) == (("m3",), ("m2",))


def test_the_same_pairs_are_no_change() -> None:
    found = compared([pair("m1", "e1")], [pair("m1", "e1")])
    assert (found.gone, found.new, found.gains, found.loses) == ((), (), (), ())
