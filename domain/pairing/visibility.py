"""What of a pairing's history each role may read. Answers and the words of goals are in no sentence at all."""

from __future__ import annotations

from domain.decider import Role
from domain.pairing.cancellations import CancellationCounted
from domain.pairing.clocks import CONFIDENTIAL, kind_of
from domain.pairing.concern import ConcernRaised, ConcernResolved
from domain.pairing.decider import PairingEvent
from domain.pairing.escalation import EscalationAcknowledged, EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.meetings import MeetingCancelled, MeetingHeld, MeetingMissed, MeetingMoved, MeetingScheduled

MEETINGS = (MeetingScheduled, MeetingMoved, MeetingCancelled, MeetingHeld, MeetingMissed)
ITEMS = (EscalationOpened, EscalationAcknowledged, EscalationClosed)


def visible(event: PairingEvent, role: Role) -> bool:
    """Whether a reader in this role may know that the event happened."""
    match role:
        case Role.AUDITOR:
            return True
        case Role.CONCERN_HANDLER:
            return _confidential(event)
        case Role.SPONSOR:
            return isinstance(event, EscalationOpened) and event.to is Role.SPONSOR
        case Role.DELEGATE:
            return isinstance(event, MEETINGS)
        case Role.MENTOR:
            return not _confidential(event) and not isinstance(event, (*ITEMS, CancellationCounted))
        case Role.MENTEE:
            return not _confidential(event) and not isinstance(event, ITEMS)
        case Role.COORDINATOR | Role.APPROVER:
            return not _confidential(event)
        case Role.SERVICE | Role.CLOCK:
            return False


def visible_to_sender(event: PairingEvent, role: Role) -> bool:
    """Whether whoever sent the command in this role may know what it did.

    A service reads no history and a sponsor little of it, but both learn what became of what they sent.
    """
    match role:
        case Role.SERVICE:
            return visible(event, Role.COORDINATOR)
        case Role.SPONSOR:
            return isinstance(event, ITEMS)
        case _:
            return visible(event, role)


def visible_clock(name: str, role: Role) -> bool:
    """Whether a reader in this role may know that the clock runs."""
    return kind_of(name) not in CONFIDENTIAL or role in (Role.CONCERN_HANDLER, Role.AUDITOR)


def _confidential(event: PairingEvent) -> bool:
    if isinstance(event, ReminderDue):
        return event.about in CONFIDENTIAL
    return isinstance(event, (ConcernRaised, ConcernResolved))
