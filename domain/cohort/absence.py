"""Who was asked or enrolled and takes no part: nobody asks them again by mistake."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from domain.cohort.state import Absent, AbsentBecause, Cohort
from domain.decider import ParticipantId


def gone(state: Cohort, people: Collection[ParticipantId], because: AbsentBecause) -> Cohort:
    """These take no part."""
    new = tuple(Absent(participant=person, because=because) for person in people)
    return replace(state, absent=(*_others(state, people), *new))


def back(state: Cohort, people: Collection[ParticipantId]) -> Cohort:
    """These take part after all, or are asked once more."""
    return replace(state, absent=_others(state, people)) if state.absent else state


def _others(state: Cohort, people: Collection[ParticipantId]) -> tuple[Absent, ...]:
    return tuple(one for one in state.absent if one.participant not in people)
