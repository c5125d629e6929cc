"""What another design would propose, and a proposal that leaves as much as possible as it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from pydantic import Field

from domain.decider import Frozen, ParticipantId
from domain.matching.assignment import Pair, Proposal, ProposedPair, Surveyor, propose
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person


class Difference(Frozen):
    """What changes between two proposals. Scores are by the rules of each: compare those of one proposal only."""

    gone: tuple[ProposedPair, ...]
    come: tuple[ProposedPair, ...]
    kept: int = Field(ge=0)
    people_before: int = Field(ge=0)
    people_after: int = Field(ge=0)


def difference(before: Proposal, after: Proposal) -> Difference:
    """The pairs that only one of the two has."""
    old = {(pair.mentor, pair.mentee): pair for pair in before.pairs}
    new = {(pair.mentor, pair.mentee): pair for pair in after.pairs}
    return Difference(
        gone=tuple(pair for key, pair in old.items() if key not in new),
        come=tuple(pair for key, pair in new.items() if key not in old),
        kept=len(old.keys() & new.keys()),
        people_before=len({one for pair in old for one in pair}),
        people_after=len({one for pair in new for one in pair}),
    )


def what_if(
    people: Iterable[Person],
    policy: MatchingPolicy,
    changed: MatchingPolicy,
    *,
    seed: int,
    hours: WorkingHours,
    on: date,
    surveyor: Surveyor,
    places: Mapping[ParticipantId, int] | None = None,
) -> Difference:
    """Which pairs would change if the policy were `changed`, such as by other weights.

    Among equally good answers to `changed`, the one with the fewest changes (up to some 2,000 places on a side).
    """
    roster = list(people)
    before = propose(roster, policy, seed=seed, hours=hours, on=on, surveyor=surveyor, places=places)
    standing = [(pair.mentor, pair.mentee) for pair in before.pairs]
    after = propose(roster, changed, seed=seed, hours=hours, on=on, surveyor=surveyor, places=places, standing=standing)
    return difference(before, after)


def rematch(
    people: Iterable[Person],
    policy: MatchingPolicy,
    standing: Collection[Pair],
    *,
    seed: int,
    hours: WorkingHours,
    on: date,
    surveyor: Surveyor,
    places: Mapping[ParticipantId, int] | None = None,
) -> Proposal:
    """The best proposal that keeps every standing pair which nothing rules out; the design's own pins go first.

    `refused_pins` names the standing pairs that cannot stay, each with its reason. `places` counts the places of
    standing pairs too. Where somebody has fewer places than standing pairs, the earlier ones in `standing` stay.
    """
    named = {frozenset(pair) for pair in policy.pinned}
    kept = policy.model_copy(
        update={"pinned": (*policy.pinned, *(pair for pair in standing if frozenset(pair) not in named))}
    )
    return propose(people, kept, seed=seed, hours=hours, on=on, surveyor=surveyor, places=places)
