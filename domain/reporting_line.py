"""How two people stand to each other in the organisation: what rules a pair out, before and during a program."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from domain.decider import ParticipantId


class Relation(StrEnum):
    """A conflict of interest. Two who are two levels apart are both `SKIP_LEVEL` and `REPORTING_LINE`."""

    SKIP_LEVEL = "skip_level"
    REPORTING_LINE = "reporting_line"
    SAME_MANAGER = "same_manager"


def relations(
    one: ParticipantId, above_one: Sequence[ParticipantId], other: ParticipantId, above_other: Sequence[ParticipantId]
) -> tuple[Relation, ...]:
    """Every relation between two people, in the order of `Relation`; `above` are managers, nearest first."""
    found = list[Relation]()
    if (len(above_one) > 1 and above_one[1] == other) or (len(above_other) > 1 and above_other[1] == one):
        found.append(Relation.SKIP_LEVEL)
    if other in above_one or one in above_other:
        found.append(Relation.REPORTING_LINE)
    if above_one and above_other and above_one[0] == above_other[0]:
        found.append(Relation.SAME_MANAGER)
    return tuple(found)
