"""The state of one pairing, folded from its events, and the values that its phases share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from pydantic import AwareDatetime

from domain.decider import Clock, Frozen, ParticipantId, Role
from domain.pairing.copying import replace
from domain.program import ProgramDesign, Zone
from domain.reporting_line import Relation
from domain.working_time import Calendar, calendar_of


class Stage(StrEnum):
    """Where a pairing stands. The last six are side states and ends."""

    PROPOSED = "PROPOSED"
    OFFERED = "OFFERED"
    TRAINING = "TRAINING"
    GOAL_SETTING = "GOAL_SETTING"
    MEETING = "MEETING"
    EVALUATING = "EVALUATING"
    COMPLETED = "COMPLETED"
    PAUSED = "PAUSED"
    EXIT_REQUESTED = "EXIT_REQUESTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    CLOSED_EARLY = "CLOSED_EARLY"
    CANCELLED = "CANCELLED"


ENDED = frozenset({Stage.COMPLETED, Stage.DECLINED, Stage.EXPIRED, Stage.CLOSED_EARLY, Stage.CANCELLED})
"""Nothing is accepted in these but to take the close back, while that is possible."""

ACTIVE = (Stage.TRAINING, Stage.GOAL_SETTING, Stage.MEETING, Stage.EVALUATING)
"""Both have accepted and the program runs."""


class Side(StrEnum):
    """The two people of a pairing. In reverse mentoring the mentor is the junior."""

    MENTOR = "mentor"
    MENTEE = "mentee"

    @property
    def other(self) -> Side:
        """The partner's side."""
        return Side.MENTEE if self is Side.MENTOR else Side.MENTOR


SIDES = (Side.MENTOR, Side.MENTEE)


class CloseReason(StrEnum):
    """Why a pairing ended before its plan. The `no_fault` ones are left out of the rates."""

    EXIT = "exit"
    LEFT_COMPANY = "left_company"
    SILENCE = "silence"
    LEAVE = "leave"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    NOT_WORKING = "not_working"
    CONFIDENTIAL = "confidential"
    COHORT_CANCELLED = "cohort_cancelled"
    CANCELLED_BY_ADMIN = "cancelled_by_admin"

    @property
    def no_fault(self) -> bool:
        """True where neither of the two could have carried on, or nobody may say."""
        return self in (
            CloseReason.LEFT_COMPANY,
            CloseReason.LEAVE,
            CloseReason.CONFLICT_OF_INTEREST,
            CloseReason.CONFIDENTIAL,
            CloseReason.COHORT_CANCELLED,
        )


class EscalationKind(StrEnum):
    """What a coordinator is asked to look at."""

    TRAINING_OVERDUE = "training_overdue"
    GOALS_OVERDUE = "goals_overdue"
    NOTHING_BOOKED = "nothing_booked"
    CANCELLATIONS = "cancellations"
    RED = "red"
    SILENCE = "silence"
    CHECKPOINT_OVERDUE = "checkpoint_overdue"
    EVALUATION_OVERDUE = "evaluation_overdue"
    EXIT = "exit"
    PAUSE_TOO_LONG = "pause_too_long"
    LONG_LEAVE = "long_leave"
    CONFLICT_OF_INTEREST = "conflict_of_interest"


class Health(StrEnum):
    """Derived from the state at a moment; never stored."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


HealthCourse: TypeAlias = tuple[tuple[AwareDatetime, Health], ...]
"""Colours in the order of the moments from which they hold; never empty."""


class Party(Frozen):
    """One of the two people: an opaque id and what is needed to find their working time."""

    participant: ParticipantId
    zone: Zone
    holidays: tuple[date, ...] = ()


class Goal(Frozen):
    """A goal agreed by both. `level` is 0, ½ or 1; weights need not add up to anything. `text` is None once erased."""

    id: str
    text: str | None
    weight: float = 1.0
    level: float = 0.0
    closed: bool = False


class Meeting(Frozen):
    """A meeting that is booked and not yet held, cancelled or missed."""

    number: int
    starts_at: AwareDatetime
    minutes: int


class Checkpoint(Frozen):
    """A pulse survey. `safety` and `progress` are 1 to 5."""

    number: int
    opened_at: AwareDatetime
    answered: tuple[Side, ...] = ()
    safety: tuple[tuple[Side, int], ...] = ()
    progress: tuple[tuple[Side, int], ...] = ()
    overdue: bool = False


class Evaluation(Frozen):
    """One side's end evaluation. `skill` and `safety` 1 to 5, `recommend` 0 to 10; all None once erased."""

    side: Side
    skill: int | None
    safety: int | None
    recommend: int | None
    would_repeat: bool | None


class Escalation(Frozen):
    """An open item for a person. `id` is unique in the pairing."""

    id: str
    kind: EscalationKind
    to: Role
    opened_at: AwareDatetime
    acknowledged: bool = False


class Concern(Frozen):
    """A safeguarding concern that is not resolved: only its handler learns of it. What it is about is not kept here."""

    id: str
    side: Side
    raised_at: AwareDatetime


class RematchOwed(Frozen):
    """Somebody whose pairing ended through no doing of their own. `priority` 1 comes before 2."""

    participant: ParticipantId
    side: Side
    priority: int
    since: AwareDatetime
    because: str


class Hold(StrEnum):
    """Why a pairing stands still. Several can hold it at once."""

    PAUSE = "pause"
    LEAVE_OF_MENTOR = "leave_of_mentor"
    LEAVE_OF_MENTEE = "leave_of_mentee"
    CONFLICT = "conflict"
    CONCERN = "concern"
    COHORT = "cohort"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """What a pairing at rest remembers: the stage, and the time left on every clock (negative: it was overdue).

    `until` is the agreed end of the coordinator's pause; the clocks run again when no hold is left.
    """

    stage: Stage
    since: datetime
    until: datetime | None
    left: tuple[tuple[str, timedelta], ...]
    holds: tuple[Hold, ...] = (Hold.PAUSE,)


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Everything that decisions need to know about a pairing. Bounded: finished things are counts.

    Without slots, which would make `replace` ten times as dear.

    `as_of` is the effective time of the latest event: a stream's effective times never run backwards.
    `quiet_since` is the activation or the last meeting held, moved later by every pause since then.
    `before_close` is what a close by the coordinator can be taken back to, as long as it can.
    `cancelled_in_a_row` counts by the ledger of cancellations; `cancelled_last` is whose turn it is to book again.
    """

    id: str
    cohort: str
    replaces: str | None
    design: ProgramDesign
    mentor: Party
    mentee: Party
    stage: Stage
    since: datetime
    as_of: datetime
    clocks: tuple[Clock, ...] = ()

    accepted: tuple[Side, ...] = ()
    offered_at: datetime | None = None
    activated_at: datetime | None = None
    trained_at: datetime | None = None
    trained: tuple[Side, ...] = ()
    signed: tuple[Side, ...] = ()
    baseline: tuple[tuple[Side, int], ...] = ()
    goals: tuple[Goal, ...] = ()
    delegate: str | None = None

    meetings: tuple[Meeting, ...] = ()
    scheduled: int = 0
    held: int = 0
    missed: int = 0
    cancelled_by_mentor: int = 0
    cancelled_by_mentee: int = 0
    cancelled_in_a_row: int = 0
    cancelled_last: Side | None = None
    first_held_at: datetime | None = None
    last_held_at: datetime | None = None
    quiet_since: datetime | None = None
    unbooked_since: datetime | None = None

    checkpoints: tuple[Checkpoint, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    escalations_opened: int = 0

    suspension: Suspension | None = None
    paused_for: timedelta = timedelta(0)
    leaving: Side | None = None
    on_leave: tuple[tuple[Side, datetime | None], ...] = ()
    relations: tuple[Relation, ...] = ()
    leavers: tuple[tuple[Side, datetime], ...] = ()
    concerns: tuple[Concern, ...] = ()
    concerns_raised: int = 0
    owed: tuple[RematchOwed, ...] = ()
    reason: str | None = None
    no_fault: bool = False
    ended_at: datetime | None = None
    before_close: Pairing | None = None

    @property
    def phase(self) -> Stage:
        """The stage, looking through a pause or a requested exit to what lies beneath."""
        return self.suspension.stage if self.suspension else self.stage

    @property
    def ended(self) -> bool:
        """True when the pairing is over, for good or as long as nobody takes the close back."""
        return self.stage in ENDED

    @property
    def final(self) -> bool:
        """True when nothing can happen any more."""
        return self.ended and not self.clocks

    @property
    def may_meet(self) -> bool:
        """Both sides are trained: the gate of the first meeting is open."""
        return len(self.trained) == len(SIDES)

    @property
    def has_goals(self) -> bool:
        """The agreement is signed by both and enough goals are set."""
        return len(self.signed) == len(SIDES) and len(self.goals) >= self.design.goals.at_least

    @property
    def plan_is_fulfilled(self) -> bool:
        """Every planned meeting has been held: nobody is asked for more."""
        return self.held >= self.design.meetings.planned

    @property
    def meets_standard(self) -> bool:
        """Enough meetings were held and both sides evaluated: what counts as completed."""
        return self.held >= self.design.meetings.enough and len(self.evaluations) == len(SIDES)

    def party(self, side: Side) -> Party:
        """The person on a side."""
        return self.mentor if side is Side.MENTOR else self.mentee

    def calendar(self, side: Side) -> Calendar:
        """When the person on a side may be told something."""
        party = self.party(side)
        return calendar_of(party.zone, self.design.working_hours, party.holidays)


def in_stage(state: Pairing, stage: Stage, at: datetime) -> Pairing:
    """Move to a stage; under a pause, move what the pause will come back to."""
    if state.suspension is not None:
        return replace(state, suspension=replace(state.suspension, stage=stage))
    return replace(state, stage=stage, since=at)


def health(state: Pairing, now: datetime) -> Health:
    """GREEN, AMBER or RED: from the open items, and from how long ago the last meeting was held, without pauses."""
    return health_at(health_course(state), now)


def health_at(course: HealthCourse, now: datetime) -> Health:
    """The colour of a course at a moment."""
    passed = [colour for since, colour in course if since <= now]
    return passed[-1] if passed else course[0][1]


def health_course(state: Pairing) -> HealthCourse:
    """The colour now and every later one, each with the moment from which it holds if nothing happens until then."""
    if state.ended or state.quiet_since is None or state.stage is Stage.PAUSED:
        return ((state.as_of, Health.GREEN),)
    kinds = {item.kind for item in state.escalations}
    if kinds & {EscalationKind.RED, EscalationKind.SILENCE, EscalationKind.EXIT}:
        return ((state.as_of, Health.RED),)
    now = (state.as_of, Health.AMBER if kinds else Health.GREEN)
    if state.phase is Stage.EVALUATING or state.plan_is_fulfilled:
        return (now,)
    policy = state.design.health
    return (
        now,
        (max(state.as_of, state.quiet_since + policy.amber_after), Health.AMBER),
        (max(state.as_of, state.quiet_since + policy.red_after), Health.RED),
    )
