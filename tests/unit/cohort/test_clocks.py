"""The clocks of a cohort in words."""

from __future__ import annotations

import pytest

from domain.cohort.clocks import TITLES, title
from domain.cohort.state import CohortClock


def test_every_clock_has_a_title_of_its_own() -> None:
    assert set(TITLES) == set(CohortClock)
    assert len(set(TITLES.values())) == len(CohortClock)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("enrolment.close", "close the enrolment"),
        ("review:3", "review of week 3"),
        ("invitation.remind:2/1", "remind of the invitation (round 2, reminder 1)"),
        ("invitation.unanswered:1", "invitations without an answer (round 1)"),
        ("rematch.due:4", "a partner for number 4 of the waiting list"),
    ],
)
def test_a_name_says_which_one_of_several(name: str, words: str) -> None:
    assert title(name) == words
