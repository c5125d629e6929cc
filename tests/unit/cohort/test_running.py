"""RUNNING: the approved pairs are launched, each once, and every week the coordinator gets a review."""

from __future__ import annotations

import pytest

from domain.cohort import waiting
from domain.cohort.running import CohortReviewed, PairingLaunched, RecordLaunch
from domain.cohort.state import CohortStage, Funnel
from domain.cohort.waiting import PairingsEnded
from domain.decider import Actor
from eventstore.records import EVENTS_AT_ONCE

from .given import APPROVER, COORDINATOR, ENGINE, an, approved, day, in_review, running

HALF_WAY = Funnel(launched=2, activated=2, completed=1, amber=1, open_items=2)
OVER = Funnel(launched=2, completed=1, ended_otherwise=1)


def test_a_launch_remembers_which_pairings_run() -> None:
    story = approved(3).when(RecordLaunch, ENGINE, pairings=["m1-e1", "m2-e2"])

    story.then(an(PairingLaunched, pairing="m1-e1"), an(PairingLaunched, pairing="m2-e2"))
    assert [pair.pairing for pair in story.state.unlaunched] == ["m3-e3"]


def test_a_batch_that_is_repeated_launches_nothing_twice() -> None:
    story = approved(3).when(RecordLaunch, ENGINE, pairings=["m1-e1", "m2-e2"])

    story.refuses(RecordLaunch, ENGINE, code="duplicate", pairings=["m1-e1"])
    story.when(RecordLaunch, ENGINE, pairings=["m2-e2", "m3-e3"]).then(an(PairingLaunched, pairing="m3-e3"))


def test_what_nobody_approved_is_not_launched() -> None:
    approved().refuses(RecordLaunch, ENGINE, code="duplicate", pairings=["m8-e8"])
    in_review().refuses(RecordLaunch, ENGINE, code="stage", pairings=["m1-e1"])


@pytest.mark.parametrize("actor", [COORDINATOR, APPROVER], ids=lambda actor: actor.role.value)
def test_only_the_engine_launches(actor: Actor) -> None:
    approved().refuses(RecordLaunch, actor, code="role", pairings=["m1-e1"])


def test_a_review_has_the_weeks_figures_and_the_next_one_is_due_a_week_later() -> None:
    story = running().reviewed(HALF_WAY)

    story.then(an(CohortReviewed, week=1, funnel=HALF_WAY, at=day(21), stops=("review:1",)))
    assert story.state.funnel == HALF_WAY
    assert story.clocks == {"review:2": 28}
    assert story.reviewed(HALF_WAY).clocks == {"review:3": 35}


def test_a_review_that_comes_late_is_held_once_and_the_week_begins_anew() -> None:
    story = running().asleep_until(40).reviewed(HALF_WAY)

    story.then(an(CohortReviewed, week=1, at=day(40)))
    assert story.clocks == {"review:2": 47}


def test_when_every_pairing_has_ended_the_evaluation_begins() -> None:
    story = running().reviewed(OVER)

    assert story.stage is CohortStage.EVALUATING
    assert story.clocks == {}


def test_more_pairings_than_one_review_can_take_over_are_left_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "ENDED_AT_ONCE", 2)
    over, ended = Funnel(launched=3, ended_otherwise=3), ("m1-e1", "m2-e2", "m3-e3")

    story = running(3).reviewed(over, ended=ended)
    story.then(an(PairingsEnded, pairings=ended[:2]), an(CohortReviewed, week=1, funnel=over))
    assert (story.stage, story.clocks) == (CohortStage.RUNNING, {"review:2": 28})

    story.reviewed(over, ended=ended).then(an(PairingsEnded, pairings=ended[2:]), an(CohortReviewed, week=2))
    assert story.stage is CohortStage.EVALUATING


def test_a_review_stores_no_more_than_a_command_may() -> None:
    """Each ended pairing owes two people a partner at most; the review and the list of the ended are an event each."""
    assert 2 * waiting.ENDED_AT_ONCE + 2 <= EVENTS_AT_ONCE


def test_pairings_that_were_not_launched_yet_keep_the_cohort_running() -> None:
    story = approved(3).reviewed(OVER)

    assert story.stage is CohortStage.RUNNING
    assert story.clocks == {"review:2": 28}
