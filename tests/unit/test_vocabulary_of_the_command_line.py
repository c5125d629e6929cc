"""A command from `name=value` texts: typed by its model, every mistake named by its field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.decider import Actor, Command, Role
from domain.pairing.goal_setting import GoalDraft, SetGoals
from domain.pairing.meetings import ScheduleMeeting
from operations.endings import BadInput
from operations.vocabulary import command_from, command_named, commands_of, described, of_the_cohort
from workflows.published import published

MENTOR = Actor(role=Role.MENTOR, id="P032")


def made(name: str, *given: str) -> Command:
    return command_from(command_named("pairing", name), MENTOR, "k", given)


def mistakes(name: str, *given: str) -> dict[str, tuple[str, str]]:
    with pytest.raises(BadInput) as wrong:
        made(name, *given)
    return {mistake.field: (mistake.found, mistake.expected) for mistake in wrong.value.mistakes}


def test_every_command_that_is_published_can_be_described_and_sent() -> None:
    for aggregate in ("pairing", "cohort"):
        names = {one.name for one in published() if (one.aggregate, one.kind) == (aggregate, "update")}
        assert {command.name for command in described(aggregate)} == names == set(commands_of(aggregate))
        assert all(command.meaning for command in described(aggregate))


def test_what_the_engine_fills_in_is_not_asked_for() -> None:
    fields = {command.name: [field.name for field in command.fields] for command in described("cohort")}
    assert fields["pin_pair"] == ["mentor", "mentee", "reason"]
    assert fields["request_rematch"] == ["participant", "pairing"]


def test_texts_become_what_the_model_says() -> None:
    booked = made("schedule_meeting", "starts_at=2027-02-10T14:00+00:00", "minutes=45")
    starts = datetime(2027, 2, 10, 14, tzinfo=UTC)
    assert booked == ScheduleMeeting(by=MENTOR, key="k", starts_at=starts, minutes=45)
    assert made("schedule-meeting", "starts_at=2027-02-10T14:00Z", "minutes=45") == booked


def test_a_list_of_objects_is_given_field_by_field_or_as_json() -> None:
    goals = (GoalDraft(text="Prompts that work"), GoalDraft(text="A weekly hour", weight=2))
    by_field = made("set_goals", "goals.1.text=Prompts that work", "goals.2.text=A weekly hour", "goals.2.weight=2")
    as_json = made("set_goals", 'goals=[{"text": "Prompts that work"}, {"text": "A weekly hour", "weight": 2}]')
    assert by_field == as_json == SetGoals(by=MENTOR, key="k", goals=goals)


def test_a_list_of_texts_is_given_with_commas() -> None:
    made("report_reporting_line", "mentor_managers=P001,P002", "mentee_managers=")


def test_a_pairing_may_be_named_to_its_cohort_as_the_screens_name_it() -> None:
    given = ["pairing=spring/P032~P031", "pairings=spring/a~b, c~d", "participant=P031", "reason=spring/summer, both"]
    assert of_the_cohort("spring", given) == ["pairing=P032~P031", "pairings=a~b,c~d", *given[2:]]


def test_what_may_be_left_out_may_be_empty() -> None:
    assert made("pause", "reason=other", "until=") == made("pause", "reason=other")


def test_every_mistake_is_named_at_once() -> None:
    found = mistakes("schedule_meeting", "starts_at=2027-02-10T14:00", "minuts=45")
    assert found["starts_at"] == (
        "'2027-02-10T14:00'",
        "a moment with its UTC offset, such as 2027-02-10T14:00+00:00",
    )
    assert found["minutes"][0] == "nothing"
    assert found["minuts"] == ("a field that the command does not have", "'minutes'")


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("scedule_meeting", (), "Did you mean schedule_meeting?"),
        ("accept_offer", ("fast",), "expected FIELD=VALUE"),
        ("accept_offer", ("key=mine",), "the key by --key"),
        ("sign_agreement", ("skill=3", "skill=4"), "twice"),
        ("set_goals", ("goals=[{]",), "expected JSON"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(name: str, given: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadInput, match=says.replace("?", r"\?")):
        made(name, *given)
