"""The pure loop: simulated people and the rules, without any server."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.decider import Actor, Role
from domain.pairing.decider import PairingEvent, fold
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import CloseReason, Pairing, Party, Stage
from intake.program_file import read_program
from rehearsal.assumptions import Assumptions, changed
from rehearsal.simulation import simulate, simulate_again

EXAMPLES = Path(__file__).parents[2] / "examples"
NOBODY_MISBEHAVES = changed(
    Assumptions(),
    {
        f"{side}.{trait}": 0.0
        for side in ("mentor", "mentee")
        for trait in (
            *("declines_offer", "ignores_offer", "cancels_meeting", "ignores_survey", "ignores_evaluation"),
            *("leaves_company", "goes_on_leave", "asks_to_exit"),
        )
    }
    | {"pair.forgets_to_log": 0.0, "pair.falls_silent": 0.0}
    | {"pair.next_meeting": {"median": 16.0, "spread": 0.1}, "pair.sets_goals": {"median": 4.0, "spread": 0.3}}
    | {f"{side}.answers_offer": {"median": 1.0, "spread": 0.3} for side in ("mentor", "mentee")},
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
    """Each has another seed: the same two people have the same luck in every pairing."""
    events = simulate(create(f"p{number}"), number, assumptions)
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
        ({"mentor.ignores_offer": 1.0}, Stage.EXPIRED),
        ({"mentee.declines_offer": 1.0}, Stage.DECLINED),
        ({"pair.falls_silent": 1.0}, Stage.CLOSED_EARLY),
        ({"mentor.asks_to_exit": 20.0}, Stage.CLOSED_EARLY),
        ({"mentee.leaves_company": 20.0}, Stage.CLOSED_EARLY),
        ({"mentee.ignores_evaluation": 1.0}, Stage.COMPLETED),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else str(value),
)
def test_each_trait_has_its_end(trait: dict[str, float], end: Stage) -> None:
    _, state = told(1, changed(NOBODY_MISBEHAVES, trait))
    assert state.stage is end
