"""Overrides: the coordinator corrects a proposal with a reason, and the matching runs again around it.

A pinned pair is in every later run, a pair that is kept apart in none, and the rest is as good as it can be. What bars
a pair cannot be overridden: the engine looks it up before the command is decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import Field

from domain.cohort.state import Cohort, CohortStage, cohort_during
from domain.decider import FILLED_IN, Command, Event, ParticipantId, Rejected, Role
from domain.matching.bars import Bar
from domain.permissions import only

Couple: TypeAlias = tuple[ParticipantId, ParticipantId]
"""The mentor's id, then the mentee's."""


class OverrideKind(StrEnum):
    """What the coordinator did."""

    PIN = "pin"
    FORBID = "forbid"
    SWAP = "swap"


class PairingOverridden(Event):
    """The proposal was corrected by hand: these pairs are pinned (or, of a `forbid`, kept apart). It is made anew."""

    type: Literal["PairingOverridden"] = "PairingOverridden"
    kind: OverrideKind
    pairs: tuple[Couple, ...]
    reason: str


class PinPair(Command):
    """The coordinator wants these two as a pair; the matching runs again around them."""

    mentor: ParticipantId
    mentee: ParticipantId
    reason: str = Field(min_length=3, max_length=500)
    bars: tuple[Bar, ...] = Field(default=(), description=FILLED_IN)


class ForbidPair(Command):
    """The coordinator does not want these two as a pair; the matching runs again without it."""

    mentor: ParticipantId
    mentee: ParticipantId
    reason: str = Field(min_length=3, max_length=500)


class SwapMentees(Command):
    """The coordinator exchanges the mentees of two proposed pairs; every other pair stays."""

    one: str
    other: str
    reason: str = Field(min_length=3, max_length=500)
    bars: tuple[Bar, ...] = Field(default=(), description=FILLED_IN)


def pin(state: Cohort, command: PinPair, at: datetime) -> tuple[PairingOverridden, ...]:
    """Refused where the pair is barred, or where a person would have more pinned pairs than places."""
    _may_override(state, command)
    pairs = ((command.mentor, command.mentee),)
    if pairs[0] in state.pins:
        raise Rejected("duplicate", "this pair is pinned already")
    return (_pinned(state, OverrideKind.PIN, pairs, command.bars, command.reason, at),)


def forbid(state: Cohort, command: ForbidPair, at: datetime) -> tuple[PairingOverridden, ...]:
    """Keep two people apart, in this cohort's re-matches too."""
    _may_override(state, command)
    pair = (command.mentor, command.mentee)
    _must_take_part(state, pair)
    if pair in state.apart:
        raise Rejected("duplicate", "this pair is kept apart already")
    return (PairingOverridden(at=at, kind=OverrideKind.FORBID, pairs=(pair,), reason=command.reason),)


def swap(state: Cohort, command: SwapMentees, at: datetime) -> tuple[PairingOverridden, ...]:
    """Two pins at once: both pairs hold, or neither."""
    _may_override(state, command)
    pairs = swapped(state, command)
    if pairs[0] in state.pins and pairs[1] in state.pins:
        raise Rejected("duplicate", "these pairs are pinned already")
    return (_pinned(state, OverrideKind.SWAP, pairs, command.bars, command.reason, at),)


def swapped(state: Cohort, command: SwapMentees) -> tuple[Couple, Couple]:
    """The two pairs that a swap makes; refuses pairings that are not proposed, or share somebody."""
    proposed = {planned.pairing: planned.people for planned in state.proposed}
    if command.one not in proposed or command.other not in proposed:
        raise Rejected("unknown", "both pairings must be in the proposal")
    (mentor, mentee), (other_mentor, other_mentee) = proposed[command.one], proposed[command.other]
    if mentor == other_mentor or mentee == other_mentee:
        raise Rejected("rule", "the two pairings share somebody: exchanging the mentees changes nothing")
    return (mentor, other_mentee), (other_mentor, mentee)


def couples(state: Cohort, command: PinPair | SwapMentees) -> tuple[Couple, ...]:
    """The pairs whose bars must be known before the command can be decided."""
    return ((command.mentor, command.mentee),) if isinstance(command, PinPair) else swapped(state, command)


def evolve_overridden(state: Cohort, event: PairingOverridden) -> Cohort:
    """MATCHING once more, around the pairs that stand. Of two overrides about one pair, the later counts."""
    others = tuple(pair for pair in state.pins if pair not in event.pairs)
    apart = tuple(pair for pair in state.apart if pair not in event.pairs)
    if event.kind is OverrideKind.FORBID:
        apart = (*apart, *event.pairs)
    else:
        others = (*_still_pinned(others, event.kind, event.pairs), *event.pairs)
    return replace(
        state,
        stage=CohortStage.MATCHING,
        since=event.at,
        pins=others,
        apart=apart,
        stood=tuple(planned.people for planned in state.proposed),
        proposed=(),
        left_over=(),
        waiting=(),
    )


def _may_override(state: Cohort, command: Command) -> None:
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.REVIEW)


def _pinned(
    state: Cohort, kind: OverrideKind, pairs: tuple[Couple, ...], barred: Sequence[Bar], reason: str, at: datetime
) -> PairingOverridden:
    for pair in pairs:
        _must_take_part(state, pair)
        _must_not_be_declared(state, pair)
    if barred:
        raise Rejected("rule", f"a bar that no override lifts: {', '.join(bar.replace('_', ' ') for bar in barred)}")
    pinned = Counter(person for pair in {*_still_pinned(state.pins, kind, pairs), *pairs} for person in pair)
    for person in state.participants:
        if pinned[person.id] > person.capacity:
            raise Rejected("rule", f"'{person.id}' has no free place: {person.capacity} pinned already")
    return PairingOverridden(at=at, kind=kind, pairs=pairs, reason=reason)


def _must_take_part(state: Cohort, pair: Couple) -> None:
    roles = {person.id: person.role for person in state.participants if person.id not in state.ineligible}
    for person, role in zip(pair, ("mentor", "mentee"), strict=True):
        if roles.get(person) != role:
            raise Rejected("unknown", f"'{person}' does not take part as a {role}")


def _must_not_be_declared(state: Cohort, pair: Couple) -> None:
    policy = state.design.matching
    conflict, earlier = "a declared conflict of interest", "an earlier pair"
    for declared, why in ((policy.forbidden, conflict), (policy.earlier_pairs, earlier)):
        if any(set(pair) == set(one) for one in declared):
            raise Rejected("rule", f"{why} cannot be overridden")


def _still_pinned(pins: Sequence[Couple], kind: OverrideKind, pairs: Sequence[Couple]) -> tuple[Couple, ...]:
    """A swap gives up the pins of the two pairs that it takes apart."""
    if kind is not OverrideKind.SWAP:
        return tuple(pins)
    (mentor, other_mentee), (other_mentor, mentee) = pairs
    return tuple(pair for pair in pins if pair not in ((mentor, mentee), (other_mentor, other_mentee)))
