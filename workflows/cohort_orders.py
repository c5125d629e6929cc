"""What a cohort has its pairings told: an order in batches, each one activity."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ordering import OrderRequest
    from domain.cohort.orders import behind, tellings
    from domain.cohort.state import Cohort, Order
    from domain.pairing.decider import PairingCommand
    from workflows.commands import update_name
    from workflows.contract import ORDERS

BATCH = 50
"""Pairings told by one activity."""


def order_requests(state: Cohort, order: Order) -> Iterator[OrderRequest]:
    """The order to everybody whom it is for, batch by batch."""
    silent = behind(state)
    for command, pairings in tellings(state, order):
        for start in range(0, len(pairings), BATCH):
            yield order_request(state.id, order, command, pairings[start : start + BATCH], silent)


def order_request(
    cohort: str, order: Order, command: PairingCommand, pairings: tuple[str, ...], silent: Collection[str] = ()
) -> OrderRequest:
    """The order to these pairings of a cohort; `silent` of them gave no answer to an earlier one."""
    return OrderRequest(
        cohort=cohort,
        kind=order.kind,
        at=order.at,
        update=update_name(type(command)),
        signal=ORDERS[type(command)],
        command=command.model_dump(mode="json"),
        pairings=pairings,
        behind=tuple(pairing for pairing in pairings if pairing in silent),
        again=bool(order.again),
    )
