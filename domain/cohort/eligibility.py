"""Eligibility: HR reports that somebody may not take part (any more), or may again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from domain.cohort.state import Cohort, CohortStage, PlannedPairing, cohort_during
from domain.cohort.waiting import WaitingListLeft, left
from domain.decider import Command, Event, ParticipantId, Rejected, Role
from domain.permissions import only


class EligibilityChanged(Event):
    """Whether somebody may be matched. Pairings that run are not touched by it."""

    type: Literal["EligibilityChanged"] = "EligibilityChanged"
    participant: ParticipantId
    eligible: bool


class ReportEligibility(Command):
    """The HR system reports whether a participant is eligible: the matching leaves out who is not."""

    participant: ParticipantId
    eligible: bool


def report(state: Cohort, command: ReportEligibility, at: datetime) -> tuple[EligibilityChanged | WaitingListLeft, ...]:
    """Who is not eligible waits no longer, and a proposal with them cannot be approved."""
    only(command.by, Role.SERVICE, Role.COORDINATOR)
    cohort_during(
        state,
        CohortStage.ENROLLING,
        CohortStage.MATCHING,
        CohortStage.REVIEW,
        CohortStage.RUNNING,
        CohortStage.SUSPENDED,
    )
    if all(person.id != command.participant for person in state.participants):
        raise Rejected("unknown", f"'{command.participant}' is not enrolled")
    if (command.participant not in state.ineligible) == command.eligible:
        raise Rejected("duplicate", "this is known already")
    changed = EligibilityChanged(at=at, participant=command.participant, eligible=command.eligible)
    waits = any(entry.person == command.participant for entry in state.waiting)
    if waits and not command.eligible:
        return (changed, left(state, command.participant, at))
    return (changed,)


def evolve_changed(state: Cohort, event: EligibilityChanged) -> Cohort:
    """Remember who is not."""
    others = tuple(person for person in state.ineligible if person != event.participant)
    return replace(state, ineligible=others if event.eligible else (*others, event.participant))


def must_be_eligible(state: Cohort, pairs: Iterable[PlannedPairing]) -> None:
    """Refuse to publish pairs that somebody has fallen out of."""
    gone = sorted({person for planned in pairs for person in planned.people} & set(state.ineligible))
    if gone:
        raise Rejected("rule", f"not eligible any more: {', '.join(gone)}; turn the pair down, then look for another")
