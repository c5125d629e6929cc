"""Given events, when a command or a clock, then events: the words in which the lifecycle's tests are written.

A `Story` is one pairing's stream, told by real decisions from its creation on. Times are days since
`START`, a Monday at nine in London, on which the offer goes out. Before anybody acts, every clock that
has come due by then rings, as in the engine; `asleep_until` is an outage, in which none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from domain.decider import Actor, Command, Event, Rejected, Role
from domain.pairing.clocks import fire
from domain.pairing.decider import PairingCommand, PairingEvent, decide, evolve
from domain.pairing.goal_setting import GoalDraft, SetGoals, SignAgreement
from domain.pairing.meetings import LogMeeting, ScheduleMeeting
from domain.pairing.offer import AcceptOffer
from domain.pairing.pausing import Pause, PauseReason
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import SIDES, Pairing, Party, Side, Stage
from domain.pairing.training import CompleteTraining
from domain.program import ProgramDesign

START = datetime(2026, 1, 5, 9, tzinfo=UTC)

MENTOR = Actor(role=Role.MENTOR, id="junior")
MENTEE = Actor(role=Role.MENTEE, id="senior")
DELEGATE = Actor(role=Role.DELEGATE, id="assistant")
COORDINATOR = Actor(role=Role.COORDINATOR, id="operations")
SPONSOR = Actor(role=Role.SPONSOR, id="board")
APPROVER = Actor(role=Role.APPROVER, id="head-of-people")
CONCERN_HANDLER = Actor(role=Role.CONCERN_HANDLER, id="trust")
COHORT = Actor(role=Role.SERVICE, id="cohort")
AUDITOR = Actor(role=Role.AUDITOR, id="audit")
SERVICE = Actor(role=Role.SERVICE, id="learning-platform")
ACTORS = (MENTOR, MENTEE, DELEGATE, COORDINATOR, SPONSOR, APPROVER, CONCERN_HANDLER, AUDITOR, SERVICE, COHORT)

JUNIOR = Party(participant="junior", zone="Europe/London")
SENIOR = Party(participant="senior", zone="Europe/London")


def design(**changes: Any) -> ProgramDesign:
    """The program with every figure at its default, but for `changes`."""
    smallest = {
        "program": "reverse-2026",
        "version": 1,
        "title": "Reverse mentoring 2026",
        "objectives": ["Executives learn what the newest colleagues know"],
        "zone": "Europe/London",
    }
    return ProgramDesign.model_validate(smallest | changes)


def day(number: float) -> datetime:
    """So many days after `START`."""
    return START + timedelta(days=number)


def hours(number: float) -> float:
    """Hours, in days."""
    return number / 24


def creation(plan: ProgramDesign, mentor: Party = JUNIOR, mentee: Party = SENIOR) -> CreatePairing:
    """What the launch of a cohort sends three days before the offers go out."""
    return CreatePairing(
        by=COORDINATOR,
        key="create",
        at=day(-3),
        pairing="junior-senior",
        cohort="spring",
        design=plan,
        mentor=mentor,
        mentee=mentee,
        starts_at=START,
    )


class Expected:
    """An event of a type, with the fields that the test cares about."""

    def __init__(self, kind: type[Event], fields: dict[str, Any]) -> None:
        self.kind = kind
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return type(other) is self.kind and all(getattr(other, name) == value for name, value in self.fields.items())

    def __repr__(self) -> str:
        return f"{self.kind.__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields.items())}, …)"


def an(kind: type[Event], /, **fields: Any) -> Expected:
    """An event of this type with these fields, whatever its other fields say."""
    return Expected(kind, fields)


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody commanded something, and was refused where there is a code."""

    at: datetime
    command: PairingCommand
    refused: str | None = None


class Story:
    """One pairing, from its creation on. `steps` is what people did; clocks are not among them."""

    def __init__(self, plan: ProgramDesign | None = None, mentor: Party = JUNIOR, mentee: Party = SENIOR) -> None:
        self.now = day(-3)
        self.events: list[PairingEvent] = []
        self.latest: tuple[PairingEvent, ...] = ()
        self.creation = creation(plan or design(), mentor, mentee)
        self.steps: list[Step] = []
        self._state: Pairing | None = None
        self._keys = count(1)
        self._obey(self.creation)

    @property
    def state(self) -> Pairing:
        assert self._state is not None
        return self._state

    @property
    def stage(self) -> Stage:
        return self.state.stage

    @property
    def clocks(self) -> dict[str, float]:
        """The running clocks by name, each with the day on which it is due."""
        return {clock.name: (clock.due - START) / timedelta(days=1) for clock in self.state.clocks}

    @property
    def items(self) -> list[str]:
        """The kinds of the open items."""
        return [item.kind.value for item in self.state.escalations]

    def when(self, kind: type[Command], by: Actor, on: float | None = None, **fields: Any) -> Story:
        """Somebody commands something, on a day; clocks that are due before ring first."""
        if on is not None:
            self.until(on)
        command = self._command(kind, by, fields)
        self._obey(command)
        self.steps.append(Step(self.now, command))
        return self

    def refuses(self, kind: type[Command], by: Actor, code: str, saying: str | None = None, **fields: Any) -> Story:
        """The command is rejected now, with this code; a rejection has no events to change anything."""
        command = self._command(kind, by, fields)
        with pytest.raises(Rejected, match=saying) as refusal:
            decide(self.state, command, self.now)
        assert refusal.value.code == code, refusal.value.reason
        self.steps.append(Step(self.now, command, code))
        return self

    def until(self, on: float) -> Story:
        """Time passes, and every clock rings when it is due."""
        while self.state.clocks and self.state.clocks[0].due <= day(on):
            self.rings(self.state.clocks[0].name)
        return self.asleep_until(on)

    def asleep_until(self, on: float) -> Story:
        """Time passes, and nothing rings."""
        assert day(on) >= self.now, "time does not run backwards"
        self.now = day(on)
        return self

    def rings(self, name: str) -> Story:
        """The clock comes due and rings, after all that are due before it; at once where it is overdue."""
        while self.state.clocks:
            running = self.state.clocks[0]
            self.now = max(self.now, running.due)
            self._obey(fire(running))
            if running.name == name:
                return self
        pytest.fail(f"'{name}' never rings")

    def then(self, *expected: Expected) -> Story:
        """Exactly these events came of the last step."""
        assert list(self.latest) == list(expected)
        return self

    def _command(self, kind: type[Command], by: Actor, fields: dict[str, Any]) -> PairingCommand:
        return kind.model_validate({"by": by, "key": f"key-{next(self._keys)}"} | fields)  # type: ignore[return-value]

    def _obey(self, command: PairingCommand) -> None:
        self.latest = decide(self._state, command, self.now)
        for event in self.latest:
            self._state = evolve(self._state, event)
            self.events.append(event)


# --- A pairing at a stage ---


def proposed(plan: ProgramDesign | None = None) -> Story:
    """Created three days before the offer goes out."""
    return Story(plan)


def offered(plan: ProgramDesign | None = None) -> Story:
    """Both were asked on day 0."""
    return proposed(plan).until(0)


def in_training(plan: ProgramDesign | None = None) -> Story:
    """Both accepted on day 0: every clock of the program counts from there."""
    return offered(plan).when(AcceptOffer, MENTOR).when(AcceptOffer, MENTEE)


def in_goal_setting(plan: ProgramDesign | None = None) -> Story:
    """Both were trained by day 2."""
    story = in_training(plan)
    for side in SIDES:
        story.when(CompleteTraining, SERVICE, on=2, side=side)
    return story


def in_meetings(plan: ProgramDesign | None = None) -> Story:
    """Agreement and one goal on day 4."""
    story = in_goal_setting(plan)
    for actor in (MENTOR, MENTEE):
        story.when(SignAgreement, actor, on=4, skill=2)
    return story.when(SetGoals, MENTOR, goals=[GoalDraft(text="Run a meeting online")])


def having_met(*days: float, plan: ProgramDesign | None = None) -> Story:
    """Meetings held on these days, each logged at its end, none booked ahead."""
    story = in_meetings(plan)
    for held in days:
        story.when(LogMeeting, MENTOR, on=held, held_at=day(held), minutes=60)
    return story


def with_a_meeting(starts: float = 20, booked: float = 5, plan: ProgramDesign | None = None) -> Story:
    """Meeting 1 is booked."""
    return in_meetings(plan).when(ScheduleMeeting, MENTOR, on=booked, starts_at=day(starts), minutes=60)


def paused(on: float = 10, until: float | None = None, plan: ProgramDesign | None = None) -> Story:
    """Agreed and then paused."""
    agreed_return = None if until is None else day(until)
    return in_meetings(plan).when(Pause, COORDINATOR, on=on, reason=PauseReason.LEAVE, until=agreed_return)


def in_evaluation(*meetings: float, plan: ProgramDesign | None = None) -> Story:
    """The 26 weeks are over, on day 182."""
    return having_met(*meetings, plan=plan).rings("evaluation.open")


def evaluation(**changes: Any) -> dict[str, Any]:
    """The answers of one side's end evaluation."""
    return {"skill": 4, "safety": 5, "recommend": 9, "would_repeat": True} | changes


def side_of(actor: Actor) -> Side:
    return Side(actor.role.value)
