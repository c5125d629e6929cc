"""The decider of a cohort: every command, every event, and what the engine has to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field

from domain.cohort import (
    amendment,
    archiving,
    closing,
    eligibility,
    enrolment,
    erasing,
    invitations,
    matching,
    orders,
    overriding,
    rematch,
    running,
    suspending,
    trail,
    waiting,
)
from domain.cohort.clocks import title
from domain.cohort.state import (
    Cohort,
    CohortClock,
    CohortStage,
    EngineReport,
    FireCohortClock,
    fire_cohort,
    with_cohort_clocks,
)
from domain.decider import Data, Deadline, Notice, Rejected, Role
from domain.event_versions import EventFamily
from domain.permissions import effective_time
from domain.working_time import next_slot, operations

CohortCommand: TypeAlias = (
    enrolment.CreateCohort
    | enrolment.OpenEnrolment
    | invitations.InviteParticipants
    | invitations.AcceptInvitation
    | invitations.DeclineInvitation
    | enrolment.EnrolParticipants
    | enrolment.WithdrawParticipant
    | enrolment.CloseEnrolment
    | matching.ProposePairs
    | matching.RecordMatchRun
    | eligibility.ReportEligibility
    | overriding.PinPair
    | overriding.ForbidPair
    | overriding.SwapMentees
    | matching.ApproveMatches
    | running.RecordLaunch
    | running.RecordReview
    | waiting.RequestRematch
    | waiting.JoinLate
    | waiting.LeaveWaitingList
    | rematch.RecordRematchRun
    | rematch.ApproveRematches
    | rematch.RejectRematch
    | suspending.SuspendCohort
    | suspending.ResumeCohort
    | amendment.AmendProgram
    | orders.RecordOrder
    | closing.CloseCohort
    | closing.CancelCohort
    | closing.AbandonCohort
    | erasing.EraseSubject
    | erasing.RecordErasure
    | trail.ViewHistory
    | trail.ReportExport
    | FireCohortClock
)

CohortEvent: TypeAlias = Annotated[
    enrolment.CohortCreated
    | enrolment.CohortOpened
    | invitations.ParticipantsInvited
    | invitations.InvitationReminderDue
    | invitations.InvitationsUnanswered
    | invitations.InvitationDeclined
    | enrolment.ParticipantEnrolled
    | enrolment.ParticipantWithdrawn
    | enrolment.EnrolmentExtended
    | enrolment.EnrolmentClosed
    | matching.PairingProposed
    | matching.MatchRunRecorded
    | eligibility.EligibilityChanged
    | overriding.PairingOverridden
    | matching.MatchesApproved
    | running.PairingLaunched
    | running.CohortReviewed
    | waiting.PairingsEnded
    | waiting.WaitingListJoined
    | waiting.WaitingListLeft
    | waiting.LateJoined
    | waiting.RematchOverdue
    | rematch.RematchProposed
    | rematch.RematchRunRecorded
    | rematch.RematchesApproved
    | rematch.RematchRejected
    | suspending.CohortSuspended
    | suspending.CohortResumed
    | amendment.DesignAmended
    | orders.OrderCarriedOut
    | orders.OrdersGivenAgain
    | closing.CohortClosed
    | closing.CohortCancelled
    | archiving.FollowUpDue
    | archiving.CohortArchived
    | erasing.ErasureRequested
    | erasing.SubjectErased
    | erasing.AnswersErased
    | trail.HistoryViewed
    | trail.DataExported,
    Field(discriminator="type"),
]


class Work(StrEnum):
    """What the engine must do for a cohort now, beside waiting: each is an activity and its report."""

    ORDER = "order"
    ERASE = "erase"
    MATCH = "match"
    LAUNCH = "launch"
    REMATCH = "rematch"
    EVALUATE = "evaluate"


EVENTS: EventFamily[CohortEvent] = EventFamily(CohortEvent)
"""Every event in every version that was ever stored; upcasters are named here."""

EVENT_TYPES: tuple[str, ...] = tuple(EVENTS.current)


def work(state: Cohort) -> Work | None:
    """The work that the state calls for; None where the cohort waits for a person or a clock."""
    if state.orders:
        return Work.ORDER
    if erasing.is_due(state):
        return Work.ERASE
    if state.stage is CohortStage.MATCHING:
        return Work.MATCH
    if state.stage is CohortStage.RUNNING and state.unlaunched:
        return Work.LAUNCH
    if rematch.rematch_is_due(state):
        return Work.REMATCH
    if state.stage is CohortStage.EVALUATING:
        return Work.EVALUATE
    return None


def decide(state: Cohort | None, command: CohortCommand, now: datetime) -> tuple[CohortEvent, ...]:
    """The events that a command means, or `Rejected`."""
    if isinstance(command, enrolment.CreateCohort):
        return enrolment.create(state, command, now)
    if state is None:
        raise Rejected("unknown", "this cohort does not exist")
    if state.ended and not _may_follow_the_end(state, command):
        raise Rejected("stage", f"the cohort has ended: {state.stage.value}")
    if isinstance(command, running.RecordReview):
        return running.record_review(state, command, now)
    if isinstance(command, FireCohortClock):
        return _fire(state, command, now)
    at = (command.at or now) if isinstance(command, EngineReport) else effective_time(command, now, state.design)
    # Effective times never run backwards: a report from before the latest event takes effect with it.
    return _obey(state, command, max(at, state.as_of))


def evolve(state: Cohort | None, event: CohortEvent) -> Cohort:
    """Fold one event."""
    if isinstance(event, enrolment.CohortCreated):
        return enrolment.created(event)
    if state is None:
        raise ValueError(f"a cohort's stream begins with CohortCreated, not with {event.type}")
    folded = with_cohort_clocks(_evolve(state, event), event)
    return replace(folded, as_of=max(event.at, state.as_of))


def agenda(state: Cohort) -> tuple[Deadline[CohortCommand], ...]:
    """Every running clock with the command that its firing means, earliest first."""
    return tuple(Deadline(name=c.name, due=c.due, command=fire_cohort(c)) for c in state.clocks)


def notices(state: Cohort, event: CohortEvent) -> tuple[Notice, ...]:
    """The approver hears of proposals, the coordinator of every turn and review, people of their own waiting."""
    after = next_slot(operations(state.design), event.at)
    if isinstance(event, waiting.WaitingListJoined):
        where = "next" if event.entry.next_cohort else "this"
        return (Notice(to=event.entry.person, template=event.type, deliver_after=after, about=(("cohort", where),)),)
    if isinstance(event, invitations.ParticipantsInvited):
        ids = (person.id for person in event.participants)
        return tuple(Notice(to=one, template=event.type, deliver_after=after) for one in ids)
    if isinstance(event, (archiving.FollowUpDue, invitations.InvitationReminderDue)):
        return tuple(Notice(to=one, template=event.type, deliver_after=after) for one in event.participants)
    told = _told(event)
    if told is None:
        return ()
    role, about = told
    return (Notice(to=f"role:{role.value}", template=event.type, deliver_after=after, about=about),)


def meaning(state: Cohort, clock: str) -> str:
    """What a clock waits to do; of a cohort, that does not hang on how it stands."""
    return title(clock)


def load(data: Data, schema_version: int) -> CohortEvent:
    """An event from its stored JSON object, whatever version it was stored in. Raises EventUnknown."""
    return EVENTS.load(data, schema_version)


def _may_follow_the_end(state: Cohort, command: CohortCommand) -> bool:
    """The clocks until its archive, who looks at it till then, and what the engine was at when it was cancelled."""
    if isinstance(command, (trail.ViewHistory, trail.ReportExport, erasing.EraseSubject)):
        return state.stage is not CohortStage.ARCHIVED and not state.final
    if isinstance(command, erasing.RecordErasure):
        return erasing.is_due(state)
    if isinstance(command, (orders.RecordOrder, running.RecordLaunch)):
        return bool(state.orders)
    return isinstance(command, FireCohortClock) and bool(state.clocks)


def _told(event: CohortEvent) -> tuple[Role, tuple[tuple[str, str], ...]] | None:
    """Which role hears of it, with the figures that belong to it."""
    match event:
        case matching.MatchRunRecorded(pairs=pairs):
            return Role.APPROVER, (("pairs", str(pairs)),)
        case running.CohortReviewed(week=week, funnel=funnel):
            return Role.COORDINATOR, (
                ("week", str(week)),
                ("red", str(funnel.red)),
                ("items", str(funnel.open_items)),
            )
        case rematch.RematchRunRecorded(pairs=pairs) if pairs:
            return Role.APPROVER, (("pairs", str(pairs)),)
        case invitations.InvitationsUnanswered(participants=people) if people:
            return Role.COORDINATOR, (("people", str(len(people))),)
        case waiting.RematchOverdue(number=number):
            return Role.COORDINATOR, (("waiting", str(number)),)
        case orders.OrderCarriedOut(kind=kind) if refused := orders.news(event):
            return Role.COORDINATOR, (("order", kind.value), ("refused", str(len(refused))))
        case amendment.DesignAmended(design=design):
            return Role.COORDINATOR, (("version", str(design.version)),)
        case enrolment.EnrolmentExtended() | closing.CohortClosed():
            return Role.COORDINATOR, tuple((clock.name, clock.due.isoformat()) for clock in event.starts)
        case eligibility.EligibilityChanged(eligible=eligible):
            return Role.COORDINATOR, (("eligible", "yes" if eligible else "no"),)
        case overriding.PairingOverridden(kind=kind):
            return Role.APPROVER, (("override", kind.value),)
        case (
            suspending.CohortSuspended()
            | suspending.CohortResumed()
            | closing.CohortCancelled()
            | archiving.CohortArchived()
        ):
            return Role.COORDINATOR, ()
        case _:
            return None


def _obey(state: Cohort, command: CohortCommand, at: datetime) -> tuple[CohortEvent, ...]:
    match command:
        case enrolment.OpenEnrolment():
            return enrolment.open_enrolment(state, command, at)
        case invitations.InviteParticipants():
            return invitations.invite(state, command, at)
        case invitations.AcceptInvitation():
            return invitations.accept(state, command, at)
        case invitations.DeclineInvitation():
            return invitations.decline(state, command, at)
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
        case eligibility.ReportEligibility():
            return eligibility.report(state, command, at)
        case overriding.PinPair():
            return overriding.pin(state, command, at)
        case overriding.ForbidPair():
            return overriding.forbid(state, command, at)
        case overriding.SwapMentees():
            return overriding.swap(state, command, at)
        case matching.ApproveMatches():
            return matching.approve(state, command, at)
        case running.RecordLaunch():
            return running.record_launch(state, command, at)
        case waiting.RequestRematch():
            return waiting.request(state, command, at)
        case waiting.JoinLate():
            return waiting.join_late(state, command, at)
        case waiting.LeaveWaitingList():
            return waiting.leave(state, command, at)
        case rematch.RecordRematchRun():
            return rematch.record_run(state, command, at)
        case rematch.ApproveRematches():
            return rematch.approve(state, command, at)
        case rematch.RejectRematch():
            return rematch.reject(state, command, at)
        case suspending.SuspendCohort():
            return suspending.suspend(state, command, at)
        case suspending.ResumeCohort():
            return suspending.resume(state, command, at)
        case amendment.AmendProgram():
            return amendment.amend(state, command, at)
        case orders.RecordOrder():
            return orders.record_order(state, command, at)
        case closing.CloseCohort():
            return closing.close(state, command, at)
        case closing.CancelCohort():
            return closing.cancel(state, command, at)
        case closing.AbandonCohort():
            return closing.abandon(state, command, at)
        case erasing.EraseSubject():
            return erasing.request(state, command, at)
        case erasing.RecordErasure():
            return erasing.record(state, command, at)
        case trail.ViewHistory():
            return trail.view(state, command, at)
        case trail.ReportExport():
            return trail.export(state, command, at)
        case enrolment.CreateCohort() | running.RecordReview() | FireCohortClock():
            raise AssertionError("decided before")
        case _:
            assert_never(command)


def _fire(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[CohortEvent, ...]:
    if all(c.name != command.clock or c.due != command.due for c in state.clocks):
        raise Rejected("duplicate", f"the clock '{command.clock}' does not run any more")
    kind = CohortClock(command.clock.partition(":")[0])
    match kind:
        case CohortClock.INVITATION_REMIND:
            return invitations.remind(state, command, now)
        case CohortClock.INVITATION_UNANSWERED:
            return invitations.unanswered(state, command, now)
        case CohortClock.ENROLMENT_CLOSE:
            return enrolment.close_in_time(state, command, now)
        case CohortClock.REMATCH_DUE:
            return waiting.overdue(state, command, now)
        case CohortClock.ORDER_AGAIN:
            return orders.give_again(state, command, now)
        case CohortClock.FOLLOW_UP:
            return archiving.follow_up(state, command, now)
        case CohortClock.ARCHIVE:
            return archiving.archive(state, command, now)
        case CohortClock.REVIEW:
            raise Rejected("rule", "a review needs its figures: the engine reads them and sends RecordReview")
        case _:
            assert_never(kind)


def _evolve(state: Cohort, event: CohortEvent) -> Cohort:
    match event:
        case enrolment.CohortOpened():
            return replace(state, stage=CohortStage.ENROLLING, since=event.at)
        case invitations.ParticipantsInvited():
            return invitations.evolve_invited(state, event)
        case invitations.InvitationReminderDue():
            return state
        case invitations.InvitationsUnanswered():
            return invitations.evolve_unanswered(state, event)
        case invitations.InvitationDeclined():
            return invitations.evolve_declined(state, event)
        case enrolment.ParticipantEnrolled():
            return enrolment.evolve_enrolled(state, event)
        case enrolment.ParticipantWithdrawn():
            return enrolment.evolve_withdrawn(state, event)
        case enrolment.EnrolmentExtended():
            return state
        case enrolment.EnrolmentClosed():
            return enrolment.evolve_closed(state, event)
        case matching.PairingProposed():
            return replace(state, proposed=(*state.proposed, event.planned))
        case matching.MatchRunRecorded():
            return matching.evolve_run(state, event)
        case eligibility.EligibilityChanged():
            return eligibility.evolve_changed(state, event)
        case overriding.PairingOverridden():
            return overriding.evolve_overridden(state, event)
        case matching.MatchesApproved():
            return matching.evolve_approved(state, event)
        case running.PairingLaunched():
            return replace(state, launched=(*state.launched, event.pairing))
        case running.CohortReviewed():
            return running.evolve_reviewed(state, event)
        case waiting.PairingsEnded():
            return waiting.evolve_ended(state, event)
        case waiting.WaitingListJoined():
            return waiting.evolve_joined(state, event)
        case waiting.WaitingListLeft():
            return waiting.evolve_left(state, event)
        case waiting.LateJoined():
            return waiting.evolve_late(state, event)
        case waiting.RematchOverdue():
            return waiting.evolve_overdue(state, event)
        case rematch.RematchProposed():
            return replace(state, rematches=(*state.rematches, event.planned))
        case rematch.RematchRunRecorded():
            return rematch.evolve_run(state, event)
        case rematch.RematchesApproved():
            return rematch.evolve_approved(state, event)
        case rematch.RematchRejected():
            return rematch.evolve_rejected(state, event)
        case suspending.CohortSuspended():
            return suspending.evolve_suspended(state, event)
        case suspending.CohortResumed():
            return suspending.evolve_resumed(state, event)
        case amendment.DesignAmended():
            return amendment.evolve_amended(state, event)
        case orders.OrderCarriedOut():
            return orders.evolve_carried_out(state, event)
        case orders.OrdersGivenAgain():
            return orders.evolve_given_again(state)
        case closing.CohortClosed():
            return closing.evolve_closed(state, event)
        case archiving.CohortArchived():
            return archiving.evolve_archived(state, event)
        case erasing.ErasureRequested():
            return erasing.evolve_requested(state, event)
        case erasing.SubjectErased():
            return erasing.evolve_subject_erased(state, event)
        case erasing.AnswersErased():
            return erasing.evolve_answers_erased(state)
        case archiving.FollowUpDue() | trail.HistoryViewed() | trail.DataExported():
            return state
        case closing.CohortCancelled():
            return closing.evolve_cancelled(state, event)
        case enrolment.CohortCreated():
            raise AssertionError("folded before")
        case _:
            assert_never(event)
