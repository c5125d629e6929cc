"""The pure loop: simulated people and the rules, without any server."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.decider import Actor, Role
from domain.pairing.decider import PairingEvent, fold
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import CloseReason, Pairing, Party, Stage
from intake.program_file import read_program
from rehearsal.people import Assumptions
from rehearsal.simulation import simulate, simulate_again

EXAMPLES = Path(__file__).parents[2] / "examples"
NOBODY_MISBEHAVES = Assumptions(
    declines=0,
    ignores_offer=0,
    executive_cancels=0,
    mentor_cancels=0,
    forgets_to_log=0,
    ignores_survey=0,
    ignores_evaluation=0,
    falls_silent=0,
    leaves_company=0,
    goes_on_leave=0,
    asks_to_exit=0,
)


def create(pairing: str) -> CreatePairing:
    return CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="ops-1"),
        key="create",
        pairing=pairing,
        cohort="spring",
        design=read_program(EXAMPLES / "digital-fluency.yaml"),
        mentor=Party(participant="m1", zone="Europe/London"),
        mentee=Party(participant="e1", zone="America/New_York"),
        starts_at=datetime(2027, 1, 11, 9, tzinfo=UTC),
    )


def told(number: int, assumptions: Assumptions) -> tuple[list[PairingEvent], Pairing]:
    events = simulate(create(f"p{number}"), 7, assumptions)
    return events, fold(events)


def test_every_story_ends_and_every_kind_of_end_is_met() -> None:
    states = [told(number, Assumptions())[1] for number in range(300)]
    ends = Counter(state.stage for state in states)
    assert set(ends) == {Stage.COMPLETED, Stage.CLOSED_EARLY, Stage.DECLINED, Stage.EXPIRED}
    assert ends[Stage.COMPLETED] > 200
    reasons = {state.reason for state in states if state.stage is Stage.CLOSED_EARLY}
    assert {CloseReason.SILENCE, CloseReason.LEFT_COMPANY, CloseReason.EXIT} <= reasons
    assert any(state.paused_for for state in states)


def test_people_who_do_as_they_should_complete_the_program() -> None:
    for number in range(20):
        events, state = told(number, NOBODY_MISBEHAVES)
        assert state.stage is Stage.COMPLETED
        assert state.held >= state.design.meetings.enough
        assert len(state.evaluations) == 2
        assert sum(event.type == "CheckpointAnswered" for event in events) == 6


def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    one, again = simulate(create("p1"), 7, Assumptions()), simulate(create("p1"), 7, Assumptions())
    assert one == again
    assert simulate(create("p1"), 8, Assumptions()) != one


def test_a_stored_stream_can_be_told_again() -> None:
    stream = simulate(create("p2"), 7, Assumptions())
    assert simulate_again(stream, 7, Assumptions()) == stream


@pytest.mark.parametrize(
    ("trait", "end"),
    [
        ({"ignores_offer": 1.0}, Stage.EXPIRED),
        ({"declines": 1.0}, Stage.DECLINED),
        ({"falls_silent": 1.0}, Stage.CLOSED_EARLY),
        ({"asks_to_exit": 1.0}, Stage.CLOSED_EARLY),
        ({"leaves_company": 1.0}, Stage.CLOSED_EARLY),
        ({"ignores_evaluation": 1.0}, Stage.COMPLETED),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else str(value),
)
def test_each_trait_has_its_end(trait: dict[str, float], end: Stage) -> None:
    _, state = told(1, replace(NOBODY_MISBEHAVES, **trait))
    assert state.stage is end
