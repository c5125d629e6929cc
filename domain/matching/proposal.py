"""What the matching proposes: pairs with the parts of their score, and for everybody else the reason."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.decider import Frozen, ParticipantId
from domain.matching.bars import Bar
from domain.matching.compatibility import Parts, Share


class ProposedPair(Frozen):
    """`score` and `parts` as `compatibility` gave them."""

    mentor: ParticipantId
    mentee: ParticipantId
    score: Share
    parts: Parts


class Relaxation(Frozen):
    """The cheapest change that would match somebody without unmatching anybody else.

    Every one of `bars` is lifted for this person and `partner`, and `partner` takes one pairing more where `place`
    says so. `price` is the share of what is asked that this gives up, `score` what the pair would have.
    """

    partner: ParticipantId
    bars: tuple[Bar, ...]
    place: bool
    price: float = Field(ge=0)
    score: Share
    says: str


class LeftOver(Frozen):
    """Somebody without any pairing; `reason` is a sentence without names. Some can be helped by no design."""

    person: ParticipantId
    role: Literal["mentor", "mentee"]
    reason: str
    relaxation: Relaxation | None = None


class BarCount(Frozen):
    """How many pairs a bar rules out. A pair with several bars counts under each."""

    bar: Bar
    pairs: int = Field(ge=1)


class RefusedPin(Frozen):
    """A pair that the design pins and that cannot be made; `reason` is a sentence without names."""

    pair: tuple[ParticipantId, ParticipantId]
    reason: str


class Proposal(Frozen):
    """`pairs` by mentor and mentee, `left_over` by id, `barred` in the order of `Bar`."""

    pairs: tuple[ProposedPair, ...]
    left_over: tuple[LeftOver, ...]
    barred: tuple[BarCount, ...]
    refused_pins: tuple[RefusedPin, ...] = ()

    def in_order(self) -> Proposal:
        """The same, sorted."""
        pairs = tuple(sorted(self.pairs, key=lambda pair: (pair.mentor, pair.mentee)))
        left_over = tuple(sorted(self.left_over, key=lambda left: left.person))
        return self.model_copy(update={"pairs": pairs, "left_over": left_over})
