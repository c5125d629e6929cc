"""OFFERED: both are asked; both accept, one declines, or the offer expires."""

from __future__ import annotations

import pytest

from domain.decider import Actor
from domain.pairing.clocks import ClockKind
from domain.pairing.escalation import ReminderDue
from domain.pairing.offer import AcceptOffer, DeclineOffer, OfferAccepted, OfferDeclined, OfferExpired
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import Side, Stage
from domain.pairing.training import TrainingAssigned

from .given import COORDINATOR, DELEGATE, MENTEE, MENTOR, SERVICE, an, day, design, offered, side_of


def test_an_offer_reminds_after_7_days_and_expires_after_10() -> None:
    assert offered().clocks == {"offer.remind": 7, "offer.expire": 10}


def test_the_figures_are_the_designs() -> None:
    plan = design(offer={"remind_after": "2 days", "expire_after": "3 days"})

    assert offered(plan).clocks == {"offer.remind": 2, "offer.expire": 3}


@pytest.mark.parametrize("first", [MENTOR, MENTEE], ids=lambda actor: actor.role.value)
def test_one_yes_is_remembered_and_the_offer_goes_on(first: Actor) -> None:
    story = offered().when(AcceptOffer, first, on=1)

    story.then(an(OfferAccepted, side=side_of(first), activates=False, starts=(), stops=()))
    assert story.stage is Stage.OFFERED
    assert story.state.activated_at is None
    assert story.clocks == {"offer.remind": 7, "offer.expire": 10}


def test_the_second_yes_activates_the_pairing_and_assigns_the_training() -> None:
    story = offered().when(AcceptOffer, MENTOR, on=1).when(AcceptOffer, MENTEE, on=3)

    story.then(
        an(OfferAccepted, side=Side.MENTEE, activates=True, at=day(3), stops=("offer.remind", "offer.expire")),
        an(TrainingAssigned, mentor=("Mentoring upwards",), mentee=("Being mentored",), at=day(3)),
    )
    assert story.stage is Stage.TRAINING
    assert story.state.activated_at == day(3)


def test_the_programs_clocks_count_from_the_second_yes() -> None:
    story = offered().when(AcceptOffer, MENTEE, on=1).when(AcceptOffer, MENTOR, on=3)

    assert {name: due - 3 for name, due in story.clocks.items()} == {
        "training.remind": 10,
        "training.due": 14,
        "health.amber": 45,
        "health.red": 60,
        "silence.propose": 90,
        "checkpoint.open:1": 30,
        "checkpoint.open:2": 90,
        "checkpoint.open:3": 150,
        "evaluation.open": 182,
    }


@pytest.mark.parametrize(("answered", "asked"), [((), ("mentor", "mentee")), ((MENTOR,), ("mentee",))])
def test_the_reminder_goes_to_whoever_has_not_answered(answered: tuple[Actor, ...], asked: tuple[str, ...]) -> None:
    story = offered()
    for actor in answered:
        story.when(AcceptOffer, actor)

    story.rings("offer.remind").then(an(ReminderDue, about=ClockKind.OFFER_REMIND, to=asked, at=day(7)))


def test_one_no_ends_the_pairing() -> None:
    story = offered().when(AcceptOffer, MENTOR).when(DeclineOffer, MENTEE, on=2)

    story.then(an(OfferDeclined, side=Side.MENTEE), an(RematchRequested, sides=(Side.MENTOR,), priority=2))
    assert story.stage is Stage.DECLINED
    assert story.state.reason == "declined by the mentee"
    assert story.clocks == {}


def test_without_an_answer_the_offer_expires_and_says_whose_is_missing() -> None:
    story = offered().when(AcceptOffer, MENTEE).rings("offer.expire")

    story.then(
        an(OfferExpired, unanswered=(Side.MENTOR,), at=day(10)), an(RematchRequested, sides=(Side.MENTEE,), priority=2)
    )
    assert story.stage is Stage.EXPIRED
    assert story.state.reason == "no answer from the mentor"
    assert story.clocks == {}


def test_nobody_answers_twice() -> None:
    story = offered().when(AcceptOffer, MENTOR)

    story.refuses(AcceptOffer, MENTOR, code="duplicate")
    story.refuses(DeclineOffer, MENTOR, code="duplicate")


@pytest.mark.parametrize("actor", [COORDINATOR, DELEGATE, SERVICE], ids=lambda actor: actor.role.value)
def test_nobody_answers_for_another(actor: Actor) -> None:
    offered().refuses(AcceptOffer, actor, code="role").refuses(DeclineOffer, actor, code="role")


def test_an_answer_reported_late_counts_from_its_day_but_never_from_before_the_offer() -> None:
    story = offered().when(AcceptOffer, MENTOR, on=4, at=day(2))
    story.then(an(OfferAccepted, at=day(2)))

    story.when(AcceptOffer, MENTEE, at=day(-1)).then(an(OfferAccepted, at=day(2)), an(TrainingAssigned, at=day(2)))
    assert story.state.activated_at == day(2)
