"""Who is told what because of an event, and from when on: never inside the recipient's quiet hours."""

from __future__ import annotations

from datetime import datetime

from domain.decider import Event, Notice, Role
from domain.pairing import (
    amending,
    cancellations,
    checkpoints,
    closing,
    concern,
    conflict,
    escalation,
    evaluating,
    leave,
    meetings,
    offer,
    pausing,
    rematch,
    training,
    undoing,
    with_cohort,
)
from domain.pairing.state import SIDES, Pairing, Side
from domain.working_time import next_slot, operations

About = tuple[tuple[str, str], ...]

TO_BOTH: frozenset[type[Event]] = frozenset(
    {
        offer.PairingOffered,
        training.TrainingAssigned,
        meetings.MeetingScheduled,
        meetings.MeetingMoved,
        meetings.MeetingCancelled,
        checkpoints.CheckpointOpened,
        evaluating.EvaluationOpened,
        pausing.PairingPaused,
        pausing.PairingResumed,
        leave.LeaveStarted,
        leave.LeaveEnded,
        conflict.ReportingLineChanged,
        closing.PairingCompleted,
        closing.PairingClosedEarly,
        offer.OfferDeclined,
        offer.OfferExpired,
        undoing.AcceptanceUndone,
        undoing.CloseUndone,
        with_cohort.SuspendedWithCohort,
        with_cohort.ResumedWithCohort,
        amending.DesignAmended,
    }
)
"""Events that both sides hear of, under the event's own name."""


_SIDE_OF = {side.value: side for side in SIDES}

RESUMES = (pausing.PairingResumed, leave.LeaveEnded, with_cohort.ResumedWithCohort)
"""Events after which the pairing goes on, or not yet."""


def notices(state: Pairing, event: Event) -> tuple[Notice, ...]:
    """The notices of one event; `state` includes it. A requested exit is told to the coordinator alone."""
    if isinstance(event, escalation.ReminderDue):
        about: About = (("about", pausing.meaning(state, event.about.value)), ("number", str(event.number)))
        return tuple(_notice(state, role, "ReminderDue", event.at, about) for role in event.to)
    if isinstance(event, escalation.EscalationOpened):
        return (_notice(state, event.to.value, "EscalationOpened", event.at, (("kind", event.kind.value),)),)
    if isinstance(event, cancellations.CancellationCounted):
        return _to_the_executive(state, event) if event.asks_to_rebook else ()
    if isinstance(event, concern.ConcernRaised):
        return _of_a_concern(state, event)
    if isinstance(event, rematch.RematchRequested):
        about = (("priority", str(event.priority)),)
        return tuple(_notice(state, side.value, "RematchRequested", event.at, about) for side in event.sides)
    if isinstance(event, RESUMES) and not event.runs:
        return ()  # something else still holds the pairing: there is nothing to do again
    if isinstance(event, conflict.ReportingLineChanged) and not event.relations and not event.runs:
        return ()
    if isinstance(event, undoing.AcceptanceUndone) and not event.deactivates:
        return ()  # the other side had not heard of the acceptance either
    if type(event) in TO_BOTH:
        name, about = type(event).__name__, _facts(event)
        return tuple(_notice(state, side.value, name, event.at, about) for side in SIDES)
    return ()


def _to_the_executive(state: Pairing, event: cancellations.CancellationCounted) -> tuple[Notice, ...]:
    """A private word to the executive, and the next step to whoever books for them. Nothing to the junior."""
    about: About = (("number", str(event.number)), ("in_a_row", str(event.in_a_row)))
    private = _notice(state, Role.MENTEE.value, "CancellationCounted", event.at, about)
    booking = Role.DELEGATE if state.delegate is not None else Role.MENTEE
    return (private, _notice(state, booking.value, "RebookSoon", event.at, about[:1]))


def _of_a_concern(state: Pairing, event: concern.ConcernRaised) -> tuple[Notice, ...]:
    """To its handler at once, at whatever hour, and a word to who raised it. To nobody else."""
    handler = Notice(to=f"role:{Role.CONCERN_HANDLER.value}", template="ConcernRaised", deliver_after=event.at)
    return (handler, _notice(state, event.side.value, "ConcernReceived", event.at, ()))


def _facts(event: Event) -> About:
    if isinstance(event, (meetings.MeetingScheduled, meetings.MeetingMoved)):
        return (("number", str(event.number)), ("starts_at", event.starts_at.isoformat()))
    if isinstance(event, checkpoints.CheckpointOpened):
        return (("number", str(event.number)),)
    if isinstance(event, pausing.PairingPaused) and event.until is None:
        return ()
    return tuple((clock.name, clock.due.isoformat()) for clock in event.starts)


def _notice(state: Pairing, role: str, template: str, at: datetime, about: About) -> Notice:
    side = _SIDE_OF.get(role)
    if side is not None:
        to, calendar = state.party(side).participant, state.calendar(side)
    elif role == Role.DELEGATE.value and state.delegate is not None:
        to, calendar = state.delegate, state.calendar(Side.MENTEE)
    else:
        to = f"role:{role}"
        calendar = operations(state.design)
    return Notice(to=to, template=template, deliver_after=next_slot(calendar, at), about=about)
