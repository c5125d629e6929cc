"""What holds for every pairing, whatever people do and whenever, and what a decider offers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from domain.decider import Rejected
from domain.pairing import decider
from domain.pairing.clocks import FireClock
from domain.pairing.closing import CloseEarly
from domain.pairing.concern import ResolveConcern
from domain.pairing.decider import agenda, decide, evolve, fold, load
from domain.pairing.moves import waiting_for
from domain.pairing.offer import AcceptOffer
from domain.pairing.state import CloseReason, Stage

from .given import CONCERN_HANDLER, COORDINATOR, MENTOR, day, offered, proposed
from .walks import BEGINNINGS, CLOCKS_AT_MOST, STATES, WALKS, Act, Step, held_by_cohort, walk

modest = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@modest
@hypothesis_given(beginning=st.sampled_from(sorted(BEGINNINGS)), steps=WALKS)
def test_whatever_people_do_the_rules_hold(beginning: str, steps: list[Step]) -> None:
    taken = walk(beginning, steps)

    stored = [event.model_dump(mode="json") for event in taken.events]
    assert [load(data, 1) for data in stored] == taken.events
    assert fold(load(data, 1) for data in stored) == taken.state, "recovery folds the very same state"
    assert STATES.validate_json(STATES.dump_json(taken.state)) == taken.state, "continue-as-new carries it"


@modest
@hypothesis_given(beginning=st.sampled_from(sorted(BEGINNINGS)), steps=WALKS)
def test_left_alone_every_pairing_comes_to_an_end_or_waits_for_the_coordinator(
    beginning: str, steps: list[Step]
) -> None:
    taken = walk(beginning, steps)
    while taken.state.concerns and not taken.state.ended:
        taken.act(Act(kind=ResolveConcern, by=CONCERN_HANDLER, pick=0, ahead=timedelta(1), back=None))

    for _ in range(2 * CLOCKS_AT_MOST):
        taken.ring()

    state = taken.state
    assert state.clocks == ()
    assert state.ended or (state.stage is Stage.PAUSED and (waiting_for(state) or held_by_cohort(state)))


@modest
@hypothesis_given(beginning=st.sampled_from(sorted(BEGINNINGS)), steps=WALKS)
def test_a_prefix_of_a_stream_folds_too(beginning: str, steps: list[Step]) -> None:
    """Read models ask how a pairing stood at a moment: the events until then are the beginning of the stream."""
    events = walk(beginning, steps).events
    times = [event.at for event in events]

    assert times == sorted(times)
    for moment in times[:: max(1, len(times) // 5)]:
        assert fold(event for event in events if event.at <= moment).as_of <= moment


def test_a_pairing_begins_with_its_creation_and_only_once() -> None:
    story = proposed()

    with pytest.raises(Rejected) as unknown:
        decide(None, AcceptOffer(by=MENTOR, key="k"), day(0))
    with pytest.raises(ValueError, match="begins with PairingCreated"):
        evolve(None, story.when(CloseEarly, COORDINATOR, reason=CloseReason.NOT_WORKING).latest[0])
    with pytest.raises(ValueError, match="empty stream"):
        fold([])
    assert unknown.value.code == "unknown"


def test_the_agenda_is_the_running_clocks_with_the_command_of_each() -> None:
    story = offered()

    remind, expire = agenda(story.state)

    assert (remind.name, remind.due) == ("offer.remind", day(7))
    assert (expire.name, expire.due) == ("offer.expire", day(10))
    assert isinstance(remind.command, FireClock)
    assert remind.command.clock == "offer.remind"


def test_the_decider_offers_what_an_aggregate_offers() -> None:
    for name in ("decide", "evolve", "agenda", "notices", "load"):
        assert callable(getattr(decider, name))
