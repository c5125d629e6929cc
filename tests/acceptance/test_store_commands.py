"""`pairloom store`, as an administrator runs it, on a database alone: no Temporal is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from eventstore.store import EventStore
from tests.acceptance.command_line import run
from tests.integration.administration import administer
from tests.integration.test_standing import START, live_through

LATER = START.replace(year=START.year + 1)


def store_command(url: str, *arguments: str | Path) -> tuple[int, str]:
    done = run("store", *arguments, PAIRLOOM_DATABASE_URL=url, COLUMNS="200")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def answer(url: str, *arguments: str | Path) -> object:
    code, said = store_command(url, *arguments, "--json")
    assert code == 0, said
    return json.loads(said)


@pytest.fixture
async def filled(database_url: str) -> str:
    async with await EventStore.connect(database_url) as store:
        await live_through(store, LATER)
    return database_url


def test_migrate_says_what_it_did_and_can_be_repeated(empty_database_url: str) -> None:
    first = answer(empty_database_url, "migrate")
    assert isinstance(first, dict)
    assert first["migrations"][0] == "0001_migration"
    assert first["read_models"] == ["standing"]
    assert store_command(empty_database_url, "migrate") == (0, "The database is up to date.\n")


async def test_verify_holds_against_its_own_anchor_and_finds_a_change(filled: str) -> None:
    code, said = store_command(filled, "verify")
    assert code == 0, said
    anchor = said.rsplit(" ", 1)[1].strip()
    assert store_command(filled, "verify", "--anchor", anchor)[0] == 0
    assert store_command(filled, "verify", "--anchor", f"7:{'0' * 64}")[0] == 1
    assert store_command(filled, "verify", "--anchor", "yesterday")[0] == 2
    await administer(
        filled,
        "set session_replication_role = replica;"
        "update pairloom.event set actor_id = 'x' where stream_id = 'pairing/spring/p3' and version = 2",
    )
    code, said = store_command(filled, "verify")
    assert code == 1
    assert said.startswith("pairing/spring/p3 version 2 at position ")


async def test_rebuild_fills_a_read_model_without_a_worker(filled: str) -> None:
    answer(filled, "migrate")
    before = answer(filled, "lag")
    assert isinstance(before, dict)
    assert before["behind"] == [{"name": "standing#1", "events": before["head"], "readers": 0}]
    code, said = store_command(filled, "rebuild", "standing")
    assert (code, said) == (0, f"standing is rebuilt from {before['head']} events and live.\n")
    after = answer(filled, "lag")
    assert isinstance(after, dict)
    assert after["behind"] == [{"name": "standing#2", "events": 0, "readers": 0}]
    assert store_command(filled, "rebuild", "nothing")[0] == 2
    assert "standing#2" in store_command(filled, "lag")[1]


def _lines(file: Path) -> Iterator[dict[str, object]]:
    return (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())


async def test_export_gives_analysts_everything_but_who(filled: str, tmp_path: Path) -> None:
    shown, same, record = tmp_path / "shown.jsonl", tmp_path / "same.parquet", tmp_path / "record.jsonl"
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef")
    for file, *options in ((shown, "--key-file", key), (same, "--format", "parquet", "--key-file", key)):
        code, said = store_command(filled, "export", "spring", "--to", file, "--unrecorded", *options)
        assert code == 0, said
    assert store_command(filled, "export", "spring", "--to", record, "--identified", "--unrecorded")[0] == 0
    async with await EventStore.connect(filled) as store:
        total = await store.count("pairing/spring/")
    rows, originals = list(_lines(shown)), list(_lines(record))
    assert len(rows) == len(originals) == total
    assert [row["type"] for row in rows] == [row["type"] for row in originals]
    assert len({row["stream"] for row in rows}) == len({row["stream"] for row in originals})
    text = shown.read_text(encoding="utf-8")
    assert not [name for number in range(6) for name in (f'"m{number}"', f'"e{number}"', f"/p{number}") if name in text]
    table = parquet.read_table(same).to_pylist()
    assert [(row["stream"], row["version"], json.loads(row["data"])) for row in table] == [
        (row["stream"], row["version"], row["data"]) for row in rows
    ]


def test_an_export_of_nothing_leaves_no_file(filled: str, tmp_path: Path) -> None:
    code, said = store_command(filled, "export", "sprin", "--to", tmp_path / "none.jsonl", "--unrecorded")
    assert code == 1
    assert said.startswith("The store has no event of a cohort 'sprin'")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_was_never_migrated_is_a_sentence(empty_database_url: str) -> None:
    code, said = store_command(empty_database_url, "lag")
    assert code == 3
    assert "run its migrations first" in said
