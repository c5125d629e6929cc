"""The batches in which a cohort's pairings are told: everybody once, and who is behind in their own way."""

from __future__ import annotations

import pytest

from domain.cohort.orders import pairing_command
from domain.cohort.state import OrderKind, Refusal
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from workflows.cohort_orders import BATCH, order_requests

from .given import COORDINATOR, day, running

SILENT = Refusal(pairing="m2-e2", kind=OrderKind.SUSPEND, at=day(14), reason="no answer", waits=True, order=1)


@pytest.mark.parametrize("pairs", [1, BATCH, BATCH + 1, 2 * BATCH + 1])
def test_everybody_is_told_once_in_batches(pairs: int) -> None:
    state = running(pairs).when(SuspendCohort, COORDINATOR, reason="a works council").state

    requests = list(order_requests(state, state.orders[0]))

    assert tuple(pairing for request in requests for pairing in request.pairings) == state.launched
    assert all(1 <= len(request.pairings) <= BATCH for request in requests)
    command = pairing_command(state.orders[0]).model_dump(mode="json")
    assert {(request.update, request.signal) for request in requests} == {("suspend_with_cohort", "cohort_suspended")}
    assert all(request.command == command and request.cohort == state.id for request in requests)
    assert all((request.behind, request.again) == ((), False) for request in requests)


def test_who_is_behind_is_asked_again_without_another_signal_and_gets_the_next_order_behind_it() -> None:
    story = running(3).when(SuspendCohort, COORDINATOR, on=16, reason="a works council").told(2, SILENT)
    story.when(ResumeCohort, COORDINATOR, on=16.5)

    (once_more,), (following,) = (order_requests(story.state, order) for order in story.state.orders)

    assert (once_more.pairings, once_more.behind, once_more.again) == (("m2-e2",), ("m2-e2",), True)
    assert (following.pairings, following.behind, following.again) == (story.state.launched, ("m2-e2",), False)
