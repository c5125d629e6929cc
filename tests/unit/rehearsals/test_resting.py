"""Going on from a pairing at rest: what no clock ends is ended by people, after an assumed span."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from domain.decider import Actor, Command, Rejected, Role
from domain.pairing.concern import RaiseConcern
from domain.pairing.copying import replace
from domain.pairing.decider import decide, evolve
from domain.pairing.leave import ReportLeave
from domain.pairing.pausing import Pause, PauseReason
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing, Stage
from domain.pairing.with_cohort import ResumedWithCohort, SuspendWithCohort
from rehearsal.assumptions import Assumptions
from rehearsal.forecast import forecast
from rehearsal.people import COORDINATOR, ENGINE
from rehearsal.runs import Standing, lived, rehearse
from rehearsal.simulation import NeverEnds, carried_on
from tests.unit.rehearsals.given import START, pairs

MENTEE = "their-id"

RESTS: dict[str, tuple[type[Command], Role, dict[str, Any]]] = {
    "a suspended cohort": (SuspendWithCohort, Role.SERVICE, {}),
    "a concern": (RaiseConcern, Role.MENTEE, {}),
    "a pause without a date": (Pause, Role.COORDINATOR, {"reason": PauseReason.WORKLOAD}),
    "a leave without a return": (ReportLeave, Role.COORDINATOR, {"participant": MENTEE}),
}


def stood(create: CreatePairing, now: datetime) -> Pairing:
    """How a pairing stood then, or as it began."""
    steps = list(lived(create, 7, Assumptions()))
    return [state for number, (state, event) in enumerate(steps) if not number or event.at <= now][-1]


def rests(state: Pairing, names: Sequence[str], now: datetime) -> Pairing:
    """The same, at rest for these reasons. Raises Rejected where the rules do not allow it."""
    mentee = state.mentee.participant
    ids = {Role.SERVICE: ENGINE.id, Role.MENTEE: mentee, Role.COORDINATOR: COORDINATOR.id}
    for name in names:
        kind, role, fields = RESTS[name]
        fields = {field: mentee if value == MENTEE else value for field, value in fields.items()}
        command = kind.model_validate({"by": Actor(role=role, id=ids[role]), "key": name, **fields})
        for event in decide(state, command, now):  # type: ignore[arg-type]
            state = evolve(state, event)
    return state


def standing(*names: str, weeks: int) -> Iterator[Standing]:
    """Pairings before the offer, in it and later, at rest for so many weeks, whatever of them may rest so."""
    for create in pairs(first=8).creates:
        for day in (-0.5, 2, 30, 75, 150, 190):
            since = START + timedelta(days=day)
            with suppress(Rejected):
                state = rests(stood(create, since), names, since)
                yield Standing(state, max(since + timedelta(weeks=weeks), state.as_of))


@pytest.mark.parametrize("weeks", [0, 2, 20])
@pytest.mark.parametrize("names", [*((name,) for name in RESTS), tuple(RESTS)], ids=" and ".join)
def test_a_running_cohort_with_pairings_at_rest_comes_to_its_end(names: tuple[str, ...], weeks: int) -> None:
    found = list(standing(*names, weeks=weeks))
    assert len(found) > 10
    assert {one.state.stage for one in found} == {Stage.PAUSED}
    runs = rehearse(found, starts_at=START, seed=3, runs=2, assumptions=Assumptions(), cores=1)
    ends = {name: number for name, number in runs[0].tally.counts.items() if name.startswith("outcome:")}
    assert sum(ends.values()) == len(found)


def test_what_only_a_few_may_know_is_in_no_figure() -> None:
    found = list(standing("a concern", weeks=2))
    runs = rehearse(found, starts_at=START, seed=3, runs=2, assumptions=Assumptions(), cores=1)
    told = forecast(runs, left_over=0, items_a_week=15).model_dump_json()
    assert "concern" not in told
    assert "confidential" not in told


def test_a_suspended_cohort_goes_on_at_one_moment() -> None:
    found = [one for one in standing("a suspended cohort", weeks=1) if one.now == START + timedelta(days=37)]
    lives = (lived(one, seed, Assumptions()) for one in found for seed in range(3))
    resumed = {event.at for life in lives for _, event in life if isinstance(event, ResumedWithCohort)}
    assert resumed == {START + timedelta(days=58)}, "three weeks of five working days later"


def test_what_never_ends_names_no_pairing() -> None:
    one = next(standing("a concern", weeks=1))
    nobody = Mock(next_act=lambda state, now: None)
    with pytest.raises(NeverEnds) as never:
        list(carried_on(replace(one.state, clocks=()), one.now, nobody))
    assert one.state.id not in str(never.value)
