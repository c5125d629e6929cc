"""How people behave: the assumptions of a rehearsal, each with the source of its default.

Few figures about mentoring are published, so most defaults are our own guesses (`own`), chosen so that a rehearsal
meets every path of the lifecycle. `pairloom rehearse --fit` replaces them by what a finished cohort did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from domain.decider import Frozen

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
PerYear = Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]


class Delay(Frozen):
    """A log-normal delay, in the person's own working days: half of all people are faster than the median."""

    median: Annotated[float, Field(gt=0, le=250, allow_inf_nan=False)]
    spread: Annotated[float, Field(gt=0, le=3, allow_inf_nan=False)] = 0.6


def delay(median: float, spread: float = 0.6) -> Delay:
    """A delay of so many working days."""
    return Delay(median=median, spread=spread)


class MentorAssumptions(Frozen):
    """The junior side."""

    answers_offer: Delay = Field(default=delay(1.5), description="own")
    ignores_offer: Share = Field(default=0.01, description="own")
    declines_offer: Share = Field(default=0.02, description="own")
    trains: Delay = Field(default=delay(3.5), description="own")
    signs_agreement: Delay = Field(default=delay(3.0), description="own")
    cancels_meeting: Share = Field(default=0.04, description="own; of the meetings booked")
    answers_survey: Delay = Field(default=delay(1.5), description="own")
    ignores_survey: Share = Field(default=0.15, description="own")
    evaluates: Delay = Field(default=delay(3.0), description="own")
    ignores_evaluation: Share = Field(default=0.03, description="own")
    leaves_company: PerYear = Field(default=0.10, description="own; CIPD counts 36 % a year over all UK workers")
    goes_on_leave: PerYear = Field(default=0.06, description="own")
    asks_to_exit: PerYear = Field(default=0.03, description="own")


class MenteeAssumptions(Frozen):
    """The executive's side."""

    answers_offer: Delay = Field(default=delay(2.5), description="own")
    ignores_offer: Share = Field(default=0.02, description="own")
    declines_offer: Share = Field(default=0.02, description="own")
    trains: Delay = Field(default=delay(6.0), description="own")
    signs_agreement: Delay = Field(default=delay(4.0), description="own")
    cancels_meeting: Share = Field(default=0.16, description="own; of the meetings booked")
    answers_survey: Delay = Field(default=delay(2.5), description="own")
    ignores_survey: Share = Field(default=0.23, description="Microsoft Viva Glint: a median of 77 % respond")
    evaluates: Delay = Field(default=delay(4.0), description="own")
    ignores_evaluation: Share = Field(default=0.05, description="own")
    leaves_company: PerYear = Field(default=0.06, description="own; CIPD counts 36 % a year over all UK workers")
    goes_on_leave: PerYear = Field(default=0.05, description="own")
    asks_to_exit: PerYear = Field(default=0.03, description="own")


class PairAssumptions(Frozen):
    """What the two do together."""

    sets_goals: Delay = Field(default=delay(5.0), description="own; after the training")
    books_meeting: Delay = Field(default=delay(3.0), description="own; after the meeting before, or the training")
    first_meeting: Delay = Field(default=delay(8.0, 0.25), description="own; from the training to the meeting")
    next_meeting: Delay = Field(default=delay(17.0, 0.2), description="own; from one meeting to the next")
    forgets_to_log: Share = Field(default=0.04, description="own; of the meetings held")
    falls_silent: Share = Field(default=0.05, description="own; after a meeting or two, for good")


class CoordinatorAssumptions(Frozen):
    """The operations team."""

    takes_on: Delay = Field(default=delay(0.7, 0.5), description="own; an open item")
    decides: Delay = Field(default=delay(3.0, 0.4), description="own; about an exit, a silence, a late training")
    grants_exit: Share = Field(default=0.5, description="own; the others close by themselves")
    waives_training: Share = Field(default=0.3, description="own; of the overdue ones")
    lets_go_on: Delay = Field(
        default=delay(15.0, 0.5), description="own; until a rest without an end of its own is over, in a running cohort"
    )
    items_a_week: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=15, description="own; more new items and reminders in a week than this are too many"
    )


class Assumptions(Frozen):
    """Everything that a rehearsal assumes about people. Rates are per person and year."""

    mentor: MentorAssumptions = MentorAssumptions()
    mentee: MenteeAssumptions = MenteeAssumptions()
    pair: PairAssumptions = PairAssumptions()
    coordinator: CoordinatorAssumptions = CoordinatorAssumptions()


def changed(assumptions: Assumptions, fields: Mapping[str, object]) -> Assumptions:
    """With other values for fields named as in the file (`mentee.cancels_meeting`). Raises ValidationError."""
    written = assumptions.model_dump()
    for name, value in fields.items():
        section, _, trait = name.partition(".")
        written[section][trait] = value
    return Assumptions.model_validate(written)
