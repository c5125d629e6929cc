"""A coordinator's and an approver's way with a cohort, by the command line, on a running `pairloom dev`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.command_line import PROJECT, development, run, small_roster

NOT_THERE = "There is no cohort or pairing of that id: `pairloom cohort list` names the cohorts.\n"
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


def test_what_is_wrong_is_a_sentence_and_an_exit_code(data: Path, roster: Path) -> None:
    assert cohort(data, "status", "nowhere")[0] == 1
    assert cohort(data, "show", "nowhere") == (1, NOT_THERE)
    code, said = cohort(data, "create", "summer", "--program", PROGRAM, "--roster", "missing.csv")
    assert (code, "missing.csv" in said) == (2, True)
    assert cohort(data, "list")[0] == 0, "the command that the sentence names works"
    assert cohort(data, "show", "summer")[0] == 1, "a roster with mistakes starts nothing"
    assert cohort(data, "create", "autumn", "--program", PROGRAM, "--roster", roster)[0] == 0
    other = data.parent / "other.yaml"
    other.write_text(PROGRAM.read_text().replace("version: 1", "version: 2"))
    code, said = cohort(data, "create", "autumn", "--program", other, "--roster", roster)
    assert (code, "another program design" in said) == (1, True)
    shorter = data.parent / "shorter.csv"
    header, _, *rows = roster.read_text().splitlines(keepends=True)  # without a mentor, who manages nobody
    shorter.write_text("".join([header, *rows]))
    code, said = cohort(data, "create", "autumn", "--program", PROGRAM, "--roster", shorter)
    assert (code, "with another roster (1 missing)" in said) == (1, True)
    assert cohort(data, "create", "autumn", "--program", PROGRAM, "--roster", roster)[0] == 0, "nothing twice"
    assert cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "soon")[0] == 2
    code, said = cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "2020-01-06")
    assert (code, said) == (1, "--start: found 2020-01-06, expected a day to come; left out, offers go out at once\n")
    assert cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "1999-01-04")[0] == 2
    code, said = cohort(data, "approve", "autumn", "--as", "head-of-learning", "--start", "2020-01-06", "--json")
    assert (code, json.loads(said)["code"]) == (1, "time")
    code, said = cohort(data, "amend", "autumn", "--program", other, "--preview")
    assert (code, "made by version 1: approve them, and then amend it; or" in said) == (1, True)
    code, said = cohort(data, "launch", "autumn")
    assert (code, "must be approved first" in said) == (1, True)
    approves_from(data, "head-of-learning", datetime.now(UTC) + timedelta(days=30))
    assert cohort(data, "launch", "autumn") == cohort(data, "launch", "autumn"), "a second run starts nothing"


def approves_from(data: Path, approver: str, day: datetime) -> None:
    """Once and again, it is approved for that day; for another, by another, or at once it is not approved again."""
    approve = ("approve", "autumn", "--as", approver)
    for _ in range(2):
        code, said = cohort(data, *approve, "--start", f"{day:%Y-%m-%d}")
        assert (code, f"are approved by {approver}" in said) == (0, True)
        assert f"their offers go out on {day:%a %-d %b %Y}" in said
    for other in (
        (*approve, "--start", f"{day + timedelta(days=7):%Y-%m-%d}"),
        (*approve[:-1], "somebody-else", "--start", f"{day:%Y-%m-%d}"),
        approve,
    ):
        code, said = cohort(data, *other)
        assert (code, f"approved already, by {approver}; offers go out on {day:%a %-d %b %Y}" in said) == (1, True)


def test_who_is_to_be_forgotten_is_asked_about_first(data: Path, roster: Path) -> None:
    assert cohort(data, "create", "forgets", "--program", PROGRAM, "--roster", roster)[0] == 0
    waits = json.loads(cohort(data, "show", "forgets", "--json")[1])["left_over"][0]["person"]
    erase = ("act", "forgets", "erase_subject", "--as", "coordinator:ops-1", f"participant={waits}")
    code, said = cohort(data, *erase)
    assert (code, "Nobody is here to answer: nothing was done. Repeat it with --yes." in said) == (1, True)
    code, said = cohort(data, *erase, "--yes")
    assert (code, "are to be erased" in said) == (0, True)


def test_cohorts_are_listed_by_their_ids(data: Path, roster: Path) -> None:
    assert cohort(data, "create", "listed", "--program", PROGRAM, "--roster", roster)[0] == 0
    for _ in range(60):  # the read model follows within a second or so
        code, said = cohort(data, "list")
        if "listed  REVIEW  " in said:
            break
    assert (code, "listed  REVIEW  " in said) == (0, True)
    found = json.loads(cohort(data, "list", "--json")[1])
    assert "listed" in {one["cohort"] for one in found}


def test_a_pairing_is_named_as_the_screens_name_it(data: Path, roster: Path) -> None:
    assert cohort(data, "create", "named", "--program", PROGRAM, "--roster", roster)[0] == 0
    first, second, *_ = json.loads(cohort(data, "show", "named", "--json")[1])["pairs"]
    one, other = (f"named/{pair['pairing']}" for pair in (first, second))
    swaps = (
        ("override", "named", "swap", one, other, "--reason", "they asked"),
        ("act", "named", "swap_mentees", "--as", "coordinator:o", f"one={one}", f"other={other}", "reason=they asked"),
    )
    for swap in swaps:
        assert "both pairings must be in the proposal" not in cohort(data, *swap)[1], "done, or barred by what they are"
    assert "both pairings must be in the proposal" in cohort(data, *swaps[0][:3], one, "named/x", *swaps[0][5:])[1]


def test_a_wrong_address_is_corrected(data: Path, roster: Path) -> None:
    assert cohort(data, "create", "corrected", "--program", PROGRAM, "--roster", roster)[0] == 0
    header, row, *_ = roster.read_text("utf-8").splitlines()
    id, _, address, _, grade, *_ = row.split(",")
    file = data.parent / "row.csv"
    file.write_text(f"{header}\n{row.replace(address, 'right@northlight.example')}\n", "utf-8")
    assert cohort(data, "correct", "corrected", "--roster", file) == (0, f"Taken over: {id} (email).\n")
    assert cohort(data, "correct", "corrected", "--roster", file) == (0, "No row reads otherwise.\n")
    file.write_text(f"{header}\n{row.replace(f',{grade},', ',9,')}\n", "utf-8")
    code, said = cohort(data, "correct", "corrected", "--roster", file)
    assert (code, f"rest on the rows of {id}: until they are approved" in said) == (1, True), said


def test_who_is_taken_in_by_an_id_alone_is_told_to_have_no_row(data: Path, roster: Path) -> None:
    assert cohort(data, "create", "asked", "--program", PROGRAM, "--roster", roster, "--invite")[0] == 0
    header, row, *_ = roster.read_text("utf-8").splitlines()
    id, _, address, *_ = row.split(",")
    file = data.parent / "stranger.csv"
    file.write_text(f"{header}\n{row.replace(address, 'p999@northlight.example').replace(id, 'P999')}\n", "utf-8")
    code, said = cohort(data, "correct", "asked", "--roster", file)
    assert (code, "Not of asked: P999." in said) == (0, True), "and nothing of them is stored"
    invites = ("act", "asked", "invite_participants", "--as", "coordinator:ops-1")
    code, said = cohort(data, *invites, "participants.1.id=P999", "participants.1.role=mentor")
    assert (code, "There is no row of a roster for P999: without one" in said) == (0, True)
    assert "by `pairloom cohort create asked" in said


def test_without_any_servers_it_says_what_to_start(tmp_path: Path) -> None:
    code, said = cohort(tmp_path / "nothing", "show", "spring")
    assert code == 3
    assert "pairloom dev" in said
