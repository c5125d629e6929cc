"""Simulated people: what the two of a pairing, their coordinator and the services around them do next.

`next_act` is a pure function of the pairing's state: the same state, luck and time give the same act,
on the real server and anywhere else. People know the rules only as people do: they answer what they are
asked, a little late, and some of them cancel, forget, fall silent or leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.decider import Actor, Command, Role
from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.escalation import AcknowledgeEscalation
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import GoalDraft, ProgressGoal, SetGoals, SignAgreement
from domain.pairing.meetings import CancelMeeting, LogMeeting, ScheduleMeeting
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.pausing import Pause, PauseReason
from domain.pairing.state import (
    ACTIVE,
    SIDES,
    CloseReason,
    Escalation,
    EscalationKind,
    Meeting,
    Pairing,
    Side,
    Stage,
)
from domain.pairing.training import CompleteTraining, WaiveTraining
from domain.working_time import next_slot
from rehearsal.chance import Chance

COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
LEARNING_PLATFORM = Actor(role=Role.SERVICE, id="lms")
HR_SYSTEM = Actor(role=Role.SERVICE, id="hris")

CLEARANCE = timedelta(minutes=15)
"""People stay this far from a running deadline, so that a real clock's jitter cannot reorder the two."""

NOBODY_REACTS = frozenset({ClockKind.MEETING_REMIND, ClockKind.CHECKPOINT_REMIND, ClockKind.HEALTH_AMBER})
"""Deadlines that change nothing in what people do next: a driver passes them without asking anybody."""

GOALS = (
    "Use the collaboration tools without an assistant",
    "Hold one open question round a month on the internal network",
    "Review a dashboard before each steering meeting",
    "Write and improve own prompts for recurring work",
    "Make every published document accessible",
    "Understand what younger colleagues expect of a career",
)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """How people behave. Delays are medians in days, the rest are probabilities.

    All of them are our own guesses, chosen so that a rehearsal meets every path of the lifecycle;
    none is a finding. `pairloom rehearse` will fit them to finished cohorts.
    """

    answer_offer: float = 2.5
    declines: float = 0.02
    ignores_offer: float = 0.015
    training_mentor: float = 5.0
    training_mentee: float = 8.0
    sign_agreement: float = 5.0
    set_goals: float = 7.0
    book_meeting: float = 4.0
    meeting_gap: float = 26.0
    executive_cancels: float = 0.16
    mentor_cancels: float = 0.04
    forgets_to_log: float = 0.04
    answer_survey: float = 2.5
    ignores_survey: float = 0.10
    evaluate: float = 4.5
    ignores_evaluation: float = 0.04
    falls_silent: float = 0.05
    leaves_company: float = 0.04
    goes_on_leave: float = 0.06
    asks_to_exit: float = 0.03


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does at a moment. `report` is a fact from a service: a signal, not an update."""

    at: datetime
    command: Command
    report: bool = False


def next_act(state: Pairing, chance: Chance, now: datetime, assumptions: Assumptions) -> Act | None:
    """The earliest thing that anybody does, not before `now`; None while everybody waits."""
    if state.ended or state.offered_at is None:
        return None
    pair = _Pair(state, chance, now, assumptions)
    acts = [_clear_of_deadlines(state, act, now) for act in pair.acts()]
    return min(acts, key=lambda act: (act.at, act.command.key), default=None)


def _clear_of_deadlines(state: Pairing, act: Act, now: datetime) -> Act:
    at = max(act.at, now + CLEARANCE)
    moved = True
    while moved:
        moved = False
        for clock in state.clocks:
            if abs(clock.due - at) < CLEARANCE:
                at, moved = clock.due + CLEARANCE, True
    return Act(at=at, command=act.command.model_copy(update={"at": at}), report=act.report)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The people around one pairing at a moment."""

    state: Pairing
    chance: Chance
    now: datetime
    assume: Assumptions

    def acts(self) -> Iterator[Act]:
        """Everything that somebody would do, were nothing else to happen first."""
        yield from self._care()
        if self.state.stage is Stage.OFFERED:
            yield from self._answer_offer()
        if self.state.stage in ACTIVE:
            yield from self._life()
            if not self._silent():
                yield from self._program()

    def _program(self) -> Iterator[Act]:
        if self.state.stage is Stage.TRAINING:
            yield from self._train()
        if self.state.stage in (Stage.GOAL_SETTING, Stage.MEETING):
            yield from self._agree()
            yield from self._meet()
            yield from self._work_on_goals()
        yield from self._answer_surveys()
        if self.state.stage is Stage.EVALUATING:
            yield from self._look_back()

    def _answer_offer(self) -> Iterator[Act]:
        assert self.state.offered_at is not None
        for side in SIDES:
            topic = f"offer/{side.value}"
            if side in self.state.accepted or self.chance.happens(f"{topic}/ignores", self.assume.ignores_offer):
                continue
            at = self._in_hours(side, self.state.offered_at + self.chance.days(topic, self.assume.answer_offer), topic)
            declines = self.chance.happens(f"{topic}/declines", self.assume.declines)
            command = DeclineOffer if declines else AcceptOffer
            yield Act(at, command(by=self._actor(side), key=f"sim/{topic}"))

    def _train(self) -> Iterator[Act]:
        assert self.state.activated_at is not None
        for side in SIDES:
            if side in self.state.trained:
                continue
            topic = f"training/{side.value}"
            median = self.assume.training_mentor if side is Side.MENTOR else self.assume.training_mentee
            done = self.state.activated_at + self.chance.days(topic, median)
            command = CompleteTraining(by=LEARNING_PLATFORM, key=f"sim/{topic}", side=side)
            yield Act(self._in_hours(side, done, topic), command, report=True)

    def _agree(self) -> Iterator[Act]:
        since = self.state.trained_at
        assert since is not None
        for side in SIDES:
            if side not in self.state.signed:
                topic = f"agreement/{side.value}"
                at = self._in_hours(side, since + self.chance.days(topic, self.assume.sign_agreement), topic)
                skill = self.chance.score(topic, 3.6 if side is Side.MENTOR else 2.1, 1, 5)
                yield Act(at, SignAgreement(by=self._actor(side), key=f"sim/{topic}", skill=skill))
        if not self.state.goals:
            at = self._in_hours(Side.MENTOR, since + self.chance.days("goals", self.assume.set_goals), "goals")
            first, second = self.chance.pick("goals/1", GOALS[:3]), self.chance.pick("goals/2", GOALS[3:])
            goals = (GoalDraft(text=first, weight=2.0), GoalDraft(text=second))
            yield Act(at, SetGoals(by=self._actor(Side.MENTOR), key="sim/goals", goals=goals))

    def _meet(self) -> Iterator[Act]:
        for meeting in self.state.meetings:
            yield from self._attend(meeting)
        ready = self.state.held < 2 or self.state.has_goals
        if not self.state.meetings and self.state.held < self.state.design.meetings.planned and ready:
            yield from self._book()

    def _book(self) -> Iterator[Act]:
        number = self.state.scheduled + 1
        topic = f"book/{number}"
        free, before = self.state.unbooked_since, self.state.last_held_at or self.state.trained_at
        if free is None or before is None:
            return
        thinks_of_it = max(free, self.state.since) + self.chance.days(topic, self.assume.book_meeting)
        at = self._in_hours(Side.MENTOR, thinks_of_it, topic)
        gap = self.assume.meeting_gap if self.state.held else 9.0
        wanted = max(before + self.chance.days(f"{topic}/gap", gap, 0.15), at + timedelta(days=2))
        starts_at = self._in_hours(Side.MENTEE, wanted, f"{topic}/start").replace(minute=0, second=0)
        end = next((c.due for c in self.state.clocks if c.name == "evaluation.open"), None)
        if end is not None and starts_at >= end - timedelta(hours=1):
            return
        minutes = 60 if self.chance.happens(f"{topic}/hour", 0.5) else 45
        command = ScheduleMeeting(by=self._actor(Side.MENTOR), key=f"sim/{topic}", starts_at=starts_at, minutes=minutes)
        yield Act(at, command)

    def _attend(self, meeting: Meeting) -> Iterator[Act]:
        topic = f"meeting/{meeting.number}"
        for side, probability in (
            (Side.MENTEE, self.assume.executive_cancels),
            (Side.MENTOR, self.assume.mentor_cancels),
        ):
            if self.chance.happens(f"{topic}/cancel/{side.value}", probability):
                before = timedelta(hours=self.chance.between(f"{topic}/notice/{side.value}", 3, 70))
                at = meeting.starts_at - before
                if at > self.now:
                    key = f"sim/{topic}/cancel/{side.value}"
                    yield Act(at, CancelMeeting(by=self._actor(side), key=key, meeting=meeting.number))
                    return
        if self.chance.happens(f"{topic}/forgotten", self.assume.forgets_to_log):
            return
        ends_at = meeting.starts_at + timedelta(minutes=meeting.minutes)
        at = ends_at + timedelta(hours=self.chance.between(f"{topic}/log", 0.3, 30))
        command = LogMeeting(
            by=self._actor(Side.MENTOR),
            key=f"sim/{topic}/held",
            meeting=meeting.number,
            held_at=meeting.starts_at,
            minutes=meeting.minutes,
        )
        yield Act(at, command)

    def _work_on_goals(self) -> Iterator[Act]:
        if self.state.last_held_at is None:
            return
        for goal in self.state.goals:
            half_way = self.chance.score(f"goal/{goal.id}/first", 3.2, 2, 5)
            reached = self.chance.score(f"goal/{goal.id}/last", 5.2, 4, 8)
            level = 1.0 if self.state.held >= reached else 0.5 if self.state.held >= half_way else 0.0
            if level > goal.level:
                topic = f"goal/{goal.id}/{level}"
                at = self._in_hours(Side.MENTEE, self.state.last_held_at + self.chance.days(topic, 1.5), topic)
                yield Act(at, ProgressGoal(by=self._actor(Side.MENTEE), key=f"sim/{topic}", goal=goal.id, level=level))

    def _answer_surveys(self) -> Iterator[Act]:
        for survey in self.state.checkpoints:
            for side in SIDES:
                topic = f"checkpoint/{survey.number}/{side.value}"
                if side in survey.answered or self.chance.happens(f"{topic}/ignores", self.assume.ignores_survey):
                    continue
                at = self._in_hours(side, survey.opened_at + self.chance.days(topic, self.assume.answer_survey), topic)
                warmth = 3.4 + 0.25 * survey.number
                command = AnswerCheckpoint(
                    by=self._actor(side),
                    key=f"sim/{topic}",
                    number=survey.number,
                    safety=self.chance.score(f"{topic}/safety", warmth, 1, 5),
                    progress=self.chance.score(f"{topic}/progress", 2.4 + 0.4 * survey.number, 1, 5),
                )
                yield Act(at, command)

    def _look_back(self) -> Iterator[Act]:
        done = {evaluation.side for evaluation in self.state.evaluations}
        for side in SIDES:
            topic = f"evaluation/{side.value}"
            if side in done or self.chance.happens(f"{topic}/ignores", self.assume.ignores_evaluation):
                continue
            at = self._in_hours(side, self.state.since + self.chance.days(topic, self.assume.evaluate), topic)
            command = SubmitEvaluation(
                by=self._actor(side),
                key=f"sim/{topic}",
                skill=self.chance.score(f"{topic}/skill", 4.0 if side is Side.MENTOR else 3.6, 1, 5),
                safety=self.chance.score(f"{topic}/safety", 4.2, 1, 5),
                recommend=self.chance.score(f"{topic}/recommend", 8.6, 0, 10, 1.4),
                would_repeat=self.chance.happens(f"{topic}/repeat", 0.85),
            )
            yield Act(at, command)

    def _life(self) -> Iterator[Act]:
        """What happens to people whatever the program wants: they leave, go on leave, or have had enough."""
        since = self.state.activated_at
        assert since is not None
        if self.chance.happens("leaver", self.assume.leaves_company) and not self._leaver_known():
            side = Side(self.chance.pick("leaver/side", ("mentor", "mentee")))
            at = since + timedelta(days=self.chance.between("leaver/day", 25, 150))
            command = ReportLeaver(
                by=HR_SYSTEM,
                key="sim/leaver",
                participant=self.state.party(side).participant,
                leaves_at=at + timedelta(days=10),
            )
            yield Act(at, command, report=True)
        if self.chance.happens("leave", self.assume.goes_on_leave) and not self.state.paused_for:
            at = since + timedelta(days=self.chance.between("leave/day", 30, 110))
            until = at + timedelta(days=round(self.chance.between("leave/length", 20, 60)))
            yield Act(at, Pause(by=COORDINATOR, key="sim/leave", reason=PauseReason.LEAVE, until=until))
        if self.chance.happens("exit", self.assume.asks_to_exit):
            side = Side(self.chance.pick("exit/side", ("mentor", "mentee")))
            at = since + timedelta(days=self.chance.between("exit/day", 40, 140))
            yield Act(at, RequestExit(by=self._actor(side), key="sim/exit"))

    def _care(self) -> Iterator[Act]:
        """The coordinator takes open items on within a working day, and acts on the hopeless ones."""
        for item in self.state.escalations:
            yield from self._look_after(item)

    def _look_after(self, item: Escalation) -> Iterator[Act]:
        topic = f"care/{item.id}"
        noticed = item.opened_at + timedelta(hours=self.chance.between(topic, 1, 20))
        if not item.acknowledged:
            yield Act(
                self._in_hours(Side.MENTOR, noticed, topic),
                AcknowledgeEscalation(by=COORDINATOR, key=f"sim/{topic}/seen", id=item.id),
            )
            return
        decided = self._in_hours(Side.MENTOR, noticed + timedelta(days=3), f"{topic}/decide")
        if item.kind is EscalationKind.SILENCE:
            yield Act(decided, CloseEarly(by=COORDINATOR, key=f"sim/{topic}/close", reason=CloseReason.SILENCE))
        elif item.kind is EscalationKind.EXIT and self.chance.happens(f"{topic}/act", 0.5):
            yield Act(decided, CloseEarly(by=COORDINATOR, key=f"sim/{topic}/close", reason=CloseReason.EXIT))
        elif item.kind is EscalationKind.TRAINING_OVERDUE and self.state.stage is Stage.TRAINING:
            late = next((side for side in SIDES if side not in self.state.trained), None)
            if late is not None and self.chance.happens(f"{topic}/waive", 0.3):
                reason = "has done an equivalent training before"
                key = f"sim/{topic}/waive/{late.value}"
                yield Act(decided, WaiveTraining(by=COORDINATOR, key=key, side=late, reason=reason))

    def _silent(self) -> bool:
        """Some pairs simply stop after a meeting or two, without a word."""
        stops_after = 1 if self.chance.happens("silent/early", 0.5) else 2
        return self.state.held >= stops_after and self.chance.happens("silent", self.assume.falls_silent)

    def _leaver_known(self) -> bool:
        return any(clock.name == "leaver.effective" for clock in self.state.clocks)

    def _actor(self, side: Side) -> Actor:
        return Actor(role=Role(side.value), id=self.state.party(side).participant)

    def _in_hours(self, side: Side, moment: datetime, topic: str) -> datetime:
        """People act in their working hours, at no particular minute."""
        slot = next_slot(self.state.calendar(side), moment)
        if slot == moment:
            return moment.replace(microsecond=0)
        return slot.replace(microsecond=0) + timedelta(seconds=round(self.chance.between(f"{topic}/slot", 300, 14_000)))
