"""Who is owed another partner when a pairing ends, and how urgently."""

from __future__ import annotations

import pytest

from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.leave import ReportLeave
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.state import CloseReason
from domain.pairing.status import status
from domain.pairing.story import tell
from domain.pairing.undoing import UndoClose

from .given import COORDINATOR, MENTEE, MENTOR, SERVICE, Story, day, in_evaluation, in_meetings, offered


def owed(story: Story) -> list[tuple[str, int, str]]:
    return [(one.participant, one.priority, one.because) for one in story.state.owed]


def test_the_survivor_of_a_leaver_comes_first() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="senior", leaves_at=day(9))

    assert owed(story) == [("junior", 1, "left_company")]
    assert story.state.owed[0].since == day(10)


def test_nobody_is_left_where_both_leave() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="senior", leaves_at=day(20))
    story.when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(20)).rings("leaver.effective")

    assert owed(story) == []


def test_a_leaver_who_is_still_here_gets_no_partner_for_the_rest_of_the_days_only_if_gone() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="senior", leaves_at=day(40))
    story.when(CloseEarly, COORDINATOR, reason=CloseReason.NOT_WORKING)

    assert [one[0] for one in owed(story)] == ["junior", "senior"]


def test_who_asked_to_leave_is_not_asked_again() -> None:
    story = in_meetings().when(RequestExit, MENTOR, on=10).rings("exit.close")

    assert owed(story) == [("senior", 2, "exit")]


def test_whoever_is_on_leave_waits_for_nobody() -> None:
    story = in_meetings().when(ReportLeave, SERVICE, on=10, participant="senior")
    story.when(CloseEarly, COORDINATOR, reason=CloseReason.LEAVE)

    assert owed(story) == [("junior", 1, "leave")]


@pytest.mark.parametrize(
    ("reason", "priority"),
    [
        (CloseReason.CONFLICT_OF_INTEREST, 1),
        (CloseReason.LEFT_COMPANY, 1),
        (CloseReason.NOT_WORKING, 2),
    ],
)
def test_both_get_another_chance(reason: CloseReason, priority: int) -> None:
    story = in_meetings().when(CloseEarly, COORDINATOR, reason=reason)

    assert owed(story) == [("junior", priority, reason.value), ("senior", priority, reason.value)]


@pytest.mark.parametrize("reason", [CloseReason.SILENCE, CloseReason.CANCELLED_BY_ADMIN])
def test_after_some_ends_a_person_decides(reason: CloseReason) -> None:
    assert owed(in_meetings().when(CloseEarly, COORDINATOR, reason=reason)) == []


def test_who_was_declined_or_waited_in_vain_gets_another_chance() -> None:
    assert owed(offered().when(DeclineOffer, MENTEE)) == [("junior", 2, "declined")]
    assert owed(offered().when(AcceptOffer, MENTEE).rings("offer.expire")) == [("senior", 2, "expired")]
    assert owed(offered().rings("offer.expire")) == []


def test_a_completed_pairing_owes_nobody_anything() -> None:
    assert owed(in_evaluation().rings("evaluation.close")) == []


def test_the_cohort_hears_of_it_once_the_close_cannot_be_taken_back() -> None:
    story = in_meetings().when(CloseEarly, COORDINATOR, on=10, reason=CloseReason.NOT_WORKING)
    assert status(story.state).owed == ()

    assert len(status(story.until(13).state).owed) == 2


def test_a_close_taken_back_owes_nobody_anything() -> None:
    story = in_meetings().when(CloseEarly, COORDINATOR, on=10, reason=CloseReason.NOT_WORKING)

    assert owed(story.when(UndoClose, COORDINATOR)) == []


def test_it_is_told_as_a_person_says_it() -> None:
    first = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="senior", leaves_at=day(9)).latest[-1]
    both = in_meetings().when(CloseEarly, COORDINATOR, reason=CloseReason.NOT_WORKING).latest[-1]

    assert tell(first) == "Another partner is to be found for the mentor, before others."
    assert tell(both) == "Another partner is to be found for the mentor and the mentee."
