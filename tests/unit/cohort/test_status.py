"""How a cohort stands for the people who look after several: counts, and one item for each thing to do."""

from __future__ import annotations

from domain.attention import attention
from domain.cohort.rematch import ApproveRematches
from domain.cohort.state import CohortStage, Funnel, OrderKind, Refusal
from domain.cohort.status import CohortItem, cohort_status
from domain.cohort.suspending import SuspendCohort
from domain.cohort.waiting import JoinLate
from domain.decider import Role

from .given import APPROVER, COORDINATOR, Story, day, planned, running, suspended

PARTICIPANT = {"id": "late", "role": "mentee"}


def items(story: Story) -> list[tuple[str, Role]]:
    return [(item.kind, item.to) for item in cohort_status(story.state).items]


def test_a_re_match_waits_for_the_approver_until_it_is_published() -> None:
    story = running(3).ends(1, "e1").ends(2, "m2").rematched(planned(2, 1))
    status = cohort_status(story.state)

    assert (status.waiting, status.rematches, status.waiting_for) == (2, 1, (Role.APPROVER,))
    assert items(story) == [("approve_rematch", Role.APPROVER)]
    (found,) = attention([status], [], day(30))
    assert (found.kind, found.pairing, found.since) == ("approve_rematch", "m2-e1", day(28))

    story.when(ApproveRematches, APPROVER)
    assert (items(story), cohort_status(story.state).waiting) == ([], 0)


def test_who_waits_too_long_and_who_did_not_obey_are_the_coordinators() -> None:
    story = running(2).ends(1, "e1").reviewed().rings()
    refusal = Refusal(pairing="m2-e2", kind=OrderKind.SUSPEND, at=story.now, reason="it would not")
    story.when(SuspendCohort, COORDINATOR, reason="a works council")
    assert cohort_status(story.state).telling == 1
    story.told(1, refusal)

    assert items(story) == [("rematch_overdue", Role.COORDINATOR), ("order_refused", Role.COORDINATOR)]
    assert cohort_status(story.state).items[0] == CohortItem(
        id="rematch_overdue-1", kind="rematch_overdue", to=Role.COORDINATOR, since=day(35), pairing="m1-e1"
    )


def test_when_the_figures_are_taken_nobody_has_to_look_for_a_partner_any_more() -> None:
    story = running(2).ends(1, "e1").reviewed().rings()
    assert items(story) == [("rematch_overdue", Role.COORDINATOR)]

    story.asleep_until(150).reviewed(Funnel(launched=2, completed=2))
    assert (story.stage, items(story)) == (CohortStage.EVALUATING, [])


def test_who_waits_for_the_next_cohort_is_counted_apart() -> None:
    story = running().when(JoinLate, COORDINATOR, on=100, participants=[PARTICIPANT])
    assert (cohort_status(story.state).waiting, cohort_status(story.state).for_next_cohort) == (0, 1)


def test_a_suspended_cohort_says_so() -> None:
    status = cohort_status(suspended().state)
    assert (status.stage, status.items, status.telling) == (CohortStage.SUSPENDED, (), 0)
    assert attention([status], [], day(30)) == ()
