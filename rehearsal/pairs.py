"""The pairings that a program would begin with: matched and created as in production, from the files alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.launching import LaunchRequest, approved, creation
from activities.matching import MatchRequest, match
from domain.cohort.state import Participant
from domain.matching.assignment import LeftOver
from domain.pairing.proposal import CreatePairing
from domain.program import ProgramDesign
from domain.roster import Person


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the launch of a cohort would send, and who would be left over."""

    design: ProgramDesign
    starts_at: datetime
    creates: tuple[CreatePairing, ...]
    left_over: tuple[LeftOver, ...] = ()


def matched(
    design: ProgramDesign,
    people: Sequence[Person],
    *,
    cohort: str,
    seed: int,
    opened: datetime,
    starts_at: datetime,
) -> Pairs:
    """Match the people and make their pairings. `opened` is when the cohort is matched and approved."""
    participants = tuple(Participant(id=person.id, role=person.role, capacity=person.capacity) for person in people)
    found = match(people, MatchRequest(cohort=cohort, design=design, seed=seed, participants=participants, on=opened))
    pairs = approved(found.pairs)
    launch = LaunchRequest(cohort=cohort, design=design, pairs=pairs, approved_at=opened, starts_at=starts_at)
    roster = {person.id: person for person in people}
    creates = tuple(creation(launch, pair, roster) for pair in pairs)
    return Pairs(design=design, starts_at=starts_at, creates=creates, left_over=found.left_over)
