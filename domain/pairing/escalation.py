"""Care: reminders to people, and items that somebody must look at."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.decider import Clock, Command, Event, Rejected, Role
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, fired_at, instance_of, kind_of, running
from domain.pairing.copying import replace
from domain.pairing.state import Escalation, EscalationKind, Pairing
from domain.permissions import only


class ReminderDue(FiredEvent):
    """People are reminded. `to` lists roles; `about` is the kind of clock that asked for it."""

    type: Literal["ReminderDue"] = "ReminderDue"
    about: ClockKind
    number: int = 0
    to: tuple[str, ...]


class EscalationOpened(FiredEvent):
    """An item that a person must look at."""

    type: Literal["EscalationOpened"] = "EscalationOpened"
    id: str
    kind: EscalationKind
    to: Role


class EscalationAcknowledged(Event):
    """Somebody has taken the item on."""

    type: Literal["EscalationAcknowledged"] = "EscalationAcknowledged"
    id: str


class EscalationClosed(Event):
    """The item is settled: by a person, or because its cause went away."""

    type: Literal["EscalationClosed"] = "EscalationClosed"
    id: str
    resolved_itself: bool


class AcknowledgeEscalation(Command):
    """The coordinator or the sponsor takes an open item on."""

    id: str = Field(max_length=80)


class CloseEscalation(Command):
    """The coordinator or the sponsor settles an open item."""

    id: str = Field(max_length=80)


def remind(
    state: Pairing,
    command: FireClock,
    now: datetime,
    *,
    to: tuple[str, ...],
) -> tuple[ReminderDue, ...]:
    """The reminder that a firing clock means."""
    at, late = fired_at(state, command, now)
    about, number = kind_of(command.clock), instance_of(command.clock)
    stops = (command.clock,)
    return (ReminderDue(at=at, due=command.due, late=late, about=about, number=number, to=to, stops=stops),)


def escalate(
    state: Pairing,
    command: FireClock,
    now: datetime,
    kind: EscalationKind,
    *,
    starts: tuple[Clock, ...] = (),
) -> tuple[EscalationOpened, ...]:
    """The item for the coordinator that a firing clock means."""
    at, late = fired_at(state, command, now)
    return (
        EscalationOpened(
            at=at,
            due=command.due,
            late=late,
            id=f"{kind.value}-{state.escalations_opened + 1}",
            kind=kind,
            to=Role.COORDINATOR,
            starts=starts,
            stops=(command.clock,),
        ),
    )


def settle(state: Pairing, at: datetime, *kinds: EscalationKind) -> tuple[EscalationClosed, ...]:
    """Close the open items whose cause has just gone away."""
    return tuple(
        EscalationClosed(at=at, id=item.id, resolved_itself=True) for item in state.escalations if item.kind in kinds
    )


def acknowledge(state: Pairing, command: AcknowledgeEscalation, at: datetime) -> tuple[EscalationAcknowledged, ...]:
    """Take an item on."""
    if _open_item(state, command).acknowledged:
        raise Rejected("duplicate", "this item has been acknowledged already")
    return (EscalationAcknowledged(at=at, id=command.id),)


def close(state: Pairing, command: CloseEscalation, at: datetime) -> tuple[EscalationClosed, ...]:
    """Settle an item by hand. About a silent pairing, nobody is asked again; a rest without an end needs a decision."""
    item = _open_item(state, command)
    if (instead := needs_a_decision(state, item)) is not None:
        raise Rejected("rule", f"{instead}: either settles this item")
    stops = running(state, ClockKind.SILENCE_CONFIRM) if item.kind is EscalationKind.SILENCE else ()
    return (EscalationClosed(at=at, id=item.id, resolved_itself=False, stops=stops),)


def needs_a_decision(state: Pairing, item: Escalation) -> str | None:
    """What has to be decided where an item is not settled by hand; None where it may be."""
    if item.kind is EscalationKind.PAUSE_TOO_LONG:
        return "resume the pairing or close it"
    if item.kind is EscalationKind.LONG_LEAVE and any(returns_at is None for _, returns_at in state.on_leave):
        return "report when the person returns, or close the pairing"
    return None


def evolve_opened(state: Pairing, event: EscalationOpened) -> Pairing:
    """One more open item."""
    item = Escalation(id=event.id, kind=event.kind, to=event.to, opened_at=event.at)
    return replace(state, escalations=(*state.escalations, item), escalations_opened=state.escalations_opened + 1)


def evolve_acknowledged(state: Pairing, event: EscalationAcknowledged) -> Pairing:
    """The item stays open, with somebody at it."""
    items = tuple(
        item.model_copy(update={"acknowledged": True}) if item.id == event.id else item for item in state.escalations
    )
    return replace(state, escalations=items)


def evolve_closed(state: Pairing, event: EscalationClosed) -> Pairing:
    """The item is gone."""
    return replace(state, escalations=tuple(item for item in state.escalations if item.id != event.id))


def _open_item(state: Pairing, command: AcknowledgeEscalation | CloseEscalation) -> Escalation:
    only(command.by, Role.COORDINATOR, Role.SPONSOR)
    for item in state.escalations:
        if item.id == command.id:
            if command.by.role is Role.SPONSOR and item.to is not Role.SPONSOR:
                raise Rejected("role", "this item is for the coordinator")
            return item
    theirs = [item.id for item in state.escalations if command.by.role is Role.COORDINATOR or item.to is Role.SPONSOR]
    raise Rejected("unknown", f"there is no open item '{command.id}'; open items: {', '.join(theirs) or 'none'}")
