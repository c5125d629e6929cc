"""An amended design: looked at first, then decided, then told; refused where it would rewrite the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.cohort.amendment import AmendmentPreview, AmendProgram, DesignAmended, preview
from domain.cohort.orders import THE_COHORT, pairing_command
from domain.cohort.state import CohortStage, OrderKind
from domain.decider import Actor, Rejected
from domain.pairing.amending import AmendDesign
from domain.pairing.decider import decide
from domain.pairing.offer import DeclineOffer
from domain.pairing.state import Pairing
from domain.program import ProgramDesign
from tests.unit.pairing import given as pairings
from tests.unit.pairing.given import in_meetings, offered

from .given import (
    APPROVER,
    COORDINATOR,
    MENTOR,
    Story,
    an,
    approved,
    closed,
    day,
    design,
    draft,
    enrolling,
    in_review,
    matching,
    running,
    suspended,
)


def later(**changes: Any) -> ProgramDesign:
    """Version 2 of the cohort's design."""
    return design(version=2, **changes)


@pytest.mark.parametrize("story", [draft, enrolling], ids=lambda story: story.__name__)
def test_before_the_launch_the_cohort_just_follows_the_new_version(story: Callable[[], Story]) -> None:
    amended = story().when(AmendProgram, COORDINATOR, design=later(title="Better"))

    amended.then(an(DesignAmended, design=later(title="Better")))
    assert (amended.state.design.version, amended.state.orders) == (2, ())


@pytest.mark.parametrize("story", [approved, running, suspended], ids=lambda story: story.__name__)
def test_after_it_the_pairings_are_told(story: Callable[[], Story]) -> None:
    amended = story().when(AmendProgram, COORDINATOR, design=later())

    assert amended.state.design == later()
    order = amended.state.orders[-1]
    command = pairing_command(order)
    assert isinstance(command, AmendDesign)
    assert (order.kind, command.design, command.at) == (OrderKind.AMEND, later(), amended.now)


def test_each_amendment_travels_with_its_own_design() -> None:
    story = running().when(AmendProgram, COORDINATOR, design=later())
    story.when(AmendProgram, COORDINATOR, design=design(version=3))

    assert [order.design.version for order in story.state.orders if order.design] == [2, 3]


def test_the_next_review_comes_by_the_new_version() -> None:
    story = running().when(AmendProgram, COORDINATOR, design=later(cohort={"review_every": "14 days"})).told(2)

    assert story.clocks == {"review:1": 21}, "what runs is kept"
    assert story.reviewed().clocks == {"review:2": 35}


@pytest.mark.parametrize(
    ("plan", "saying"),
    [
        (design(), "version 1 already"),
        (later(program="another"), "a design of 'another'"),
        (later(meetings={"over": "4 weeks"}, checkpoints={"after": []}), "would have ended on"),
    ],
)
def test_the_past_is_not_rewritten(plan: ProgramDesign, saying: str) -> None:
    story = running().asleep_until(60)
    code = "time" if "ended" in saying else "rule"

    story.refuses(AmendProgram, COORDINATOR, code=code, saying=saying, design=plan)

    with pytest.raises(Rejected, match=saying):
        preview(story.state, (), plan, story.now)


def test_a_suspension_is_not_part_of_the_programs_weeks() -> None:
    short = later(meetings={"over": "5 weeks"}, checkpoints={"after": []})
    running().asleep_until(60).refuses(AmendProgram, COORDINATOR, code="time", design=short)

    suspended().when(AmendProgram, COORDINATOR, on=60, design=short).then(an(DesignAmended))


@pytest.mark.parametrize("story", [matching, in_review, closed], ids=lambda story: story.__name__)
def test_a_proposal_rests_on_the_design_that_it_was_made_by(story: Callable[[], Story]) -> None:
    now = story().refuses(AmendProgram, COORDINATOR, code="stage", design=later())
    with pytest.raises(Rejected, match="the cohort is"):
        preview(now.state, (), later(), now.now)


@pytest.mark.parametrize("actor", [APPROVER, MENTOR], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_amends(actor: Actor) -> None:
    running().refuses(AmendProgram, actor, code="role", design=later())


# --- The preview ---


def previewed(pairing: Pairing, **changes: Any) -> AmendmentPreview:
    """What a second version of the pairing's design would do on day 40."""
    cohort = replace(running().state, design=pairing.design)
    return preview(cohort, (pairing,), amended(pairing, **changes), day(40))


def amended(pairing: Pairing, **changes: Any) -> ProgramDesign:
    """A second version of the pairing's design."""
    return pairing.design.model_copy(update={"version": 2} | changes)


def test_a_preview_is_what_the_pairings_will_decide() -> None:
    pairing = in_meetings().until(40).state
    meetings = pairing.design.meetings.model_copy(update={"over": pairing.design.meetings.over + (day(14) - day(0))})

    found = previewed(pairing, meetings=meetings)

    (changed,) = found.changed
    moved = {clock.name: (clock.before, clock.after) for clock in changed.moves}
    before, after = moved["evaluation.open"]
    assert before is not None
    assert after is not None
    assert after - before == day(14) - day(0)
    command = AmendDesign(by=THE_COHORT, key="k", design=amended(pairing, meetings=meetings))
    (event,) = decide(pairing, command, day(40))
    assert {clock.name: clock.due for clock in event.starts} == {
        name: to for name, (_, to) in moved.items() if to is not None
    }


def test_a_pairing_that_would_refuse_says_why() -> None:
    pairing = in_meetings().until(40).state
    checkpoints = pairing.design.checkpoints.model_copy(update={"after": (day(35) - day(0),)})

    found = previewed(pairing, checkpoints=checkpoints)

    (refusing,) = found.refusing
    assert refusing.pairing == pairing.id
    assert refusing.refused is not None
    assert "rewrite the past" in refusing.refused
    assert found.changed == ()


def test_pairings_that_have_ended_are_left_alone() -> None:
    ended = offered().when(DeclineOffer, pairings.MENTEE, on=2).state

    found = previewed(ended)

    assert (found.version, found.changed, found.refusing, found.notified) == ((1, 2), (), (), ())


def test_the_stage_stays() -> None:
    assert suspended().when(AmendProgram, COORDINATOR, design=later()).stage is CohortStage.SUSPENDED
