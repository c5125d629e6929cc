"""What would be different: two sets of pairs of the same people."""

from __future__ import annotations

from collections.abc import Iterable

from domain.decider import Frozen, ParticipantId
from domain.matching.assignment import ProposedPair


class Comparison(Frozen):
    """Pairs by mentor and mentee. `kept` are in both; `gains` and `loses` are people with a partner in one alone."""

    kept: tuple[ProposedPair, ...]
    gone: tuple[ProposedPair, ...]
    new: tuple[ProposedPair, ...]
    gains: tuple[ParticipantId, ...]
    loses: tuple[ParticipantId, ...]


def compared(before: Iterable[ProposedPair], after: Iterable[ProposedPair]) -> Comparison:
    """What the second has instead of the first; scores are those of the set that a pair is shown from."""
    was = {(pair.mentor, pair.mentee): pair for pair in before}
    would_be = {(pair.mentor, pair.mentee): pair for pair in after}
    had = {person for pair in was for person in pair}
    would_have = {person for pair in would_be for person in pair}
    return Comparison(
        kept=tuple(would_be[pair] for pair in sorted(was.keys() & would_be.keys())),
        gone=tuple(was[pair] for pair in sorted(was.keys() - would_be.keys())),
        new=tuple(would_be[pair] for pair in sorted(would_be.keys() - was.keys())),
        gains=tuple(sorted(would_have - had)),
        loses=tuple(sorted(had - would_have)),
    )
