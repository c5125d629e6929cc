"""Orders: what a cohort tells its pairings stands in its state until they have heard, once and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cohort.amendment import AmendProgram
from domain.cohort.closing import AbandonCohort, CancelCohort
from domain.cohort.decider import notices
from domain.cohort.orders import (
    REFUSALS_AT_ONCE,
    OrderCarriedOut,
    OrdersGivenAgain,
    RecordOrder,
    behind,
    pairing_command,
    reported_as_ever,
    reports,
    tellings,
)
from domain.cohort.state import CohortStage, Order, OrderKind, Refusal
from domain.cohort.status import cohort_status
from domain.cohort.story import tell
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.pairing.decider import decide, evolve
from tests.unit.pairing.given import in_meetings, with_a_meeting

from .given import APPROVER, COORDINATOR, ENGINE, Story, an, day, design, running

STUBBORN = Refusal(pairing="m2-e2", kind=OrderKind.SUSPEND, at=day(14), reason="it would rewrite the past", order=1)
SILENT = STUBBORN.model_copy(update={"reason": "it gave no answer", "waits": True})


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


@given(st.sampled_from([0, 1, REFUSALS_AT_ONCE, REFUSALS_AT_ONCE + 1, 3 * REFUSALS_AT_ONCE]), st.integers(0, 2))
def test_no_report_holds_more_than_one_command_may_store(refused: int, again: int) -> None:
    refusals = [STUBBORN.model_copy(update={"pairing": f"m{number}-e{number}"}) for number in range(refused)]
    order = Order(number=1, kind=OrderKind.SUSPEND, at=day(14), again=again)

    found = list(reports(ENGINE, order, 5, refusals, asks_again=True))

    assert [one for report in found for one in report.refusals] == refusals, "each of them once, in their order"
    assert all(len(report.refusals) <= REFUSALS_AT_ONCE for report in found)
    assert [report.more for report in found] == [True] * (len(found) - 1) + [False]
    assert sum(report.obeyed for report in found) == 5
    assert len({report.key for report in found}) == len(found), "each is a command of its own"
    as_ever = reported_as_ever(running().state, order, refusals)
    assert as_ever == (not again and refused <= REFUSALS_AT_ONCE)


def test_who_did_not_obey_stays_visible_until_told_something_that_is_done() -> None:
    story = running().when(SuspendCohort, COORDINATOR, reason="a works council").told(1, STUBBORN)
    assert story.state.refusals == (STUBBORN,)

    story.when(ResumeCohort, COORDINATOR).told(2)
    assert story.state.refusals == (STUBBORN,), "of the other kind"

    again = STUBBORN.model_copy(update={"reason": "another", "order": 3})
    story.when(SuspendCohort, COORDINATOR, reason="a works council").told(1, again)
    assert story.state.refusals == (again,)


def suspended_in_silence() -> Story:
    """Suspended on day 16, and one of two pairings gives no answer."""
    return running().when(SuspendCohort, COORDINATOR, on=16, reason="a works council").told(1, SILENT)


def test_who_gave_no_answer_is_an_item_and_behind() -> None:
    story = suspended_in_silence()
    assert behind(story.state) == {"m2-e2"}
    (report,) = story.latest
    assert tell(report) == "The order to suspend was carried out by 1 pairing; 1 gave no answer yet."
    assert [item.kind for item in cohort_status(story.state).items] == ["order_unanswered"]
    assert [notice.to for notice in notices(story.state, report)] == ["role:coordinator"]


def test_who_gave_no_answer_is_asked_again_every_day_though_the_cohort_is_suspended() -> None:
    story = suspended_in_silence()
    assert story.clocks == {"order.again": 17}

    story.rings().then(an(OrdersGivenAgain, at=day(17), due=day(17), late=False))
    ((command, pairings),) = tellings(story.state, story.state.orders[0])
    assert (command.key, pairings) == ("cohort-order:1", ("m2-e2",)), "the same command, and only to who was silent"

    story.told(0, SILENT)
    assert story.clocks == {"order.again": 18}
    assert notices(story.state, story.latest[0]) == (), "nobody is told every day"
    assert len(cohort_status(story.state).items) == 1

    story.rings().told(1)
    assert (story.clocks, story.state.refusals, story.state.unanswered) == ({}, (), ())
    assert cohort_status(story.state).items == ()


def test_what_was_not_answered_is_told_before_the_next_order_and_in_their_order() -> None:
    story = suspended_in_silence().when(ResumeCohort, COORDINATOR, on=16.5)
    assert [(order.number, order.again) for order in story.state.orders] == [(1, 1), (2, 0)]

    later = SILENT.model_copy(update={"kind": OrderKind.RESUME, "order": 2})
    story.told(0, SILENT).told(1, later)
    assert len(cohort_status(story.state).items) == 1, "of one pairing"
    assert (story.clocks["order.again"], story.clocks["review:1"]) == (17.5, 21.5)

    story.rings().told(1)
    assert behind(story.state) == {"m2-e2"}, "the second one lies before it still"
    story.told(1)
    assert (behind(story.state), story.state.unanswered) == (frozenset(), ())
    assert "order.again" not in story.clocks


def test_a_suspension_does_not_keep_a_silent_pairing_from_being_asked_again() -> None:
    silent = SILENT.model_copy(update={"kind": OrderKind.AMEND})
    story = running().when(AmendProgram, COORDINATOR, on=15, design=design(version=2)).told(1, silent)
    assert story.clocks["order.again"] == 16

    story.when(SuspendCohort, COORDINATOR, on=15.5, reason="a works council")
    assert story.clocks == {"order.again": 16}, "the others wait"
    story.when(ResumeCohort, COORDINATOR, on=15.75)
    assert [clock.name for clock in story.state.clocks] == ["order.again", "review:1"], "each once"


def test_what_waits_to_be_told_again_is_not_told_twice_when_a_day_has_passed_meanwhile() -> None:
    story = suspended_in_silence().when(ResumeCohort, COORDINATOR, on=16.5).rings()
    assert [event.type for event in story.latest] == ["OrdersGivenAgain"]
    assert [(order.number, order.again) for order in story.state.orders] == [(1, 1), (2, 0)]


def test_whoever_answers_a_later_order_has_done_the_earlier_ones() -> None:
    story = suspended_in_silence().when(ResumeCohort, COORDINATOR).told(0, SILENT).told(2)
    assert (behind(story.state), story.state.refusals, story.state.unanswered) == (frozenset(), (), ())
    assert "order.again" not in story.clocks


def test_a_refusal_that_comes_late_is_one_like_any_other() -> None:
    story = suspended_in_silence().rings().told(0, STUBBORN)
    assert (story.state.refusals, story.clocks) == ((STUBBORN,), {})
    assert [item.kind for item in cohort_status(story.state).items] == ["order_refused"]
    assert [notice.to for notice in notices(story.state, story.latest[0])] == ["role:coordinator"]


def test_nobody_asks_again_for_an_abandoned_cohort() -> None:
    story = suspended_in_silence().when(AbandonCohort, ENGINE, reason="cancelled from outside")
    assert (story.state.orders, story.state.unanswered, behind(story.state)) == ((), (), frozenset())
    assert set(story.clocks) == {"archive"}


def test_a_cancelled_cohort_asks_until_it_is_archived() -> None:
    unheard = SILENT.model_copy(update={"kind": OrderKind.CLOSE})
    story = running().when(CancelCohort, APPROVER, on=16, reason="no budget").told(1, unheard)
    while story.stage is not CohortStage.ARCHIVED:
        assert set(story.clocks) == {"archive", "order.again"}
        story.rings()
        if story.state.orders:
            story.told(0, unheard)
    assert (story.clocks, story.state.orders) == ({}, ())
    assert cohort_status(story.state).items == (), "nobody can do anything about it any more"


def test_an_earlier_history_asks_nobody_again() -> None:
    story = running().when(SuspendCohort, COORDINATOR, reason="a works council")
    story.when(RecordOrder, ENGINE, order=1, obeyed=1, refusals=(SILENT,))
    assert (story.clocks, story.state.unanswered, behind(story.state)) == ({}, (), {"m2-e2"})
    story.when(ResumeCohort, COORDINATOR)
    assert [order.number for order in story.state.orders] == [2]


def test_the_orders_design_is_the_one_of_its_day() -> None:
    plan = design(version=2)
    order = Order(number=1, kind=OrderKind.AMEND, at=running().now, design=plan)
    assert Order.model_validate_json(order.model_dump_json()) == order
