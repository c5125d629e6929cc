"""Places: how many pairings each person can take, reserved from the moment in which a pair is proposed.

A place is free again when its pairing has ended for good, or its proposal is withdrawn. There is one count, in the
cohort's state, and one command at a time changes it: of two that want one place, one gets it and the other is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from domain.cohort.state import Cohort, PlannedPairing
from domain.decider import ParticipantId, Rejected


def reserved(state: Cohort) -> Counter[ParticipantId]:
    """Places that are taken, by person."""
    over = set(state.pairings_ended)
    taken = (*(planned for planned in state.proposed if planned.pairing not in over), *state.rematches)
    return Counter(person for planned in taken for person in planned.people)


def free_places(state: Cohort) -> dict[ParticipantId, int]:
    """Places that are free, for everybody who takes part."""
    taken = reserved(state)
    return {person.id: person.capacity - taken[person.id] for person in state.participants}


def reserve(state: Cohort, pairs: Iterable[PlannedPairing]) -> None:
    """Refuse pairs for which somebody has no free place, or who are a pair already."""
    free, known = free_places(state), {planned.people for planned in (*state.proposed, *state.rematches)}
    for planned in pairs:
        if planned.people in known:
            raise Rejected("duplicate", f"{planned.pair.mentor} and {planned.pair.mentee} are or were a pair already")
        known.add(planned.people)
        for person in planned.people:
            if person not in free:
                raise Rejected("unknown", f"'{person}' is not enrolled")
            if free[person] < 1:
                raise Rejected("rule", f"'{person}' has no free place: every place is taken or reserved")
            free[person] -= 1
