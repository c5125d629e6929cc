"""SUSPENDED: a cohort stands still with all of its pairings, and every clock keeps the time that it had left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.cohort.orders import ordered
from domain.cohort.state import RUNS_ON, Cohort, CohortStage, CohortSuspension, OrderKind, cohort_during, in_order
from domain.decider import Clock, Command, Event, Role
from domain.permissions import only


class CohortSuspended(Event):
    """Nothing is launched and no clock runs, in the cohort or in any of its pairings."""

    type: Literal["CohortSuspended"] = "CohortSuspended"
    reason: str


class CohortResumed(Event):
    """The cohort and its pairings go on where they stood, every clock with the time that it had left."""

    type: Literal["CohortResumed"] = "CohortResumed"


class SuspendCohort(Command):
    """The coordinator stops the clocks of the whole cohort, until further notice."""

    reason: str = Field(min_length=3, max_length=500)


class ResumeCohort(Command):
    """The coordinator lets a suspended cohort go on."""


def suspend(state: Cohort, command: SuspendCohort, at: datetime) -> tuple[CohortSuspended, ...]:
    """While people enrol or pairings run; the matching and its review have no clocks to stop."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.ENROLLING, CohortStage.RUNNING)
    return (CohortSuspended(at=at, reason=command.reason),)


def resume(state: Cohort, command: ResumeCohort, at: datetime) -> tuple[CohortResumed, ...]:
    """Go on."""
    only(command.by, Role.COORDINATOR)
    cohort_during(state, CohortStage.SUSPENDED)
    return (CohortResumed(at=at),)


def evolve_suspended(state: Cohort, event: CohortSuspended) -> Cohort:
    """Keep the time left on every clock, and tell the pairings."""
    left = tuple(sorted((clock.name, clock.due - event.at) for clock in state.clocks if clock.name not in RUNS_ON))
    suspension = CohortSuspension(stage=state.stage, since=event.at, left=left)
    running_on = tuple(clock for clock in state.clocks if clock.name in RUNS_ON)
    still = replace(state, stage=CohortStage.SUSPENDED, since=event.at, suspension=suspension, clocks=running_on)
    return ordered(still, OrderKind.SUSPEND, event.at)


def evolve_resumed(state: Cohort, event: CohortResumed) -> Cohort:
    """Give every clock back the time that it had left, and tell the pairings."""
    if state.suspension is None:
        return state
    back = [Clock(name=name, due=event.at + left) for name, left in state.suspension.left]
    running = replace(
        state,
        stage=state.suspension.stage,
        since=event.at,
        suspension=None,
        suspended_for=state.suspended_for + (event.at - state.suspension.since),
        clocks=in_order((*state.clocks, *back)),
    )
    return ordered(running, OrderKind.RESUME, event.at)
