"""Deadlines on working days: which are, of whom, and that a pause keeps what was left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pairing.clocks import ClockKind, kind_of
from domain.pairing.deadlines import OF_BOTH, OF_OPERATIONS
from domain.pairing.offer import AcceptOffer
from domain.pairing.pausing import Pause, Resume
from domain.pairing.state import SIDES, Party
from domain.working_time import due_on_working_day, operations

from .given import COORDINATOR, MENTEE, MENTOR, Story, day, design, in_meetings, offered

RIYADH = Party(participant="senior", zone="Asia/Riyadh", holidays=(date(2026, 1, 15), date(2026, 1, 16)))


def test_an_offer_that_would_expire_on_a_day_off_of_either_waits_for_a_day_on_which_both_work() -> None:
    story = Story(mentee=RIYADH).until(0)

    # Day 10 is Thursday the 15th: off in Riyadh, as is Friday; then comes the weekend.
    assert story.clocks["offer.expire"] == 14
    assert story.clocks["offer.remind"] == 7


def test_what_operations_must_look_at_comes_on_a_day_on_which_operations_works() -> None:
    assert in_meetings().clocks["booking.escalate:1"] == 16  # a Wednesday

    assert in_meetings(design(holidays=["2026-01-21", "2026-01-22"])).clocks["booking.escalate:1"] == 18


def test_a_program_may_count_days_of_the_calendar_only() -> None:
    story = Story(design(due_on_working_days=False), mentee=RIYADH).until(0)

    assert story.clocks["offer.expire"] == 10


@given(start=st.integers(0, 40), zone=st.sampled_from(["Europe/London", "America/New_York", "Pacific/Auckland"]))
def test_no_deadline_of_a_person_starts_on_a_day_off(start: int, zone: str) -> None:
    story = Story(mentee=Party(participant="senior", zone=zone, holidays=(date(2026, 2, 16),))).until(0)
    for actor in (MENTOR, MENTEE):
        story.when(AcceptOffer, actor, on=min(start / 5, 6))
    story.until(start + 30)
    for event in story.events:
        for started in event.starts:
            if kind_of(started.name) in OF_BOTH:
                calendars = [story.state.calendar(side) for side in SIDES]
            elif kind_of(started.name) in OF_OPERATIONS:
                calendars = [operations(story.state.design)]
            else:
                continue
            assert all(due_on_working_day(calendar, started.due) == started.due for calendar in calendars)


def test_a_pause_gives_back_exactly_what_was_left_even_on_a_weekend() -> None:
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason="other", until=day(40))
    left = dict(story.state.suspension.left) if story.state.suspension else {}

    story.when(Resume, COORDINATOR, on=12)

    assert story.clocks["silence.propose"] == 12 + left["silence.propose"] / timedelta(days=1)


@pytest.mark.parametrize("kind", [ClockKind.MEETING_REMIND, ClockKind.LEAVER_EFFECTIVE, ClockKind.CHECKPOINT_OPEN])
def test_what_happens_at_its_time_is_no_deadline(kind: ClockKind) -> None:
    assert kind not in OF_BOTH | OF_OPERATIONS


def test_an_offer_on_working_days_is_left_alone() -> None:
    assert offered().clocks == {"offer.remind": 7, "offer.expire": 10}
