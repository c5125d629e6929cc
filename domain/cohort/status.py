"""How a cohort stands, for the people who look after several of them: counts, dates and whose move it is."""

from __future__ import annotations

from pydantic import AwareDatetime

from domain.cohort.state import Cohort, CohortStage
from domain.decider import Frozen, Role


class CohortStatus(Frozen):
    """One cohort at its latest event."""

    cohort: str
    title: str
    stage: CohortStage
    since: AwareDatetime
    mentors: int
    mentees: int
    proposed: int
    left_over: int
    launched: int
    waiting_for: tuple[Role, ...]


def cohort_status(state: Cohort) -> CohortStatus:
    """How the cohort stands."""
    mentors = sum(participant.role == "mentor" for participant in state.participants)
    return CohortStatus(
        cohort=state.id,
        title=state.design.title,
        stage=state.stage,
        since=state.since,
        mentors=mentors,
        mentees=len(state.participants) - mentors,
        proposed=len(state.proposed),
        left_over=len(state.left_over),
        launched=len(state.launched),
        waiting_for=state.waiting_for,
    )
