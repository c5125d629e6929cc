"""Mistakes in what a person gives us: all of them listed, exit code 2, nothing started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.command_line import PROJECT, run

BROKEN_PROGRAM = PROJECT / "examples" / "broken-program.yaml"
BROKEN_ROSTER = PROJECT / "examples" / "broken-roster.csv"


@pytest.mark.parametrize(
    ("option", "file"), [("--program", BROKEN_PROGRAM), ("--roster", BROKEN_ROSTER)], ids=["program", "roster"]
)
def test_a_demo_of_broken_files_lists_every_mistake_and_starts_nothing(option: str, file: Path, tmp_path: Path) -> None:
    done = run("demo", option, file, "--data", tmp_path / "data")
    assert done.returncode == 2
    problems = [line for line in done.stderr.splitlines() if f"{file.name}:" in line]
    assert len(problems) >= 5
    assert all("expected" in line for line in problems)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("kind", "file", "expected"),
    [
        ("program", BROKEN_PROGRAM, 2),
        ("roster", BROKEN_ROSTER, 2),
        ("program", PROJECT / "examples" / "digital-fluency.yaml", 0),
        ("roster", PROJECT / "examples" / "roster.csv", 0),
        ("program", PROJECT / "no-such-file.yaml", 2),
    ],
)
def test_checking_a_file_answers_by_its_exit_code(kind: str, file: Path, expected: int) -> None:
    done = run(kind, "check", file)
    assert done.returncode == expected, done.stderr
    assert "Traceback" not in done.stderr


def test_a_check_of_late_joiners_alone_says_how_their_cohort_is_named(tmp_path: Path) -> None:
    late = PROJECT / "examples" / "late-joiners.csv"
    done = run("roster", "check", late)
    assert (done.returncode, "Name it by --cohort" in done.stderr) == (2, True)
    header, row, *_ = late.read_text("utf-8").splitlines()
    twice = tmp_path / "twice.csv"
    twice.write_text("\n".join([header, row.replace("P001", ""), row.replace("P001", "").replace("mentee", "mentor")]))
    done = run("roster", "check", twice)
    assert (done.returncode, "--cohort" in done.stderr) == (2, False), "no cohort settles that"


def test_a_roster_under_titles_of_its_own_is_told_where_they_are_named(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text((PROJECT / "examples" / "roster.csv").read_text("utf-8").replace("email", "Mailbox", 1))
    done = run("roster", "check", file)
    assert (done.returncode, "Name its titles in the program design, and that by --program" in done.stderr) == (2, True)
    done = run("roster", "check", file, "--program", PROJECT / "examples" / "digital-fluency.yaml")
    assert (done.returncode, "--program" in done.stderr) == (2, False), "it is given"


@pytest.mark.parametrize(
    "command",
    [
        ("suspend", "spring", "--reason", "x"),
        ("close", "spring", "--as", "head-of-learning", "--reason", " "),
        ("resume", "spring", "--key", "k" * 300),
    ],
)
def test_a_word_that_no_record_takes_is_a_mistake_of_whoever_gave_it(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run("cohort", *command, "--data", tmp_path / "nothing-runs-here")
    assert (done.returncode, "has mistakes, and nothing was sent:" in done.stderr) == (2, True), done.stderr


def test_for_machines_the_mistakes_are_json(tmp_path: Path) -> None:
    done = run("program", "check", BROKEN_PROGRAM, "--json")
    failure = json.loads(done.stdout)
    assert (done.returncode, failure["exit_code"], failure["failure"]) == (2, 2, "bad_input")
    assert len(failure["mistakes"]) >= 5
    assert all(mistake["line"] and mistake["field"] and mistake["expected"] for mistake in failure["mistakes"])
    checked = json.loads(run("program", "check", PROJECT / "examples" / "digital-fluency.yaml", "--json").stdout)
    assert (checked["program"], checked["version"]) == ("digital-fluency", 1)


def test_a_start_in_the_past_is_refused_before_anything_runs(tmp_path: Path) -> None:
    done = run("demo", "--start", "2020-01-06", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "two days to four weeks ahead" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_unwritable_result_file_is_found_before_the_demo_runs(tmp_path: Path) -> None:
    done = run("demo", "--json", tmp_path / "missing" / "demo.json", "--data", tmp_path / "data")
    assert done.returncode == 3
    assert "missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_names_are_handed_over_into_a_new_file_alone(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    for file, what in ((there, "which is there already"), (tmp_path / "no" / "next.csv", "whose folder is not there")):
        done = run("cohort", "hand-over", "spring", "--to", file, "--data", tmp_path / "nothing-runs-here")
        assert (done.returncode, what in done.stderr) == (2, True), done.stderr
    assert there.read_text() == "mine"


def test_a_data_directory_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    done = run("dev", "--data", tmp_path / "data")
    assert done.returncode == 3
    assert "give another data directory" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "data").read_text() == "mine"
