"""What needs a person: everything open and nothing else, the most urgent first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pairing.given import COORDINATOR, day, in_meetings

from domain.attention import attention
from domain.cohort.state import CohortStage
from domain.cohort.status import CohortStatus
from domain.decider import Role
from domain.pairing.escalation import AcknowledgeEscalation
from domain.pairing.state import Escalation, EscalationKind, Health
from domain.pairing.status import PairingStatus, status

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIMPLE = status(in_meetings().state)


def pairing(name: str, health: Health = Health.GREEN, *, days_ago: int, acknowledged: bool = False) -> PairingStatus:
    """One with a single open item, opened so many days before `NOW`."""
    item = Escalation(
        id=f"{name}-item",
        kind=EscalationKind.NOTHING_BOOKED,
        to=Role.COORDINATOR,
        opened_at=NOW - timedelta(days=days_ago),
        acknowledged=acknowledged,
    )
    return SIMPLE.model_copy(update={"pairing": name, "items": (item,), "health": ((NOW, health),)})


def cohort(stage: CohortStage, *waiting_for: Role) -> CohortStatus:
    """One that has stood in this stage for a day."""
    return CohortStatus(
        cohort="spring",
        title="Spring",
        stage=stage,
        since=NOW - timedelta(days=1),
        mentors=3,
        mentees=3,
        proposed=3,
        left_over=0,
        launched=0,
        waiting_for=waiting_for,
    )


def order(*pairings: PairingStatus) -> list[str | None]:
    return [found.pairing for found in attention([], pairings, NOW)]


def test_what_somebody_has_taken_on_comes_last_whatever_its_health() -> None:
    taken_on = pairing("taken", Health.RED, days_ago=9, acknowledged=True)
    assert order(taken_on, pairing("open", Health.GREEN, days_ago=1)) == ["open", "taken"]


def test_the_worst_health_comes_first() -> None:
    green, amber, red = (pairing(colour.value, colour, days_ago=3) for colour in Health)
    assert order(green, amber, red) == ["RED", "AMBER", "GREEN"]


def test_of_the_same_health_what_has_waited_longest_comes_first() -> None:
    assert order(pairing("new", days_ago=1), pairing("old", days_ago=8)) == ["old", "new"]


def test_the_order_never_depends_on_the_order_of_reading() -> None:
    several = [pairing(name, days_ago=2) for name in "cab"]
    assert order(*several) == order(*reversed(several)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("stage", "role", "kind"),
    [
        (CohortStage.REVIEW, Role.APPROVER, "approve_pairs"),
        (CohortStage.ENROLLING, Role.COORDINATOR, "enrol"),
        (CohortStage.DRAFT, Role.COORDINATOR, "enrol"),
    ],
)
def test_a_cohort_that_stands_still_names_its_next_move(stage: CohortStage, role: Role, kind: str) -> None:
    (move,) = attention([cohort(stage, role)], [], NOW)
    assert (move.cohort, move.pairing, move.id, move.to, move.kind) == ("spring", None, None, role, kind)
    assert (move.since, move.acknowledged, move.health) == (NOW - timedelta(days=1), False, Health.GREEN)


def test_a_cohort_that_waits_for_nobody_needs_nobody() -> None:
    assert attention([cohort(CohortStage.RUNNING)], [SIMPLE], NOW) == ()


def test_an_item_of_a_pairing_is_told_with_the_health_of_the_moment() -> None:
    story = in_meetings().rings("booking.escalate:1")
    (opened,) = story.state.escalations
    (found,) = attention([], [status(story.state)], day(16))
    assert (found.id, found.kind, found.to, found.acknowledged) == (
        opened.id,
        "nothing_booked",
        Role.COORDINATOR,
        False,
    )
    assert found.health is Health.AMBER

    story.when(AcknowledgeEscalation, COORDINATOR, on=17, id=opened.id)

    (found,) = attention([], [status(story.state)], day(80))
    assert (found.acknowledged, found.health) == (True, Health.RED)


def test_while_invited_people_may_answer_it_is_their_move() -> None:
    invites = cohort(CohortStage.ENROLLING, Role.COORDINATOR).model_copy(update={"invited": 3})
    assert attention([invites], [], NOW) == ()
