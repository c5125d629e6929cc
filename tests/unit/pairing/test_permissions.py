"""Who may do what, and when a report takes effect."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.decider import Actor, Rejected, Role
from domain.pairing.offer import AcceptOffer
from domain.pairing.permissions import during, own_side
from domain.pairing.state import Side, Stage
from domain.permissions import effective_time, only

from .given import COORDINATOR, MENTEE, MENTOR, START, day, design, in_meetings, offered

HOUR = timedelta(hours=1)


def accepting(at: timedelta | None) -> AcceptOffer:
    return AcceptOffer(by=MENTOR, key="k", at=None if at is None else START + at)


def test_a_report_without_a_time_takes_effect_now() -> None:
    assert effective_time(accepting(None), START, design()) == START


@pytest.mark.parametrize("ago", [timedelta(0), HOUR, timedelta(days=30)])
def test_a_report_may_reach_back_30_days(ago: timedelta) -> None:
    assert effective_time(accepting(-ago), START, design()) == START - ago


def test_but_no_further() -> None:
    with pytest.raises(Rejected, match="reach back 30 days") as refusal:
        effective_time(accepting(-timedelta(days=30, seconds=1)), START, design())
    assert refusal.value.code == "time"


def test_a_senders_clock_may_run_ahead_a_little_but_nothing_takes_effect_in_the_future() -> None:
    assert effective_time(accepting(timedelta(minutes=5)), START, design()) == START

    with pytest.raises(Rejected, match="in the future") as refusal:
        effective_time(accepting(timedelta(minutes=5, seconds=1)), START, design())
    assert refusal.value.code == "time"


def test_roles_are_checked_by_name() -> None:
    only(COORDINATOR, Role.COORDINATOR, Role.SERVICE)

    with pytest.raises(Rejected, match="for the coordinator or service, not for a mentor") as refusal:
        only(MENTOR, Role.COORDINATOR, Role.SERVICE)
    assert refusal.value.code == "role"


def test_each_of_the_two_acts_on_the_own_side() -> None:
    state = offered().state

    assert own_side(state, MENTOR) is Side.MENTOR
    assert own_side(state, MENTEE) is Side.MENTEE


@pytest.mark.parametrize(
    "actor",
    [
        Actor(role=Role.MENTOR, id="senior"),
        Actor(role=Role.MENTEE, id="somebody"),
        Actor(role=Role.COORDINATOR, id="junior"),
        Actor(role=Role.CLOCK, id="junior"),
    ],
    ids=lambda actor: f"{actor.role.value} {actor.id}",
)
def test_nobody_is_a_side_by_role_or_by_id_alone(actor: Actor) -> None:
    with pytest.raises(Rejected) as refusal:
        own_side(offered().state, actor)
    assert refusal.value.code == "role"


def test_a_stage_is_required_by_name() -> None:
    during(in_meetings().state, Stage.GOAL_SETTING, Stage.MEETING)

    with pytest.raises(Rejected, match="the pairing is MEETING; this needs OFFERED, TRAINING") as refusal:
        during(in_meetings().state, Stage.OFFERED, Stage.TRAINING)
    assert refusal.value.code == "stage"


def test_a_report_from_before_the_latest_event_takes_effect_with_it() -> None:
    story = offered().when(AcceptOffer, MENTOR, on=3)

    story.when(AcceptOffer, MENTEE, on=4, at=day(1))

    assert story.latest[0].at == day(3)
