"""GOAL_SETTING: the agreement is signed, a few goals are set; later they progress and close."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, Field

from domain.decider import Command, Event, Frozen, ParticipantId, Rejected
from domain.pairing.clocks import ClockKind, FireClock, running
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationClosed, EscalationOpened, escalate, settle
from domain.pairing.permissions import during, own_side
from domain.pairing.state import SIDES, EscalationKind, Goal, Pairing, Side, Stage, in_stage

Score = Annotated[int, Field(ge=1, le=5)]
SETTING = (Stage.GOAL_SETTING, Stage.MEETING)
LEVELS = (0.0, 0.5, 1.0)


def _a_level(value: float) -> float:
    if value not in LEVELS:
        raise ValueError("expected 0, 0.5 or 1")
    return value


class GoalDraft(Frozen):
    """A goal as the two people word it."""

    text: str = Field(min_length=3, max_length=500)
    weight: float = Field(default=1.0, gt=0, le=10, allow_inf_nan=False)


class AgreementSigned(Event):
    """One side signed the agreement and rated the own skill (1 to 5) before the program."""

    sealed: ClassVar = ("skill",)

    type: Literal["AgreementSigned"] = "AgreementSigned"
    side: Side
    skill: int | None


class GoalSet(Event):
    """A goal that both will be measured by."""

    sealed: ClassVar = ("goal.text",)

    type: Literal["GoalSet"] = "GoalSet"
    goal: Goal


class GoalProgressed(Event):
    """How far a goal has come: 0, ½ or 1."""

    type: Literal["GoalProgressed"] = "GoalProgressed"
    goal: str
    level: float


class GoalClosed(Event):
    """No more work on this goal; its last level counts."""

    type: Literal["GoalClosed"] = "GoalClosed"
    goal: str


class DelegateNamed(Event):
    """The executive's assistant may book and move meetings."""

    type: Literal["DelegateNamed"] = "DelegateNamed"
    delegate: ParticipantId


Completing = TypeVar("Completing", AgreementSigned, GoalSet)
"""Events of which the last one completes the agreement."""


class SignAgreement(Command):
    """One side signs the agreement, with a rating of the own skill before the program (1 to 5)."""

    skill: Score


class SetGoals(Command):
    """The pair sets its goals, all at once or one by one."""

    goals: tuple[GoalDraft, ...] = Field(min_length=1, max_length=3)


class ProgressGoal(Command):
    """The pair says how far a goal has come: 0, ½ or 1."""

    goal: str = Field(max_length=20)
    level: Annotated[float, AfterValidator(_a_level)]


class CloseGoal(Command):
    """The pair stops work on a goal."""

    goal: str = Field(max_length=20)


class NameDelegate(Command):
    """The mentee names an assistant who may book and move meetings."""

    delegate: ParticipantId


def sign(state: Pairing, command: SignAgreement, at: datetime) -> tuple[AgreementSigned | EscalationClosed, ...]:
    """One side signs."""
    side = own_side(state, command.by)
    during(state, *SETTING)
    if side in state.signed:
        raise Rejected("duplicate", f"the {side.value} has signed already")
    completes = side.other in state.signed and len(state.goals) >= state.design.goals.at_least
    return _perhaps_done(state, AgreementSigned(at=at, side=side, skill=command.skill), completes)


def set_goals(state: Pairing, command: SetGoals, at: datetime) -> tuple[GoalSet | EscalationClosed, ...]:
    """The pair's goals, up to the most that the design allows."""
    own_side(state, command.by)
    during(state, *SETTING)
    at_most = state.design.goals.at_most
    if len(state.goals) + len(command.goals) > at_most:
        raise Rejected("rule", f"a pairing has at most {at_most} goals; {len(state.goals)} are set")
    goals = [
        GoalSet(at=at, goal=Goal(id=f"g{number}", text=draft.text, weight=draft.weight))
        for number, draft in enumerate(command.goals, start=len(state.goals) + 1)
    ]
    enough = len(state.goals) + len(goals) >= state.design.goals.at_least
    completes = enough and len(state.signed) == len(SIDES) and not state.has_goals
    return (*goals[:-1], *_perhaps_done(state, goals[-1], completes))


def progress(state: Pairing, command: ProgressGoal, at: datetime) -> tuple[GoalProgressed, ...]:
    """A new level for a goal."""
    goal = _open_goal(state, command)
    if goal.level == command.level:
        raise Rejected("duplicate", f"goal {goal.id} stands at {goal.level} already")
    return (GoalProgressed(at=at, goal=goal.id, level=command.level),)


def close(state: Pairing, command: CloseGoal, at: datetime) -> tuple[GoalClosed, ...]:
    """No more work on a goal."""
    return (GoalClosed(at=at, goal=_open_goal(state, command).id),)


def name_delegate(state: Pairing, command: NameDelegate, at: datetime) -> tuple[DelegateNamed, ...]:
    """Only the executive names the own assistant."""
    side = own_side(state, command.by)
    if side is not Side.MENTEE:
        raise Rejected("role", "only the mentee names a delegate")
    if command.delegate in (state.mentor.participant, state.mentee.participant):
        raise Rejected("rule", "the delegate is somebody outside the pairing")
    during(state, Stage.TRAINING, *SETTING)
    return (DelegateNamed(at=at, delegate=command.delegate),)


def overdue(state: Pairing, command: FireClock, now: datetime) -> tuple[EscalationOpened, ...]:
    """The agreement or the goals are missing when they are due."""
    return escalate(state, command, now, EscalationKind.GOALS_OVERDUE)


def evolve_signed(state: Pairing, event: AgreementSigned) -> Pairing:
    """Remember the signature and the rating before the program."""
    rated = () if event.skill is None else ((event.side, event.skill),)
    state = replace(state, signed=(*state.signed, event.side), baseline=(*state.baseline, *rated))
    return _meeting_if_ready(state, event.at)


def evolve_goal_set(state: Pairing, event: GoalSet) -> Pairing:
    """One more goal."""
    return _meeting_if_ready(replace(state, goals=(*state.goals, event.goal)), event.at)


def evolve_goal(state: Pairing, event: GoalProgressed | GoalClosed) -> Pairing:
    """The goal's level, or its end."""
    change = {"level": event.level} if isinstance(event, GoalProgressed) else {"closed": True}
    goals = tuple(goal.model_copy(update=change) if goal.id == event.goal else goal for goal in state.goals)
    return replace(state, goals=goals)


def _perhaps_done(state: Pairing, event: Completing, completes: bool) -> tuple[Completing | EscalationClosed, ...]:
    """The event itself; where it completes agreement and goals, their clock stops and their item closes."""
    if not completes:
        return (event,)
    done = event.model_copy(update={"stops": running(state, ClockKind.GOALS_DUE)})
    return (done, *settle(state, event.at, EscalationKind.GOALS_OVERDUE))


def _meeting_if_ready(state: Pairing, at: datetime) -> Pairing:
    ready = state.has_goals and state.phase is Stage.GOAL_SETTING
    return in_stage(state, Stage.MEETING, at) if ready else state


def _open_goal(state: Pairing, command: ProgressGoal | CloseGoal) -> Goal:
    own_side(state, command.by)
    during(state, *SETTING, Stage.EVALUATING)
    for goal in state.goals:
        if goal.id == command.goal:
            if goal.closed:
                raise Rejected("duplicate", f"goal {goal.id} is closed")
            return goal
    there = ", ".join(goal.id for goal in state.goals if not goal.closed) or "none"
    raise Rejected("unknown", f"there is no goal '{command.goal}'; open goals: {there}")
