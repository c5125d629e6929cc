"""A pairing's events in sentences, for the people who look after it. No names, no answers, no goals' words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import assert_never

from domain.decider import Role
from domain.pairing import (
    amending,
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
from domain.pairing.clocks import TITLES, ClockKind, FiredEvent
from domain.pairing.decider import PairingEvent
from domain.pairing.state import CloseReason, EscalationKind, Side

_WHY_CLOSED = {
    CloseReason.EXIT: "one of the two asked to leave",
    CloseReason.LEFT_COMPANY: "one of the two left the company",
    CloseReason.SILENCE: "nothing was heard of it any more",
    CloseReason.LEAVE: "one of the two is on leave for longer than the program lasts",
    CloseReason.CONFLICT_OF_INTEREST: "it had become a conflict of interest",
    CloseReason.NOT_WORKING: "it did not work",
    CloseReason.CONFIDENTIAL: "for a reason that stays confidential",
    CloseReason.COHORT_CANCELLED: "its cohort was cancelled",
    CloseReason.CANCELLED_BY_ADMIN: "an administrator cancelled it",
}

_WHAT_IS_WRONG = {
    EscalationKind.TRAINING_OVERDUE: "the training is overdue",
    EscalationKind.GOALS_OVERDUE: "agreement and goals are overdue",
    EscalationKind.NOTHING_BOOKED: "nothing is booked",
    EscalationKind.CANCELLATIONS: "the executive has cancelled several times in a row",
    EscalationKind.RED: "no meeting was held for too long",
    EscalationKind.SILENCE: "it has gone silent, and closing it is proposed",
    EscalationKind.CHECKPOINT_OVERDUE: "a checkpoint is not answered",
    EscalationKind.EVALUATION_OVERDUE: "an evaluation is missing",
    EscalationKind.EXIT: "one of the two wants to leave",
    EscalationKind.PAUSE_TOO_LONG: "the pause lasts longer than the program allows",
    EscalationKind.CONFLICT_OF_INTEREST: "the reporting line makes the two a conflict of interest",
    EscalationKind.LONG_LEAVE: "a leave lasts beyond the program's end, or nobody knows until when",
}

_REMINDS = {
    ClockKind.OFFER_REMIND: "to answer the offer",
    ClockKind.TRAINING_REMIND: "to complete the training",
    ClockKind.BOOKING_NUDGE: "to book a meeting",
    ClockKind.BOOKING_ESCALATE: "that no meeting is booked",
    ClockKind.BOOKING_REBOOK: "that nothing was booked instead of a cancelled meeting",
    ClockKind.MEETING_REMIND: "of meeting {number}",
    ClockKind.MEETING_LOG: "to say whether meeting {number} was held",
    ClockKind.HEALTH_AMBER: "to meet, as no meeting has been held for some time,",
    ClockKind.SILENCE_CONFIRM: "to decide whether the silent pairing closes",
    ClockKind.CHECKPOINT_REMIND: "to answer checkpoint {number}",
    ClockKind.CONCERN_REMIND: "that a concern is open",
    ClockKind.PAUSE_NOTICE: "that the pause ends soon",
    ClockKind.LEAVE_NOTICE: "that one of the two is back from leave soon",
    ClockKind.EVALUATION_REMIND: "to submit the end evaluation",
}
"""By the clock that asks for it. A clock without words of its own is told by its title."""


def tell(event: PairingEvent) -> str:
    """What happened, as one sentence or two. Times are UTC; the reader's own zone is for a page to show.

    A day without a time is the sender's own day: HR's midnight is not the evening before.
    """
    late = " It came late: the system had been down." if isinstance(event, FiredEvent) and event.late else ""
    return _sentence(event) + late


def _sentence(event: PairingEvent) -> str:  # one line for each event, on purpose
    match event:
        case proposal.PairingCreated(replaces=None):
            return "The pairing was created."
        case proposal.PairingCreated():
            return "The pairing was created as a re-match of an earlier one."
        case offer.PairingOffered():
            return "The pairing was offered to both."
        case offer.OfferAccepted(side=side, activates=activates):
            return f"The {side} accepted the offer{', and the program began' if activates else ''}."
        case offer.OfferDeclined(side=side):
            return f"The {side} declined the offer."
        case offer.OfferExpired(unanswered=unanswered):
            return f"The offer expired: no answer from {_both(unanswered)}."
        case training.TrainingAssigned(mentor=mentor, mentee=mentee):
            return (
                f"Training was assigned: {_count(len(mentor), 'module')} for the mentor, {len(mentee)} for the mentee."
            )
        case training.TrainingCompleted(side=side):
            return f"The {side} completed the training."
        case training.TrainingWaived(side=side):
            return f"The {side}'s training was waived."
        case goal_setting.AgreementSigned(side=side):
            return f"The {side} signed the agreement."
        case goal_setting.GoalSet(goal=goal):
            return f"Goal {goal.id} was set."
        case goal_setting.GoalProgressed(goal=id, level=level):
            return f"Goal {id} is {level:.0%} reached."
        case goal_setting.GoalClosed(goal=id):
            return f"Goal {id} was closed."
        case goal_setting.DelegateNamed():
            return "The mentee named a delegate, who may book and move meetings."
        case meetings.MeetingScheduled(number=number, starts_at=starts_at, minutes=minutes):
            return f"Meeting {number} was booked for {_moment(starts_at)}, {minutes} minutes."
        case meetings.MeetingMoved(number=number, starts_at=starts_at):
            return f"Meeting {number} was moved to {_moment(starts_at)}."
        case meetings.MeetingCancelled(number=number, side=None):
            return f"Meeting {number} was cancelled, as the pairing does not go on as planned."
        case meetings.MeetingCancelled(number=number, side=side, notice=notice):
            return f"The {side} cancelled meeting {number}, {_before(notice)}."
        case cancellations.CancellationCounted(number=number, in_a_row=in_a_row, because=because):
            why = "it came at short notice" if because == "short_notice" else "nothing was booked instead in time"
            return f"The cancellation of meeting {number} counts, as {why}: {in_a_row} in a row."
        case meetings.MeetingHeld(number=number, held_at=held_at, minutes=minutes, booked=booked):
            unplanned = "" if booked else " without having been booked"
            return f"Meeting {number} was held on {_moment(held_at)}{unplanned}, {minutes} minutes."
        case meetings.MeetingMissed(number=number):
            return f"Meeting {number} counts as missed: nobody said that it was held."
        case checkpoints.CheckpointOpened(number=number):
            return f"Checkpoint {number} was opened for both."
        case checkpoints.CheckpointAnswered(number=number, side=side):
            return f"The {side} answered checkpoint {number}."
        case checkpoints.CheckpointOverdue(number=number, missing=missing):
            return f"Checkpoint {number} is overdue: no answer from {_both(missing)}."
        case evaluating.EvaluationOpened():
            return "The end evaluation was opened for both."
        case evaluating.EvaluationSubmitted(evaluation=evaluation):
            return f"The {evaluation.side} submitted the end evaluation."
        case evaluating.EvaluationOverdue(missing=missing):
            return f"The end evaluation is overdue: nothing from {_both(missing)}."
        case escalation.ReminderDue(about=ClockKind.PAUSE_NOTICE, to=(Role.COORDINATOR,)):
            return "A reminder that the pause has no agreed end was due for the coordinator."
        case escalation.ReminderDue(about=about, number=number, to=to):
            what = _REMINDS.get(about, f'about "{TITLES[about]}"').format(number=number)
            return f"A reminder {what} was due for {_listed([f'the {_role(role)}' for role in to])}."
        case escalation.EscalationOpened(kind=kind, to=to):
            return f"The {_role(to)} was asked to look at it: {_WHAT_IS_WRONG[kind]}."
        case escalation.EscalationAcknowledged(id=item):
            return f"Somebody has taken the open item on{_about(item)}."
        case escalation.EscalationClosed(id=item, resolved_itself=resolved_itself):
            return f"The open item {'resolved itself' if resolved_itself else 'was settled'}{_about(item)}."
        case pausing.PairingPaused(until=until):
            end = "further notice" if until is None else _moment(until)
            return f"The pairing was paused until {end}; its clocks stand still."
        case pausing.PairingResumed(runs=False):
            return "The pause is over; the pairing still rests, as something else holds it."
        case pausing.PairingResumed(by_itself=by_itself):
            return f"The pairing goes on{', as the pause has ended' if by_itself else ''}."
        case leave.LeaveStarted(side=side, returns_at=returns_at):
            back = "without a known return" if returns_at is None else f"until {returns_at:%a %-d %b %Y}"
            return f"The {side} is on leave {back}; the pairing's clocks stand still."
        case leave.LeaveEnded(side=side, runs=runs):
            return f"The {side} is back from leave{', and the pairing goes on' if runs else ''}."
        case conflict.ReportingLineChanged(relations=(), runs=runs):
            return (
                f"The reporting line is no conflict of interest any more{', and the pairing goes on' if runs else ''}."
            )
        case conflict.ReportingLineChanged(relations=related):
            how = _listed([relation.value.replace("_", " ") for relation in related])
            return f"The reporting line changed, and the two are a conflict of interest ({how})."
        case concern.ConcernRaised(id=id, side=side):
            return f"The {side} raised a concern, {id}; every meeting is off, and its handler was told."
        case concern.ConcernResolved(id=id, runs=runs):
            return f"The concern {id} was resolved{', and the pairing goes on' if runs else ''}."
        case with_cohort.SuspendedWithCohort():
            return "The cohort was suspended; the pairing's clocks stand still."
        case with_cohort.ResumedWithCohort(runs=runs):
            return f"The cohort is not suspended any more{', and the pairing goes on' if runs else ''}."
        case amending.DesignAmended(design=design, starts=starts, stops=stops):
            moved = _count(len(starts) + len(stops), "deadline")
            return f"The pairing follows version {design.version} of the program now; {moved} changed."
        case rematch.RematchRequested(sides=sides, priority=priority):
            first = ", before others" if priority == rematch.FIRST else ""
            return f"Another partner is to be found for {_both(sides)}{first}."
        case closing.ExitRequested(side=side):
            return f"The {side} asked to leave the pairing."
        case closing.EmploymentChanged(side=side, leaves_at=leaves_at):
            return f"The {side} leaves the company on {leaves_at:%a %-d %b %Y}."
        case closing.PairingCompleted(held=held, planned=planned, meets_standard=meets_standard):
            short = "" if meets_standard else ", which is below the program's standard"
            return f"The pairing came to its end with {held} of {planned} meetings held{short}."
        case closing.PairingClosedEarly(reason=reason, no_fault=no_fault):
            return f"The pairing was closed early: {_WHY_CLOSED[reason]}.{' Nobody is to blame.' if no_fault else ''}"
        case undoing.AcceptanceUndone(side=side, deactivates=deactivates):
            back = "; the program stops, and the offer is open again" if deactivates else ""
            return f"The {side} took the acceptance back{back}."
        case undoing.CloseUndone():
            return "The close was taken back; the pairing goes on where it was."
        case undoing.CloseBecameFinal():
            return "The close can no longer be taken back."
        case _:
            assert_never(event)


def _both(sides: Sequence[Side]) -> str:
    return _listed([f"the {side}" for side in sides])


def _listed(names: Sequence[str]) -> str:
    *before, last = names or ["nobody"]
    return f"{', '.join(before)} and {last}" if before else last


def _about(item: str) -> str:
    """What an open item is about: its id begins with its kind."""
    kind = item.rpartition("-")[0]
    return f": {_WHAT_IS_WRONG[EscalationKind(kind)]}" if kind in set(EscalationKind) else ""


def _role(role: Role | str) -> str:
    return str(role).replace("_", " ")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%a %-d %b %Y, %H:%M} UTC"


def _before(notice: timedelta) -> str:
    if notice >= timedelta(days=2):
        return f"{notice.days} days before it"
    if notice >= timedelta(hours=1):
        return f"{_count(int(notice / timedelta(hours=1)), 'hour')} before it"
    return "less than an hour before it" if notice > timedelta(0) else "when it should have begun already"
