"""What a cohort tells its pairings: the order stands in its state until every pairing has heard of it.

An order is given by an event, carried out by the engine in batches, and reported back. Each pairing gets it as a
command of its own, under a key that any repetition makes again: what is interrupted is done once more and happens once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal, assert_never

from pydantic import Field

from domain.cohort.shorter_plan import plan_of
from domain.cohort.state import Cohort, EngineReport, Order, OrderKind, Refusal
from domain.decider import Actor, Event, Rejected, Role
from domain.pairing.amending import AmendDesign
from domain.pairing.closing import CloseEarly
from domain.pairing.decider import PairingCommand
from domain.pairing.state import CloseReason
from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort
from domain.permissions import only
from domain.program import ProgramDesign

THE_COHORT = Actor(role=Role.SERVICE, id="cohort")
"""Who commands a pairing in its cohort's name."""


class OrderCarriedOut(Event):
    """Every pairing that was launched has been told. `refusals` did not obey: each is an item for the coordinator."""

    type: Literal["OrderCarriedOut"] = "OrderCarriedOut"
    order: int
    kind: OrderKind
    obeyed: int
    refusals: tuple[Refusal, ...] = ()


class RecordOrder(EngineReport):
    """The engine reports that the pairings have been told. Only the engine sends this."""

    order: int
    obeyed: int = Field(ge=0)
    refusals: tuple[Refusal, ...] = ()


def record_order(state: Cohort, command: RecordOrder, at: datetime) -> tuple[OrderCarriedOut, ...]:
    """Remember that it is done, once."""
    only(command.by, Role.SERVICE)
    order = next((order for order in state.orders if order.number == command.order), None)
    if order is None:
        raise Rejected("duplicate", f"order {command.order} is not waiting to be carried out")
    done = OrderCarriedOut(at=at, order=order.number, kind=order.kind, obeyed=command.obeyed, refusals=command.refusals)
    return (done,)


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
    for pairing in state.launched:
        command = command_for(state, order, pairing)
        groups.setdefault(command.model_dump_json(), (command, []))[1].append(pairing)
    return tuple((command, tuple(pairings)) for command, pairings in groups.values())


def command_for(state: Cohort, order: Order, pairing: str) -> PairingCommand:
    """What the order means to this pairing: an amended design is shortened for one that began later."""
    planned = next((planned for planned in state.proposed if planned.pairing == pairing), None)
    if order.design is None or planned is None:
        return pairing_command(order)
    return pairing_command(order.model_copy(update={"design": plan_of(state, planned, order.design)}))


def ordered(state: Cohort, kind: OrderKind, at: datetime, design: ProgramDesign | None = None) -> Cohort:
    """One more order, for a cohort that has or may have pairings."""
    if state.approved_at is None:
        return state
    number = state.orders_given + 1
    order = Order(number=number, kind=kind, at=at, design=design)
    return replace(state, orders=(*state.orders, order), orders_given=number)


def behind(state: Cohort) -> frozenset[str]:
    """Pairings before which an earlier order lies: the next one must come after it."""
    return frozenset(refusal.pairing for refusal in state.refusals if refusal.waits)


def evolve_carried_out(state: Cohort, event: OrderCarriedOut) -> Cohort:
    """A pairing's later answer takes the place of its earlier one; who gave any has done what lay before it."""
    answered = {refusal.pairing for refusal in event.refusals}
    earlier = tuple(
        known
        for known in state.refusals
        if known.pairing not in answered and known.kind is not event.kind and not known.waits
    )
    orders = tuple(order for order in state.orders if order.number != event.order)
    return replace(state, orders=orders, refusals=(*earlier, *event.refusals))
