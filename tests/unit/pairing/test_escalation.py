"""Care: items that somebody must look at, taken on and settled."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.escalation import (
    AcknowledgeEscalation,
    CloseEscalation,
    EscalationAcknowledged,
    EscalationClosed,
    EscalationOpened,
)
from domain.pairing.meetings import CancelMeeting, ScheduleMeeting
from domain.pairing.state import EscalationKind, Side
from domain.pairing.training import CompleteTraining

from .given import (
    APPROVER,
    AUDITOR,
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    SPONSOR,
    Story,
    an,
    day,
    in_meetings,
    in_training,
    paused,
)


def with_an_item() -> Story:
    """The training is overdue."""
    return in_training().rings("training.due")


def test_an_item_is_for_the_coordinator_and_says_why_since_when() -> None:
    story = with_an_item()

    (item,) = story.state.escalations
    assert (item.id, item.to.value, item.opened_at, item.acknowledged) == (
        "training_overdue-1",
        "coordinator",
        day(14),
        False,
    )


def test_an_item_that_is_taken_on_stays_open() -> None:
    story = with_an_item().when(AcknowledgeEscalation, COORDINATOR, id="training_overdue-1")

    story.then(an(EscalationAcknowledged, id="training_overdue-1"))
    assert [item.acknowledged for item in story.state.escalations] == [True]
    story.refuses(AcknowledgeEscalation, COORDINATOR, code="duplicate", id="training_overdue-1")


def test_an_item_is_settled_by_hand_once() -> None:
    story = with_an_item().when(CloseEscalation, COORDINATOR, id="training_overdue-1")

    story.then(an(EscalationClosed, resolved_itself=False))
    assert story.items == []
    story.refuses(CloseEscalation, COORDINATOR, code="unknown", saying="open items: none", id="training_overdue-1")
    other = with_an_item()
    other.refuses(CloseEscalation, COORDINATOR, "unknown", "'training'; open items: training_overdue-1", id="training")
    other.refuses(CloseEscalation, SPONSOR, code="unknown", saying="open items: none", id="training")


def test_what_was_settled_by_hand_does_not_settle_itself_again() -> None:
    story = with_an_item().when(CloseEscalation, COORDINATOR, id="training_overdue-1")

    for side in Side:
        story.when(CompleteTraining, SERVICE, side=side)

    assert not any(event == an(EscalationClosed) for event in story.latest)


def test_ids_are_never_used_again() -> None:
    story = in_meetings().rings("silence.propose")

    opened = [event.id for event in story.events if isinstance(event, EscalationOpened)]
    assert len(opened) == len(set(opened)) >= 3
    assert [int(id.rpartition("-")[2]) for id in opened] == list(range(1, len(opened) + 1))


@pytest.mark.parametrize("actor", [MENTOR, MENTEE, SERVICE, APPROVER, AUDITOR], ids=lambda actor: actor.role.value)
def test_items_are_not_for_everybody(actor: Actor) -> None:
    story = with_an_item()

    story.refuses(AcknowledgeEscalation, actor, code="role", id="training_overdue-1")
    story.refuses(CloseEscalation, actor, code="role", id="training_overdue-1")


def test_the_sponsor_does_not_settle_what_is_the_coordinators() -> None:
    with_an_item().refuses(CloseEscalation, SPONSOR, code="role", id="training_overdue-1")


def test_a_decision_about_a_silent_pairing_is_not_asked_for_again() -> None:
    story = in_meetings().rings("silence.propose")
    silence = next(item.id for item in story.state.escalations if item.kind.value == "silence")

    story.when(CloseEscalation, COORDINATOR, id=silence)

    story.then(an(EscalationClosed, stops=("silence.confirm",)))
    assert "silence.confirm" not in story.clocks


def test_a_pause_that_lasts_too_long_needs_a_decision_and_not_a_tick() -> None:
    story = paused().rings("pause.end")
    (item,) = story.state.escalations

    story.refuses(CloseEscalation, COORDINATOR, code="rule", saying="resume the pairing or close it", id=item.id)
    story.when(AcknowledgeEscalation, COORDINATOR, id=item.id)
    assert story.items == ["pause_too_long"]


def test_settling_one_item_leaves_the_question_about_the_silence_open() -> None:
    story = in_meetings().rings("silence.propose")
    other = next(item.id for item in story.state.escalations if item.kind is not EscalationKind.SILENCE)
    story.when(CloseEscalation, COORDINATOR, id=other)
    assert "silence.confirm" in story.clocks


def test_taking_one_item_on_leaves_the_others_to_be_taken_on() -> None:
    story = in_meetings().rings("silence.propose")
    first, *others = story.state.escalations
    story.when(AcknowledgeEscalation, COORDINATOR, id=first.id)
    taken_on = {item.id for item in story.state.escalations if item.acknowledged}
    assert others
    assert taken_on == {first.id}


def test_the_sponsor_settles_what_was_put_to_the_sponsor() -> None:
    story = in_meetings()
    for starts in (10, 12, 14):
        story.when(ScheduleMeeting, MENTOR, on=starts - 1, starts_at=day(starts), minutes=60)
        story.when(CancelMeeting, MENTEE, on=starts - 0.5, meeting=story.state.meetings[-1].number)
    (item,) = (item for item in story.state.escalations if item.to.value == "sponsor")
    story.when(AcknowledgeEscalation, SPONSOR, id=item.id).when(CloseEscalation, SPONSOR, id=item.id)
    story.then(an(EscalationClosed, id=item.id, resolved_itself=False))
