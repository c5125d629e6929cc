"""What earlier releases have left running goes on with today's code, step by step as it went."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from live_pairing import replay
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from workflows.contract import CohortCarried, PairingCarried

RECORDED = sorted((Path(__file__).parents[1] / "histories").rglob("*.json.gz"))
CARRIED = sorted((Path(__file__).parents[1] / "histories").rglob("carried-*.json"))
KINDS = {"time-skipped", "paused", "re-matched", "continued", "cohort"}


def recorded(file: Path) -> WorkflowHistory:
    told = json.loads(gzip.decompress(file.read_bytes()))
    return WorkflowHistory.from_json(told["workflow_id"], told["history"])


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name}/{file.name}")
async def test_a_recorded_history_is_replayed(file: Path) -> None:
    await replay([recorded(file)])


@pytest.mark.parametrize("file", CARRIED, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_carried_state_of_an_earlier_release_is_read_and_keeps_what_it_says(file: Path) -> None:
    stored = json.loads(file.read_text(encoding="utf-8"))
    model = PairingCarried if "pairing" in file.name else CohortCarried
    assert _kept(stored, json.loads(model.model_validate(stored).model_dump_json()))


def _kept(stored: object, read: object) -> bool:
    """Every value is there as it was; what came later may stand beside it, at any depth."""
    if isinstance(stored, dict) and isinstance(read, dict):
        return all(name in read and _kept(value, read[name]) for name, value in stored.items())
    if isinstance(stored, list) and isinstance(read, list):
        return len(stored) == len(read) and all(map(_kept, stored, read))
    return stored == read


def test_every_kind_of_life_is_recorded() -> None:
    assert {file.name.rpartition("-")[0] for file in RECORDED} == KINDS
    assert {file.name for file in CARRIED} == {"carried-pairing.json", "carried-cohort.json"}
    assert any(file.name == "continued-2.json.gz" for file in RECORDED)


async def test_code_that_would_do_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer instead of an append, as a careless change might have it."""
    monkeypatch.setattr("workflows.engine.IN_ONE_GO", 0)
    monkeypatch.setattr("workflows.engine.HISTORY_AT_MOST", 10)
    file = next(file for file in RECORDED if file.name == "time-skipped-1.json.gz")
    with pytest.raises(NondeterminismError):
        await replay([recorded(file)])
