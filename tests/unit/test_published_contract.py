"""What is published is what the workflows take, and what would break a sender or a reader is noticed."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from shutil import copy
from typing import get_args

import pytest

from docs import generate
from domain.cohort.decider import CohortCommand
from domain.pairing.decider import PairingCommand
from workflows.published import ANSWERS, breaks_readers, breaks_senders, contract_schemas, published

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas" / "contract"

FROM_INSIDE = {
    *("CreatePairing", "FireClock", "SettleClose"),
    *("CreateCohort", "FireCohortClock", "ProposePairs", "RecordMatchRun", "RecordLaunch", "RecordReview"),
    *("RecordRematchRun", "RecordOrder", "RecordErasure", "CloseCohort", "AbandonCohort"),
}
"""What only Pairloom itself commands."""

TAKEN = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "minutes": {"type": "integer", "minimum": 15}},
    "required": ["key"],
    "additionalProperties": False,
}


def test_every_command_of_the_domain_is_published_or_comes_from_inside() -> None:
    known = {command.__name__ for command in (*get_args(PairingCommand), *get_args(CohortCommand))}
    updates = {one.command.__name__ for one in published() if one.kind == "update"}
    assert updates | FROM_INSIDE == known
    assert not updates & FROM_INSIDE


def test_every_fact_can_be_sent_as_an_update_too_and_every_name_says_what_it_is_for() -> None:
    updates = {(one.aggregate, one.command) for one in published() if one.kind == "update"}
    assert {(one.aggregate, one.command) for one in published() if one.kind == "signal"} <= updates
    assert all(one.description.endswith(".") for one in published())


def test_the_committed_schemas_are_todays() -> None:
    there = {str(file.relative_to(COMMITTED)): file.read_text(encoding="utf-8") for file in COMMITTED.rglob("*.json")}
    assert there == contract_schemas(), "run docs/generate.py"


def test_what_would_break_a_sender() -> None:
    needed, narrower, wider = deepcopy(TAKEN), deepcopy(TAKEN), deepcopy(TAKEN)
    needed["required"] = ["key", "minutes"]
    narrower["properties"]["minutes"]["minimum"] = 30  # type: ignore[index]
    wider["properties"]["place"] = {"type": "string", "default": ""}  # type: ignore[index]
    assert breaks_senders(TAKEN, needed) != []
    assert breaks_senders(TAKEN, narrower) == ["the message's minutes has minimum 30, and had 15"]
    assert breaks_senders(TAKEN, wider) == []


def test_what_would_break_a_reader() -> None:
    other, fewer, more = deepcopy(TAKEN), deepcopy(TAKEN), deepcopy(TAKEN)
    other["properties"]["minutes"]["type"] = "string"  # type: ignore[index]
    del fewer["properties"]["minutes"]  # type: ignore[attr-defined]
    more["properties"]["place"] = {"type": "string"}  # type: ignore[index]
    assert breaks_readers(TAKEN, other) == ["the answer's minutes is of another kind"]
    assert breaks_readers(TAKEN, fewer) == ["the answer has no field minutes any more"]
    assert breaks_readers(TAKEN, more) == []
    assert ANSWERS, "there is something to read"


@pytest.mark.parametrize("change", ["the code takes less than was published", "the code has lost a name"])
def test_a_contract_that_others_would_stumble_over_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    copy(COMMITTED.parents[1] / "words.toml", tmp_path)
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main([]) == 0
    folder = tmp_path / "schemas" / "contract" / "pairing"
    file = folder / "log_meeting.update.json"
    before = json.loads(file.read_text(encoding="utf-8"))
    if change == "the code has lost a name":
        file = file.rename(folder / "hold_meeting.update.json")
    else:
        before["properties"]["room"] = {"type": "string", "default": ""}
        file.write_text(json.dumps(before), encoding="utf-8")

    for arguments in ([], ["--check"]):
        assert generate.main(arguments) == 1
        assert f"{file.name}: the " in capsys.readouterr().err
        assert json.loads(file.read_text(encoding="utf-8")) == before
