"""What the people of a cohort did, read from its streams: delays, cut-offs, counts, person-years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.pairing.checkpoints import CheckpointAnswered, CheckpointOpened
from domain.pairing.closing import EmploymentChanged, ExitRequested
from domain.pairing.decider import PairingEvent, evolve
from domain.pairing.escalation import EscalationAcknowledged, EscalationClosed, EscalationOpened
from domain.pairing.evaluating import EvaluationOpened, EvaluationSubmitted
from domain.pairing.goal_setting import AgreementSigned, GoalSet
from domain.pairing.leave import LeaveStarted
from domain.pairing.meetings import MeetingCancelled, MeetingHeld, MeetingMissed, MeetingScheduled
from domain.pairing.offer import OfferAccepted, OfferDeclined, PairingOffered
from domain.pairing.state import SIDES, Pairing, Side, Stage
from domain.pairing.training import TrainingAssigned, TrainingCompleted, TrainingWaived
from domain.working_time import Calendar, next_slot
from rehearsal.fitting import Count, Delays, Estimate, delay, delay_or_never, rate, share
from rehearsal.people import BOOKS_AHEAD, YEAR, working_days

SILENT_AFTER = 30.0
"""Working days without a booking, with the program going on, that count as having fallen silent (own)."""

_ROUNDED = timedelta(minutes=7.5)
"""Meetings begin on the quarter of an hour: half of it is lost on average."""


@dataclass(slots=True)
class Observed:
    """Sums over the pairings of a cohort, by the names of the assumptions."""

    delays: dict[str, Delays] = field(default_factory=lambda: defaultdict(Delays))
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))

    def estimates(self) -> tuple[Estimate, ...]:
        """Everything that was seen often enough, in the order of the names."""
        found: list[Estimate | None] = []
        for name in sorted(self.delays):
            never = _NEVER.get(name.partition(".")[2])
            side = name.partition(".")[0]
            seen = self.delays[name]
            found += delay_or_never(name, f"{side}.{never}", seen) if never else delay(name, seen)
        for name in sorted(self.counts):
            found.append((rate if name.partition(".")[2] in _RATES else share)(name, self.counts[name]))
        return tuple(sorted((e for e in found if e is not None), key=lambda e: e.name))


_NEVER = {"answers_offer": "ignores_offer", "answers_survey": "ignores_survey", "evaluates": "ignores_evaluation"}
_RATES = frozenset({"leaves_company", "goes_on_leave", "asks_to_exit"})


def observe(streams: Iterable[Sequence[PairingEvent]]) -> Observed:
    """Read every stream."""
    observed = Observed()
    for stream in streams:
        _Reading(observed).read(stream)
    return observed


@dataclass(slots=True)
class _Waiting:
    name: str
    since: datetime
    calendar: Calendar


class _Reading:
    """One pairing: what somebody was expected to do, until it was done or something cut it off."""

    def __init__(self, observed: Observed) -> None:
        self.seen = observed
        self.waiting: dict[str, _Waiting] = {}
        self.cut_off: list[tuple[_Waiting, float]] = []
        self.at_leave: datetime | None = None
        self.goals_since_free = False
        self.went_on = False

    def read(self, stream: Sequence[PairingEvent]) -> None:
        state: Pairing | None = None
        for event in stream:
            before, state = state, evolve(state, event)
            if before is not None:
                self._take(before, state, event)
            if before is not None and state.stage is not before.stage:
                self._changed_stage(before, state, event)
        if state is not None:
            self._cut(state.as_of)
            self._end(state)
            silent = self._fell_silent(state, state.as_of)
            for waited, days in self.cut_off:
                # What a pair that fell silent never did says nothing about how people answer.
                if not (silent and state.last_held_at and waited.since >= state.last_held_at - timedelta(days=5)):
                    self.seen.delays[waited.name].cut.append(days)

    # --- what begins and ends -----------------------------------------------------------------

    def _expect(self, key: str, name: str, since: datetime, calendar: Calendar) -> None:
        self.waiting[key] = _Waiting(name, since, calendar)

    def _done(self, key: str, at: datetime) -> None:
        waited = self.waiting.pop(key, None)
        if waited is not None:
            self.seen.delays[waited.name].done.append(working_days(waited.calendar, waited.since, at))

    def _cut(self, at: datetime, prefix: str = "") -> None:
        for key in [key for key in self.waiting if key.startswith(prefix)]:
            waited = self.waiting.pop(key)
            days = working_days(waited.calendar, waited.since, at)
            if days > 0:
                self.cut_off.append((waited, days))

    def _changed_stage(self, before: Pairing, state: Pairing, event: PairingEvent) -> None:
        if state.stage is Stage.PAUSED:
            self.at_leave = self.at_leave or event.at
        if state.stage is Stage.PAUSED or state.ended or state.stage is Stage.EXIT_REQUESTED:
            self._cut(event.at)
        if before.stage is Stage.TRAINING:
            self._cut(event.at, "training")
        if before.stage is Stage.TRAINING and state.stage is Stage.GOAL_SETTING:
            for side in SIDES:
                calendar = state.calendar(side)
                self._expect(f"sign/{side}", f"{side.value}.signs_agreement", event.at, calendar)
            self._expect("goals", "pair.sets_goals", event.at, state.calendar(Side.MENTOR))

    # --- event by event -----------------------------------------------------------------------

    def _take(self, before: Pairing, state: Pairing, event: PairingEvent) -> None:
        match event:
            case PairingOffered():
                self._expect_both(state, "offer", "answers_offer", event.at)
            case OfferAccepted() | OfferDeclined():
                self._done(f"offer/{event.side}", event.at)
                declined = self.seen.counts[f"{event.side.value}.declines_offer"]
                declined.of += 1
                declined.hits += isinstance(event, OfferDeclined)
            case TrainingAssigned():
                self._expect_both(state, "training", "trains", event.at)
            case TrainingCompleted():
                self._done(f"training/{event.side}", event.at)
            case AgreementSigned():
                self._done(f"sign/{event.side}", event.at)
            case GoalSet():
                self._done("goals", event.at)
                self.goals_since_free = True
            case CheckpointOpened():
                self._expect_both(state, f"survey/{event.number}", "answers_survey", event.at)
            case CheckpointAnswered():
                self._done(f"survey/{event.number}/{event.side}", event.at)
            case EvaluationOpened():
                if state.suspension is None:
                    self._expect_both(state, "evaluation", "evaluates", event.at)
            case EvaluationSubmitted():
                self._done(f"evaluation/{event.evaluation.side}", event.at)
            case EscalationOpened() if event.to.value == "coordinator":
                office = Calendar(zone=state.design.zone, hours=state.design.working_hours)
                self._expect(f"item/{event.id}", "coordinator.takes_on", event.at, office)
            case EscalationAcknowledged():
                self._done(f"item/{event.id}", event.at)
            case EscalationClosed():
                self._cut(event.at, f"item/{event.id}")
            case TrainingWaived():
                self._cut(event.at, f"training/{event.side}")
            case MeetingScheduled():
                self._booked(before, event)
            case MeetingCancelled() | MeetingHeld() | MeetingMissed():
                self._met(event)
            case EmploymentChanged() | LeaveStarted() | ExitRequested():
                self._befallen(event)
            case _:
                pass

    def _expect_both(self, state: Pairing, topic: str, trait: str, since: datetime) -> None:
        for side in SIDES:
            self._expect(f"{topic}/{side}", f"{side.value}.{trait}", since, state.calendar(side))

    def _booked(self, before: Pairing, event: MeetingScheduled) -> None:
        free, last = before.unbooked_since, before.last_held_at or before.trained_at
        gated = before.held + 1 >= before.design.goals.before_meeting and self.goals_since_free
        if free is None or last is None:
            return
        since = max(free, before.since)
        self.went_on = self.went_on or before.held >= 2
        if not gated:
            mentor = before.calendar(Side.MENTOR)
            self.seen.delays["pair.books_meeting"].done.append(working_days(mentor, since, event.at))
        mentee = before.calendar(Side.MENTEE)
        gap = self.seen.delays["pair.next_meeting" if before.held else "pair.first_meeting"]
        days = working_days(mentee, last, event.starts_at + _ROUNDED)
        soonest = next_slot(mentee, event.at + BOOKS_AHEAD)
        (gap.within if event.starts_at <= soonest else gap.done).append(days)

    def _met(self, event: MeetingCancelled | MeetingHeld | MeetingMissed) -> None:
        self.goals_since_free = False
        if isinstance(event, MeetingHeld):
            self._cut(event.at, "sign")
            self._cut(event.at, "goals")
        if isinstance(event, MeetingHeld) and not event.booked:
            return
        by = event.side if isinstance(event, MeetingCancelled) else None
        if isinstance(event, MeetingCancelled) and by is None:
            return
        mentee, mentor = (self.seen.counts[f"{side.value}.cancels_meeting"] for side in (Side.MENTEE, Side.MENTOR))
        mentee.of += 1
        mentee.hits += by is Side.MENTEE
        if by is not Side.MENTEE:
            mentor.of += 1
            mentor.hits += by is Side.MENTOR
        if by is None:
            forgotten = self.seen.counts["pair.forgets_to_log"]
            forgotten.of += 1
            forgotten.hits += isinstance(event, MeetingMissed)

    def _befallen(self, event: EmploymentChanged | LeaveStarted | ExitRequested) -> None:
        trait = {EmploymentChanged: "leaves_company", LeaveStarted: "goes_on_leave", ExitRequested: "asks_to_exit"}
        self.seen.counts[f"{event.side.value}.{trait[type(event)]}"].hits += 1

    # --- the whole of a pairing ---------------------------------------------------------------

    def _end(self, state: Pairing) -> None:
        if state.activated_at is None:
            return
        end = state.ended_at or state.as_of
        years = (end - state.activated_at) / YEAR
        leavers = dict(state.leavers)
        for side in SIDES:
            known = leavers.get(side)
            until = min(end, known - timedelta(days=10)) if known else end
            self.seen.counts[f"{side.value}.leaves_company"].of += max(0.0, (until - state.activated_at) / YEAR)
            before_leave = ((self.at_leave or end) - state.activated_at) / YEAR
            self.seen.counts[f"{side.value}.goes_on_leave"].of += min(before_leave, years)
            exited = state.leaving is not None
            self.seen.counts[f"{side.value}.asks_to_exit"].of += (
                (min(end, state.since) - state.activated_at) / YEAR if exited and not state.ended else years
            )
        self._end_of_talk(state, end)

    def _end_of_talk(self, state: Pairing, end: datetime) -> None:
        """Whether the two fell silent after a meeting or two, and the gap that the program's end has cut off."""
        silent = self.seen.counts["pair.falls_silent"]
        if self.at_leave:
            pass  # a rest looks like silence
        elif self.went_on:
            silent.of += 1
        elif self._fell_silent(state, end):
            silent.of += 1
            silent.hits += 1
        over = self._program_end(state)
        open_end = over is not None and state.unbooked_since is not None and not state.plan_is_fulfilled
        if open_end and over is not None and state.held and not self._fell_silent(state, over) and not self.at_leave:
            last = state.last_held_at
            assert last is not None
            days = working_days(state.calendar(Side.MENTEE), last, over)
            if days > 0:
                self.seen.delays["pair.next_meeting"].cut.append(days)

    def _fell_silent(self, state: Pairing, now: datetime) -> bool:
        free = state.unbooked_since
        if free is None or state.held not in (1, 2) or state.cancelled_last is not None or self.at_leave:
            return False
        return working_days(state.calendar(Side.MENTOR), free, now) > SILENT_AFTER

    def _program_end(self, state: Pairing) -> datetime | None:
        """When the meetings' weeks were over, if the pairing came so far."""
        if state.activated_at is None:
            return None
        over = state.activated_at + state.design.meetings.over + state.paused_for
        return over if state.as_of >= over else None
