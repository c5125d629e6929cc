"""What a cohort tells its pairings: the order stands in its state until every pairing has heard of it.

An order is given by an event, carried out by the engine in batches, and reported back. Each pairing gets it as a
command of its own, under a key that any repetition makes again: what is interrupted is done once more and happens once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, assert_never

from pydantic import Field

from domain.cohort.shorter_plan import plan_of
from domain.cohort.state import (
    Cohort,
    CohortClock,
    EngineReport,
    FireCohortClock,
    Order,
    OrderKind,
    PlannedPairing,
    Refusal,
)
from domain.decider import Actor, Clock, Event, Rejected, Role
from domain.lateness import fired
from domain.pairing.amending import AmendDesign
from domain.pairing.closing import CloseEarly
from domain.pairing.decider import PairingCommand
from domain.pairing.state import CloseReason
from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort
from domain.permissions import only
from domain.program import ProgramDesign, days

THE_COHORT = Actor(role=Role.SERVICE, id="cohort")
"""Who commands a pairing in its cohort's name."""


ASKED_AGAIN_AFTER = days(1)
"""Who gave no answer to an order gets it again then (own), and before any further one."""


REFUSALS_AT_ONCE = 1000
"""Refusals in one report: a few hundred bytes each, of the million that one command may store."""


class OrderCarriedOut(Event):
    """Every pairing that was launched has been told. `refusals` did not obey: each is an item for the coordinator.

    `again`: only those were told that had given no answer, for the n-th time. `more`: further refusals follow, and the
    order is carried out with the last of them.
    """

    type: Literal["OrderCarriedOut"] = "OrderCarriedOut"
    order: int
    kind: OrderKind
    obeyed: int
    refusals: tuple[Refusal, ...] = ()
    again: int = 0
    more: bool = False


class OrdersGivenAgain(Event):
    """Who gave no answer to an order is asked again, by the same command: whoever did it meanwhile says so."""

    type: Literal["OrdersGivenAgain"] = "OrdersGivenAgain"
    due: datetime
    late: bool


class RecordOrder(EngineReport):
    """The engine reports that the pairings have been told. Only the engine sends this.

    `asks_again`: it will ask those again that gave no answer, which it did not in earlier histories. `more`: further
    refusals follow; a cohort of thousands may have more of them than one command can store.
    """

    order: int
    obeyed: int = Field(ge=0)
    refusals: tuple[Refusal, ...] = ()
    asks_again: bool = False
    more: bool = False


def reports(
    by: Actor, order: Order, obeyed: int, refusals: Sequence[Refusal], *, asks_again: bool
) -> Iterator[RecordOrder]:
    """That the order is carried out; in parts, where one command could not store that many refusals."""
    key = f"order:{order.number}" + (f":{order.again}" if order.again else "")
    while asks_again and len(refusals) > REFUSALS_AT_ONCE:
        part, refusals = tuple(refusals[:REFUSALS_AT_ONCE]), refusals[REFUSALS_AT_ONCE:]
        part_key = f"{key}:before-{part[-1].pairing}"
        yield RecordOrder(by=by, key=part_key, order=order.number, obeyed=0, refusals=part, more=True)
    yield RecordOrder(
        by=by, key=key, order=order.number, obeyed=obeyed, refusals=tuple(refusals), asks_again=asks_again
    )


def reported_as_ever(state: Cohort, order: Order, refusals: Sequence[Refusal]) -> bool:
    """Whether every pairing has answered, and one report holds all: as orders were before anybody was asked again."""
    silent = state.unanswered or order.again or any(refusal.waits for refusal in refusals)
    return not silent and len(refusals) <= REFUSALS_AT_ONCE


def record_order(state: Cohort, command: RecordOrder, at: datetime) -> tuple[OrderCarriedOut, ...]:
    """Remember that it is done, once."""
    only(command.by, Role.SERVICE)
    order = next((order for order in state.orders if order.number == command.order), None)
    if order is None:
        raise Rejected("duplicate", f"order {command.order} is not waiting to be carried out")
    done = OrderCarriedOut(
        at=at,
        order=order.number,
        kind=order.kind,
        obeyed=command.obeyed,
        refusals=command.refusals,
        again=order.again,
        more=command.more,
    )
    if command.more or not command.asks_again:
        return (done,)
    if any(refusal.waits for refusal in _refusals_after(state, done)):
        following = Clock(name=CohortClock.ORDER_AGAIN.value, due=at + ASKED_AGAIN_AFTER)
        return (done.model_copy(update={"starts": (following,)}),)
    running = tuple(clock.name for clock in state.clocks if clock.name == CohortClock.ORDER_AGAIN)
    return (done.model_copy(update={"stops": running}),)


def give_again(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[OrdersGivenAgain, ...]:
    """A day has passed."""
    at, late = fired(command.due, now, state.design, state.as_of)
    return (OrdersGivenAgain(at=at, due=command.due, late=late, stops=(command.clock,)),)


def pairing_command(order: Order) -> PairingCommand:
    """What the order means to one pairing. It took effect when the cohort decided it."""
    key = f"cohort-order:{order.number}"
    match order.kind:
        case OrderKind.SUSPEND:
            return SuspendWithCohort(by=THE_COHORT, key=key, at=order.at)
        case OrderKind.RESUME:
            return ResumeWithCohort(by=THE_COHORT, key=key, at=order.at)
        case OrderKind.AMEND:
            if order.design is None:
                raise ValueError("an order to amend carries its design")
            return AmendDesign(by=THE_COHORT, key=key, at=order.at, design=order.design)
        case OrderKind.CLOSE:
            return CloseEarly(by=THE_COHORT, key=key, at=order.at, reason=CloseReason.COHORT_CANCELLED)
        case _:
            assert_never(order.kind)


def tellings(state: Cohort, order: Order) -> tuple[tuple[PairingCommand, tuple[str, ...]], ...]:
    """Each command that the order means, with the launched pairings that get it."""
    groups: dict[str, tuple[PairingCommand, list[str]]] = {}
    told = _told(state, order.number, order.again)
    plans = {planned.pairing: planned for planned in state.proposed}
    for pairing in state.launched:
        if pairing not in told:
            continue
        command = _command_for(state, order, plans.get(pairing))
        groups.setdefault(command.model_dump_json(), (command, []))[1].append(pairing)
    return tuple((command, tuple(pairings)) for command, pairings in groups.values())


def command_for(state: Cohort, order: Order, pairing: str) -> PairingCommand:
    """What the order means to this pairing: an amended design is shortened for one that began later."""
    return _command_for(state, order, next((plan for plan in state.proposed if plan.pairing == pairing), None))


def _command_for(state: Cohort, order: Order, planned: PlannedPairing | None) -> PairingCommand:
    if order.design is None or planned is None:
        return pairing_command(order)
    return pairing_command(order.model_copy(update={"design": plan_of(state, planned, order.design)}))


def ordered(state: Cohort, kind: OrderKind, at: datetime, design: ProgramDesign | None = None) -> Cohort:
    """One more order, for a cohort that has or may have pairings; what some have not answered comes before it."""
    if state.approved_at is None:
        return state
    number = state.orders_given + 1
    order = Order(number=number, kind=kind, at=at, design=design)
    return replace(state, orders=(*state.orders, *_once_more(state), order), orders_given=number)


def not_followed(state: Cohort) -> tuple[Refusal, ...]:
    """Who did not do what was ordered, and who gave no answer: one for each pairing, from the first order on."""
    first = {(refusal.pairing, refusal.waits): refusal for refusal in reversed(state.refusals)}
    return tuple(reversed(first.values()))


def behind(state: Cohort) -> frozenset[str]:
    """Pairings before which an earlier order lies: the next one must come after it."""
    return frozenset(refusal.pairing for refusal in state.refusals if refusal.waits)


def news(event: OrderCarriedOut) -> tuple[Refusal, ...]:
    """Which of the refusals nobody knows of yet: a pairing that was silent before is none."""
    return tuple(refusal for refusal in event.refusals if not (event.again and refusal.waits))


def evolve_carried_out(state: Cohort, event: OrderCarriedOut) -> Cohort:
    """Told, and remembered to be given again where that is announced."""
    if event.more:
        return replace(state, orders=tuple(_reported(order, event) for order in state.orders))
    refusals = _refusals_after(state, event)
    waited = {refusal.order for refusal in refusals if refusal.waits}
    asks_again = any(clock.name == CohortClock.ORDER_AGAIN for clock in event.starts)
    known = {
        order.number: order.model_copy(update={"reported": ()})
        for order in (*state.unanswered, *state.orders)
        if order.number in waited
    }
    return replace(
        state,
        orders=tuple(order for order in state.orders if order.number != event.order),
        refusals=refusals,
        unanswered=tuple(known[number] for number in sorted(known)) if asks_again else (),
    )


def _reported(order: Order, event: OrderCarriedOut) -> Order:
    if order.number != event.order:
        return order
    return order.model_copy(update={"reported": (*order.reported, *event.refusals)})


def evolve_given_again(state: Cohort) -> Cohort:
    """Every order that some pairing has not answered, the oldest first."""
    return replace(state, orders=(*state.orders, *_once_more(state)))


def without_unanswered(state: Cohort) -> Cohort:
    """Nobody asks again."""
    return replace(state, unanswered=(), refusals=tuple(known for known in state.refusals if not known.waits))


def _once_more(state: Cohort) -> tuple[Order, ...]:
    pending = {order.number for order in state.orders}
    left = (order for order in state.unanswered if order.number not in pending)
    return tuple(order.model_copy(update={"again": order.again + 1}) for order in left)


def _told(state: Cohort, order: int, again: int) -> frozenset[str]:
    if not again:
        return frozenset(state.launched)
    return frozenset(refusal.pairing for refusal in state.refusals if refusal.waits and refusal.order == order)


def _refusals_after(state: Cohort, event: OrderCarriedOut) -> tuple[Refusal, ...]:
    """A pairing's later answer takes the place of its earlier one; who gave any has done what lay before it."""
    told = _told(state, event.order, event.again)
    before = next((order.reported for order in state.orders if order.number == event.order), ())
    refusals = (*before, *event.refusals)
    named, silent = {one.pairing for one in refusals}, {one.pairing for one in refusals if one.waits}

    def stays(known: Refusal) -> bool:
        if known.pairing not in told:
            return True
        if known.waits:
            return known.order != event.order if known.pairing in silent else known.order > event.order
        return known.pairing not in named and known.kind is not event.kind

    now = (refusal.model_copy(update={"order": event.order}) for refusal in refusals)
    return (*filter(stays, state.refusals), *now)
