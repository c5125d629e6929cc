"""A later version of the program design reaches a cohort: looked at first, then decided, then told to its pairings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from domain.cohort.orders import command_for, ordered
from domain.cohort.state import Cohort, CohortStage, Order, OrderKind, cohort_during
from domain.decider import Command, Event, Frozen, ParticipantId, Rejected, Role
from domain.pairing import decider as pairings
from domain.pairing.amending import AmendDesign, MovedClock, moved_clocks
from domain.pairing.state import Pairing
from domain.permissions import only
from domain.program import ProgramDesign


class DesignAmended(Event):
    """The cohort follows this version from now on: its own next clocks, its later launches and its running pairings."""

    type: Literal["DesignAmended"] = "DesignAmended"
    design: ProgramDesign


class AmendProgram(Command):
    """The coordinator gives a cohort a later version of its program design."""

    design: ProgramDesign


class ChangedPairing(Frozen):
    """What the amendment does to one pairing, or the reason for which the pairing refuses it."""

    pairing: str
    moves: tuple[MovedClock, ...] = ()
    notified: tuple[str, ...] = ()
    refused: str | None = None


class AmendmentPreview(Frozen):
    """What an amendment would do, found by deciding it and throwing the events away.

    `changed` are the pairings that take the new version, `refusing` those that would not; ended ones are in neither.
    `notified` are the ids of the people (or `role:<role>`) who would be told.
    """

    version: tuple[int, int]
    changed: tuple[ChangedPairing, ...]
    refusing: tuple[ChangedPairing, ...]
    notified: tuple[ParticipantId, ...]


def amend(state: Cohort, command: AmendProgram, at: datetime) -> tuple[DesignAmended, ...]:
    """Refused where it would rewrite what has happened. While pairs are matched and reviewed, they rest on a design."""
    only(command.by, Role.COORDINATOR)
    _must_follow(state, command.design, at)
    return (DesignAmended(at=at, design=command.design),)


def preview(
    state: Cohort, pairings_of_cohort: Iterable[Pairing], design: ProgramDesign, at: datetime
) -> AmendmentPreview:
    """What the amendment would do at `at`. Raises Rejected where the cohort itself would refuse it."""
    _must_follow(state, design, at)
    order = Order(number=state.orders_given + 1, kind=OrderKind.AMEND, at=at, design=design)
    looked_at = [_looked_at(state, pairing, order) for pairing in pairings_of_cohort if not pairing.ended]
    changed = tuple(pairing for pairing in looked_at if pairing.refused is None)
    return AmendmentPreview(
        version=(state.design.version, design.version),
        changed=changed,
        refusing=tuple(pairing for pairing in looked_at if pairing.refused is not None),
        notified=tuple(sorted({person for pairing in changed for person in pairing.notified})),
    )


def evolve_amended(state: Cohort, event: DesignAmended) -> Cohort:
    """Pin the new version, and tell the pairings."""
    return ordered(replace(state, design=event.design), OrderKind.AMEND, event.at, event.design)


def _must_follow(state: Cohort, design: ProgramDesign, at: datetime) -> None:
    cohort_during(state, CohortStage.DRAFT, CohortStage.ENROLLING, CohortStage.RUNNING, CohortStage.SUSPENDED)
    now = state.design
    if design.program != now.program:
        raise Rejected("rule", f"this is a design of '{design.program}'; the cohort follows '{now.program}'")
    if design.version <= now.version:
        raise Rejected("rule", f"the cohort follows version {now.version} already; an amendment needs a later one")
    if state.starts_at is None:
        return
    end = state.starts_at + design.meetings.over + state.stood_still(at)
    if end <= at:
        raise Rejected("time", f"by this design the program would have ended on {end:%-d %b %Y}, which has passed")


def _looked_at(state: Cohort, pairing: Pairing, order: Order) -> ChangedPairing:
    command = command_for(state, order, pairing.id)
    try:
        events = pairings.decide(pairing, command, max(order.at, pairing.as_of))
    except Rejected as refusal:
        return ChangedPairing(pairing=pairing.id, refused=refusal.reason)
    after, told = pairing, list[str]()
    for event in events:
        after = pairings.evolve(after, event)
        told += (notice.to for notice in pairings.notices(after, event))
    moves = moved_clocks(pairing, command.design, order.at) if isinstance(command, AmendDesign) else ()
    return ChangedPairing(pairing=pairing.id, moves=moves, notified=tuple(dict.fromkeys(told)))
