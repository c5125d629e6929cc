"""What the command line asks before it sends a command about a cohort."""

from __future__ import annotations

from typing import Any

import pytest

from domain.cohort.amendment import AmendProgram
from domain.cohort.closing import CancelCohort
from domain.cohort.enrolment import CloseEnrolment, WithdrawParticipant
from domain.cohort.erasing import EraseSubject
from domain.cohort.invitations import InviteParticipants
from domain.cohort.state import Participant
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.decider import Actor, Command
from operations.cohort_questions import ask_before, question
from operations.endings import Refused

from .given import APPROVER, COORDINATOR, Story, design, enrolling, in_review, running, suspended


def asked(story: Story, kind: type[Command], by: Actor, **fields: Any) -> str | None:
    return question(story.state, kind.model_validate({"by": by, "key": "k"} | fields), story.now)


def test_what_cannot_be_taken_back_or_stops_everybody_is_asked() -> None:
    assert asked(running(), CancelCohort, APPROVER, reason="no budget") == (
        "This ends spring and every pairing of it, for good. Go on?"
    )
    assert asked(enrolling(2), EraseSubject, COORDINATOR, participant="m1") == (
        "This erases the answers, the name and the address of m1, for good. Go on?"
    )
    assert asked(running(), SuspendCohort, COORDINATOR, reason="a works council") == (
        "This stops every pairing of spring and cancels what is booked. Go on?"
    )
    assert asked(enrolling(2), CloseEnrolment, COORDINATOR) == (
        "This closes the enrolment of spring: nobody else can take part. Go on?"
    )
    silent = enrolling(2).when(InviteParticipants, COORDINATOR, participants=[Participant(id="m9", role="mentor")])
    assert asked(silent, CloseEnrolment, COORDINATOR) == (
        "This closes the enrolment of spring: 1 invited person has not answered, and nobody else can take part. Go on?"
    )
    assert asked(running(), AmendProgram, COORDINATOR, design=design(version=2)) == "Give spring version 2?"


def test_what_can_be_taken_back_and_what_the_rules_refuse_is_not() -> None:
    assert asked(suspended(), ResumeCohort, COORDINATOR) is None
    assert asked(enrolling(2), WithdrawParticipant, COORDINATOR, participant="m1") is None
    assert asked(in_review(), EraseSubject, COORDINATOR, participant="m1") is None, "is in a pairing"
    assert asked(running(), CancelCohort, COORDINATOR, reason="no budget") is None, "is the approver's"


def test_where_nobody_can_answer_nothing_is_done_without_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    erase = EraseSubject(by=COORDINATOR, key="k", participant="m1")
    with pytest.raises(Refused, match="nothing was done") as refused:
        ask_before(enrolling(2).state, erase, yes=False)
    assert refused.value.code == "unconfirmed"
    ask_before(enrolling(2).state, erase, yes=True)
