"""To ARCHIVED: half a year after its close the people of completed pairings are asked again, then the cohort is filed.

A cancelled one is filed as late as a closed one, without a question: its people have answered too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from domain.cohort.orders import without_unanswered
from domain.cohort.state import Cohort, CohortClock, CohortStage, FireCohortClock
from domain.decider import Clock, Event, ParticipantId
from domain.lateness import fired


class FollowUpDue(Event):
    """The people of completed pairings are asked what has lasted."""

    type: Literal["FollowUpDue"] = "FollowUpDue"
    participants: tuple[ParticipantId, ...]
    due: datetime
    late: bool


class CohortArchived(Event):
    """The cohort is filed. Nothing happens to it any more but that its people's data are erased."""

    type: Literal["CohortArchived"] = "CohortArchived"
    due: datetime
    late: bool


def after_close(state: Cohort, at: datetime) -> tuple[Clock, ...]:
    """The clocks of a closed cohort."""
    question = Clock(name=CohortClock.FOLLOW_UP.value, due=at + state.design.cohort.follow_up_after)
    return (question, *after_cancellation(state, at))


def after_cancellation(state: Cohort, at: datetime) -> tuple[Clock, ...]:
    """The clock of a cancelled cohort."""
    return (Clock(name=CohortClock.ARCHIVE.value, due=at + state.design.cohort.archive_after),)


def follow_up(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[FollowUpDue, ...]:
    """Once, and each person once, however many pairings they had."""
    at, late = fired(command.due, now, state.design, state.as_of)
    completed = set(state.completed)
    people = {person for planned in state.proposed if planned.pairing in completed for person in planned.people}
    due = FollowUpDue(at=at, participants=tuple(sorted(people)), due=command.due, late=late, stops=(command.clock,))
    return (due,)


def archive(state: Cohort, command: FireCohortClock, now: datetime) -> tuple[CohortArchived, ...]:
    """What people answered is erased next, and then nothing is left to do."""
    at, late = fired(command.due, now, state.design, state.as_of)
    return (CohortArchived(at=at, due=command.due, late=late, stops=(command.clock,)),)


def evolve_archived(state: Cohort, event: CohortArchived) -> Cohort:
    """ARCHIVED."""
    return replace(without_unanswered(state), stage=CohortStage.ARCHIVED, since=event.at, clocks=())
