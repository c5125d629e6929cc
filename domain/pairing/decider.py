"""The decider of a pairing: every command, every event, and which phase answers for it.

Matching is exhaustive: a command, an event or a clock without its place is a type error.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeAlias, assert_never

from pydantic import Field

from domain.decider import Data, Deadline, Notice, Rejected
from domain.event_versions import EventFamily
from domain.pairing import (
    amending,
    cadence,
    cancellations,
    checkpoints,
    closing,
    concern,
    conflict,
    escalation,
    evaluating,
    goal_setting,
    leave,
    meetings,
    offer,
    pausing,
    proposal,
    rematch,
    training,
    undoing,
    with_cohort,
)
from domain.pairing import notices as told
from domain.pairing.clocks import ClockKind, FireClock, fire, kind_of, with_clocks
from domain.pairing.copying import replace
from domain.pairing.deadlines import on_working_days
from domain.pairing.state import Pairing, Stage
from domain.permissions import effective_time

PairingCommand: TypeAlias = (
    proposal.CreatePairing
    | offer.AcceptOffer
    | offer.DeclineOffer
    | training.CompleteTraining
    | training.WaiveTraining
    | goal_setting.SignAgreement
    | goal_setting.SetGoals
    | goal_setting.ProgressGoal
    | goal_setting.CloseGoal
    | goal_setting.NameDelegate
    | meetings.ScheduleMeeting
    | meetings.ScheduleSeries
    | meetings.MoveMeeting
    | meetings.CancelMeeting
    | meetings.LogMeeting
    | checkpoints.AnswerCheckpoint
    | evaluating.SubmitEvaluation
    | escalation.AcknowledgeEscalation
    | escalation.CloseEscalation
    | pausing.Pause
    | pausing.Resume
    | leave.ReportLeave
    | leave.ReportReturn
    | conflict.ReportReportingLine
    | concern.RaiseConcern
    | concern.ResolveConcern
    | with_cohort.SuspendWithCohort
    | with_cohort.ResumeWithCohort
    | amending.AmendDesign
    | closing.RequestExit
    | closing.CloseEarly
    | closing.ReportLeaver
    | undoing.UndoAcceptance
    | undoing.UndoClose
    | undoing.SettleClose
    | FireClock
)

PairingEvent: TypeAlias = Annotated[
    proposal.PairingCreated
    | offer.PairingOffered
    | offer.OfferAccepted
    | offer.OfferDeclined
    | offer.OfferExpired
    | training.TrainingAssigned
    | training.TrainingCompleted
    | training.TrainingWaived
    | goal_setting.AgreementSigned
    | goal_setting.GoalSet
    | goal_setting.GoalProgressed
    | goal_setting.GoalClosed
    | goal_setting.DelegateNamed
    | meetings.MeetingScheduled
    | meetings.MeetingMoved
    | meetings.MeetingCancelled
    | cancellations.CancellationCounted
    | meetings.MeetingHeld
    | meetings.MeetingMissed
    | checkpoints.CheckpointOpened
    | checkpoints.CheckpointAnswered
    | checkpoints.CheckpointOverdue
    | evaluating.EvaluationOpened
    | evaluating.EvaluationSubmitted
    | evaluating.EvaluationOverdue
    | escalation.ReminderDue
    | escalation.EscalationOpened
    | escalation.EscalationAcknowledged
    | escalation.EscalationClosed
    | pausing.PairingPaused
    | pausing.PairingResumed
    | leave.LeaveStarted
    | leave.LeaveEnded
    | conflict.ReportingLineChanged
    | concern.ConcernRaised
    | concern.ConcernResolved
    | with_cohort.SuspendedWithCohort
    | with_cohort.ResumedWithCohort
    | amending.DesignAmended
    | closing.ExitRequested
    | closing.EmploymentChanged
    | closing.PairingCompleted
    | closing.PairingClosedEarly
    | rematch.RematchRequested
    | undoing.AcceptanceUndone
    | undoing.CloseUndone
    | undoing.CloseBecameFinal,
    Field(discriminator="type"),
]


EVENTS: EventFamily[PairingEvent] = EventFamily(PairingEvent)
"""Every event in every version that was ever stored; upcasters are named here."""

EVENT_TYPES: tuple[str, ...] = tuple(EVENTS.current)


def decide(state: Pairing | None, command: PairingCommand, now: datetime) -> tuple[PairingEvent, ...]:
    """The events that a command means, or `Rejected`."""
    if isinstance(command, proposal.CreatePairing):
        return proposal.create(state, command, now)
    if state is None:
        raise Rejected("unknown", "this pairing does not exist")
    if state.ended and not isinstance(command, (undoing.UndoClose, undoing.SettleClose, FireClock)):
        raise Rejected("stage", f"the pairing has ended: {state.stage.value}")
    if isinstance(command, FireClock):
        return on_working_days(state, _fire(state, command, now))
    # Effective times never run backwards: a report from before the latest event takes effect with it.
    return on_working_days(state, _obey(state, command, max(_effective(state, command, now), state.as_of), now))


def evolve(state: Pairing | None, event: PairingEvent) -> Pairing:
    """Fold one event."""
    if isinstance(event, proposal.PairingCreated):
        return proposal.created(event)
    if state is None:
        raise ValueError(f"a pairing's stream begins with PairingCreated, not with {event.type}")
    return with_clocks(_evolve(state, event), event)


def agenda(state: Pairing) -> tuple[Deadline[PairingCommand], ...]:
    """Every running clock with the command that its firing means, earliest first."""
    return tuple(Deadline(name=c.name, due=c.due, command=fire(c)) for c in state.clocks)


def notices(state: Pairing, event: PairingEvent) -> tuple[Notice, ...]:
    """Who must be told what because of the event."""
    return told.notices(state, event)


def meaning(state: Pairing, clock: str) -> str:
    """What a clock waits to do as the pairing stands."""
    return pausing.meaning(state, clock)


def load(data: Data, schema_version: int) -> PairingEvent:
    """An event from its stored JSON object, whatever version it was stored in. Raises EventUnknown."""
    return EVENTS.load(data, schema_version)


def fold(events: Iterable[PairingEvent]) -> Pairing:
    """The state that a whole stream gives."""
    state: Pairing | None = None
    for event in events:
        state = evolve(state, event)
    if state is None:
        raise ValueError("an empty stream has no state")
    return state


def _effective(state: Pairing, command: PairingCommand, now: datetime) -> datetime:
    if isinstance(command, with_cohort.CohortOrder):
        return min(command.at or now, now)
    return effective_time(command, now, state.design)


def _obey(  # one line for each command, on purpose
    state: Pairing, command: PairingCommand, at: datetime, now: datetime
) -> tuple[PairingEvent, ...]:
    match command:
        case offer.AcceptOffer():
            return offer.accept(state, command, at)
        case offer.DeclineOffer():
            return offer.decline(state, command, at)
        case training.CompleteTraining():
            return training.complete(state, command, at)
        case training.WaiveTraining():
            return training.waive(state, command, at)
        case goal_setting.SignAgreement():
            return goal_setting.sign(state, command, at)
        case goal_setting.SetGoals():
            return goal_setting.set_goals(state, command, at)
        case goal_setting.ProgressGoal():
            return goal_setting.progress(state, command, at)
        case goal_setting.CloseGoal():
            return goal_setting.close(state, command, at)
        case goal_setting.NameDelegate():
            return goal_setting.name_delegate(state, command, at)
        case meetings.ScheduleMeeting():
            return meetings.schedule(state, command, at, now)
        case meetings.ScheduleSeries():
            return meetings.schedule_series(state, command, at, now)
        case meetings.MoveMeeting():
            return meetings.move(state, command, at, now)
        case meetings.CancelMeeting():
            return meetings.cancel(state, command, at)
        case meetings.LogMeeting():
            return meetings.log(state, command, at)
        case checkpoints.AnswerCheckpoint():
            return checkpoints.answer(state, command, at)
        case evaluating.SubmitEvaluation():
            return evaluating.submit(state, command, at)
        case escalation.AcknowledgeEscalation():
            return escalation.acknowledge(state, command, at)
        case escalation.CloseEscalation():
            return escalation.close(state, command, at)
        case pausing.Pause():
            return pausing.pause(state, command, at)
        case pausing.Resume():
            return pausing.resume(state, command, at)
        case leave.ReportLeave():
            return leave.report_leave(state, command, at)
        case leave.ReportReturn():
            return leave.report_return(state, command, at)
        case conflict.ReportReportingLine():
            return conflict.report_line(state, command, at)
        case concern.RaiseConcern():
            return concern.raise_concern(state, command, at)
        case concern.ResolveConcern():
            return concern.resolve(state, command, at)
        case with_cohort.SuspendWithCohort():
            return with_cohort.suspend(state, command, at)
        case with_cohort.ResumeWithCohort():
            return with_cohort.resume(state, command, at)
        case amending.AmendDesign():
            return amending.amend(state, command, at)
        case closing.RequestExit():
            return closing.request_exit(state, command, at)
        case closing.CloseEarly():
            return closing.close_early(state, command, at)
        case closing.ReportLeaver():
            return closing.report_leaver(state, command, at)
        case undoing.UndoAcceptance():
            return undoing.undo_acceptance(state, command, at)
        case undoing.UndoClose():
            return undoing.undo_close(state, command, at)
        case undoing.SettleClose():
            return undoing.settle_close(state, command, at)
        case proposal.CreatePairing() | FireClock():
            raise AssertionError("decided before")
        case _:
            assert_never(command)


def _fire(state: Pairing, command: FireClock, now: datetime) -> tuple[PairingEvent, ...]:
    if not any(c.name == command.clock and c.due == command.due for c in state.clocks):
        raise Rejected("duplicate", f"the clock '{command.clock}' does not run any more")
    kind = kind_of(command.clock)
    match kind:
        case ClockKind.OFFER_SEND:
            return offer.send(state, command, now)
        case ClockKind.OFFER_REMIND:
            return offer.remind_to_answer(state, command, now)
        case ClockKind.OFFER_EXPIRE:
            return offer.expire(state, command, now)
        case ClockKind.TRAINING_REMIND:
            return training.remind_to_train(state, command, now)
        case ClockKind.TRAINING_DUE:
            return training.overdue(state, command, now)
        case ClockKind.GOALS_DUE:
            return goal_setting.overdue(state, command, now)
        case ClockKind.BOOKING_NUDGE:
            return cadence.nudge_to_book(state, command, now)
        case ClockKind.BOOKING_ESCALATE:
            return cadence.nothing_booked(state, command, now)
        case ClockKind.BOOKING_REBOOK:
            return cancellations.not_rebooked(state, command, now)
        case ClockKind.MEETING_REMIND:
            return meetings.remind_of_meeting(state, command, now)
        case ClockKind.MEETING_LOG:
            return meetings.ask_to_log(state, command, now)
        case ClockKind.MEETING_MISSED:
            return meetings.count_as_missed(state, command, now)
        case ClockKind.HEALTH_AMBER:
            return cadence.turns_amber(state, command, now)
        case ClockKind.HEALTH_RED:
            return cadence.turns_red(state, command, now)
        case ClockKind.SILENCE_PROPOSE:
            return cadence.propose_closing(state, command, now)
        case ClockKind.SILENCE_CONFIRM:
            return cadence.ask_again(state, command, now)
        case ClockKind.CHECKPOINT_OPEN:
            return checkpoints.open_survey(state, command, now)
        case ClockKind.CHECKPOINT_REMIND:
            return checkpoints.remind_to_answer(state, command, now)
        case ClockKind.CHECKPOINT_OVERDUE:
            return checkpoints.overdue(state, command, now)
        case ClockKind.PAUSE_NOTICE:
            return pausing.announce_return(state, command, now)
        case ClockKind.PAUSE_END:
            return pausing.end_of_pause(state, command, now)
        case ClockKind.LEAVE_NOTICE:
            return leave.announce_return(state, command, now)
        case ClockKind.LEAVE_END:
            return leave.end_of_leave(state, command, now)
        case ClockKind.CONFLICT_CLOSE:
            return conflict.close_after_conflict(state, command, now)
        case ClockKind.CONCERN_REMIND:
            return concern.remind_handler(state, command, now)
        case ClockKind.EXIT_CLOSE:
            return closing.close_after_exit(state, command, now)
        case ClockKind.LEAVER_EFFECTIVE:
            return closing.leaver_effective(state, command, now)
        case ClockKind.EVALUATION_OPEN:
            return evaluating.open_evaluation(state, command, now)
        case ClockKind.EVALUATION_REMIND:
            return evaluating.remind_to_evaluate(state, command, now)
        case ClockKind.EVALUATION_DUE:
            return evaluating.overdue(state, command, now)
        case ClockKind.EVALUATION_CLOSE:
            return evaluating.end_without(state, command, now)
        case ClockKind.UNDO_END:
            return undoing.close_becomes_final(state, command, now)
        case _:
            assert_never(kind)


def _evolve(state: Pairing, event: PairingEvent) -> Pairing:
    match event:
        case escalation.ReminderDue() | evaluating.EvaluationOverdue():
            return state
        case offer.PairingOffered():
            return offer.evolve_offered(state, event)
        case offer.OfferAccepted():
            return offer.evolve_accepted(state, event)
        case offer.OfferDeclined():
            return closing.evolve_ended(state, Stage.DECLINED, event.at, f"declined by the {event.side.value}")
        case offer.OfferExpired():
            unanswered = " and the ".join(side.value for side in event.unanswered)
            return closing.evolve_ended(state, Stage.EXPIRED, event.at, f"no answer from the {unanswered}")
        case training.TrainingAssigned():
            return training.evolve_assigned(state, event)
        case training.TrainingCompleted() | training.TrainingWaived():
            return training.evolve_trained(state, event)
        case goal_setting.AgreementSigned():
            return goal_setting.evolve_signed(state, event)
        case goal_setting.GoalSet():
            return goal_setting.evolve_goal_set(state, event)
        case goal_setting.GoalProgressed() | goal_setting.GoalClosed():
            return goal_setting.evolve_goal(state, event)
        case goal_setting.DelegateNamed():
            return replace(state, delegate=event.delegate)
        case meetings.MeetingScheduled():
            return meetings.evolve_scheduled(state, event)
        case meetings.MeetingMoved():
            return meetings.evolve_moved(state, event)
        case meetings.MeetingCancelled():
            return meetings.evolve_cancelled(state, event)
        case cancellations.CancellationCounted():
            return cancellations.evolve_counted(state, event)
        case meetings.MeetingHeld():
            return meetings.evolve_held(state, event)
        case meetings.MeetingMissed():
            return meetings.evolve_missed(state, event)
        case checkpoints.CheckpointOpened():
            return checkpoints.evolve_opened(state, event)
        case checkpoints.CheckpointAnswered():
            return checkpoints.evolve_answered(state, event)
        case checkpoints.CheckpointOverdue():
            return checkpoints.evolve_overdue(state, event)
        case evaluating.EvaluationOpened():
            return evaluating.evolve_opened(state, event)
        case evaluating.EvaluationSubmitted():
            return evaluating.evolve_submitted(state, event)
        case escalation.EscalationOpened():
            return escalation.evolve_opened(state, event)
        case escalation.EscalationAcknowledged():
            return escalation.evolve_acknowledged(state, event)
        case escalation.EscalationClosed():
            return escalation.evolve_closed(state, event)
        case pausing.PairingPaused():
            return pausing.evolve_paused(state, event)
        case pausing.PairingResumed():
            return pausing.evolve_resumed(state, event)
        case leave.LeaveStarted():
            return leave.evolve_started(state, event)
        case leave.LeaveEnded():
            return leave.evolve_ended(state, event)
        case conflict.ReportingLineChanged():
            return conflict.evolve_changed(state, event)
        case concern.ConcernRaised():
            return concern.evolve_raised(state, event)
        case concern.ConcernResolved():
            return concern.evolve_resolved(state, event)
        case with_cohort.SuspendedWithCohort():
            return with_cohort.evolve_suspended(state, event)
        case with_cohort.ResumedWithCohort():
            return with_cohort.evolve_resumed(state, event)
        case amending.DesignAmended():
            return amending.evolve_amended(state, event)
        case rematch.RematchRequested():
            return rematch.evolve_requested(state, event)
        case closing.ExitRequested():
            return closing.evolve_exit(state, event)
        case closing.PairingCompleted():
            return closing.evolve_ended(state, Stage.COMPLETED, event.at, event.reason)
        case closing.PairingClosedEarly():
            return closing.evolve_closed(state, event)
        case closing.EmploymentChanged():
            return closing.evolve_employment(state, event)
        case undoing.AcceptanceUndone():
            return undoing.evolve_acceptance_undone(state, event)
        case undoing.CloseUndone():
            return undoing.evolve_close_undone(state, event)
        case undoing.CloseBecameFinal():
            return undoing.evolve_final(state)
        case proposal.PairingCreated():
            raise AssertionError("folded before")
        case _:
            assert_never(event)
