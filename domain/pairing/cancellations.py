"""The ledger of cancellations: only the executive's count, and nobody asks the junior to chase.

A cancellation from the mentee's side counts when it came at short notice, or when nothing was booked instead in time.
Two in a row are answered privately, with a quick way to book again; the third is the coordinator's and the sponsor's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from domain.decider import Clock, Role
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, clock, fired_at, instance_of
from domain.pairing.copying import replace
from domain.pairing.escalation import EscalationOpened
from domain.pairing.state import EscalationKind, Pairing, Side


class CancellationCounted(FiredEvent):
    """The mentee's side has cancelled once more in a way that counts. `in_a_row` begins again with a meeting held."""

    type: Literal["CancellationCounted"] = "CancellationCounted"
    number: int
    in_a_row: int
    because: Literal["short_notice", "not_rebooked"]
    asks_to_rebook: bool


Ledger: TypeAlias = tuple[CancellationCounted | EscalationOpened, ...]


def is_short(state: Pairing, notice: timedelta) -> bool:
    """Whether a cancellation so long before the meeting counts at once."""
    return notice < state.design.cancellations.short_notice


def rebooking_clock(
    state: Pairing, side: Side | None, number: int, notice: timedelta, at: datetime
) -> tuple[Clock, ...]:
    """Runs after a cancellation in good time by the mentee's side, until something is booked instead."""
    if side is not Side.MENTEE or is_short(state, notice):
        return ()
    return (clock(ClockKind.BOOKING_REBOOK, at + state.design.cancellations.rebook_within, number),)


def cancelled_at_short_notice(state: Pairing, number: int, at: datetime) -> Ledger:
    """What follows at once; `state` already lacks the meeting."""
    return _counted(state, number, "short_notice", at, due=at, late=False)


def not_rebooked(state: Pairing, command: FireClock, now: datetime) -> Ledger:
    """Nothing was booked instead in time."""
    at, late = fired_at(state, command, now)
    number = instance_of(command.clock)
    return _counted(state, number, "not_rebooked", at, due=command.due, late=late, stops=(command.clock,))


def evolve_counted(state: Pairing, event: CancellationCounted) -> Pairing:
    """One more in a row."""
    return replace(state, cancelled_in_a_row=event.in_a_row)


def _counted(
    state: Pairing,
    number: int,
    because: Literal["short_notice", "not_rebooked"],
    at: datetime,
    *,
    due: datetime,
    late: bool,
    stops: tuple[str, ...] = (),
) -> Ledger:
    policy, in_a_row = state.design.cancellations, state.cancelled_in_a_row + 1
    counted = CancellationCounted(
        at=at,
        due=due,
        late=late,
        number=number,
        in_a_row=in_a_row,
        because=because,
        asks_to_rebook=in_a_row >= policy.nudge_at,
        stops=stops,
    )
    if in_a_row < policy.escalate_at or any(item.kind is EscalationKind.CANCELLATIONS for item in state.escalations):
        return (counted,)
    return (
        counted,
        *(_item(state, to, offset, counted) for offset, to in enumerate((Role.COORDINATOR, Role.SPONSOR), 1)),
    )


def _item(state: Pairing, to: Role, offset: int, because: CancellationCounted) -> EscalationOpened:
    return EscalationOpened(
        at=because.at,
        due=because.due,
        late=because.late,
        id=f"{EscalationKind.CANCELLATIONS.value}-{state.escalations_opened + offset}",
        kind=EscalationKind.CANCELLATIONS,
        to=to,
    )
