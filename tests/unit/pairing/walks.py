"""Random walks through the lifecycle, which check after every step what must hold for every pairing.

A walk begins at some stage and mixes random commands of random people, honest and backdated, with
clocks that ring on time, clocks that ring late, and outages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.decider import Actor, Command, Rejected
from domain.pairing.amending import AmendDesign
from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.clocks import RUNS_THROUGH_PAUSE, fire, kind_of
from domain.pairing.closing import (
    CloseEarly,
    ExitRequested,
    PairingClosedEarly,
    PairingCompleted,
    ReportLeaver,
    RequestExit,
)
from domain.pairing.concern import RaiseConcern, ResolveConcern
from domain.pairing.conflict import ReportReportingLine
from domain.pairing.decider import PairingCommand, PairingEvent, agenda, decide, evolve, notices
from domain.pairing.escalation import AcknowledgeEscalation, CloseEscalation
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.facts import facts
from domain.pairing.goal_setting import CloseGoal, GoalDraft, NameDelegate, ProgressGoal, SetGoals, SignAgreement
from domain.pairing.leave import ReportLeave, ReportReturn
from domain.pairing.meetings import CancelMeeting, LogMeeting, MoveMeeting, ScheduleMeeting, ScheduleSeries
from domain.pairing.moves import waiting_for
from domain.pairing.offer import AcceptOffer, DeclineOffer, OfferDeclined, OfferExpired
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason, Hold, Pairing, Side, health
from domain.pairing.story import tell
from domain.pairing.training import CompleteTraining, WaiveTraining
from domain.pairing.undoing import UndoAcceptance, UndoClose
from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort
from domain.program import ProgramDesign

from .given import (
    ACTORS,
    COHORT,
    CONCERN_HANDLER,
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    creation,
    design,
    evaluation,
    having_met,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
)

STATES: TypeAdapter[Pairing] = TypeAdapter(Pairing)

CLOCKS_AT_MOST = 60
ITEMS_AT_MOST = 10
MEETINGS_AT_MOST = 6

BEGINNINGS: dict[str, Callable[[], Story]] = {
    "proposed": proposed,
    "offered": offered,
    "in training": in_training,
    "setting goals": in_goal_setting,
    "meeting": in_meetings,
    "having met": lambda: having_met(10, 24),
    "nearly done": lambda: having_met(10, 30, 60, 90, 120),
    "paused": paused,
    "paused until a date": lambda: paused(until=40),
    "evaluating": in_evaluation,
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes; `asleep` in an outage, where no clock rings until the next `Ring`."""

    by: timedelta
    asleep: bool


@dataclass(frozen=True, slots=True)
class Ring:
    """The earliest clock rings: when it is due, or now if it is overdue."""


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody commands something: `by`, or who may. `pick`, `ahead`, `back` become numbers and times on the spot."""

    kind: type[Command]
    by: Actor | None
    pick: int
    ahead: timedelta
    back: timedelta | None


@dataclass(frozen=True, slots=True)
class Again:
    """The last command that was accepted comes once more, as from an impatient sender or a second system."""


Step = Wait | Ring | Act | Again

ONCE = (
    AcceptOffer,
    CompleteTraining,
    SignAgreement,
    AnswerCheckpoint,
    SubmitEvaluation,
    ReportLeave,
    ReportReturn,
    ReportReportingLine,
    ReportLeaver,
    RaiseConcern,
    ResolveConcern,
    SuspendWithCohort,
    ResumeWithCohort,
    AmendDesign,
)
"""Facts and decisions that are no news the second time, whatever key they come with."""

ENDS_EVERYTHING = (ExitRequested, PairingClosedEarly, PairingCompleted, OfferDeclined, OfferExpired)
"""Events that may end clocks which they do not list."""


def _fields(act: Act, state: Pairing, now: datetime) -> dict[str, Any]:
    """What the command needs, from what stands in the state: mostly right, sometimes not."""
    side = tuple(Side)[act.pick % 2]
    number = act.pick + 1
    booked = [meeting.number for meeting in state.meetings]
    meeting = booked[act.pick % len(booked)] if booked and act.pick < 4 else number
    items = [item.id for item in state.escalations]
    item = items[act.pick % len(items)] if items else "no-such-item"
    made: dict[type[Command], dict[str, Any]] = {
        CompleteTraining: {"side": side},
        WaiveTraining: {"side": side, "reason": "trained elsewhere"},
        SignAgreement: {"skill": act.pick % 5 + 1},
        SetGoals: {"goals": [GoalDraft(text="learn something")] * (act.pick % 2 + 1)},
        ProgressGoal: {"goal": f"g{act.pick % 3 + 1}", "level": 0.5 * (act.pick % 3)},
        CloseGoal: {"goal": f"g{act.pick % 3 + 1}"},
        NameDelegate: {"delegate": "assistant"},
        ScheduleMeeting: {"starts_at": now + act.ahead, "minutes": 60},
        ScheduleSeries: {"times": [now + act.ahead * n for n in range(1, act.pick % 3 + 2)], "minutes": 60},
        MoveMeeting: {"meeting": meeting, "starts_at": now + act.ahead},
        CancelMeeting: {"meeting": meeting},
        LogMeeting: {
            "meeting": meeting if booked and act.pick % 2 else None,
            "held_at": now - (act.back or timedelta(0)),
            "minutes": 50,
        },
        AnswerCheckpoint: {"number": act.pick % 3 + 1, "safety": 4, "progress": 3},
        SubmitEvaluation: evaluation(),
        AcknowledgeEscalation: {"id": item},
        CloseEscalation: {"id": item},
        Pause: {"reason": PauseReason.OTHER, "until": now + act.ahead if act.pick % 2 else None},
        ReportLeave: {
            "participant": state.party(side).participant,
            "returns_at": now + act.ahead if act.pick % 4 else None,
        },
        ReportReportingLine: {
            "mentor_managers": ["lead", "senior"][: act.pick % 3],
            "mentee_managers": ["lead", "chief"][act.pick % 2 :],
        },
        ReportReturn: {"participant": state.party(side).participant},
        ResolveConcern: {
            "id": state.concerns[0].id if state.concerns else "concern-1",
            "outcome": "close" if act.pick == 7 else "go_on",
        },
        AmendDesign: {"design": _amended(state, act)},
        CloseEarly: {"reason": tuple(CloseReason)[act.pick % len(CloseReason)]},
        ReportLeaver: {
            "participant": state.party(side).participant,
            "leaves_at": now + act.ahead if act.pick else now - act.ahead,
        },
    }
    return made.get(act.kind, {})


def _amended(state: Pairing, act: Act) -> ProgramDesign:
    """The next version, with some figure changed."""
    old = state.design
    changes: tuple[dict[str, Any], ...] = (
        {"meetings": old.meetings.model_copy(update={"over": old.meetings.over + act.ahead})},
        {"meetings": old.meetings.model_copy(update={"planned": max(old.meetings.enough, act.pick)})},
        {"health": old.health.model_copy(update={"amber_after": timedelta(days=40)})},
        {"checkpoints": old.checkpoints.model_copy(update={"after": old.checkpoints.after[: act.pick % 3]})},
        {"exit": old.exit.model_copy(update={"close_after": act.ahead})},
        {"pause": old.pause.model_copy(update={"notice": act.ahead})},
        {"due_on_working_days": not old.due_on_working_days},
        {"program": "another"},
    )
    return old.model_copy(update={"version": old.version + 1, **changes[act.pick % len(changes)]})


SPANS = st.sampled_from([timedelta(hours=1), *map(timedelta, (1, 2, 6, 14, 30, 45, 80))])
EVERYDAY = (
    CompleteTraining,
    SignAgreement,
    SetGoals,
    ScheduleMeeting,
    ScheduleSeries,
    LogMeeting,
    CancelMeeting,
    MoveMeeting,
    AnswerCheckpoint,
    SubmitEvaluation,
    CloseEscalation,
    AmendDesign,
)
STOPS = (Pause, ReportLeave, ReportReportingLine, RaiseConcern, SuspendWithCohort)
GOES_ON = (Resume, ReportReturn, ReportReportingLine, ResolveConcern, ResumeWithCohort)
RARE = (
    AcceptOffer,
    DeclineOffer,
    WaiveTraining,
    ProgressGoal,
    CloseGoal,
    NameDelegate,
    AcknowledgeEscalation,
    RequestExit,
    CloseEarly,
    ReportLeaver,
    UndoAcceptance,
)
LAST = (UndoClose,)
"""What somebody may still send when the pairing has ended."""


SENT_BY: dict[type[Command], Actor] = {
    **dict.fromkeys((SuspendWithCohort, ResumeWithCohort, AmendDesign), COHORT),
    **dict.fromkeys((CompleteTraining, ReportLeave, ReportReturn, ReportLeaver, ReportReportingLine), SERVICE),
    **dict.fromkeys((WaiveTraining, Pause, Resume, CloseEarly, UndoClose), COORDINATOR),
    **dict.fromkeys((AcknowledgeEscalation, CloseEscalation), COORDINATOR),
    NameDelegate: MENTEE,
    ResolveConcern: CONCERN_HANDLER,
}
"""Whose it is, where it is not the pair's own."""


def _acts(kinds: tuple[type[Command], ...], people: st.SearchStrategy[Actor | None]) -> st.SearchStrategy[Act]:
    return st.builds(
        Act,
        kind=st.sampled_from(kinds),
        by=people,
        pick=st.integers(0, 7),
        ahead=SPANS,
        back=st.sampled_from((*[None] * 6, *map(timedelta, (1, 14, 45)), timedelta(hours=2), timedelta(minutes=-4))),
    )


STEPS: st.SearchStrategy[Step] = st.one_of(
    _acts(EVERYDAY, st.none()),
    _acts((*EVERYDAY, *STOPS, *RARE, *LAST), st.none()),
    _acts(GOES_ON, st.none()),
    _acts((*EVERYDAY, *STOPS, *GOES_ON, *RARE, *LAST), st.sampled_from(ACTORS)),
    st.just(Ring()),
    st.just(Ring()),
    st.just(Again()),
    st.builds(Wait, by=SPANS | st.just(timedelta(minutes=30)), asleep=st.booleans()),
)
WALKS = st.lists(STEPS, min_size=10, max_size=60)


class Walk:
    """A walk through one pairing's life that checks after every step what must hold for all."""

    def __init__(self, story: Story) -> None:
        self.state = story.state
        self.events: list[PairingEvent] = list(story.events)
        self.now = story.now
        self.rang: set[tuple[str, datetime]] = set()
        self.number = 0
        self.accepted: PairingCommand | None = None

    def take(self, step: Step) -> None:
        match step:
            case Ring():
                self.ring()
            case Wait():
                until = self.now + step.by
                while not step.asleep and self.state.clocks and self.state.clocks[0].due <= until:
                    self.ring()
                self.now = max(self.now, until)
            case Act():
                self.act(step)
            case Again():
                self.again()

    def ring(self) -> None:
        """Fire the earliest clock; it never fires twice, and it never refuses."""
        if not self.state.clocks:
            return
        clock = self.state.clocks[0]
        self.now = max(self.now, clock.due)
        self.obey(fire(clock))
        self.rang.add((clock.name, clock.due))
        with pytest.raises(Rejected):
            decide(self.state, fire(clock), self.now)
        assert all(c.due > clock.due for c in self.state.clocks if c.name == clock.name)

    def act(self, act: Act) -> None:
        before = self.state
        as_stored = STATES.dump_json(before)
        command = self._command(act)
        with suppress(Rejected):
            self.obey(command)
            self.accepted = command
        if self.state is not before and isinstance(command, Pause):
            self._resuming_gives_back_what_was_left(before)
        if self.state is before:
            assert STATES.dump_json(before) == as_stored, "a rejection changes nothing"

    def again(self) -> None:
        """What is no news is refused; anything else keeps the rules as a first command does."""
        if isinstance(self.accepted, ONCE) and self.events[-1].at == self.state.as_of:
            with pytest.raises(Rejected):
                decide(self.state, self.accepted, self.now)
        elif self.accepted is not None:
            with suppress(Rejected):
                self.obey(self.accepted)

    def obey(self, command: PairingCommand) -> None:
        events = decide(self.state, command, self.now)
        assert events, "an accepted command means events"
        assert decide(self.state, command, self.now) == events, "the same question has the same answer"
        for event in events:
            self._takes_effect_in_order(event)
            before, self.state = self.state, evolve(self.state, event)
            self._loses_no_clock(before, event)
            self._keeps_the_time_left(before, event)
            assert tell(event).endswith("."), "every event has its sentence"
            self.events.append(event)
            assert all(notice.deliver_after >= event.at for notice in notices(self.state, event))
        self._is_sound()

    def _command(self, act: Act) -> PairingCommand:
        self.number += 1
        at = None if act.back is None else self.now - act.back
        by = act.by or SENT_BY.get(act.kind) or (MENTOR, MENTEE)[act.pick % 2]
        fields = {"by": by, "key": f"step-{self.number}", "at": at} | _fields(act, self.state, self.now)
        return act.kind.model_validate(fields)  # type: ignore[return-value]

    def _takes_effect_in_order(self, event: PairingEvent) -> None:
        assert event.at >= self.state.as_of, "effective times never run backwards"
        assert event.at <= self.now, "nothing takes effect in the future"

    def _loses_no_clock(self, before: Pairing, event: PairingEvent) -> None:
        gone = {*_left(before, event.at)} - {*_left(self.state, event.at)} - {*event.stops}
        assert not gone or isinstance(event, ENDS_EVERYTHING), "a clock ends by ringing, by being stopped, or never"
        begun = {clock.name for clock in event.starts} - {*_left(self.state, event.at)}
        assert not begun, "a clock that an event starts runs, or is kept by a rest"

    def _keeps_the_time_left(self, before: Pairing, event: PairingEvent) -> None:
        """Resting, going on and coming back change no clock but those that the event names."""
        named = {clock.name for clock in event.starts} | {*event.stops}
        left, kept = _left(before, event.at), _left(self.state, event.at)
        assert {n: span for n, span in left.items() if n in kept and n not in named} == {
            n: span for n, span in kept.items() if n in left and n not in named
        }

    def _is_sound(self) -> None:
        state = self.state
        names = [clock.name for clock in state.clocks]
        names += [name for name, _ in state.suspension.left] if state.suspension else []
        assert len(names) == len(set(names)), "a clock's name is unique"
        assert list(state.clocks) == sorted(state.clocks, key=lambda clock: (clock.due, clock.name))
        assert [(d.name, d.due) for d in agenda(state)] == [(c.name, c.due) for c in state.clocks]
        assert not self.rang & {(clock.name, clock.due) for clock in state.clocks}, "no clock rings twice"
        assert len(names) <= CLOCKS_AT_MOST
        assert len(state.escalations) == len({item.kind for item in state.escalations}) <= ITEMS_AT_MOST
        assert len(state.meetings) <= MEETINGS_AT_MOST
        moves_on = state.ended or state.clocks or waiting_for(state) or held_by_cohort(state)
        assert moves_on, "somebody or something moves every pairing on"
        self._durations_are_positive()
        if state.ended:
            self._is_over()

    def _durations_are_positive(self) -> None:
        state = self.state
        course = [state.offered_at, state.activated_at, state.trained_at, state.ended_at]
        known = [moment for moment in course if moment is not None]
        assert all(earlier <= later for earlier, later in pairwise(known))
        assert state.paused_for >= timedelta(0)
        assert state.since <= state.as_of
        assert state.activated_at is None or state.first_held_at is None or state.first_held_at >= state.activated_at
        taken = facts(state, self.now)
        assert 0 <= taken.planned <= state.design.meetings.planned
        health(state, self.now)

    def _is_over(self) -> None:
        assert self.state.final or {clock.name for clock in self.state.clocks} == {"undo.end"}
        assert self.state.escalations == ()
        assert waiting_for(self.state) == ()
        for kind in (*EVERYDAY, *STOPS, *GOES_ON, *RARE, *(LAST if self.state.final else ())):
            act = Act(kind=kind, by=COORDINATOR, pick=0, ahead=timedelta(1), back=None)
            with pytest.raises(Rejected):
                decide(self.state, self._command(act), self.now)
        with pytest.raises(Rejected):
            decide(self.state, creation(design()), self.now)

    def _resuming_gives_back_what_was_left(self, before: Pairing) -> None:
        """A branch beside the walk: the coordinator resumes after ten days."""
        pausing_at = self.state.since
        kept = {name for name, _ in self.state.suspension.left} if self.state.suspension else set()
        stopped = {c.name: c.due - pausing_at for c in before.clocks if c.name in kept}
        later = self.now + timedelta(days=10)
        resumed = self.state
        for event in decide(self.state, Resume(by=COORDINATOR, key="resume"), later):
            resumed = evolve(resumed, event)
        due = {clock.name: clock.due for clock in resumed.clocks}
        assert {name: due[name] - later for name in stopped} == stopped
        world = {c.name: c.due for c in before.clocks if c.name not in kept and kind_of(c.name) in RUNS_THROUGH_PAUSE}
        assert {name: due[name] for name in world} == world


def _left(state: Pairing, at: datetime) -> dict[str, timedelta]:
    """The time that every clock has left, running or kept by a rest."""
    return {clock.name: clock.due - at for clock in state.clocks} | dict(
        state.suspension.left if state.suspension else ()
    )


def held_by_cohort(state: Pairing) -> bool:
    return state.suspension is not None and Hold.COHORT in state.suspension.holds


def walk(beginning: str, steps: list[Step]) -> Walk:
    taken = Walk(BEGINNINGS[beginning]())
    for step in steps:
        taken.take(step)
    return taken
