"""A shorter plan for whoever begins later: meetings in proportion, checkpoints inside, and still a valid design."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from domain.cohort.shorter_plan import shortened
from domain.program import ProgramDesign

from .given import START, day, design

END = day(182)


def test_half_of_the_program_has_half_of_the_meetings() -> None:
    plan = shortened(design(), day(91), END)

    assert (plan.meetings.over, plan.meetings.planned, plan.meetings.enough) == (timedelta(days=91), 3, 2)
    assert plan.checkpoints.after == (timedelta(days=30), timedelta(days=90))
    assert plan.goals.before_meeting == 3
    assert (plan.version, plan.health) == (1, design().health), "everything else is the program's"


def test_a_short_rest_still_holds_a_meeting() -> None:
    plan = shortened(design(), day(172), END)

    assert (plan.meetings.planned, plan.meetings.enough, plan.goals.before_meeting) == (1, 1, 1)
    assert plan.checkpoints.after == ()


@pytest.mark.parametrize("starts_on", [0, -3, 182, 200])
def test_with_the_whole_program_or_none_of_it_left_the_design_is_as_it_is(starts_on: int) -> None:
    assert shortened(design(), day(starts_on), END) == design()


@hypothesis_given(
    left=st.integers(1, 200), planned=st.integers(1, 24), enough=st.integers(1, 24), over=st.integers(2, 400)
)
def test_it_is_always_a_design_that_can_be_read_again(left: int, planned: int, enough: int, over: int) -> None:
    meetings = {"planned": planned, "enough": min(enough, planned), "over": timedelta(days=over)}
    whole = design(meetings=meetings, checkpoints={"after": [timedelta(days=over) / 2]})

    plan = shortened(whole, START, START + timedelta(days=left))

    assert ProgramDesign.model_validate_json(plan.model_dump_json()) == plan
    assert 1 <= plan.meetings.enough <= plan.meetings.planned <= planned
    assert plan.meetings.over == timedelta(days=min(left, over))
