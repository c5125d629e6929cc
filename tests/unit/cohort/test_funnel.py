"""A cohort's funnel at a moment: counts only."""

from __future__ import annotations

import pytest
from pairing import given as pair

from domain.cohort.funnel import funnel
from domain.cohort.state import Funnel
from domain.pairing.closing import CloseEarly
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.offer import DeclineOffer
from domain.pairing.state import CloseReason, Pairing
from domain.pairing.status import status

FIVE = (10, 40, 80, 120, 160)


def completed() -> Pairing:
    story = pair.in_evaluation(*FIVE)
    for actor in (pair.MENTOR, pair.MENTEE):
        story.when(SubmitEvaluation, actor, **pair.evaluation())
    return story.state


def test_without_pairings_everything_is_nothing() -> None:
    assert funnel([], pair.day(0)) == Funnel()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (pair.offered().state, Funnel(launched=1)),
        (pair.in_training().state, Funnel(launched=1, activated=1)),
        (pair.in_goal_setting().state, Funnel(launched=1, activated=1, trained=1)),
        (pair.having_met(10).state, Funnel(launched=1, activated=1, trained=1, met=1)),
        (completed(), Funnel(launched=1, activated=1, trained=1, met=1, completed=1)),
        (pair.offered().when(DeclineOffer, pair.MENTOR).state, Funnel(launched=1, ended_otherwise=1)),
        (
            pair.in_meetings().when(CloseEarly, pair.COORDINATOR, reason=CloseReason.SILENCE).state,
            Funnel(launched=1, activated=1, trained=1, ended_otherwise=1, undoable=1),
        ),
    ],
)
def test_a_pairing_counts_in_every_step_that_it_has_come_to(state: Pairing, expected: Funnel) -> None:
    assert funnel([status(state)], pair.day(20)) == expected


def test_a_pairing_that_only_ran_to_the_end_is_not_completed() -> None:
    below = pair.in_evaluation(10).rings("evaluation.close").state

    counted = funnel([status(below)], pair.day(300))

    assert (counted.completed, counted.ended_otherwise, counted.ended) == (0, 1, 1)


def test_what_needs_a_person_is_counted_at_the_moment_asked_for() -> None:
    quiet = pair.with_a_meeting(starts=100).state
    red = pair.in_meetings().rings("health.red").state

    assert (funnel([status(quiet)], pair.day(44)).amber, funnel([status(quiet)], pair.day(45)).amber) == (0, 1)
    counted = funnel([status(quiet), status(red)], pair.day(60))
    assert (counted.amber, counted.red) == (0, 2)
    assert counted.open_items == len(red.escalations) > 0


def test_a_pairing_that_looks_back_under_a_pause_still_counts_as_evaluating() -> None:
    assert funnel([status(pair.in_evaluation().state)], pair.day(182)).evaluating == 1
