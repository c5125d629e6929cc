"""OFFERED: both people are asked; both accept, one declines, or the offer expires."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.decider import Clock, Command, Event, Rejected
from domain.pairing.clocks import ClockKind, FireClock, FiredEvent, clock, fired_at, running
from domain.pairing.copying import replace
from domain.pairing.escalation import ReminderDue, remind
from domain.pairing.permissions import during, own_side
from domain.pairing.rematch import RematchRequested, after_refusal
from domain.pairing.state import SIDES, Pairing, Side, Stage, in_stage
from domain.pairing.training import TrainingAssigned, assign_training


class PairingOffered(FiredEvent):
    """Both people have been asked. The answer is due when `offer.expire` is."""

    type: Literal["PairingOffered"] = "PairingOffered"


class OfferAccepted(Event):
    """One side accepted. `activates` is true on the second acceptance: the program's clocks start."""

    type: Literal["OfferAccepted"] = "OfferAccepted"
    side: Side
    activates: bool


class OfferDeclined(Event):
    """One side declined; the pairing ends."""

    type: Literal["OfferDeclined"] = "OfferDeclined"
    side: Side


class OfferExpired(FiredEvent):
    """Somebody did not answer in time."""

    type: Literal["OfferExpired"] = "OfferExpired"
    unanswered: tuple[Side, ...]


class AcceptOffer(Command):
    """The mentor or the mentee accepts the proposed pairing."""


class DeclineOffer(Command):
    """The mentor or the mentee declines. No reason has to be given."""


def send(state: Pairing, command: FireClock, now: datetime) -> tuple[PairingOffered, ...]:
    """The start has come: ask both."""
    at, late = fired_at(state, command, now)
    starts = answer_clocks(state, at)
    return (PairingOffered(at=at, due=command.due, late=late, starts=starts, stops=(command.clock,)),)


def accept(state: Pairing, command: AcceptOffer, at: datetime) -> tuple[OfferAccepted | TrainingAssigned, ...]:
    """One side says yes; the second yes activates the pairing and assigns the training."""
    side = _answering(state, command)
    if state.accepted == ():
        return (OfferAccepted(at=at, side=side, activates=False),)
    stops = running(state, ClockKind.OFFER_REMIND, ClockKind.OFFER_EXPIRE)
    activation = OfferAccepted(at=at, side=side, activates=True, starts=_program_clocks(state, at), stops=stops)
    return (activation, assign_training(state.design, at))


def decline(state: Pairing, command: DeclineOffer, at: datetime) -> tuple[OfferDeclined | RematchRequested, ...]:
    """One side says no: the pairing ends here, and the other side gets another chance."""
    side = _answering(state, command)
    return (OfferDeclined(at=at, side=side), *after_refusal(state, (side,), "declined", at))


def remind_to_answer(state: Pairing, command: FireClock, now: datetime) -> tuple[ReminderDue, ...]:
    """Remind whoever has not answered."""
    return remind(state, command, now, to=tuple(side.value for side in _unanswered(state)))


def expire(state: Pairing, command: FireClock, now: datetime) -> tuple[OfferExpired | RematchRequested, ...]:
    """Nobody answers for ever: the offer ends, and who had accepted gets another chance."""
    at, late = fired_at(state, command, now)
    silent = _unanswered(state)
    expired = OfferExpired(at=at, due=command.due, late=late, unanswered=silent, stops=(command.clock,))
    return (expired, *after_refusal(state, silent, "expired", at))


def evolve_offered(state: Pairing, event: PairingOffered) -> Pairing:
    """OFFERED from now on."""
    return replace(in_stage(state, Stage.OFFERED, event.at), offered_at=event.at)


def evolve_accepted(state: Pairing, event: OfferAccepted) -> Pairing:
    """Remember who said yes, and when both had."""
    activated_at = event.at if event.activates else None
    accepted = (*state.accepted, event.side)
    return replace(state, accepted=accepted, activated_at=activated_at, quiet_since=activated_at)


def answer_clocks(state: Pairing, at: datetime) -> tuple[Clock, ...]:
    """How long an offer made at `at` waits for its answers."""
    policy = state.design.offer
    return (
        clock(ClockKind.OFFER_REMIND, at + policy.remind_after),
        clock(ClockKind.OFFER_EXPIRE, at + policy.expire_after),
    )


def _answering(state: Pairing, command: AcceptOffer | DeclineOffer) -> Side:
    side = own_side(state, command.by)
    during(state, Stage.OFFERED)
    if side in state.accepted:
        raise Rejected("duplicate", f"the {side.value} has accepted already")
    return side


def _unanswered(state: Pairing) -> tuple[Side, ...]:
    return tuple(side for side in SIDES if side not in state.accepted)


def _program_clocks(state: Pairing, at: datetime) -> tuple[Clock, ...]:
    """What runs from the day on which both accepted: health, checkpoints, the end evaluation."""
    health = state.design.health
    checkpoints = tuple(
        clock(ClockKind.CHECKPOINT_OPEN, at + after, number)
        for number, after in enumerate(state.design.checkpoints.after, start=1)
    )
    return (
        clock(ClockKind.HEALTH_AMBER, at + health.amber_after),
        clock(ClockKind.HEALTH_RED, at + health.red_after),
        clock(ClockKind.SILENCE_PROPOSE, at + health.propose_closing_after),
        *checkpoints,
        clock(ClockKind.EVALUATION_OPEN, at + state.design.meetings.over),
    )
