"""Orders: what a cohort tells its pairings stands in its state until they have heard, once and in order."""

from __future__ import annotations

import pytest

from domain.cohort.orders import OrderCarriedOut, RecordOrder, behind, pairing_command, tellings
from domain.cohort.state import Order, OrderKind, Refusal
from domain.cohort.status import cohort_status
from domain.cohort.story import tell
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.pairing.decider import decide, evolve
from tests.unit.pairing.given import in_meetings, with_a_meeting

from .given import APPROVER, COORDINATOR, ENGINE, an, day, design, running

STUBBORN = Refusal(pairing="m2-e2", kind=OrderKind.SUSPEND, at=day(14), reason="it would rewrite the past")


def test_an_order_goes_to_every_pairing_that_was_launched() -> None:
    state = running(3).when(SuspendCohort, COORDINATOR, reason="a works council").state

    ((command, pairings),) = tellings(state, state.orders[0])

    assert pairings == state.launched
    assert command == pairing_command(state.orders[0])


@pytest.mark.parametrize("kind", OrderKind)
def test_a_pairing_obeys_an_order_once(kind: OrderKind) -> None:
    story = with_a_meeting(starts=20) if kind is not OrderKind.RESUME else in_meetings()
    state = story.state
    if kind is OrderKind.RESUME:
        suspending = Order(number=1, kind=OrderKind.SUSPEND, at=story.now)
        for event in decide(state, pairing_command(suspending), story.now):
            state = evolve(state, event)
    plan = state.design.model_copy(update={"version": 2}) if kind is OrderKind.AMEND else None
    command = pairing_command(Order(number=2, kind=kind, at=story.now, design=plan))

    events = decide(state, command, story.now)

    assert events
    assert command == pairing_command(Order(number=2, kind=kind, at=story.now, design=plan)), "the same in a repetition"


def test_an_amendment_without_its_design_is_a_defect() -> None:
    with pytest.raises(ValueError, match="carries its design"):
        pairing_command(Order(number=1, kind=OrderKind.AMEND, at=running().now))


def test_a_report_counts_once() -> None:
    story = running().when(SuspendCohort, COORDINATOR, reason="a works council").told(2)

    story.then(an(OrderCarriedOut, order=1, kind=OrderKind.SUSPEND, obeyed=2, refusals=()))
    story.refuses(RecordOrder, ENGINE, code="duplicate", order=1, obeyed=2)
    story.refuses(RecordOrder, ENGINE, code="duplicate", order=2, obeyed=2)
    story.refuses(RecordOrder, APPROVER, code="role", order=1, obeyed=2)


def test_who_did_not_obey_stays_visible_until_told_something_that_is_done() -> None:
    story = running().when(SuspendCohort, COORDINATOR, reason="a works council").told(1, STUBBORN)
    assert story.state.refusals == (STUBBORN,)

    story.when(ResumeCohort, COORDINATOR).told(2)
    assert story.state.refusals == (STUBBORN,), "of the other kind"

    again = STUBBORN.model_copy(update={"reason": "another"})
    story.when(SuspendCohort, COORDINATOR, reason="a works council").told(1, again)
    assert story.state.refusals == (again,)


def test_who_gave_no_answer_is_behind_until_it_gives_one() -> None:
    silent = STUBBORN.model_copy(update={"waits": True})
    story = running().when(SuspendCohort, COORDINATOR, reason="a works council").told(1, silent)
    assert behind(story.state) == {"m2-e2"}
    (report,) = story.latest
    assert tell(report) == "The order to suspend was carried out by 1 pairing; 1 gave no answer and will find it."
    assert [item.kind for item in cohort_status(story.state).items] == ["order_unanswered"]

    later = silent.model_copy(update={"kind": OrderKind.RESUME})
    story.when(ResumeCohort, COORDINATOR).told(1, later)
    assert story.state.refusals == (later,), "one item, for the latest"

    story.when(SuspendCohort, COORDINATOR, reason="a works council").told(2)
    assert (behind(story.state), story.state.refusals) == (frozenset(), ()), "an answer to whatever order"


def test_the_orders_design_is_the_one_of_its_day() -> None:
    plan = design(version=2)
    order = Order(number=1, kind=OrderKind.AMEND, at=running().now, design=plan)
    assert Order.model_validate_json(order.model_dump_json()) == order
