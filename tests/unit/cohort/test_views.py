"""What the command line shows of a cohort that runs: as it stands, and not as the matching left it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.console import Console

from domain.cohort.erasing import EraseSubject
from domain.cohort.rematch import ApproveRematches
from domain.cohort.state import Participant
from domain.cohort.waiting import JoinLate
from domain.roster import Person
from operations.cohort_proposals import explained
from operations.cohort_views import cohort_shown, print_cohort
from operations.endings import Refused
from operations.explanation_views import print_explained
from tests.unit.rehearsals.given import people

from .given import APPROVER, COORDINATOR, Story, day, in_review, planned, running


def said(printing: Callable[[Console], None]) -> list[str]:
    console = Console(width=160)
    with console.capture() as captured:
        printing(console)
    return [" ".join(line.split()) for line in captured.get().splitlines()]


def shown(story: Story) -> list[str]:
    return said(lambda console: print_cohort(console, cohort_shown(story.state), {}))


def explanation(story: Story, id: str) -> list[str]:
    return said(lambda console: print_explained(console, explained(story.state, roster(), id), {}))


def roster() -> list[Person]:
    """People of the example, under the ids of the tests."""
    of = {role: [person for person in people() if person.role == role] for role in ("mentor", "mentee")}
    return [
        person.model_copy(update={"id": f"{letter}{number}", "manager": None})
        for letter, role in (("m", "mentor"), ("e", "mentee"))
        for number, person in enumerate(of[role][:3], start=1)
    ]


def survivors() -> Story:
    """e1 has lost m1 and m2 has lost e2."""
    return running(3).ends(1, "e1").ends(2, "m2")


def test_the_waiting_list_is_todays_once_the_cohort_runs() -> None:
    assert not any("waiting list" in line for line in shown(running(3)))
    late = [Participant(id="late", role="mentor")]
    lines = shown(survivors().when(JoinLate, COORDINATOR, participants=late))
    assert "3 people on the waiting list" in lines
    assert "e1 e1 mentee the pairing has ended" in lines
    assert "late late mentor joined late" in lines


def test_the_funnel_is_that_of_a_review_and_says_so() -> None:
    assert "As of the review of week 2; `pairloom cohort status spring` has today's:" in shown(survivors())


def test_a_partner_is_told_by_how_the_pairing_stands() -> None:
    assert any(line.startswith("is paired with e1,") for line in explanation(in_review(3), "m1"))
    lines = explanation(survivors(), "e1")
    assert any(line.startswith("was, until that pairing ended, paired with m1,") for line in lines)
    assert "has no partner." in lines
    assert not any(line.startswith("is paired with m1") for line in lines)


def test_a_rematch_is_told_while_it_waits_for_the_approver_and_then_as_a_pair() -> None:
    story = survivors().rematched(planned(2, 1))
    lines = explanation(story, "e1")
    assert any(line.startswith("is proposed to be paired anew with m2,") for line in lines)
    assert "has no partner." not in lines
    approved = story.when(ApproveRematches, APPROVER, on=30, starts_at=day(32))
    assert any(line.startswith("is paired with m2,") for line in explanation(approved, "e1"))


def test_who_does_not_take_part_and_of_whom_nothing_is_known_are_two_answers() -> None:
    late = [Participant(id="late", role="mentor")]
    story = survivors().when(JoinLate, COORDINATOR, participants=late).when(EraseSubject, COORDINATOR, participant="e1")
    left = [person for person in roster() if person.id != "e1"]
    for id, saying in (
        ("m9", "Nobody takes part in spring as 'm9'"),
        ("late", "late takes part in spring, but is in no roster"),
        ("e1", "e1 takes part in spring, but what was known of this person has been erased"),
    ):
        with pytest.raises(Refused, match=saying):
            explained(story.state, left, id)


def test_of_the_others_it_is_told_whom_they_have_now() -> None:
    found = explained(survivors().rematched(planned(2, 1)).state, roster(), "m3")
    assert {one.person: one.paired_with for one in found.others} == {"e1": ("m2",), "e2": ()}
