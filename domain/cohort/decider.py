"""The decider of a cohort: every command, every event, and what the engine has to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field

from domain.cohort import closing, enrolment, matching, running
from domain.cohort.state import (
    Cohort,
    CohortClock,
    CohortStage,
    EngineReport,
    FireCohortClock,
    fire_cohort,
    with_cohort_clocks,
)
from domain.decider import Data, Deadline, Notice, Rejected
from domain.event_versions import EventFamily
from domain.permissions import effective_time
from domain.working_time import next_slot, operations

CohortCommand: TypeAlias = (
    enrolment.CreateCohort
    | enrolment.OpenEnrolment
    | enrolment.EnrolParticipants
    | enrolment.WithdrawParticipant
    | enrolment.CloseEnrolment
    | matching.ProposePairs
    | matching.RecordMatchRun
    | matching.ApproveMatches
    | running.RecordLaunch
    | running.RecordReview
    | closing.CloseCohort
    | closing.CancelCohort
    | closing.AbandonCohort
    | FireCohortClock
)

CohortEvent: TypeAlias = Annotated[
    enrolment.CohortCreated
    | enrolment.CohortOpened
    | enrolment.ParticipantEnrolled
    | enrolment.ParticipantWithdrawn
    | enrolment.EnrolmentExtended
    | enrolment.EnrolmentClosed
    | matching.PairingProposed
    | matching.MatchRunRecorded
    | matching.MatchesApproved
    | running.PairingLaunched
    | running.CohortReviewed
    | closing.CohortClosed
    | closing.CohortCancelled,
    Field(discriminator="type"),
]


class Work(StrEnum):
    """What the engine must do for a cohort now, beside waiting: each is an activity and its report."""

    MATCH = "match"
    LAUNCH = "launch"
    EVALUATE = "evaluate"


EVENTS: EventFamily[CohortEvent] = EventFamily(CohortEvent)
"""Every event in every version that was ever stored; upcasters are named here."""

EVENT_TYPES: tuple[str, ...] = tuple(EVENTS.current)


def work(state: Cohort) -> Work | None:
    """The work that the state calls for; None where the cohort waits for a person or a clock."""
    if state.stage is CohortStage.MATCHING:
        return Work.MATCH
    if state.stage is CohortStage.RUNNING and state.unlaunched:
        return Work.LAUNCH
    if state.stage is CohortStage.EVALUATING:
        return Work.EVALUATE
    return None


def decide(state: Cohort | None, command: CohortCommand, now: datetime) -> tuple[CohortEvent, ...]:
    """The events that a command means, or `Rejected`."""
    if isinstance(command, enrolment.CreateCohort):
        return enrolment.create(state, command, now)
    if state is None:
        raise Rejected("unknown", "this cohort does not exist")
    if state.ended:
        raise Rejected("stage", f"the cohort has ended: {state.stage.value}")
    if isinstance(command, running.RecordReview):
        return running.record_review(state, command, now)
    if isinstance(command, FireCohortClock):
        return _fire(state, command, now)
    at = (command.at or now) if isinstance(command, EngineReport) else effective_time(command, now, state.design)
    return _obey(state, command, max(at, state.since))


def evolve(state: Cohort | None, event: CohortEvent) -> Cohort:
    """Fold one event."""
    if isinstance(event, enrolment.CohortCreated):
        return enrolment.created(event)
    if state is None:
        raise ValueError(f"a cohort's stream begins with CohortCreated, not with {event.type}")
    return with_cohort_clocks(_evolve(state, event), event)


def agenda(state: Cohort) -> tuple[Deadline[CohortCommand], ...]:
    """Every running clock with the command that its firing means, earliest first."""
    return tuple(Deadline(name=c.name, due=c.due, command=fire_cohort(c)) for c in state.clocks)


def notices(state: Cohort, event: CohortEvent) -> tuple[Notice, ...]:
    """The approver hears of a proposal, the coordinator of a longer enrolment, of every review and of the end."""
    if isinstance(event, matching.MatchRunRecorded):
        return (_notice(state, "approver", event, (("pairs", str(event.pairs)),)),)
    if isinstance(event, running.CohortReviewed):
        about = (("week", str(event.week)), ("red", str(event.funnel.red)), ("items", str(event.funnel.open_items)))
        return (_notice(state, "coordinator", event, about),)
    if isinstance(event, (enrolment.EnrolmentExtended, closing.CohortClosed)):
        return (_notice(state, "coordinator", event, tuple((c.name, c.due.isoformat()) for c in event.starts)),)
    return ()


def load(data: Data, schema_version: int) -> CohortEvent:
    """An event from its stored JSON object, whatever version it was stored in. Raises EventUnknown."""
    return EVENTS.load(data, schema_version)


def _notice(state: Cohort, role: str, event: CohortEvent, about: tuple[tuple[str, str], ...]) -> Notice:
    after = next_slot(operations(state.design), event.at)
    return Notice(to=f"role:{role}", template=event.type, deliver_after=after, about=about)


def _obey(state: Cohort, command: CohortCommand, at: datetime) -> tuple[CohortEvent, ...]:
    match command:
        case enrolment.OpenEnrolment():
            return enrolment.open_enrolment(state, command, at)
        case enrolment.EnrolParticipants():
            return enrolment.enrol(state, command, at)
        case enrolment.WithdrawParticipant():
            return enrolment.withdraw(state, command, at)
        case enrolment.CloseEnrolment():
            return enrolment.close_by_hand(state, command, at)
        case matching.ProposePairs():
            return matching.propose(state, command, at)
        case matching.RecordMatchRun():
            return matching.record_run(state, command, at)
        case matching.ApproveMatches():
            return matching.approve(state, command, at)
        case running.RecordLaunch():
            return running.record_launch(state, command, at)
        case closing.CloseCohort():
            return closing.close(state, command, at)
        case closing.CancelCohort():
            return closing.cancel(state, command, at)
        case closing.AbandonCohort():
            return closing.abandon(state, command, at)
        case enrolment.CreateCohort() | running.RecordReview() | FireCohortClock():
            raise AssertionError("decided before")
        case _:
            assert_never(command)


def _fire(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[CohortEvent, ...]:
    if all(c.name != command.clock or c.due != command.due for c in state.clocks):
        raise Rejected("duplicate", f"the clock '{command.clock}' does not run any more")
    kind = CohortClock(command.clock.partition(":")[0])
    match kind:
        case CohortClock.ENROLMENT_CLOSE:
            return enrolment.close_in_time(state, command, now)
        case CohortClock.REVIEW:
            raise Rejected("rule", "a review needs its figures: the engine reads them and sends RecordReview")
        case _:
            assert_never(kind)


def _evolve(state: Cohort, event: CohortEvent) -> Cohort:
    match event:
        case enrolment.CohortOpened():
            return replace(state, stage=CohortStage.ENROLLING, since=event.at)
        case enrolment.ParticipantEnrolled():
            return replace(state, participants=(*state.participants, event.participant))
        case enrolment.ParticipantWithdrawn():
            return enrolment.evolve_withdrawn(state, event)
        case enrolment.EnrolmentExtended():
            return state
        case enrolment.EnrolmentClosed():
            return replace(state, stage=CohortStage.MATCHING, since=event.at)
        case matching.PairingProposed():
            return replace(state, proposed=(*state.proposed, event.planned))
        case matching.MatchRunRecorded():
            return replace(state, stage=CohortStage.REVIEW, since=event.at, left_over=event.left_over)
        case matching.MatchesApproved():
            return matching.evolve_approved(state, event)
        case running.PairingLaunched():
            return replace(state, launched=(*state.launched, event.pairing))
        case running.CohortReviewed():
            return running.evolve_reviewed(state, event)
        case closing.CohortClosed():
            return replace(state, stage=CohortStage.CLOSED, since=event.at, clocks=(), headline=event.headline)
        case closing.CohortCancelled():
            return replace(state, stage=CohortStage.CANCELLED, since=event.at, clocks=(), reason=event.reason)
        case enrolment.CohortCreated():
            raise AssertionError("folded before")
        case _:
            assert_never(event)
