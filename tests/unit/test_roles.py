"""Who may send what: the roles of the specification, command by command, against what the rules say themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pairing.given import APPROVER, AUDITOR, DELEGATE, MENTOR, SERVICE, SPONSOR, with_a_meeting

from domain.decider import Actor, Rejected, Role
from domain.pairing.closing import CloseEarly
from domain.pairing.decider import decide
from domain.pairing.goal_setting import ProgressGoal
from domain.pairing.meetings import CancelMeeting
from domain.pairing.state import CloseReason

THE_TWO = {"mentor", "mentee"}
BOOKING = THE_TWO | {"delegate"}

ALLOWED: dict[str, set[str]] = {
    # the pair's own business
    "accept_offer": THE_TWO,
    "decline_offer": THE_TWO,
    "undo_acceptance": THE_TWO,
    "sign_agreement": THE_TWO,
    "set_goals": THE_TWO,
    "progress_goal": THE_TWO,
    "close_goal": THE_TWO,
    "answer_checkpoint": THE_TWO,
    "submit_evaluation": THE_TWO,
    "request_exit": THE_TWO,
    "name_delegate": {"mentee"},
    # meetings: the assistant may book, a calendar may report
    "schedule_meeting": BOOKING | {"service"},
    "schedule_series": BOOKING | {"service"},
    "move_meeting": BOOKING | {"service"},
    "cancel_meeting": BOOKING,
    "log_meeting": THE_TWO | {"service"},
    # facts, and what only operations decides
    "complete_training": {"coordinator", "service"},
    "report_leaver": {"coordinator", "service"},
    "report_leave": {"coordinator", "service"},
    "report_return": {"coordinator", "service"},
    "report_reporting_line": {"coordinator", "service"},
    "suspend_with_cohort": {"service"},  # of the cohort itself; a service of another name is refused
    "resume_with_cohort": {"service"},
    "amend_design": {"service"},
    # a concern bypasses the coordinator
    "raise_concern": THE_TWO,
    "resolve_concern": {"concern_handler"},
    "waive_training": {"coordinator"},
    "pause": {"coordinator"},
    "resume": {"coordinator"},
    "close_early": {"coordinator"},
    "undo_close": {"coordinator"},
    "acknowledge_escalation": {"coordinator", "sponsor"},  # each of their own items
    "close_escalation": {"coordinator", "sponsor"},
    # the cohort: operations prepares, somebody else approves
    "open_enrolment": {"coordinator"},
    "enrol_participants": {"coordinator"},
    "invite_participants": {"coordinator"},
    "accept_invitation": THE_TWO,
    "decline_invitation": THE_TWO | {"coordinator"},
    "withdraw_participant": {"coordinator"},
    "close_enrolment": {"coordinator"},
    "approve_matches": {"approver"},
    "report_eligibility": {"coordinator", "service"},
    "pin_pair": {"coordinator"},
    "forbid_pair": {"coordinator"},
    "swap_mentees": {"coordinator"},
    "request_rematch": {"coordinator"},
    "join_late": {"coordinator"},
    "leave_waiting_list": {"coordinator"},
    "approve_rematches": {"approver"},
    "reject_rematch": {"approver", "coordinator"},
    "suspend_cohort": {"coordinator"},
    "resume_cohort": {"coordinator"},
    "amend_program": {"coordinator"},
    "cancel_cohort": {"approver"},
    "erase_subject": {"coordinator"},
    "view_history": {"auditor"},
    "report_export": {"coordinator", "auditor"},
}


def documented() -> dict[str, set[str]]:
    """What `decide` allows, by docs/contract.md, which is made by asking it and is checked to be current."""
    page = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
    sections = re.findall(r"### Update `(\w+)`\n(.*?)(?=\n### |\n## |\Z)", page, re.S)
    sent_by = {name: re.search(r"May be sent by: (.*)\.", body) for name, body in sections}
    return {name: {role.replace(" ", "_") for role in found[1].split(", ")} for name, found in sent_by.items() if found}


def test_every_command_is_for_the_roles_of_the_specification_and_nobody_else() -> None:
    assert documented() == ALLOWED


@pytest.mark.parametrize("by", [MENTOR, DELEGATE, SPONSOR, APPROVER, AUDITOR, SERVICE])
def test_a_refusal_says_whose_it_is(by: Actor) -> None:
    story = with_a_meeting()
    with pytest.raises(Rejected, match="this is for the coordinator, not for a") as refused:
        decide(story.state, CloseEarly(by=by, key="k", reason=CloseReason.LEAVE), story.now)
    assert refused.value.code == "role"


def test_a_delegate_whom_nobody_named_is_a_stranger() -> None:
    story = with_a_meeting()
    with pytest.raises(Rejected, match="not the delegate that the mentee named"):
        decide(story.state, CancelMeeting(by=DELEGATE, key="k", meeting=1), story.now)


def test_a_delegate_has_no_business_with_goals() -> None:
    story = with_a_meeting()
    with pytest.raises(Rejected, match="only the mentor or the mentee"):
        decide(story.state, ProgressGoal(by=DELEGATE, key="k", goal="g1", level=0.5), story.now)


def test_the_other_pairings_mentor_is_not_this_ones() -> None:
    story = with_a_meeting()
    with pytest.raises(Rejected, match="not the mentor of this pairing"):
        decide(story.state, CancelMeeting(by=Actor(role=Role.MENTOR, id="somebody"), key="k", meeting=1), story.now)
