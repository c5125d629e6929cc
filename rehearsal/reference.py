"""The reference pairing: nobody is late, nobody cancels, meetings are booked as a series. What it costs is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.decider import Actor, Role
from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import GoalDraft, SetGoals, SignAgreement
from domain.pairing.meetings import LogMeeting, ScheduleSeries
from domain.pairing.offer import AcceptOffer
from domain.pairing.state import SIDES, Pairing, Side, Stage
from domain.pairing.training import CompleteTraining
from rehearsal.acts import Act, Intent, earliest

SOON = timedelta(hours=5)
"""How long after they are asked people answer."""

BETWEEN_MEETINGS = timedelta(days=28)
FIRST_MEETING = timedelta(days=10)
LEARNING_PLATFORM = Actor(role=Role.SERVICE, id="lms")


@dataclass(frozen=True, slots=True)
class Exemplary:
    """Both sides, and the learning platform, of a pairing without trouble."""

    def refused(self, act: Act) -> None:
        """Nobody exemplary is refused anything."""
        raise AssertionError(f"the rules refused {type(act.command).__name__}")

    def next_act(self, state: Pairing, now: datetime) -> Act | None:
        """What comes next, hours after it is asked for."""
        return earliest(list(_intents(state, now)), state, now)


def _intents(state: Pairing, now: datetime) -> Iterator[Intent]:
    match state.stage:
        case Stage.OFFERED:
            for side in _missing(state.accepted):
                yield Intent(state.since + SOON, f"accept-{side}", _actor(state, side), AcceptOffer, {})
        case Stage.TRAINING:
            for side in _missing(state.trained):
                done = state.since + timedelta(days=2)
                yield Intent(done, f"trained-{side}", LEARNING_PLATFORM, CompleteTraining, {"side": side})
        case Stage.GOAL_SETTING:
            for side in _missing(state.signed):
                yield Intent(state.since + SOON, f"sign-{side}", _actor(state, side), SignAgreement, {"skill": 2})
            if not state.goals:
                goals = (GoalDraft(text="Review a dashboard before each steering meeting"),)
                yield Intent(state.since + SOON, "goals", _actor(state, Side.MENTEE), SetGoals, {"goals": goals})
        case Stage.MEETING:
            yield from _meetings(state, now)
            yield from _answers(state)
        case Stage.EVALUATING:
            for side in _missing(tuple(one.side for one in state.evaluations)):
                told = {"skill": 4, "safety": 5, "recommend": 9, "would_repeat": True}
                yield Intent(state.since + SOON, f"evaluate-{side}", _actor(state, side), SubmitEvaluation, told)
        case _:
            return


def _meetings(state: Pairing, now: datetime) -> Iterator[Intent]:
    mentor, plan = _actor(state, Side.MENTOR), state.design.meetings
    for booked in state.meetings:
        over = booked.starts_at + timedelta(minutes=booked.minutes) + timedelta(minutes=20)
        held = {"meeting": booked.number, "held_at": booked.starts_at, "minutes": booked.minutes}
        yield Intent(over, f"held-{booked.number}", mentor, LogMeeting, held)
    if not state.scheduled:
        first = ((state.trained_at or state.since) + FIRST_MEETING).replace(minute=0, second=0, microsecond=0)
        times = [first + number * BETWEEN_MEETINGS for number in range(plan.planned)]
        yield Intent(now, "book", mentor, ScheduleSeries, {"times": times, "minutes": 60})


def _answers(state: Pairing) -> Iterator[Intent]:
    for checkpoint in state.checkpoints:
        for side in _missing(checkpoint.answered):
            told = {"number": checkpoint.number, "safety": 4, "progress": 4}
            by = _actor(state, side)
            yield Intent(
                checkpoint.opened_at + SOON, f"checkpoint-{checkpoint.number}-{side}", by, AnswerCheckpoint, told
            )


def _missing(done: tuple[Side, ...]) -> list[Side]:
    return [side for side in SIDES if side not in done]


def _actor(state: Pairing, side: Side) -> Actor:
    return Actor(role=Role(side.value), id=state.party(side).participant)
