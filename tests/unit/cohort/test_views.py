"""What the command line shows of a cohort that runs: as it stands, and not as the matching left it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from domain.cohort.closing import CancelCohort
from domain.cohort.enrolment import WithdrawParticipant
from domain.cohort.erasing import EraseSubject
from domain.cohort.invitations import DeclineInvitation, InviteParticipants
from domain.cohort.newcomers import newcomers, without_row
from domain.cohort.rematch import ApproveRematches
from domain.cohort.state import Participant
from domain.cohort.suspending import SuspendCohort
from domain.cohort.waiting import JoinLate
from domain.figures import BySide, Hidden, Suppressed
from domain.roster import Person
from intake.roster_file import read_roster
from operations.before_launch import must_be_approved, must_be_proposed
from operations.cohort_correcting import corrected, print_corrected
from operations.cohort_evaluation import evaluated
from operations.cohort_handing_over import rows_for_the_next, write
from operations.cohort_invitations import must_go_on
from operations.cohort_joining import joined, must_take
from operations.cohort_proposals import explained
from operations.cohort_views import Decided, cohort_shown, print_cohort, print_decided
from operations.cohorts import late_joiners
from operations.endings import Refused
from operations.evaluation_views import print_evaluation
from operations.explanation_views import print_explained
from operations.joining_views import print_joined
from tests.unit.rehearsals.given import people

from .given import (
    APPROVER,
    COORDINATOR,
    Story,
    closed,
    day,
    design,
    enrolling,
    in_review,
    matching,
    planned,
    running,
    suspended,
)


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


def test_an_open_enrolment_says_who_has_not_answered_until_when_and_how_they_do() -> None:
    story = enrolling(1, design(cohort={"enrolment": "21 days"}))
    asked = [Participant(id=id, role="mentee") for id in ("e7", "e8", "e9")]
    story.when(InviteParticipants, COORDINATOR, participants=asked)
    story.when(DeclineInvitation, COORDINATOR, participant="e9").when(
        WithdrawParticipant, COORDINATOR, participant="m1"
    )
    story.rings().rings().rings()
    assert shown(story)[1:] == [
        "0 mentors and 1 mentee take part",
        "",
        "5 people invited: 1 take part, 1 declined, 2 have not answered, 1 withdrew.",
        "The enrolment is open until Mon 26 Jan 2026 09:00 UTC. Then it closes by itself and pairs are proposed.",
        "",
        "no answer yet",
        "id person role",
        "e7 e7 mentee yours to ask in person since Mon 19 Jan 2026 09:00 UTC",
        "e8 e8 mentee yours to ask in person since Mon 19 Jan 2026 09:00 UTC",
        "",
        "Somebody says yes: pairloom cohort act spring accept_invitation --as mentee:e7",
        "Somebody says no: pairloom cohort act spring decline_invitation --as mentee:e7 participant=e7",
        "To close it before: pairloom cohort match spring",
    ]
    assert cohort_shown(running().state).enrolment is None
    story.when(SuspendCohort, COORDINATOR, reason="a works council")
    assert shown(story)[-2:] == ["", "To let it go on: pairloom cohort resume spring"]
    with pytest.raises(Refused, match="first let it go on by `pairloom cohort resume spring`"):
        must_go_on(story.state)
    must_go_on(suspended().state)


def test_a_proposed_re_match_says_how_it_is_published() -> None:
    lines = shown(survivors().rematched(planned(2, 1)))
    assert "1 re-match waits for an approver" in lines
    assert lines[-1] == (
        "To publish the re-matches: pairloom cohort act spring approve_rematches --as approver:YOUR-ID"
    )


def late(*ids: str) -> list[Person]:
    return [roster()[0].model_copy(update={"id": id, "email": f"{id}@northlight.example"}) for id in ids]


def joins(story: Story, file: list[Person], stored: list[Person]) -> list[str]:
    """What `cohort join` says of a roster."""
    found = newcomers(story.state, file, stored)
    for command in late_joiners(COORDINATOR, story.state, found.new):
        story.when(JoinLate, COORDINATOR, participants=command.participants)
    return said(lambda console: print_joined(console, joined(story.state, found)))


def test_late_joiners_are_told_where_they_wait_and_what_of_the_roster_was_not_taken_over() -> None:
    moved = roster()[0].model_copy(update={"site": "Elsewhere"})
    assert joins(running(), [moved, *late("p8", "p9")], roster()) == [
        "On the waiting list of spring now, 2 people: p8, p9.",
        "A re-match is proposed as soon as there is a partner: `pairloom cohort show spring` shows both.",
        "Known already and left as they are, 1 person.",
        "Rows that read otherwise than the cohort's were not taken over: m1 (site). To do that: "
        "`pairloom cohort correct spring` with this file.",
    ]
    again = running().when(JoinLate, COORDINATOR, participants=[Participant(id="p8", role="mentor")])
    again.when(JoinLate, COORDINATOR, on=100, participants=[Participant(id="p9", role="mentor")])
    assert joins(again, [*roster()[:1], *late("p8", "p9")], [*roster(), *late("p8", "p9")]) == [
        "Nobody in the roster is new to spring.",
        "Known already and left as they are, 1 person.",
        "On the waiting list already, 1 person: p8.",
        "Waiting for the next cohort already, 1 person: p9.",
    ]


def test_who_comes_too_late_waits_for_the_next_cohort() -> None:
    assert joins(running().asleep_until(100), late("p9"), []) == [
        "Waiting for the next cohort, as spring took late joiners until Thu 5 Mar 2026 09:00 UTC, 1 person: p9."
    ]


def test_who_was_asked_before_is_not_taken_in_by_a_roster() -> None:
    story = enrolling(2).when(InviteParticipants, COORDINATOR, participants=[Participant(id="p8", role="mentor")])
    story.when(DeclineInvitation, COORDINATOR, participant="p8")
    assert joins(story, late("p8"), []) == [
        "Nobody in the roster is new to spring.",
        "Not taken in, as they were asked before: p8 (declined). If one of them wants to join now:",
        "pairloom cohort act spring join_late --as coordinator:YOUR-ID participants.1.id=p8 participants.1.role=mentor",
    ]


def test_ids_that_were_taken_in_without_a_row_are_told_with_the_command_that_gives_it() -> None:
    late = [Participant(id="p8", role="mentor"), Participant(id="p9", role="mentee")]
    state = running(3).when(JoinLate, COORDINATOR, participants=late).state
    stored = {person.id for person in roster()} | {"p9"}
    without = without_row(state, stored)
    assert without == ("p8",)
    decided = Decided(cohort="spring", command="join_late", key="k", done=True, stage=state.stage, without_row=without)
    assert said(lambda console: print_decided(console, decided))[-1] == (
        "There is no row of a roster for p8: without one they find no partner. Give their rows by `pairloom cohort "
        "join spring` with them in a roster."
    )


def test_a_correction_says_what_it_took_over_and_what_it_does_not_reach() -> None:
    moved = roster()[0].model_copy(update={"zone": "Europe/Berlin", "manager": "m2"})
    found = newcomers(running(3).state, [moved, *late("p8")], roster())
    assert said(lambda console: print_corrected(console, corrected("spring", found))) == [
        "Taken over: m1 (manager, zone).",
        "Pairings keep the zone and the country that they began with.",
        "Pairings that run hear of another reporting line by report_reporting_line alone.",
        "Not of spring: p8. `pairloom cohort join` takes people in.",
    ]


def test_who_was_erased_is_not_taken_in_again() -> None:
    gone = running().when(JoinLate, COORDINATOR, participants=[Participant(id="p8", role="mentor")])
    gone.when(EraseSubject, COORDINATOR, participant="p8")
    assert joins(gone, late("p8"), []) == [
        "Nobody in the roster is new to spring.",
        "Erased before, and not taken in again, 1 person.",
    ]


@pytest.mark.parametrize(
    ("story", "saying"),
    [
        (enrolling, "the cohort is ENROLLING; this needs RUNNING. Until its enrolment closes, `pairloom cohort create"),
        (in_review, "run this again when they have been approved"),
        (suspended, "First let it go on: `pairloom cohort resume spring`"),
    ],
)
def test_a_cohort_that_takes_nobody_in_says_what_to_do(story: Callable[[], Story], saying: str) -> None:
    now = story()
    with pytest.raises(Refused, match=saying) as refused:
        must_take(now.state)
    assert refused.value.code == "stage"
    must_take(running().state)


def test_late_joiners_are_taken_in_by_the_hundred_with_keys_that_a_repetition_makes_again() -> None:
    people = late(*(f"p{number:03}" for number in range(230)))
    story = running()
    commands = late_joiners(COORDINATOR, story.state, people)
    assert [len(command.participants) for command in commands] == [100, 100, 30]
    story.when(JoinLate, COORDINATOR, participants=commands[0].participants)
    assert late_joiners(COORDINATOR, story.state, people[100:]) == commands[1:]


def test_the_waiting_list_is_todays_once_the_cohort_runs() -> None:
    assert not any("waiting list" in line for line in shown(running(3)))
    late = [Participant(id="late", role="mentor")]
    lines = shown(survivors().when(JoinLate, COORDINATOR, participants=late))
    assert "3 people on the waiting list" in lines
    assert "e1 e1 mentee the pairing has ended" in lines
    assert "late late mentor joined late" in lines


def test_of_a_cancelled_cohort_no_re_match_waits_for_anybody() -> None:
    lines = shown(survivors().rematched(planned(2, 1)).when(CancelCohort, APPROVER, reason="no budget"))
    assert not any("re-match" in line for line in lines)


def test_who_finds_no_partner_here_any_more_is_handed_over_with_the_partners_that_they_had(tmp_path: Path) -> None:
    story = survivors().rematched(planned(2, 1))
    late = [Participant(id="late", role="mentor")]
    story.when(JoinLate, COORDINATOR, on=100, participants=late)
    with pytest.raises(Refused, match="who wait for the next cohort have no row"):
        rows_for_the_next(story.state, roster())
    assert any("cohort hand-over spring --to FILE" in line for line in shown(story)), "the late one waits for it"
    with pytest.raises(Refused, match="Nobody of spring waits for the next cohort"):
        rows_for_the_next(survivors().state, roster())

    story.when(CancelCohort, APPROVER, reason="no budget")
    rows = rows_for_the_next(story.state, roster())
    assert [(row.id, row.earlier_partners) for row in rows] == [("e1", {"m1"}), ("m2", {"e2"})], (
        "a proposal is no pairing"
    )
    write(tmp_path / "next.csv", rows, story.state.design)
    assert read_roster(tmp_path / "next.csv") == rows
    assert (tmp_path / "next.csv").stat().st_mode & 0o077 == 0, "names are for nobody else"


def test_the_funnel_is_that_of_a_review_and_says_so() -> None:
    assert "As of the review of week 2; `pairloom cohort status spring` has today's:" in shown(survivors())


def test_a_partner_is_told_by_how_the_pairing_stands() -> None:
    assert any(line.startswith("is paired with e1,") for line in explanation(in_review(3), "m1"))
    lines = explanation(survivors(), "e1")
    assert any(line.startswith("was, until that pairing ended, paired with m1,") for line in lines)
    assert "has no partner." in lines
    assert not any(line.startswith("is paired with m1") for line in lines)


def test_a_partner_of_a_pairing_that_is_over_is_none_any_more_before_the_cohort_hears_of_it() -> None:
    story = running(3)
    over = [planned(1).pairing]
    (partner,) = explained(story.state, roster(), "m1", over).partners
    assert partner.stands == "ended"
    assert explained(story.state, roster(), "m2", over).partners[0].stands == "paired"
    cancelled = survivors().rematched(planned(2, 1)).when(CancelCohort, APPROVER, reason="no budget")
    lines = explanation(cancelled, "m3")
    assert any(line.startswith("was, until that pairing ended, paired with e3,") for line in lines)
    assert not any("is proposed" in line for line in explanation(cancelled, "e1"))


def test_a_rematch_is_told_while_it_waits_for_the_approver_and_then_as_a_pair() -> None:
    story = survivors().rematched(planned(2, 1))
    lines = explanation(story, "e1")
    assert any(line.startswith("is proposed to be paired anew with m2,") for line in lines)
    assert "has no partner." not in lines
    approved = story.when(ApproveRematches, APPROVER, on=30, starts_at=day(32))
    assert any(line.startswith("is paired with m2,") for line in explanation(approved, "e1"))


@pytest.mark.parametrize(
    ("story", "approve", "launch"),
    [
        (enrolling, "`pairloom cohort match spring` closes its enrolment", "cohort match spring` closes its enrolment"),
        (matching, "its pairs are being proposed", "its pairs are being proposed"),
        (in_review, None, "must be approved first, by `pairloom cohort approve spring"),
        (running, None, None),
    ],
)
def test_what_comes_too_early_is_told_the_step_before_it(
    story: Callable[[], Story], approve: str | None, launch: str | None
) -> None:
    for check, saying in ((must_be_proposed, approve), (must_be_approved, launch)):
        if saying is None:
            check(story().state)
            continue
        with pytest.raises(Refused, match=saying) as refused:
            check(story().state)
        assert refused.value.code == "stage"


def test_a_cohort_that_has_closed_says_what_it_achieved_and_what_is_withheld() -> None:
    story = closed()
    assert "What it has achieved: pairloom cohort evaluation spring" in shown(story)
    assert not any("cohort evaluation" in line for line in shown(running()))
    found = evaluated("spring", story.events)
    assert found.figures == story.state.headline
    few = Suppressed(reason=Hidden.TOO_FEW, at_least=5)
    hides = found.figures.model_copy(update={"nps": BySide(mentor=few, mentee=few, both=few)})
    early = hides.early_closures.model_copy(update={"reasons": (("leave", 1),), "no_fault": (("left_company", 2),)})
    hides = hides.model_copy(update={"early_closures": early})
    lines = said(lambda console: print_evaluation(console, found.model_copy(update={"figures": hides})))
    assert lines[0] == "Reverse mentoring 2026 (spring): closed on Mon 26 Jan 2026 09:00 UTC"
    assert "completion nothing to count" in lines
    assert "NPS too few answers too few answers too few answers" in lines
    at = lines.index("Why pairings closed early")
    assert lines[at + 1 : at + 3] == ["1 leave", "2 left company (no fault: outside the rates)"]


@pytest.mark.parametrize(
    ("story", "saying"),
    [
        (running, "they are taken when every pairing has ended, and `pairloom cohort status spring` has how far"),
        (lambda: running().when(CancelCohort, APPROVER, reason="no budget"), "it was cancelled before they were taken"),
    ],
)
def test_a_cohort_without_figures_says_why(story: Callable[[], Story], saying: str) -> None:
    with pytest.raises(Refused, match=saying):
        evaluated("spring", story().events)


def test_of_an_archived_cohort_it_is_said_that_its_people_are_erased() -> None:
    archived = replace(running().state, answers_erased=True)
    with pytest.raises(Refused, match="the cohort is archived, and what was known of its people has been erased"):
        explained(archived, [], "m1")


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
