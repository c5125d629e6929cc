"""What a cohort orders all its pairings to do: to stand still while it is suspended, and to go on."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.decider import Actor, Command, Event, Rejected, Role
from domain.pairing.meetings import MeetingCancelled, cancel_all
from domain.pairing.state import Hold, Pairing
from domain.pairing.suspension import held, lifted, runs_without
from domain.permissions import only

COHORT = "cohort"
"""The service's id under which a cohort's workflow speaks to its pairings."""


class SuspendedWithCohort(Event):
    """The cohort is suspended: every clock of this pairing stops, beside whatever else holds it."""

    type: Literal["SuspendedWithCohort"] = "SuspendedWithCohort"


class ResumedWithCohort(Event):
    """The cohort goes on. `runs`: nothing else holds this pairing, and its clocks run again."""

    type: Literal["ResumedWithCohort"] = "ResumedWithCohort"
    runs: bool


class CohortOrder(Command):
    """An order of the cohort's workflow. It reaches every pairing sooner or later, so its `at` may lie far back."""


class SuspendWithCohort(CohortOrder):
    """The cohort is suspended, and this pairing with it. Only the cohort's workflow sends this."""


class ResumeWithCohort(CohortOrder):
    """The cohort goes on, and this pairing with it. Only the cohort's workflow sends this."""


def suspend(
    state: Pairing, command: SuspendWithCohort, at: datetime
) -> tuple[MeetingCancelled | SuspendedWithCohort, ...]:
    """Cancel what is booked, then stop the clocks, at whatever stage."""
    ordered_by_cohort(command.by)
    if not _free_of_cohort(state):
        raise Rejected("duplicate", "this pairing is suspended with its cohort already")
    return (*cancel_all(state, at), SuspendedWithCohort(at=at))


def resume(state: Pairing, command: ResumeWithCohort, at: datetime) -> tuple[ResumedWithCohort, ...]:
    """The cohort holds it no longer."""
    ordered_by_cohort(command.by)
    if _free_of_cohort(state):
        raise Rejected("duplicate", "this pairing is not suspended with its cohort")
    return (ResumedWithCohort(at=at, runs=runs_without(state, Hold.COHORT)),)


def evolve_suspended(state: Pairing, event: SuspendedWithCohort) -> Pairing:
    """The cohort's hold."""
    return held(state, Hold.COHORT, event.at)


def evolve_resumed(state: Pairing, event: ResumedWithCohort) -> Pairing:
    """Without the cohort's hold."""
    return lifted(state, Hold.COHORT, event.at)


def ordered_by_cohort(by: Actor) -> None:
    """Refuse everybody but the cohort's own workflow."""
    only(by, Role.SERVICE)
    if by.id != COHORT:
        raise Rejected("role", "only the cohort's own workflow orders this")


def _free_of_cohort(state: Pairing) -> bool:
    return state.suspension is None or Hold.COHORT not in state.suspension.holds
