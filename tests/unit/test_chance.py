"""Luck that does not depend on the order of asking."""

from __future__ import annotations

from statistics import median

from rehearsal.chance import Chance


def test_the_same_question_gets_the_same_answer_whatever_was_asked_before() -> None:
    first, second = Chance(7, "m1-e1"), Chance(7, "m1-e1")
    first.happens("something else", 0.5)
    assert first.span("offer/mentor", 2.5, 0.6) == second.span("offer/mentor", 2.5, 0.6)
    assert first.score("nps", 8, 0, 10) == second.score("nps", 8, 0, 10)


def test_seeds_pairings_and_questions_have_luck_of_their_own() -> None:
    draws = {
        Chance(seed, pairing).span(question, 10, 0.6)
        for seed in (1, 2)
        for pairing in ("a", "b")
        for question in ("x", "y")
    }
    assert len(draws) == 8


def test_probabilities_and_medians_are_what_they_say() -> None:
    lucks = [Chance(3, str(number)) for number in range(2_000)]
    assert 0.27 < sum(luck.happens("q", 0.3) for luck in lucks) / len(lucks) < 0.33
    assert 4.7 < median(luck.span("q", 5, 0.6) for luck in lucks) < 5.3
    assert not any(luck.happens("never", 0.0) for luck in lucks)


def test_scores_stay_on_their_scale() -> None:
    scores = {Chance(5, str(number)).score("q", 4.5, 1, 5, spread=3) for number in range(500)}
    assert scores == {1, 2, 3, 4, 5}
