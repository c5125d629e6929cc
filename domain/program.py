"""The program design that an operations team writes: objectives, people's duties, clocks, policies.

Every duration is a field with the default that practice publishes (the source stands beside it,
`own` where none was found). Durations are written as `14 days`, `4 weeks`, `24 hours`, `45 minutes`.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from functools import cache
from typing import Annotated, Literal, get_args
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from domain.decider import Frozen

_DURATION = re.compile(r"^\s*(\d+)\s*(minute|hour|day|week)s?\s*$")


def _duration(value: object) -> object:
    if isinstance(value, str) and not value.startswith(("P", "-P")):
        found = _DURATION.match(value)
        if found is None:
            raise ValueError("expected a duration such as '14 days', '4 weeks', '24 hours' or '45 minutes'")
        amount, unit = found.groups()
        try:
            return timedelta(**{f"{unit}s": int(amount)})
        except OverflowError as error:
            raise ValueError("expected a duration shorter than a lifetime") from error
    if isinstance(value, (int, float)):
        raise ValueError("expected a duration with its unit, such as '14 days'")
    return value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("expected a duration longer than nothing")
    return value


@cache
def _zones() -> frozenset[str]:
    """Every zone that this machine knows; listing them takes milliseconds, so once."""
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("expected an IANA time zone such as 'Europe/London'")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_positive)]
Zone = Annotated[str, AfterValidator(_zone)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
Weight = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


def days(amount: int) -> timedelta:
    """`amount` times 24 hours."""
    return timedelta(days=amount)


class WorkingHours(Frozen):
    """Local hours, Monday to Friday, in which people are told things. Outside them is quiet."""

    start: time = time(9)
    end: time = time(17)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> WorkingHours:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise ValueError("expected local times such as '09:00', without a zone")
        if self.start >= self.end:
            raise ValueError("expected 'start' before 'end' on the same day")
        return self


class CohortPolicy(Frozen):
    """How people enter a cohort and how often its coordinator gets a review."""

    enrolment: Duration = Field(default=days(28), description="LawCare toolkit: 4 weeks")
    review_every: Duration = Field(default=days(7), description="own")
    follow_up_after: Duration = Field(default=days(182), description="University of York: 6 months after the end")
    archive_after: Duration = Field(default=days(365), description="own: 12 months after the end")

    @model_validator(mode="after")
    def _asks_before_it_is_filed(self) -> CohortPolicy:
        if self.follow_up_after >= self.archive_after:
            raise ValueError("expected 'follow_up_after' shorter than 'archive_after'")
        return self


class OfferPolicy(Frozen):
    """What the two people of a proposed pairing get to answer it."""

    remind_after: Duration = Field(default=days(7), description="PushFar: 7 days")
    expire_after: Duration = Field(default=days(10), description="PushFar: 10 days; Mentorloop 14")

    @model_validator(mode="after")
    def _reminds_before_it_expires(self) -> OfferPolicy:
        if self.remind_after >= self.expire_after:
            raise ValueError("expected 'remind_after' shorter than 'expire_after'")
        return self


class TrainingPolicy(Frozen):
    """Training gates the first meeting for both sides."""

    mentor: tuple[str, ...] = Field(default=("Mentoring upwards",), min_length=1)
    mentee: tuple[str, ...] = Field(default=("Being mentored",), min_length=1)
    remind_after: Duration = Field(default=days(10), description="own")
    due_after: Duration = Field(default=days(14), description="own")

    @model_validator(mode="after")
    def _reminds_before_it_is_due(self) -> TrainingPolicy:
        if self.remind_after >= self.due_after:
            raise ValueError("expected 'remind_after' shorter than 'due_after'")
        return self


class GoalPolicy(Frozen):
    """The agreement and the goals of a pairing."""

    at_least: int = Field(default=1, ge=1, le=3, description="Together: 1 to 3 goals")
    at_most: int = Field(default=3, ge=1, le=3, description="Together: 1 to 3 goals")
    before_meeting: int = Field(default=3, ge=1, le=24, description="Together: before meeting 3")
    due_after: Duration = Field(default=days(30), description="own")

    @model_validator(mode="after")
    def _range_is_a_range(self) -> GoalPolicy:
        if self.at_least > self.at_most:
            raise ValueError("expected 'at_least' no larger than 'at_most'")
        return self


class MeetingPolicy(Frozen):
    """The cadence and what happens when it breaks."""

    planned: int = Field(default=6, ge=1, le=24, description="NHS Yorkshire & Humber: 6")
    enough: int = Field(default=5, ge=1, le=24, description="held meetings that count as completed: 5 of 6")
    over: Duration = Field(default=days(182), description="Guy's & St Thomas': 26 weeks")
    minutes_at_least: int = Field(default=45, ge=15, le=240)
    minutes_at_most: int = Field(default=60, ge=15, le=240)
    first_nudge: Duration = Field(default=days(10), description="Torch: 10 days")
    first_escalate: tuple[Duration, ...] = Field(
        default=(days(14), days(28)), min_length=1, max_length=4, description="ReDI connect: 14 and 28 days"
    )
    next_nudge: Duration = Field(default=days(14), description="Torch: 14 days after a meeting")
    reminders: tuple[Duration, ...] = Field(
        default=(timedelta(hours=24), timedelta(hours=1)), max_length=4, description="ELEVATE: 24 h and 1 h"
    )
    log_reminder: Duration = Field(default=days(2), description="own: an unlogged meeting is asked for")
    missed_after: Duration = Field(default=days(7), description="own: an unlogged meeting counts as missed")

    @model_validator(mode="after")
    def _figures_agree(self) -> MeetingPolicy:
        if self.enough > self.planned:
            raise ValueError("expected 'enough' no larger than 'planned'")
        if self.minutes_at_least > self.minutes_at_most:
            raise ValueError("expected 'minutes_at_least' no larger than 'minutes_at_most'")
        if self.log_reminder >= self.missed_after:
            raise ValueError("expected 'log_reminder' shorter than 'missed_after'")
        if list(self.first_escalate) != sorted(self.first_escalate):
            raise ValueError("expected 'first_escalate' in ascending order")
        return self


class CancellationPolicy(Frozen):
    """When the executive's cancellations count, and what follows from several in a row."""

    short_notice: Duration = Field(
        default=timedelta(hours=24), description="own: later than 24 h before counts at once"
    )
    rebook_within: Duration = Field(default=days(14), description="own: 14 days to book again, or it counts too")
    nudge_at: int = Field(default=2, ge=1, le=10, description="own: 2 in a row are answered privately")
    escalate_at: int = Field(default=3, ge=1, le=10, description="own: 3 in a row go to coordinator and sponsor")

    @model_validator(mode="after")
    def _asks_before_it_escalates(self) -> CancellationPolicy:
        if self.nudge_at > self.escalate_at:
            raise ValueError("expected 'nudge_at' no larger than 'escalate_at'")
        return self


class HealthPolicy(Frozen):
    """How long a pairing may go without a meeting held."""

    amber_after: Duration = Field(default=days(45), description="yuanjian: 45 days")
    red_after: Duration = Field(default=days(60), description="yuanjian: 60 days")
    propose_closing_after: Duration = Field(default=days(90), description="Guider: 90 days")
    confirm_within: Duration = Field(default=days(7), description="Guider: + 7 days; a person confirms")

    @model_validator(mode="after")
    def _gets_worse_in_order(self) -> HealthPolicy:
        if not self.amber_after < self.red_after < self.propose_closing_after:
            raise ValueError("expected 'amber_after' < 'red_after' < 'propose_closing_after'")
        return self


class CheckpointPolicy(Frozen):
    """Pulse surveys, counted from the day on which both sides accepted."""

    after: tuple[Duration, ...] = Field(
        default=(days(30), days(90), days(150)), max_length=12, description="Mentorloop: day 30, 90, 150"
    )
    open_for: Duration = Field(default=days(7), description="own")
    overdue_grace: Duration = Field(default=days(2), description="Torch: + 2 days")

    @model_validator(mode="after")
    def _in_order(self) -> CheckpointPolicy:
        if list(self.after) != sorted(set(self.after)):
            raise ValueError("expected 'after' in ascending order without repeats")
        return self


class PausePolicy(Frozen):
    """A pause stops every clock of a pairing."""

    longest: Duration = Field(default=days(90), description="own")
    notice: Duration = Field(default=days(14), description="own: told before the return")


class ConflictPolicy(Frozen):
    """The reporting line changed, and the two may not be a pair any more."""

    working_days: int = Field(default=5, ge=1, le=60, description="own: to re-match, of operations")


class ConcernPolicy(Frozen):
    """A safeguarding concern goes to its handler, and to nobody else."""

    remind_every: Duration = Field(default=days(2), description="own: until it is resolved")


class InvitationPolicy(Frozen):
    """How people are asked to take part."""

    remind_after: tuple[Duration, ...] = Field(
        default=(days(3), days(10)), max_length=5, description="Chronus: day 3 and 10"
    )
    unanswered_after: Duration = Field(default=days(14), description="Torch: 14 days")

    @model_validator(mode="after")
    def _reminds_in_order(self) -> InvitationPolicy:
        if list(self.remind_after) != sorted(set(self.remind_after)):
            raise ValueError("expected 'remind_after' in ascending order without repeats")
        return self


class RematchPolicy(Frozen):
    """Another partner for whoever is left alone, and a place for whoever comes late."""

    target: Duration = Field(default=days(14), description="own: days until somebody has a partner again")
    at_most: int = Field(default=2, ge=0, le=10, description="own: 2 re-matches for one person")
    late_until: Duration = Field(default=days(45), description="own: day 45 of the program")
    least_left: Duration = Field(default=days(56), description="own: 8 weeks must be left")


class UndoPolicy(Frozen):
    """A decision may be taken back."""

    within: Duration = Field(default=days(3), le=days(14), description="own: an acceptance, a close by the coordinator")


class ExitPolicy(Frozen):
    """A person leaves the pairing without having to say why."""

    close_after: Duration = Field(default=days(7), description="own: closes by itself if nobody acts")


class EvaluationPolicy(Frozen):
    """The end evaluation of both sides."""

    remind_after: Duration = Field(default=days(7), description="own")
    due_after: Duration = Field(default=days(14), description="own")
    close_after: Duration = Field(default=days(14), description="own: waits this long past due, then ends")

    @model_validator(mode="after")
    def _reminds_before_it_is_due(self) -> EvaluationPolicy:
        if self.remind_after >= self.due_after:
            raise ValueError("expected 'remind_after' shorter than 'due_after'")
        return self


RosterColumn = Literal[
    "id",
    "name",
    "email",
    "role",
    "grade",
    "manager",
    "department",
    "site",
    "country",
    "zone",
    "birth_year",
    "skills_offered",
    "skills_wanted",
    "interests",
    "openness",
    "conscientiousness",
    "extraversion",
    "agreeableness",
    "neuroticism",
    "capacity",
    "languages",
    "returns_on",
    "conflicts",
    "earlier_partners",
]
"""What a roster says about a person, by our name of the column."""

ColumnTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class RosterPolicy(Frozen):
    """How the people's file of this organisation names its columns."""

    columns: dict[RosterColumn, ColumnTitle] = Field(default={}, description="our name to the file's")
    other_columns: Literal["refused", "ignored"] = "refused"

    @model_validator(mode="after")
    def _every_title_once(self) -> RosterPolicy:
        titles = [self.columns.get(column, column).casefold() for column in get_args(RosterColumn)]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"expected every title in 'columns' for one column only, not {twice[0]!r} for two")
        return self


class MatchingWeights(Frozen):
    """How much each part of a pair's score counts. Parts are between 0 and 1 before weighting."""

    skills: Weight = 4.0
    interests: Weight = 1.5
    personality: Weight = 1.0
    generation: Weight = 1.0
    working_time: Weight = 1.0
    department_mix: Weight = 1.0
    site_mix: Weight = 0.5
    language: Weight = 0.0


class MatchingPolicy(Frozen):
    """What makes a pair good, and what bars it."""

    weights: MatchingWeights = MatchingWeights()
    personality: Literal["similar", "complementary"] = "similar"
    language: Literal["weighted", "required"] = "weighted"
    shared_working_hours_at_least: float = Field(default=2.0, ge=0, le=8)
    seniority_gap_at_least: int = Field(default=3, ge=0, le=20, description="grades between mentee and mentor")
    forbidden: tuple[tuple[str, str], ...] = Field(default=(), description="pairs of person ids")
    earlier_pairs: tuple[tuple[str, str], ...] = Field(default=(), description="pairs of person ids")
    pinned: tuple[tuple[str, str], ...] = Field(default=(), description="pairs of person ids")
    returns_within: Duration = Field(default=days(28), description="own: offers and training take about that long")

    @model_validator(mode="after")
    def _nobody_is_pinned_and_forbidden(self) -> MatchingPolicy:
        forbidden = {frozenset(pair) for pair in self.forbidden}
        both = next((pair for pair in self.pinned if frozenset(pair) in forbidden), None)
        if both:
            raise ValueError(f"expected no pair both in 'pinned' and in 'forbidden', not {' and '.join(both)}")
        return self


class ProgramDesign(Frozen):
    """A whole design. A cohort pins the version that it was created with."""

    program: Slug
    version: int = Field(ge=1, le=1_000_000)
    title: str = Field(min_length=1, max_length=200)
    direction: Literal["reverse"] = "reverse"
    objectives: tuple[str, ...] = Field(min_length=1, max_length=10)
    zone: Zone = Field(description="the operations team's own time zone")
    working_hours: WorkingHours = WorkingHours()
    holidays: tuple[date, ...] = Field(default=(), description="own: days on which the operations team is closed")
    due_on_working_days: bool = Field(default=True, description="own: no deadline of a person falls on a day off")
    late_after: Duration = Field(default=timedelta(hours=1), description="own: a clock that fires later says so")
    backdating: Duration = Field(default=days(30), description="own: how far back a report may reach")
    cohort: CohortPolicy = CohortPolicy()
    invitations: InvitationPolicy = InvitationPolicy()
    roster: RosterPolicy = RosterPolicy()
    matching: MatchingPolicy = MatchingPolicy()
    offer: OfferPolicy = OfferPolicy()
    training: TrainingPolicy = TrainingPolicy()
    goals: GoalPolicy = GoalPolicy()
    meetings: MeetingPolicy = MeetingPolicy()
    cancellations: CancellationPolicy = CancellationPolicy()
    health: HealthPolicy = HealthPolicy()
    checkpoints: CheckpointPolicy = CheckpointPolicy()
    pause: PausePolicy = PausePolicy()
    conflict: ConflictPolicy = ConflictPolicy()
    concern: ConcernPolicy = ConcernPolicy()
    exit: ExitPolicy = ExitPolicy()
    rematch: RematchPolicy = RematchPolicy()
    undo: UndoPolicy = UndoPolicy()
    evaluation: EvaluationPolicy = EvaluationPolicy()

    @model_validator(mode="after")
    def _checkpoints_fit_the_program(self) -> ProgramDesign:
        if self.checkpoints.after and self.checkpoints.after[-1] >= self.meetings.over:
            raise ValueError("expected every checkpoint before the program's end ('meetings.over')")
        return self
