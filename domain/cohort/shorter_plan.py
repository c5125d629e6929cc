"""A plan for whoever begins later: as long as what is left of the program, with meetings in proportion."""

from __future__ import annotations

from datetime import datetime

from domain.cohort.state import Cohort, PlannedPairing
from domain.program import CheckpointPolicy, GoalPolicy, MeetingPolicy, ProgramDesign


def shortened(design: ProgramDesign, starts_at: datetime, ends_at: datetime) -> ProgramDesign:
    """The design for a pairing that begins at `starts_at` in a program that ends at `ends_at`.

    Meetings, and how many are enough, in proportion (at least one); checkpoints that lie inside; goals before the last
    meeting at the latest. A pairing with the whole program before it, or none of it, keeps the design as it is.
    """
    left = ends_at - starts_at
    whole = design.meetings.over
    if left >= whole or left.total_seconds() <= 0:
        return design
    share = left / whole
    planned = max(1, round(design.meetings.planned * share))
    enough = min(planned, max(1, round(design.meetings.enough * share)))
    inside = tuple(after for after in design.checkpoints.after if after < left)
    return design.model_copy(
        update={
            "meetings": _with(design.meetings, over=left, planned=planned, enough=enough),
            "checkpoints": _with(design.checkpoints, after=inside),
            "goals": _with(design.goals, before_meeting=min(design.goals.before_meeting, planned)),
        }
    )


def plan_of(state: Cohort, planned: PlannedPairing, design: ProgramDesign | None = None) -> ProgramDesign:
    """What a pairing of the cohort is launched with, by the cohort's own design or by another one."""
    plan = design or state.design
    if planned.starts_at is None or state.starts_at is None:
        return plan
    return shortened(plan, planned.starts_at, state.starts_at + plan.meetings.over + state.suspended_for)


def _with(
    policy: MeetingPolicy | CheckpointPolicy | GoalPolicy, **changes: object
) -> MeetingPolicy | CheckpointPolicy | GoalPolicy:
    """Changed and checked again."""
    return type(policy).model_validate(dict(policy) | changes)
