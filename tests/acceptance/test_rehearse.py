"""`pairloom rehearse`, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.command_line import PROJECT, run, small_roster

PROGRAM = PROJECT / "examples" / "digital-fluency.yaml"


def test_a_program_is_rehearsed_and_compared(tmp_path: Path) -> None:
    roster = small_roster(tmp_path / "roster.csv", mentors=6, mentees=4)
    other = tmp_path / "other.yaml"
    other.write_text(PROGRAM.read_text().replace("reminders: [24 hours, 1 hour]", "reminders: [24 hours]"))
    html, written = tmp_path / "out.html", tmp_path / "out.json"
    people = PROJECT / "examples" / "people.yaml"
    files = ("--html", html, "--json", written, "--people", people)
    done = run("rehearse", PROGRAM, roster, "--runs", "3", "--start", "2027-01-11", "--compare", other, *files)
    assert done.returncode == 0, done.stderr
    for part in ("pairings complete the program", "Week by week", "Two designs", "Figures and conflicts", "Holidays"):
        assert part in done.stdout
    found = json.loads(written.read_text())
    assert found["forecast"]["runs"] == 3
    [reminders] = [d for d in found["differences"] if d["figure"] == "reminders to people"]
    assert reminders["change"]["high"] < 0
    assert html.read_text().startswith("<!doctype html>")


def test_bad_assumptions_are_told_before_anything_is_run(tmp_path: Path) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("mentee:\n  cancels_meeting: 2\n")
    done = run("rehearse", PROGRAM, PROJECT / "examples" / "roster.csv", "--people", people)
    assert done.returncode == 2
    assert f"{people}:2: mentee.cancels_meeting: found '2', expected a number of at most 1" in done.stderr
    assert "runs" not in done.stdout
