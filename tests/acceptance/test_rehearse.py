"""`pairloom rehearse`, as a person runs it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from eventstore.store import EventStore
from operations.rehearse_commands import PEOPLE
from rehearsal.assumptions import Assumptions
from tests.acceptance.command_line import PROJECT, run, small_roster
from tests.integration.test_standing import START, live_through

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


async def test_a_running_cohort_is_rehearsed_to_its_end(database_url: str, tmp_path: Path) -> None:
    async with await EventStore.connect(database_url) as store:
        await live_through(store, START + timedelta(weeks=20))
        pairings = await store.streams("pairing/spring/")
    written = tmp_path / "live.json"
    live = ("rehearse", "--live", "spring", "--runs", "2", "--json", written)
    done = run(*live, PAIRLOOM_DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert "The riskiest pairings" in done.stdout
    found = json.loads(written.read_text())
    assert found["forecast"]["pairings"] == len(pairings)
    assert all(risk["because"] and risk["not_completed"] > 0 for risk in found["riskiest"])
    people = tmp_path / "people.yaml"
    fitted = run("rehearse", "--fit", "spring", "--to", people, PAIRLOOM_DATABASE_URL=database_url)
    assert fitted.returncode == 0, fitted.stderr
    assert f"What {len(pairings)} pairings of spring bear out" in fitted.stdout
    assert "mentee.trains.median" in fitted.stdout
    assert PEOPLE.read(people) != Assumptions()
    unknown = run("rehearse", "--live", "nobody", PAIRLOOM_DATABASE_URL=database_url)
    assert unknown.returncode == 1
    assert "No pairing of nobody is stored" in unknown.stderr
    both = run("rehearse", PROGRAM, "--live", "spring")
    assert both.returncode == 2


def test_one_run_is_held_to_a_real_server(tmp_path: Path) -> None:
    roster = small_roster(tmp_path / "roster.csv", mentors=3, mentees=3)
    done = run("rehearse", PROGRAM, roster, "--on-server", "--seed", "3", "--data", tmp_path / "servers")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the server stored exactly what the simulation tells, times included" in done.stdout
