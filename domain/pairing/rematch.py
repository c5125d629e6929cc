"""Who is owed another partner when a pairing ends early, and how urgently, for the cohort's waiting list."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, assert_never

from domain.decider import Event
from domain.pairing.copying import replace
from domain.pairing.state import SIDES, CloseReason, Pairing, RematchOwed, Side

FIRST = 1
"""Lost a partner to the world: to a leaver, a leave, the organisation."""

NEXT = 2
"""Was not accepted, was left, or it did not work."""


class RematchRequested(Event):
    """These sides are to get another partner; `priority` 1 comes before 2."""

    type: Literal["RematchRequested"] = "RematchRequested"
    sides: tuple[Side, ...]
    priority: int
    because: str


def after_close(state: Pairing, reason: CloseReason, at: datetime) -> tuple[RematchRequested, ...]:
    """Whoever could go on. After a silence or a confidential end a person decides; a cancelled cohort has none."""
    match reason:
        case CloseReason.LEFT_COMPANY | CloseReason.LEAVE | CloseReason.CONFLICT_OF_INTEREST:
            return _requests(state, SIDES, FIRST, reason.value, at)
        case CloseReason.EXIT:
            return _requests(state, tuple(side for side in SIDES if side is not state.leaving), NEXT, reason.value, at)
        case CloseReason.NOT_WORKING:
            return _requests(state, SIDES, NEXT, reason.value, at)
        case (
            CloseReason.SILENCE
            | CloseReason.CONFIDENTIAL
            | CloseReason.COHORT_CANCELLED
            | CloseReason.CANCELLED_BY_ADMIN
        ):
            return ()
        case _:
            assert_never(reason)


def after_refusal(
    state: Pairing, refused: tuple[Side, ...], because: str, at: datetime
) -> tuple[RematchRequested, ...]:
    """Whoever did not refuse, and did not leave the offer unanswered."""
    return _requests(state, tuple(side for side in SIDES if side not in refused), NEXT, because, at)


def evolve_requested(state: Pairing, event: RematchRequested) -> Pairing:
    """Remember whom the cohort owes a partner."""
    owed = tuple(
        RematchOwed(
            participant=state.party(side).participant,
            side=side,
            priority=event.priority,
            since=event.at,
            because=event.because,
        )
        for side in event.sides
    )
    return replace(state, owed=owed)


def _requests(
    state: Pairing, sides: tuple[Side, ...], priority: int, because: str, at: datetime
) -> tuple[RematchRequested, ...]:
    """Not for somebody who is away or has left; nothing where that is everybody."""
    gone = {side for side, leaves_at in state.leavers if leaves_at <= at} | {side for side, _ in state.on_leave}
    left = tuple(side for side in sides if side not in gone)
    return (RematchRequested(at=at, sides=left, priority=priority, because=because),) if left else ()
