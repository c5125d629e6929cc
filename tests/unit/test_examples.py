"""What ships as an example is valid, and says what it is meant to say."""

from datetime import date
from pathlib import Path

import pytest
from roster_people import SUMMER, WINTER

from activities.pair_survey import surveyed
from domain.matching.assignment import propose
from domain.program import ProgramDesign
from intake.problems import IntakeError
from intake.program_file import read_program
from intake.roster_file import read_roster

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_program_spells_out_the_defaults() -> None:
    design = read_program(EXAMPLES / "digital-fluency.yaml")
    defaults = ProgramDesign(program="x", version=1, title="x", objectives=("x",), zone="UTC")
    for clocks in ("cohort", "offer", "goals", "meetings", "health", "checkpoints", "pause", "exit", "evaluation"):
        assert getattr(design, clocks) == getattr(defaults, clocks), clocks


def test_the_programs_forbidden_pairs_are_people_of_the_roster() -> None:
    role = {person.id: person.role for person in read_roster(EXAMPLES / "roster.csv")}
    for one, other in read_program(EXAMPLES / "digital-fluency.yaml").matching.forbidden:
        assert {role[one], role[other]} == {"mentor", "mentee"}


def test_the_roster_is_one_company_with_one_head() -> None:
    people = read_roster(EXAMPLES / "roster.csv")
    assert sum(person.role == "mentor" for person in people) >= 35
    assert sum(person.role == "mentee" for person in people) >= 30
    assert [person.id for person in people if person.manager is None] == ["P001"]
    assert all(person.email.endswith(".example") for person in people)


@pytest.mark.parametrize("on", [WINTER, SUMMER])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_roster_makes_at_least_26_pairs_and_leaves_some_people_over(on: date, seed: int) -> None:
    people = read_roster(EXAMPLES / "roster.csv")
    design = read_program(EXAMPLES / "digital-fluency.yaml")
    proposal = propose(people, design.matching, seed=seed, hours=design.working_hours, on=on, surveyor=surveyed)
    assert len(proposal.pairs) >= 26
    assert 3 <= len(proposal.left_over) <= 12
    reasons = {one.person: one.reason for one in proposal.left_over}
    assert reasons["P001"].startswith("All 37 mentors are ruled out"), "everybody reports to the head of the company"
    assert any(reason.startswith("Everyone compatible was taken") for reason in reasons.values())


def test_the_broken_program_lists_everything_that_is_wrong_with_it() -> None:
    with pytest.raises(IntakeError) as refused:
        read_program(EXAMPLES / "broken-program.yaml")
    assert [(problem.line, problem.where) for problem in refused.value.problems] == [
        (2, "program"),
        (3, "version"),
        (4, "title"),
        (5, "objectives"),
        (6, "zone"),
        (9, "working_hours.end"),
        (11, "cohort.enrolment"),
        (12, "cohort.review_evry"),
        (15, "matching.weights.skills"),
        (16, "matching.weights.interests"),
        (17, "matching.personality"),
        (19, "matching.forbidden item 1"),
        (20, "matching.forbidden item 2"),
        (22, "offer.remind_after"),
        (25, "training.mentor"),
        (27, "goals.at_least"),
        (28, "goals.at_most"),
        (30, "meetings.planned"),
        (31, "meetings.reminders item 2"),
        (32, "meetings.over"),
        (33, "health"),
        (36, "checkpoints"),
        (39, "pause.longest"),
        (40, "exits"),
    ]


def test_the_broken_roster_lists_everything_that_is_wrong_with_it() -> None:
    with pytest.raises(IntakeError) as refused:
        read_roster(EXAMPLES / "broken-roster.csv")
    assert [(problem.line, problem.where) for problem in refused.value.problems] == [
        (1, "hobby"),
        (2, "grade"),
        (2, "manager"),
        (3, "country"),
        (4, "zone"),
        (4, "conscientiousness"),
        (4, "neuroticism"),
        (6, "email"),
        (6, "role"),
        (6, "capacity"),
        (6, "manager"),
        (7, "name"),
        (7, "site"),
        (7, "country"),
        (7, "birth_year"),
        (7, "extraversion"),
        (7, "id"),
        (7, "email"),
        (9, ""),
    ]
