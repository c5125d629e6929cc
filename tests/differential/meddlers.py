"""People who do not keep to their part: a script of commands at random times, many of which the rules refuse."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from domain.decider import Actor, Command, Role
from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.concern import RaiseConcern, ResolveConcern
from domain.pairing.conflict import ReportReportingLine
from domain.pairing.escalation import AcknowledgeEscalation, CloseEscalation
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import CloseGoal, NameDelegate, ProgressGoal, SignAgreement
from domain.pairing.leave import ReportLeave, ReportReturn
from domain.pairing.meetings import CancelMeeting, LogMeeting, MoveMeeting, ScheduleMeeting
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason, Pairing, Side
from domain.pairing.training import CompleteTraining, WaiveTraining
from domain.pairing.undoing import UndoAcceptance, UndoClose
from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort
from rehearsal.acts import Act, Intent, earliest
from rehearsal.people import COORDINATOR, HR_SYSTEM, LEARNING_PLATFORM, People

CALENDAR = Actor(role=Role.SERVICE, id="calendar")
DELEGATE = Actor(role=Role.DELEGATE, id="d-1")
HANDLER = Actor(role=Role.CONCERN_HANDLER, id="handler-1")
ENGINE = Actor(role=Role.SERVICE, id="engine")

Deed: TypeAlias = tuple[type[Command], Actor, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when somebody meddles, with luck of their own."""

    state: Pairing
    at: datetime
    luck: random.Random

    def in_days(self, low: float, high: float) -> datetime:
        """Some days from here, on the quarter of an hour."""
        then = self.at + timedelta(days=self.luck.uniform(low, high))
        return then.replace(minute=then.minute // 15 * 15, second=0, microsecond=0)

    def side(self) -> Side:
        """One of the two."""
        return self.luck.choice((Side.MENTOR, Side.MENTEE))

    def person(self) -> Actor:
        """One of the two, or somebody who is not."""
        side = self.side()
        stranger = self.luck.random() < 0.1
        return Actor(role=Role(side.value), id="stranger" if stranger else self.state.party(side).participant)

    def participant(self) -> str:
        """The id of one of the two."""
        return self.state.party(self.side()).participant

    def meeting(self) -> int:
        """A booked one, if there is any."""
        return self.luck.choice([meeting.number for meeting in self.state.meetings] or [1])

    def item(self) -> str:
        """An open one, if there is any."""
        return self.luck.choice([item.id for item in self.state.escalations] or ["red-1"])

    def concern(self) -> str:
        """One that is with its handler, if there is any."""
        return self.luck.choice([concern.id for concern in self.state.concerns] or ["concern-9"])

    def goal(self) -> str:
        """One that is set, if there is any."""
        return self.luck.choice([goal.id for goal in self.state.goals] or ["g9"])


def _leave(m: Moment) -> Deed:
    returns = None if m.luck.random() < 0.3 else m.in_days(-2, 200)
    return ReportLeave, HR_SYSTEM, {"participant": m.participant(), "returns_at": returns}


def _line(m: Moment) -> Deed:
    related = m.luck.random() < 0.5
    managers = {"mentor_managers": ("boss",), "mentee_managers": ("boss",) if related else ("other-boss",)}
    return ReportReportingLine, HR_SYSTEM, managers


def _pause(m: Moment) -> Deed:
    until = None if m.luck.random() < 0.3 else m.in_days(3, 120)
    return Pause, COORDINATOR, {"reason": m.luck.choice(list(PauseReason)), "until": until}


def _evaluation(m: Moment) -> Deed:
    return SubmitEvaluation, m.person(), {"skill": 3, "safety": 4, "recommend": 9, "would_repeat": True}


def _log(m: Moment) -> Deed:
    by = m.luck.choice((m.person(), CALENDAR))
    number = m.meeting() if m.luck.random() < 0.3 else None
    return LogMeeting, by, {"meeting": number, "held_at": m.in_days(-8, 0.1), "minutes": m.luck.choice((20, 50))}


DEEDS: tuple[tuple[float, Callable[[Moment], Deed]], ...] = (
    (1, lambda m: (AcceptOffer, m.person(), {})),
    (0.2, lambda m: (DeclineOffer, m.person(), {})),
    (1, lambda m: (UndoAcceptance, m.person(), {})),
    (1, lambda m: (CompleteTraining, LEARNING_PLATFORM, {"side": m.side()})),
    (1, lambda m: (WaiveTraining, COORDINATOR, {"side": m.side(), "reason": "did it before"})),
    (1, lambda m: (SignAgreement, m.person(), {"skill": m.luck.randint(1, 5)})),
    (1, lambda m: (ProgressGoal, m.person(), {"goal": m.goal(), "level": 1.0})),
    (1, lambda m: (CloseGoal, m.person(), {"goal": m.goal()})),
    (1, lambda m: (NameDelegate, m.person(), {"delegate": "d-1"})),
    (2, lambda m: (ScheduleMeeting, m.person(), {"starts_at": m.in_days(-1, 40), "minutes": 50})),
    (
        2,
        lambda m: (ScheduleMeeting, Actor(role=Role.DELEGATE, id="d-1"), {"starts_at": m.in_days(1, 9), "minutes": 50}),
    ),
    (3, lambda m: (MoveMeeting, m.person(), {"meeting": m.meeting(), "starts_at": m.in_days(-1, 20)})),
    (3, lambda m: (CancelMeeting, m.person(), {"meeting": m.meeting()})),
    (4, _log),
    (1, _evaluation),
    (1, lambda m: (AcknowledgeEscalation, COORDINATOR, {"id": m.item()})),
    (2, lambda m: (CloseEscalation, COORDINATOR, {"id": m.item()})),
    (2, _pause),
    (2, lambda m: (Resume, COORDINATOR, {})),
    (2, _leave),
    (2, lambda m: (ReportReturn, HR_SYSTEM, {"participant": m.participant()})),
    (1, _line),
    (0.4, lambda m: (RaiseConcern, m.person(), {})),
    (2, lambda m: (ResolveConcern, HANDLER, {"id": m.concern(), "outcome": "go_on"})),
    (1, lambda m: (SuspendWithCohort, ENGINE, {})),
    (2, lambda m: (ResumeWithCohort, ENGINE, {})),
    (0.3, lambda m: (RequestExit, m.person(), {})),
    (0.3, lambda m: (CloseEarly, COORDINATOR, {"reason": m.luck.choice(list(CloseReason)[:-1])})),
    (1, lambda m: (UndoClose, COORDINATOR, {})),
    (0.3, lambda m: (ReportLeaver, HR_SYSTEM, {"participant": m.participant(), "leaves_at": m.in_days(-10, 40)})),
)


@dataclass(frozen=True, slots=True)
class Planned:
    """When somebody meddles, how, and whether the report is dated back by some hours."""

    at: datetime
    deed: Callable[[Moment], Deed]
    back: timedelta
    seed: int


def script(luck: random.Random, start: datetime, length: int) -> tuple[Planned, ...]:
    """So many moments over the program's months, in order."""
    weights = [weight for weight, _ in DEEDS]
    planned = []
    for deed in luck.choices([deed for _, deed in DEEDS], weights, k=length):
        at = start + timedelta(seconds=round(luck.betavariate(1, 1.6) * 230 * 86_400))
        back = timedelta(hours=luck.choice((0, 0, 0, 5, 70, 800)))
        planned.append(Planned(at, deed, back, luck.randrange(2**30)))
    return tuple(sorted(planned, key=lambda moment: moment.at))


@dataclass(slots=True)
class Meddled:
    """Simulated people and a script beside them. Every report is an update, so that its refusal is heard."""

    people: People
    script: tuple[Planned, ...]

    def next_act(self, state: Pairing, now: datetime) -> Act | None:
        """The earliest of both; what the script had for a moment that has passed is left out."""
        following = next((moment for moment in self.script if moment.at > now), None)
        intents = [intent._replace(report=False) for intent in self.people.intents(state, now)]
        if following is not None:
            intents.append(self._meddling(following, state))
        return earliest(intents, state, now)

    def refused(self, act: Act) -> None:
        """People remember it; the script goes on."""
        self.people.refused(act)

    def _meddling(self, moment: Planned, state: Pairing) -> Intent:
        command, by, fields = moment.deed(Moment(state, moment.at, random.Random(moment.seed)))
        dated = {"at": moment.at - moment.back} if moment.back else {}
        return Intent(moment.at, f"meddle/{moment.seed}", by, command, {**fields, **dated})
