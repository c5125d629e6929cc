"""The headline: figures worked by hand, and suppression that holds whatever people answer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.evaluation import Answers, PairingFacts, headline
from domain.figures import BySide, Headline, Hidden, Shown, ShownSpread, Suppressed

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def facts(number: int = 0, **changes: object) -> PairingFacts:
    """A pairing that ran well, with `changes`."""
    well = {
        "pairing": f"p{number}",
        "outcome": "completed",
        "offered_at": START,
        "activated_at": START,
        "trained_at": START + timedelta(days=7),
        "first_held_at": START + timedelta(days=10),
        "ended_at": START + timedelta(days=190),
        "planned": 6,
        "held": 6,
        "scheduled": 7,
        "mentor": Answers(evaluated=True),
        "mentee": Answers(evaluated=True),
    }
    return PairingFacts.model_validate(well | changes)


def shown(figure: Shown | Suppressed) -> Shown:
    assert isinstance(figure, Shown), figure
    return figure


def hidden(figure: Shown | ShownSpread | Suppressed) -> Hidden:
    assert isinstance(figure, Suppressed), figure
    return figure.reason


def of(pairings: Sequence[PairingFacts]) -> Headline:
    return headline(pairings, matched=len(pairings), eligible=len(pairings))


def cohort(mentors: Sequence[Answers], mentees: Sequence[Answers]) -> list[PairingFacts]:
    """One pairing for each pair of answers; the shorter side is filled up with people who did not answer."""
    longest = max(len(mentors), len(mentees))
    mentors = [*mentors, *[Answers()] * (longest - len(mentors))]
    mentees = [*mentees, *[Answers()] * (longest - len(mentees))]
    both = enumerate(zip(mentors, mentees, strict=True))
    return [facts(number, mentor=mentor, mentee=mentee) for number, (mentor, mentee) in both]


def recommending(*scores: int) -> list[Answers]:
    return [Answers(recommend=score) for score in scores]


# --- What people did ---


def test_a_cohort_without_anybody_has_a_headline_without_figures() -> None:
    empty = headline([], matched=0, eligible=0)
    nothing = (empty.match_rate, empty.completion_rate, empty.adherence, empty.nps.both, empty.skill_effect.mentor)
    assert {hidden(figure) for figure in nothing} == {Hidden.NOTHING_YET}
    assert Headline.model_validate_json(empty.model_dump_json()) == empty


def test_the_funnel_counts_the_stages_that_were_reached() -> None:
    never = {"trained_at": None, "first_held_at": None, "held": 0, "mentor": Answers(), "mentee": Answers()}
    pairings = [
        facts(1),
        facts(2, held=4, outcome="below_standard"),
        facts(3, outcome="running", mentee=Answers()),
        facts(4, outcome="declined", activated_at=None, **never),
        facts(5, outcome="running", **never),
    ]
    result = headline(pairings, matched=6, eligible=8)
    funnel = result.funnel
    assert (funnel.matched, funnel.offered, funnel.activated, funnel.trained) == (len(pairings), 5, 4, 3)
    assert (funnel.met, funnel.evaluated, funnel.completed) == (3, 2, 1)
    assert shown(result.match_rate).value == 6 / 8
    assert (result.pairings, result.running) == (5, 2)


def test_completion_leaves_no_fault_closures_out() -> None:
    pairings = [facts(number) for number in range(7)]
    pairings += [facts(7, outcome="closed_early", reason="not_working", held=2)]
    pairings += [facts(8, outcome="below_standard", mentee=Answers()), facts(9, outcome="below_standard", held=4)]
    pairings += [facts(10, outcome="closed_early", reason="left_company", no_fault=True, held=3)]
    rate = shown(of(pairings).completion_rate)
    assert (rate.value, rate.n) == (0.7, 10)
    assert rate.interval is not None
    assert (rate.interval.low, rate.interval.high) == pytest.approx((0.39677, 0.89221), abs=1e-4)


def test_early_closures_are_counted_by_reason_with_no_fault_apart() -> None:
    closing = [("silence", False), ("left_company", True), ("exit", False), ("silence", False)]
    pairings = [
        facts(number, outcome="closed_early", reason=reason, no_fault=no_fault)
        for number, (reason, no_fault) in enumerate(closing)
    ]
    closures = of([*pairings, facts(8)]).early_closures
    assert closures.reasons == (("exit", 1), ("silence", 2))
    assert closures.no_fault == (("left_company", 1),)
    assert (shown(closures.rate).value, shown(closures.rate).n) == (0.75, 4)


def test_time_to_first_meeting_is_the_median_of_those_who_met() -> None:
    days = [3, 10, 12.5, 40]
    pairings = [facts(n, first_held_at=START + timedelta(days=d)) for n, d in enumerate(days)]
    figure = shown(of([*pairings, facts(9, first_held_at=None)]).days_to_first_meeting)
    assert (figure.value, figure.n) == (11.25, 4)


def test_adherence_is_held_of_planned() -> None:
    pairings = [facts(1, held=6, planned=6), facts(2, held=1, planned=4), facts(3, activated_at=None, held=0)]
    assert shown(of(pairings).adherence).value == 0.7


def test_the_executives_cancellations_are_shown_for_a_group_only() -> None:
    pairings = [facts(n, scheduled=8, executive_cancellations=n) for n in range(5)]
    figure = shown(of(pairings).executive_cancel_rate)
    assert (figure.value, figure.n) == (10 / 40, 5)
    assert hidden(of(pairings[:4]).executive_cancel_rate) is Hidden.TOO_FEW


def test_goal_attainment_weighs_the_levels() -> None:
    goals = [((1.0, 1.0),), ((2.0, 0.5), (1.0, 0.0)), ((3.0, 1.0),), ((1.0, 0.5),), ((0.0, 1.0),)]
    pairings = [facts(n, goals=g) for n, g in enumerate(goals)]
    figure = shown(of([*pairings, facts(9)]).goal_attainment)
    assert (figure.value, figure.n) == ((1 + 1 + 3 + 0.5) / 8, 5)
    assert hidden(of(pairings[1:]).goal_attainment) is Hidden.TOO_FEW


def test_a_goal_level_between_the_three_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"0, 0\.5 or 1"):
        facts(goals=((1.0, 0.25),))


# --- What people answered ---


def test_skill_change_has_its_interval_and_effect_size() -> None:
    before, after = [2, 3, 2, 4, 3], [3, 4, 4, 4, 4]  # changes 1 1 2 0 1: mean 1, sd √0.5
    mentors = [Answers(skill_before=b, skill_after=a) for b, a in zip(before, after, strict=True)]
    result = of(cohort([*mentors, Answers(skill_before=1), Answers(skill_after=5)], []))
    change = shown(result.skill_change.mentor)
    assert (change.value, change.n) == (1.0, 5)
    margin = 2.7764451051977987 * math.sqrt(0.5) / math.sqrt(5)
    assert change.interval is not None
    assert (change.interval.low, change.interval.high) == pytest.approx((1 - margin, 1 + margin))
    # d_z = √2; J(4) = Γ(2) / (√2 · Γ(1.5)) = 0.79788…
    assert shown(result.skill_effect.mentor).value == pytest.approx(math.sqrt(2) * 0.7978845608)
    assert hidden(result.skill_change.mentee) is Hidden.NOTHING_YET
    assert shown(result.skill_change.both).interval is None


def test_a_change_that_is_the_same_for_everybody_has_no_effect_size() -> None:
    mentors = [Answers(skill_before=2, skill_after=3)] * 5
    result = of(cohort(mentors, []))
    assert hidden(result.skill_effect.mentor) is Hidden.NO_VARIATION
    assert shown(result.skill_change.mentor).value == 1


def test_nps_of_a_known_group() -> None:
    result = of(cohort(recommending(10, 9, 9, 8, 7, 6, 0, 10), recommending(*[10] * 5)))
    assert shown(result.nps.mentor).value == pytest.approx(100 * (4 - 2) / 8)
    assert shown(result.nps.mentee).value == 100
    assert shown(result.nps.both).value == pytest.approx(100 * (9 - 2) / 13)


def test_a_distribution_needs_more_people_than_a_mean() -> None:
    result = of(cohort(recommending(10, 9, 9, 8, 7, 6, 0, 10), recommending(*[10] * 5)))
    spread = result.recommendation.both
    assert isinstance(spread, ShownSpread)
    assert spread.counts == (("promoters", 9), ("passives", 2), ("detractors", 2))
    assert hidden(result.recommendation.mentee) is Hidden.TOO_FEW
    assert hidden(result.recommendation.mentor) is Hidden.GIVES_SIBLING_AWAY


def test_safety_is_a_mean_for_each_moment_the_mentor_first() -> None:
    mentors = [Answers(safety=((1, 2), (2, 4)), safety_at_end=5)] * 5
    result = of(cohort(mentors, [Answers(safety=((1, 3),))] * 6))
    assert [at.moment for at in result.safety] == ["checkpoint 1", "checkpoint 2", "end"]
    assert [shown(at.mean.mentor).value for at in result.safety] == [2, 4, 5]
    assert shown(result.safety[0].mean.mentee).value == 3
    assert hidden(result.safety[1].mean.mentee) is Hidden.NOTHING_YET
    assert list(BySide.model_fields) == ["mentor", "mentee", "both"]


def test_would_repeat_is_a_share_of_those_who_answered() -> None:
    mentors = [Answers(would_repeat=answer) for answer in (True, True, True, False, True)] + [Answers()]
    figure = shown(of(cohort(mentors, [])).would_repeat.mentor)
    assert (figure.value, figure.n) == (0.8, 5)


# --- What stays hidden ---


@pytest.mark.parametrize(
    ("mentors", "mentees", "expected"),
    [
        (0, 0, (Hidden.NOTHING_YET, Hidden.NOTHING_YET, Hidden.NOTHING_YET)),
        (4, 0, (Hidden.TOO_FEW, Hidden.NOTHING_YET, Hidden.TOO_FEW)),
        (1, 4, (Hidden.TOO_FEW, Hidden.TOO_FEW, None)),
        (5, 0, (None, Hidden.NOTHING_YET, None)),
        (5, 1, (Hidden.GIVES_SIBLING_AWAY, Hidden.TOO_FEW, None)),
        (4, 9, (Hidden.TOO_FEW, Hidden.GIVES_SIBLING_AWAY, None)),
        (5, 5, (None, None, None)),
    ],
)
def test_who_is_hidden_with_whom(mentors: int, mentees: int, expected: tuple[Hidden | None, ...]) -> None:
    nps = of(cohort(recommending(*[9] * mentors), recommending(*[9] * mentees))).nps
    reasons = tuple(f.reason if isinstance(f, Suppressed) else None for f in (nps.mentor, nps.mentee, nps.both))
    assert reasons == expected


scores = st.one_of(st.none(), st.integers(1, 5))


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    return Answers(
        evaluated=draw(st.booleans()),
        skill_before=draw(scores),
        skill_after=draw(scores),
        safety=tuple((n, s) for n in (1, 2) if (s := draw(scores)) is not None),
        safety_at_end=draw(scores),
        recommend=draw(st.one_of(st.none(), st.integers(0, 10))),
        would_repeat=draw(st.sampled_from((None, True, False))),
    )


@st.composite
def any_facts(draw: st.DrawFn) -> PairingFacts:
    outcome = draw(st.sampled_from(("completed", "below_standard", "closed_early", "declined", "running")))
    return facts(
        outcome=outcome,
        reason=draw(st.sampled_from((None, "exit", "leave"))),
        no_fault=draw(st.booleans()),
        activated_at=draw(st.sampled_from((None, START))),
        first_held_at=draw(st.sampled_from((None, START + timedelta(days=4), START + timedelta(days=9)))),
        planned=draw(st.integers(0, 6)),
        held=draw(st.integers(0, 6)),
        scheduled=draw(st.integers(0, 8)),
        executive_cancellations=draw(st.integers(0, 3)),
        goals=draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from((0, 0.5, 1))), max_size=3).map(tuple)),
        mentor=draw(answers()),
        mentee=draw(answers()),
    )


cohorts = st.lists(any_facts(), max_size=14)

ANSWERED: tuple[tuple[Callable[[Headline], BySide], Callable[[Answers], bool]], ...] = (
    (lambda h: h.nps, lambda a: a.recommend is not None),
    (lambda h: h.would_repeat, lambda a: a.would_repeat is not None),
    (lambda h: h.skill_change, lambda a: None not in (a.skill_before, a.skill_after)),
    (lambda h: h.safety[-1].mean, lambda a: a.safety_at_end is not None),
)


def respondents(pairings: list[PairingFacts], answered: Callable[[Answers], bool]) -> tuple[int, int]:
    return sum(answered(p.mentor) for p in pairings), sum(answered(p.mentee) for p in pairings)


@given(cohorts)
def test_no_answer_of_a_small_group_can_be_read_or_worked_out(pairings: list[PairingFacts]) -> None:
    result = of(pairings)
    for figures, answered in ANSWERED:
        group, (mentors, mentees) = figures(result), respondents(pairings, answered)
        sizes = (group.mentor, mentors), (group.mentee, mentees), (group.both, mentors + mentees)
        for figure, size in sizes:
            assert isinstance(figure, Suppressed) or figure.n == size >= 5
        if isinstance(group.both, Shown) and mentors and mentees:
            assert isinstance(group.mentor, Shown) == isinstance(group.mentee, Shown)


@given(cohorts)
def test_no_distribution_of_a_small_group_can_be_read_or_worked_out(pairings: list[PairingFacts]) -> None:
    spread = of(pairings).recommendation
    for part in (spread.mentor, spread.mentee, spread.both):
        assert isinstance(part, Suppressed) or part.n == sum(count for _, count in part.counts) >= 8
    mentors, mentees = respondents(pairings, lambda a: a.recommend is not None)
    if isinstance(spread.both, ShownSpread) and mentors and mentees:
        assert isinstance(spread.mentor, ShownSpread) == isinstance(spread.mentee, ShownSpread)


@given(cohorts)
def test_effects_and_safety_follow_the_same_rule(pairings: list[PairingFacts]) -> None:
    result = of(pairings)
    effect, change = result.skill_effect, result.skill_change
    for size, mean in ((effect.mentor, change.mentor), (effect.mentee, change.mentee)):
        assert isinstance(size, Suppressed) or isinstance(mean, Shown)
    for moment in result.safety:
        for figure in (moment.mean.mentor, moment.mean.mentee, moment.mean.both):
            assert isinstance(figure, Suppressed) or figure.n >= 5


@given(cohorts, st.randoms(use_true_random=False))
def test_the_order_of_pairings_does_not_matter(pairings: list[PairingFacts], shuffle: random.Random) -> None:
    shuffled = list(pairings)
    shuffle.shuffle(shuffled)
    assert of(shuffled) == of(pairings)


@given(cohorts)
def test_a_headline_survives_json_and_names_no_pairing(pairings: list[PairingFacts]) -> None:
    named = [pairing.model_copy(update={"pairing": f"secret-{n}"}) for n, pairing in enumerate(pairings)]
    text = of(named).model_dump_json()
    assert Headline.model_validate_json(text) == of(pairings)
    assert "secret" not in text
