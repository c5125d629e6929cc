"""Simulated people: what the two of a pairing, their coordinator and the services around them do next.

`People.next_act` depends on the pairing's state, the luck and the time alone: the same state, luck and time give the
same act, on the real server and anywhere else. People know the rules only as people do: they answer what they are
asked, a little late, and some of them cancel, forget, fall silent or leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ParamSpec

from domain.decider import Actor, Command, Role
from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.concern import ResolveConcern
from domain.pairing.escalation import AcknowledgeEscalation
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import GoalDraft, ProgressGoal, SetGoals, SignAgreement
from domain.pairing.leave import ReportLeave, ReportReturn
from domain.pairing.meetings import CancelMeeting, LogMeeting, ScheduleMeeting
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.pausing import Resume
from domain.pairing.state import (
    ACTIVE,
    SIDES,
    Checkpoint,
    CloseReason,
    Escalation,
    EscalationKind,
    Goal,
    Hold,
    Meeting,
    Pairing,
    Side,
    Stage,
)
from domain.pairing.training import CompleteTraining, WaiveTraining
from domain.pairing.with_cohort import COHORT, ResumeWithCohort
from domain.working_time import Calendar, after_working_time, next_slot, working_time_between
from rehearsal.acts import Act, Intent, earliest
from rehearsal.assumptions import Assumptions, Delay, MenteeAssumptions, MentorAssumptions
from rehearsal.chance import Chance, Luck, luck_of, share_within, still_to_come

COORDINATOR = Actor(role=Role.COORDINATOR, id="ops-1")
HANDLER = Actor(role=Role.CONCERN_HANDLER, id="handler-1")
ENGINE = Actor(role=Role.SERVICE, id=COHORT)
LEARNING_PLATFORM = Actor(role=Role.SERVICE, id="lms")
HR_SYSTEM = Actor(role=Role.SERVICE, id="hris")

NOBODY_REACTS = frozenset({ClockKind.MEETING_REMIND, ClockKind.CHECKPOINT_REMIND, ClockKind.HEALTH_AMBER})
"""Deadlines that change nothing in what people do next: a driver passes them without asking anybody."""

BOOKS_AHEAD = timedelta(days=2)
"""Nobody books a meeting for tomorrow."""

LOGS_WITHIN = 30
"""Hours: who has not noted a meeting by then has forgotten it."""

YEAR = timedelta(days=365)

P = ParamSpec("P")

GOALS = (
    "Use the collaboration tools without an assistant",
    "Hold one open question round a month on the internal network",
    "Review a dashboard before each steering meeting",
    "Write and improve own prompts for recurring work",
    "Make every published document accessible",
    "Understand what younger colleagues expect of a career",
)


def people_of(state: Pairing, seed: int, assumptions: Assumptions, known: datetime | None = None) -> People:
    """The people around a pairing. `known`: what they had not done by then is known, and shapes what they will do."""
    luck = luck_of(seed, state.id, state.mentor.participant, state.mentee.participant)
    actors = {side: Actor(role=Role(side.value), id=state.party(side).participant) for side in SIDES}
    calendars = {side: state.calendar(side) for side in SIDES}
    office = Calendar(zone=state.design.zone, hours=state.design.working_hours)
    return People(luck, assumptions, actors, calendars, office, known)


@dataclass(slots=True)
class People:
    """Both of a pairing, its coordinator and the services. What is remembered here only saves time."""

    luck: Luck
    assume: Assumptions
    actors: dict[Side, Actor]
    calendars: dict[Side, Calendar]
    office: Calendar
    known: datetime | None = None
    _moments: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    _given_up: set[str] = field(default_factory=set)
    _thoughts: dict[tuple[object, ...], tuple[Intent, ...]] = field(default_factory=dict)

    def next_act(self, state: Pairing, now: datetime) -> Act | None:
        """The earliest thing that anybody does, not before `now`; None while everybody waits."""
        return earliest(self.intents(state, now), state, now)

    def refused(self, act: Act) -> None:
        """What was refused once is not tried again."""
        self._given_up.add(act.command.key.rpartition("@")[0])

    def intents(self, state: Pairing, now: datetime) -> list[Intent]:
        """What everybody would do, were nothing else to happen first."""
        if state.ended or (state.offered_at is None and state.suspension is None):
            return []
        return [
            intent if intent.at >= now else self._at_work(intent, now)
            for intent in self._intents(state, now)
            if intent.key not in self._given_up
        ]

    def _at_work(self, intent: Intent, now: datetime) -> Intent:
        """What a pause has held back is not done in the night in which the pause ends."""
        side = Side(intent.by.role.value) if intent.by.role in (Role.MENTOR, Role.MENTEE) else None
        calendar = self.calendars[side] if side else self.office
        return intent._replace(at=next_slot(calendar, now).replace(microsecond=0))

    def _intents(self, state: Pairing, now: datetime) -> list[Intent]:
        found: list[Intent] = list(self._end_rests(state)) if self.known else []
        for item in state.escalations:
            asked: tuple[object, ...] = ("care", item.id, item.opened_at, item.acknowledged, state.stage, state.trained)
            found += self._once(asked, self._look_after, state, item)
        if state.stage is Stage.OFFERED:
            found += self._once(("offer", state.offered_at, state.accepted), self._answer_offer, state)
        if state.stage in ACTIVE:
            asked = ("life", state.activated_at, state.leavers, bool(state.paused_for))
            found += self._once(asked, self._life, state)
            if not self._silent(state):
                found += self._program(state, now)
        return found

    def _program(self, state: Pairing, now: datetime) -> list[Intent]:
        found: list[Intent] = []
        if state.stage is Stage.TRAINING:
            found += self._once(("training", state.activated_at, state.trained), self._train, state)
        if state.stage in (Stage.GOAL_SETTING, Stage.MEETING):
            found += self._once(_asked_to_agree(state), self._agree, state)
            found += self._meet(state, now)
            found += self._work_on_goals(state)
        for survey in state.checkpoints:
            asked = ("survey", survey.number, survey.opened_at, survey.answered)
            found += self._once(asked, self._answer_survey, state, survey)
        if state.stage is Stage.EVALUATING:
            done = tuple(evaluation.side for evaluation in state.evaluations)
            found += self._once(("evaluation", state.since, done), self._look_back, state)
        return found

    def _once(
        self, asked: tuple[object, ...], think: Callable[P, Iterator[Intent]], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Intent, ...]:
        """What they think of it, thought once. `asked` must hold everything that they look at."""
        found = self._thoughts.get(asked)
        if found is None:
            found = self._thoughts[asked] = tuple(think(*args, **kwargs))
        return found

    # --- before the first meeting -------------------------------------------------------------

    def _answer_offer(self, state: Pairing) -> Iterator[Intent]:
        since = state.offered_at
        assert since is not None
        for side in SIDES:
            own, topic = self._assumed(side), f"offer/{side.value}"
            if side in state.accepted or self._never(state, side, topic, own.ignores_offer, own.answers_offer, since):
                continue
            declines = self._chance(state, side).happens(f"{topic}/declines", own.declines_offer)
            at = self._after(side, state, topic, own.answers_offer, since)
            yield Intent(at, f"sim/{topic}", self.actors[side], DeclineOffer if declines else AcceptOffer, {})

    def _train(self, state: Pairing) -> Iterator[Intent]:
        since = state.activated_at
        assert since is not None
        for side in SIDES:
            if side not in state.trained:
                topic = f"training/{side.value}"
                at = self._after(side, state, topic, self._assumed(side).trains, since)
                yield Intent(at, f"sim/{topic}", LEARNING_PLATFORM, CompleteTraining, {"side": side}, report=True)

    def _agree(self, state: Pairing) -> Iterator[Intent]:
        since = state.trained_at
        assert since is not None
        for side in SIDES:
            if side not in state.signed:
                topic = f"agreement/{side.value}"
                at = self._after(side, state, topic, self._assumed(side).signs_agreement, since)
                skill = self._chance(state, side).score(f"{topic}/skill", 3.6 if side is Side.MENTOR else 2.1, 1, 5)
                yield Intent(at, f"sim/{topic}", self.actors[side], SignAgreement, {"skill": skill})
        if not state.goals:
            at = self._after(Side.MENTOR, state, "goals", self.assume.pair.sets_goals, since, self.luck.together)
            yield Intent(at, "sim/goals", self.actors[Side.MENTOR], SetGoals, {"goals": self._goals(state)})

    def _goals(self, state: Pairing) -> tuple[GoalDraft, ...]:
        pick, policy = self.luck.together.pick, state.design.goals
        first, second = pick("goals/1", GOALS[:3]), pick("goals/2", GOALS[3:])
        drafts = (GoalDraft(text=first, weight=2.0), GoalDraft(text=second), GoalDraft(text=GOALS[0]))
        return drafts[: max(policy.at_least, min(2, policy.at_most))]

    # --- meetings -----------------------------------------------------------------------------

    def _meet(self, state: Pairing, now: datetime) -> Iterator[Intent]:
        for meeting in state.meetings:
            asked = ("meeting", meeting.number, meeting.starts_at, meeting.minutes)
            ends = self._once(asked, self._attend, meeting)
            first = next((end for end in ends if end.at > now or end.command is LogMeeting), None)
            if first is not None:
                yield first
        ready = state.held + 1 < state.design.goals.before_meeting or state.has_goals
        if not state.meetings and not state.plan_is_fulfilled and ready:
            yield from self._book(state)

    def _book(self, state: Pairing) -> Iterator[Intent]:
        """The mentor looks for a time, if one is left before the evaluation."""
        free, before = state.unbooked_since, state.last_held_at or state.trained_at
        if free is None or before is None:
            return
        free, policy = max(free, state.since), state.design.meetings
        asked = ("book", state.scheduled, free, before, state.held, policy.minutes_at_least, policy.minutes_at_most)
        end = next((c.due for c in state.clocks if c.name == ClockKind.EVALUATION_OPEN), None)
        for intent in self._once(asked, self._look_for_a_time, state, free, before):
            if end is None or intent.fields["starts_at"] < end - timedelta(hours=1):
                yield intent

    def _look_for_a_time(self, state: Pairing, free: datetime, before: datetime) -> Iterator[Intent]:
        """As long after the last meeting, or the training, as the two like it."""
        topic, pair = f"book/{state.scheduled + 1}", self.assume.pair
        at = self._after(Side.MENTOR, state, topic, pair.books_meeting, free, self.luck.together)
        gap = pair.next_meeting if state.held else pair.first_meeting
        wanted = self._after(Side.MENTEE, state, f"{topic}/gap", gap, before, self.luck.together)
        earliest_start = next_slot(self.calendars[Side.MENTEE], at + BOOKS_AHEAD)
        starts_at = _on_the_quarter(max(wanted, earliest_start))
        policy = state.design.meetings
        long = self.luck.together.happens(f"{topic}/long", 0.5)
        minutes = policy.minutes_at_most if long else policy.minutes_at_least
        fields = {"starts_at": starts_at, "minutes": minutes}
        yield Intent(at, f"sim/{topic}", self.actors[Side.MENTOR], ScheduleMeeting, fields)

    def _attend(self, meeting: Meeting) -> Iterator[Intent]:
        """One side cancels as long as it can, or the mentor notes that they met, or nobody does: what comes first."""
        topic, luck = f"meeting/{meeting.number}", self.luck.together
        for side in (Side.MENTEE, Side.MENTOR):
            if luck.happens(f"{topic}/cancel/{side.value}", self._assumed(side).cancels_meeting):
                at = meeting.starts_at - timedelta(hours=luck.between(f"{topic}/notice/{side.value}", 3, 47))
                key, number = f"sim/{topic}/cancel/{side.value}", {"meeting": meeting.number}
                yield Intent(at.replace(microsecond=0), key, self.actors[side], CancelMeeting, number)
        if luck.happens(f"{topic}/forgotten", self.assume.pair.forgets_to_log):
            return
        ends_at = meeting.starts_at + timedelta(minutes=meeting.minutes)
        if self.known and ends_at + timedelta(hours=LOGS_WITHIN) < self.known:
            return
        at = (ends_at + timedelta(hours=luck.between(f"{topic}/log", 0.3, LOGS_WITHIN))).replace(microsecond=0)
        fields = {"meeting": meeting.number, "held_at": meeting.starts_at, "minutes": meeting.minutes}
        yield Intent(at, f"sim/{topic}/held", self.actors[Side.MENTOR], LogMeeting, fields)

    def _work_on_goals(self, state: Pairing) -> Iterator[Intent]:
        if state.last_held_at is not None:
            for goal in state.goals:
                asked = ("goal", goal.id, goal.level, state.held, state.last_held_at)
                yield from self._once(asked, self._work_on, state, goal, state.last_held_at)

    def _work_on(self, state: Pairing, goal: Goal, since: datetime) -> Iterator[Intent]:
        luck = self._chance(state, Side.MENTEE)
        half_way, reached = (
            luck.score(f"goal/{goal.id}/first", 3.2, 2, 5),
            luck.score(f"goal/{goal.id}/last", 5.2, 4, 8),
        )
        level = 1.0 if state.held >= reached else 0.5 if state.held >= half_way else 0.0
        if level > goal.level:
            topic, fields = f"goal/{goal.id}/{level}", {"goal": goal.id, "level": level}
            at = self._after(Side.MENTEE, state, topic, Delay(median=1.5), since)
            yield Intent(at, f"sim/{topic}", self.actors[Side.MENTEE], ProgressGoal, fields)

    # --- surveys ------------------------------------------------------------------------------

    def _answer_survey(self, state: Pairing, survey: Checkpoint) -> Iterator[Intent]:
        for side in SIDES:
            own, topic, since = self._assumed(side), f"checkpoint/{survey.number}/{side.value}", survey.opened_at
            if side in survey.answered or self._never(
                state, side, topic, own.ignores_survey, own.answers_survey, since
            ):
                continue
            luck = self._chance(state, side)
            fields = {
                "number": survey.number,
                "safety": luck.score(f"{topic}/safety", 3.4 + 0.25 * survey.number, 1, 5),
                "progress": luck.score(f"{topic}/progress", 2.4 + 0.4 * survey.number, 1, 5),
            }
            at = self._after(side, state, topic, own.answers_survey, since)
            yield Intent(at, f"sim/{topic}", self.actors[side], AnswerCheckpoint, fields)

    def _look_back(self, state: Pairing) -> Iterator[Intent]:
        done = {evaluation.side for evaluation in state.evaluations}
        for side in SIDES:
            own, topic, since = self._assumed(side), f"evaluation/{side.value}", state.since
            if side in done or self._never(state, side, topic, own.ignores_evaluation, own.evaluates, since):
                continue
            luck = self._chance(state, side)
            fields = {
                "skill": luck.score(f"{topic}/skill", 4.0 if side is Side.MENTOR else 3.6, 1, 5),
                "safety": luck.score(f"{topic}/safety", 4.2, 1, 5),
                "recommend": luck.score(f"{topic}/recommend", 8.6, 0, 10, 1.4),
                "would_repeat": luck.happens(f"{topic}/repeat", 0.85),
            }
            at = self._after(side, state, topic, own.evaluates, since)
            yield Intent(at, f"sim/{topic}", self.actors[side], SubmitEvaluation, fields)

    # --- life ---------------------------------------------------------------------------------

    def _life(self, state: Pairing) -> Iterator[Intent]:
        """What happens to people whatever the program wants: they leave, go on leave, or have had enough."""
        leavers = {side for side, _ in state.leavers}
        for side in SIDES:
            own, person = self._assumed(side), state.party(side).participant
            if side not in leavers and (at := self._strikes(state, side, "leaver", own.leaves_company)):
                fields: dict[str, Any] = {"participant": person, "leaves_at": at + timedelta(days=10)}
                yield Intent(at, f"sim/leaver/{side.value}", HR_SYSTEM, ReportLeaver, fields, report=True)
            if not state.paused_for and (at := self._strikes(state, side, "leave", own.goes_on_leave)):
                away = timedelta(days=round(self._chance(state, side).between("leave/length", 20, 60)))
                fields = {"participant": person, "returns_at": at + away}
                yield Intent(at, f"sim/leave/{side.value}", HR_SYSTEM, ReportLeave, fields, report=True)
            if at := self._strikes(state, side, "exit", own.asks_to_exit):
                yield Intent(at, f"sim/exit/{side.value}", self.actors[side], RequestExit, {})

    def _strikes(self, state: Pairing, side: Side, question: str, per_year: float) -> datetime | None:
        """When something befalls a person that may befall them at any time; None where that is years away."""
        assert state.activated_at is not None
        years = self._chance(state, side).waiting(question, per_year)
        since = max(state.activated_at, self.known) if self.known else state.activated_at
        return (since + years * YEAR).replace(microsecond=0) if years < 3 else None

    def _silent(self, state: Pairing) -> bool:
        """Some pairs simply stop after a meeting or two, without a word."""
        stops_after = 1 if self.luck.together.happens("silent/early", 0.5) else 2
        if state.held < stops_after:
            return False
        share, free = self.assume.pair.falls_silent, state.unbooked_since
        if self.known and free and free < self.known:
            waited = self._waited(Side.MENTOR, free)
            share = still_to_come(share, _within(waited, self.assume.pair.books_meeting))
        return self.luck.together.happens("silent", share)

    # --- the coordinator ----------------------------------------------------------------------

    def _look_after(self, state: Pairing, item: Escalation) -> Iterator[Intent]:
        """Open items are taken on within a working day or so, and the hopeless ones acted on."""
        if item.to is not Role.COORDINATOR:
            return
        topic, team, luck = f"care/{item.id}", self.assume.coordinator, self.luck.together
        if not item.acknowledged:
            at = self._moment(self.office, topic, team.takes_on, item.opened_at, luck)
            yield Intent(at, f"sim/{topic}/seen", COORDINATOR, AcknowledgeEscalation, {"id": item.id})
            return
        at = self._moment(self.office, f"{topic}/decide", team.decides, item.opened_at, luck)
        if item.kind is EscalationKind.SILENCE:
            yield Intent(at, f"sim/{topic}/close", COORDINATOR, CloseEarly, {"reason": CloseReason.SILENCE})
        elif item.kind is EscalationKind.EXIT and luck.happens(f"{topic}/act", team.grants_exit):
            yield Intent(at, f"sim/{topic}/close", COORDINATOR, CloseEarly, {"reason": CloseReason.EXIT})
        elif item.kind is EscalationKind.TRAINING_OVERDUE and state.stage is Stage.TRAINING:
            late = next((side for side in SIDES if side not in state.trained), None)
            if late is not None and luck.happens(f"{topic}/waive", team.waives_training):
                fields = {"side": late, "reason": "has done an equivalent training before"}
                yield Intent(at, f"sim/{topic}/waive/{late.value}", COORDINATOR, WaiveTraining, fields)

    # --- rests that no clock ends ---

    def _end_rests(self, state: Pairing) -> Iterator[Intent]:
        """Only in a cohort that runs already: simulated people rest until a date. A concern is settled in peace."""
        rest = state.suspension
        if rest is None:
            return
        if Hold.COHORT in rest.holds:
            yield Intent(self._cohort_resumes(), "sim/rest/cohort", ENGINE, ResumeWithCohort, {})
        if Hold.PAUSE in rest.holds and rest.until is None:
            yield self._ends("pause", rest.since, COORDINATOR, Resume, {})
        for concern in state.concerns:
            fields: dict[str, Any] = {"id": concern.id, "outcome": "go_on"}
            yield self._ends(concern.id, concern.raised_at, HANDLER, ResolveConcern, fields)
        for side, returns_at in state.on_leave:
            if returns_at is None:
                fields = {"participant": state.party(side).participant}
                yield self._ends(f"leave/{side.value}", rest.since, HR_SYSTEM, ReportReturn, fields)

    def _ends(self, what: str, since: datetime, by: Actor, command: type[Command], fields: dict[str, Any]) -> Intent:
        topic = f"rest/{what}"
        at = self._moment(self.office, topic, self.assume.coordinator.lets_go_on, since, self.luck.together)
        return Intent(at, f"sim/{topic}", by, command, fields)

    def _cohort_resumes(self) -> datetime:
        """All pairings at one moment, so without luck: the median from now on."""
        assert self.known is not None
        days = self.assume.coordinator.lets_go_on.median
        return after_working_time(self.office, self.known, days * working_day(self.office)).replace(microsecond=0)

    # --- when ---------------------------------------------------------------------------------

    def _assumed(self, side: Side) -> MentorAssumptions | MenteeAssumptions:
        return self.assume.mentor if side is Side.MENTOR else self.assume.mentee

    def _chance(self, state: Pairing, side: Side) -> Chance:
        return self.luck.people[state.party(side).participant]

    def _after(
        self, side: Side, state: Pairing, topic: str, delay: Delay, since: datetime, luck: Chance | None = None
    ) -> datetime:
        return self._moment(self.calendars[side], topic, delay, since, luck or self._chance(state, side))

    def _moment(self, calendar: Calendar, topic: str, delay: Delay, since: datetime, luck: Chance) -> datetime:
        """So much of the calendar's working time after `since`; after `known`, where that is later."""
        found = self._moments.get((topic, since))
        if found is None:
            waited = working_days(calendar, since, self.known) if self.known and since < self.known else 0.0
            days = luck.span(topic, delay.median, delay.spread, longer_than=waited)
            found = after_working_time(calendar, since, days * working_day(calendar)).replace(microsecond=0)
            self._moments[topic, since] = found
        return found

    def _never(self, state: Pairing, side: Side, topic: str, share: float, delay: Delay, since: datetime) -> bool:
        """Whether a person ignores what they are asked; the likelier, the longer they are known to have waited."""
        if self.known and since < self.known:
            share = still_to_come(share, _within(self._waited(side, since), delay))
        return self._chance(state, side).happens(f"{topic}/ignores", share)

    def _waited(self, side: Side, since: datetime) -> float:
        assert self.known is not None
        return working_days(self.calendars[side], since, self.known)


def working_day(calendar: Calendar) -> timedelta:
    """The length of a calendar's working day."""
    hours = calendar.hours
    minutes = (hours.end.hour - hours.start.hour) * 60 + hours.end.minute - hours.start.minute
    return timedelta(minutes=minutes)


def working_days(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Working time between two instants, in the calendar's working days."""
    return working_time_between(calendar, start, end) / working_day(calendar)


def _within(waited: float, delay: Delay) -> float:
    return share_within(waited, delay.median, delay.spread)


def _asked_to_agree(state: Pairing) -> tuple[object, ...]:
    goals = state.design.goals
    return "agreement", state.trained_at, state.signed, bool(state.goals), goals.at_least, goals.at_most


def _on_the_quarter(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
