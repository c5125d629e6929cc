"""PROPOSED: a pairing is created with its two people and its design, and waits for its start."""

from __future__ import annotations

import pytest

from domain.decider import Actor, Rejected
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import CloseEarly, PairingClosedEarly
from domain.pairing.decider import decide
from domain.pairing.offer import AcceptOffer, PairingOffered
from domain.pairing.proposal import PairingCreated
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import CloseReason, Stage
from domain.program import ProgramDesign

from .given import (
    APPROVER,
    COORDINATOR,
    JUNIOR,
    MENTEE,
    MENTOR,
    SENIOR,
    SERVICE,
    START,
    an,
    creation,
    day,
    design,
    proposed,
)


def test_a_created_pairing_waits_for_the_day_on_which_its_offer_goes_out() -> None:
    story = proposed()

    story.then(an(PairingCreated, at=day(-3), mentor=JUNIOR, mentee=SENIOR, replaces=None))
    assert story.stage is Stage.PROPOSED
    assert story.clocks == {"offer.send": 0}


def test_the_design_travels_in_the_event_so_that_the_stream_stands_alone() -> None:
    plan = design(title="Another title")

    (created,) = proposed(plan).latest

    assert isinstance(created, PairingCreated)
    assert ProgramDesign.model_validate_json(created.design.model_dump_json()) == plan


def test_its_effective_time_does_not_depend_on_when_the_launch_got_round_to_it() -> None:
    late = decide(None, creation(design()), day(-1))

    assert late == proposed().latest


def test_a_rematch_names_the_pairing_that_it_replaces() -> None:
    command = creation(design()).model_copy(update={"replaces": "junior-other"})

    (created,) = decide(None, command, START)

    assert created == an(PairingCreated, replaces="junior-other")


def test_nobody_is_paired_with_themselves() -> None:
    with pytest.raises(Rejected, match="two different people") as refusal:
        decide(None, creation(design(), JUNIOR, JUNIOR), START)
    assert refusal.value.code == "rule"


@pytest.mark.parametrize("actor", [MENTOR, MENTEE, SERVICE, APPROVER], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_creates_pairings(actor: Actor) -> None:
    with pytest.raises(Rejected) as refusal:
        decide(None, creation(design()).model_copy(update={"by": actor}), START)
    assert refusal.value.code == "role"


def test_a_pairing_is_created_once() -> None:
    with pytest.raises(Rejected) as refusal:
        decide(proposed().state, creation(design()), START)
    assert refusal.value.code == "duplicate"


def test_nobody_answers_before_being_asked() -> None:
    proposed().refuses(AcceptOffer, MENTOR, code="stage")


def test_the_offer_goes_out_on_its_day() -> None:
    proposed().rings(ClockKind.OFFER_SEND).then(an(PairingOffered, at=START, due=START, late=False))


def test_a_proposal_can_be_taken_back() -> None:
    story = proposed().when(CloseEarly, COORDINATOR, reason=CloseReason.CONFLICT_OF_INTEREST)

    story.then(an(PairingClosedEarly, reason=CloseReason.CONFLICT_OF_INTEREST, no_fault=True), an(RematchRequested))
    assert story.stage is Stage.CLOSED_EARLY
