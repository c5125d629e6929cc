"""The state of one cohort, folded from its events, and its clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from domain.decider import Actor, Clock, Command, Event, Frozen, ParticipantId, Rejected, Role
from domain.figures import Headline
from domain.matching.assignment import LeftOver, ProposedPair
from domain.pairing.state import Health
from domain.program import ProgramDesign


class CohortStage(StrEnum):
    """Where a cohort stands."""

    DRAFT = "DRAFT"
    ENROLLING = "ENROLLING"
    MATCHING = "MATCHING"
    REVIEW = "REVIEW"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    EVALUATING = "EVALUATING"
    CLOSED = "CLOSED"
    ARCHIVED = "ARCHIVED"
    CANCELLED = "CANCELLED"


COHORT_ENDED = frozenset({CohortStage.CLOSED, CohortStage.ARCHIVED, CohortStage.CANCELLED})
"""No more is decided about it in these; orders that were given before are still carried out."""


DECIDING = frozenset({CohortStage.MATCHING, CohortStage.REVIEW})
"""Pairs are being decided in these, and rest on the design and the rows that they were made by."""


class CohortClock(StrEnum):
    """Every clock that a cohort can run."""

    INVITATION_REMIND = "invitation.remind"
    INVITATION_UNANSWERED = "invitation.unanswered"
    ENROLMENT_CLOSE = "enrolment.close"
    REVIEW = "review"
    REMATCH_DUE = "rematch.due"
    ORDER_AGAIN = "order.again"
    FOLLOW_UP = "follow_up"
    ARCHIVE = "archive"


RUNS_ON = frozenset({CohortClock.ORDER_AGAIN.value})
"""Clocks of the engine's own work: no suspension stops them."""


class Participant(Frozen):
    """Who takes part, by opaque id: what the matching knows about them stays in the `person` table."""

    id: ParticipantId
    role: Literal["mentor", "mentee"]
    capacity: int = Field(default=1, ge=1, le=5)


class Invited(Frozen):
    """Somebody who was invited and has not answered; since `overdue_since`, that is an item for the coordinator."""

    participant: Participant
    batch: int
    overdue_since: AwareDatetime | None = None


class AbsentBecause(StrEnum):
    """Why somebody who was asked or enrolled takes no part."""

    DECLINED = "declined"
    WITHDREW = "withdrew"
    NO_ANSWER = "no_answer"


class Absent(Frozen):
    """Somebody who was asked or enrolled and takes no part."""

    participant: ParticipantId
    because: AbsentBecause


class PlannedPairing(Frozen):
    """A pair that the matching proposes, with the id that its pairing will have and why it was chosen.

    A re-match says which ended pairing it `replaces`, whom it re-matches, and when it was proposed, approved and is to
    start: its plan is as long as what is left of the program then.
    """

    pairing: str
    pair: ProposedPair
    why: str = ""
    replaces: str | None = None
    rematched: tuple[ParticipantId, ...] = ()
    proposed_at: AwareDatetime | None = None
    approved_at: AwareDatetime | None = None
    starts_at: AwareDatetime | None = None

    @property
    def people(self) -> tuple[ParticipantId, ParticipantId]:
        """The mentor's id, then the mentee's."""
        return self.pair.mentor, self.pair.mentee


class WaitsBecause(StrEnum):
    """Why somebody is on the waiting list."""

    REMATCH = "rematch"
    LEFT_OVER = "left_over"
    JOINED_LATE = "joined_late"


class Waiting(Frozen):
    """Somebody on the waiting list. `priority` 1 comes first; `replaces` is the pairing that ended.

    `next_cohort`: for this one it is too late, or they have been re-matched often enough. `overdue`: longer than the
    target, so the coordinator has an item.
    """

    number: int
    person: ParticipantId
    role: Literal["mentor", "mentee"]
    priority: int = Field(ge=1)
    since: AwareDatetime
    because: WaitsBecause
    replaces: str | None = None
    next_cohort: bool = False
    overdue: bool = False


class Funnel(Frozen):
    """How many pairings have come how far, and what needs a person. Counts only."""

    launched: int = 0
    activated: int = 0
    trained: int = 0
    met: int = 0
    evaluating: int = 0
    completed: int = 0
    ended_otherwise: int = 0
    amber: int = 0
    red: int = 0
    open_items: int = 0
    undoable: int = 0

    @property
    def ended(self) -> int:
        """Pairings that are over; the close of `undoable` ones among them can still be taken back."""
        return self.completed + self.ended_otherwise

    @property
    def settled(self) -> int:
        """Pairings to which nothing more can happen."""
        return self.ended - self.undoable


class OrderKind(StrEnum):
    """What a cohort tells all of its pairings at once."""

    SUSPEND = "suspend"
    RESUME = "resume"
    AMEND = "amend"
    CLOSE = "close"


class Refusal(Frozen):
    """A pairing that did not do what its cohort told it at `at`, and the sentence that it gave.

    `waits`: it gave none. `order` is the order's number; 0 in what was recorded before that was kept.
    """

    pairing: str
    kind: OrderKind
    at: AwareDatetime
    reason: str
    waits: bool = False
    order: int = 0


class Order(Frozen):
    """A decision about the cohort that its pairings still have to hear of, with the time from which it counts.

    `design` is the new one of an amendment. The number makes every repetition of the order the same command.
    `again`: how often it has been given again, to those alone that had given no answer. `reported`: who does not obey,
    as far as the engine has come with its report.
    """

    number: int
    kind: OrderKind
    at: AwareDatetime
    design: ProgramDesign | None = None
    again: int = 0
    reported: tuple[Refusal, ...] = ()


class EngineReport(Command):
    """A report of the engine's own work. Nobody else can send it, and it may reach back as far as it must."""


class FireCohortClock(Command):
    """A clock of the cohort has come due. Only the engine sends this."""

    clock: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSuspension:
    """What a suspended cohort remembers: its stage, and the time left on every clock (negative: it was overdue)."""

    stage: CohortStage
    since: datetime
    left: tuple[tuple[str, timedelta], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Everything that decisions need to know about a cohort.

    `as_of` is the effective time of the latest event: a stream's effective times never run backwards.
    `orders` are what the pairings still have to be told, the oldest first; `refusals` which did not obey, and
    `unanswered` the orders to which some gave no answer: those are given again, to them.
    `pairings_ended` are over for good, so their places are free. `rematches` are proposed and not approved; `apart` are
    pairs that nobody wants. `absent` were asked or enrolled before, so a roster that has them still does not ask them
    again. `changes` counts what may make a re-match possible, `changes_matched` how far it was tried.
    """

    id: str
    design: ProgramDesign
    seed: int
    stage: CohortStage
    since: datetime
    as_of: datetime
    clocks: tuple[Clock, ...] = ()
    participants: tuple[Participant, ...] = ()
    proposed: tuple[PlannedPairing, ...] = ()
    left_over: tuple[LeftOver, ...] = ()
    approved_by: str | None = None
    approved_at: datetime | None = None
    starts_at: datetime | None = None
    launched: tuple[str, ...] = ()
    reviews: int = 0
    funnel: Funnel = field(default_factory=Funnel)
    headline: Headline | None = None
    reason: str | None = None
    suspension: CohortSuspension | None = None
    suspended_for: timedelta = timedelta(0)
    orders: tuple[Order, ...] = ()
    orders_given: int = 0
    refusals: tuple[Refusal, ...] = ()
    unanswered: tuple[Order, ...] = ()
    pairings_ended: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    waited: int = 0
    rematches: tuple[PlannedPairing, ...] = ()
    apart: tuple[tuple[ParticipantId, ParticipantId], ...] = ()
    invited: tuple[Invited, ...] = ()
    invitations: int = 0
    absent: tuple[Absent, ...] = ()
    pins: tuple[tuple[ParticipantId, ParticipantId], ...] = ()
    stood: tuple[tuple[ParticipantId, ParticipantId], ...] = ()
    ineligible: tuple[ParticipantId, ...] = ()
    match_runs: int = 0
    completed: tuple[str, ...] = ()
    erasing: tuple[ParticipantId, ...] = ()
    erased: tuple[ParticipantId, ...] = ()
    answers_erased: bool = False
    changes: int = 0
    changes_matched: int = 0

    @property
    def ended(self) -> bool:
        """True when nobody can decide anything about it any more."""
        return self.stage in COHORT_ENDED

    @property
    def final(self) -> bool:
        """True when nothing can happen any more: its pairings know of the end too."""
        kept = self.erasing or (self.stage is CohortStage.ARCHIVED and not self.answers_erased)
        return self.ended and not self.orders and not self.clocks and not kept

    def stood_still(self, at: datetime) -> timedelta:
        """How long it has been suspended until `at`, all suspensions together."""
        return self.suspended_for + (at - self.suspension.since if self.suspension else timedelta(0))

    @property
    def health(self) -> Health:
        """The worst of its pairings', by the last review."""
        return Health.RED if self.funnel.red else Health.AMBER if self.funnel.amber else Health.GREEN

    @property
    def waiting_for(self) -> tuple[Role, ...]:
        """Whose move it is now."""
        if self.stage in (CohortStage.DRAFT, CohortStage.ENROLLING):
            return (Role.COORDINATOR,)
        proposed = self.stage is CohortStage.REVIEW or (self.stage is CohortStage.RUNNING and self.rematches)
        return (Role.APPROVER,) if proposed else ()

    @property
    def program_end(self) -> datetime | None:
        """When the program's weeks are over, those of suspensions not counted; None before the approval."""
        return self.starts_at and self.starts_at + self.design.meetings.over + self.suspended_for

    @property
    def unlaunched(self) -> tuple[PlannedPairing, ...]:
        """Approved pairs whose pairing has not been started yet."""
        done = set(self.launched)
        return tuple(pair for pair in self.proposed if pair.pairing not in done)


def cohort_during(state: Cohort, *stages: CohortStage) -> None:
    """Refuse unless the cohort stands in one of these stages."""
    if state.stage not in stages:
        expected = ", ".join(stage.value for stage in stages)
        raise Rejected("stage", f"the cohort is {state.stage.value}; this needs {expected}")


def with_cohort_clocks(state: Cohort, event: Event) -> Cohort:
    """Fold the clocks that an event starts and stops; a suspended cohort keeps the time left instead of a due time."""
    if not event.starts and not event.stops:
        return state
    gone = {*event.stops, *(clock.name for clock in event.starts)}
    clocks = [clock for clock in state.clocks if clock.name not in gone]
    suspension = state.suspension
    if suspension is None:
        clocks += event.starts
    else:
        clocks += (clock for clock in event.starts if clock.name in RUNS_ON)
        kept = [(name, left) for name, left in suspension.left if name not in gone]
        begun = [(clock.name, clock.due - event.at) for clock in event.starts if clock.name not in RUNS_ON]
        suspension = replace(suspension, left=tuple(sorted([*kept, *begun])))
    return replace(state, clocks=in_order(clocks), suspension=suspension)


def in_order(clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    """The earliest first."""
    return tuple(sorted(clocks, key=lambda clock: (clock.due, clock.name)))


def fire_cohort(running: Clock) -> FireCohortClock:
    """The command that a clock's firing means. Its key makes a second firing a duplicate."""
    return FireCohortClock(
        by=Actor(role=Role.CLOCK, id=running.name.partition(":")[0]),
        key=f"clock:{running.name}@{running.due.isoformat()}",
        clock=running.name,
        due=running.due,
    )
