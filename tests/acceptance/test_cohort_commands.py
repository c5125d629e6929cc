"""A coordinator's and an approver's way with a cohort, by the command line, on a running `pairloom dev`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from embedded.ground import attach
from eventstore.projections import wait_until
from eventstore.store import EventStore
from tests.acceptance.command_line import PROJECT, development, run, small_roster

NOT_THERE = "There is no cohort or pairing of that id: `pairloom cohort show` and `pairloom today` name them.\n"
PROGRAM = PROJECT / "examples" / "digital-fluency.yaml"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a `pairloom dev` that is up."""
    directory = tmp_path_factory.mktemp("cohorts") / "data"
    with development(directory):
        yield directory


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_roster(tmp_path_factory.mktemp("roster") / "roster.csv", mentors=4, mentees=3)


def cohort(data: Path, *arguments: str | Path) -> tuple[int, str]:
    done = run("cohort", *arguments, "--data", data, COLUMNS="200")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


async def test_from_a_people_file_to_launched_pairings(data: Path, roster: Path) -> None:
    create = ("create", "spring", "--program", PROGRAM, "--roster", roster)
    code, said = cohort(data, *create)
    assert code == 0, said
    assert "REVIEW" in said
    assert "pairloom cohort approve spring" in said
    again = cohort(data, *create)
    assert again == (code, said), "a second run changes nothing and says the same"
    code, said = cohort(data, "approve", "spring", "--as", "head-of-learning")
    assert code == 0, said
    assert "are approved by head-of-learning" in said
    code, said = cohort(data, "launch", "spring")
    assert code == 0, said
    assert cohort(data, "launch", "spring") == (0, said), "a second run starts nothing and says the same"
    ground = attach(data)
    assert ground is not None
    async with await EventStore.connect(ground.database_url) as store:
        pairings = await store.streams("pairing/spring/")
        approved = [event for event in await store.read("cohort/spring") if event.type == "MatchesApproved"]
    assert f"{len(pairings)} pairings of spring are launched" in said
    assert len(pairings) >= 2
    assert [event.actor_id for event in approved] == ["head-of-learning"]
    code, said = cohort(data, "show", "spring")
    assert code == 0
    assert "RUNNING" in said
    async with await EventStore.connect(ground.database_url) as store:
        last = len(await store.read("cohort/spring"))
        assert await wait_until(store, "standing", "cohort/spring", last, within=timedelta(seconds=30))
        for pairing in pairings:
            assert await wait_until(store, "standing", pairing, 1, within=timedelta(seconds=30))
    code, said = cohort(data, "status", "spring", "--json")
    assert code == 0, said
    glance = json.loads(said)
    assert (glance["cohort"]["stage"], glance["funnel"]["launched"]) == ("RUNNING", len(pairings))
    code, said = cohort(data, "status", "spring")
    assert code == 0
    assert "launched" in said


def test_what_is_wrong_is_a_sentence_and_an_exit_code(data: Path, roster: Path) -> None:
    assert cohort(data, "status", "nowhere")[0] == 1
    assert cohort(data, "show", "nowhere") == (1, NOT_THERE)
    code, said = cohort(data, "create", "summer", "--program", PROGRAM, "--roster", "missing.csv")
    assert (code, "missing.csv" in said) == (2, True)
    assert cohort(data, "show", "summer")[0] == 1, "a roster with mistakes starts nothing"
    assert cohort(data, "create", "autumn", "--program", PROGRAM, "--roster", roster)[0] == 0
    other = data.parent / "other.yaml"
    other.write_text(PROGRAM.read_text().replace("version: 1", "version: 2"))
    code, said = cohort(data, "create", "autumn", "--program", other, "--roster", roster)
    assert (code, "another program design" in said) == (1, True)
    assert cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "soon")[0] == 2
    code, said = cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "2020-01-06")
    assert (code, "before the approval" in said) == (1, True)
    code, said = cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "2020-01-06", "--json")
    assert (code, json.loads(said)["code"]) == (1, "time")
    code, said = cohort(data, "launch", "autumn")
    assert (code, "must be approved first" in said) == (1, True)


def test_without_any_servers_it_says_what_to_start(tmp_path: Path) -> None:
    code, said = cohort(tmp_path / "nothing", "show", "spring")
    assert code == 3
    assert "pairloom dev" in said
