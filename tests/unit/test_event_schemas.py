"""Which changes of an event would make stored ones unreadable: each kind, planted."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from domain.event_schemas import FAMILIES, Schema, breaking_changes, schemas
from tests.stored_events.samples import SAMPLES

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas"

BEFORE: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["number"],
    "$defs": {"Side": {"enum": ["mentor", "mentee"], "type": "string"}},
    "properties": {
        "number": {"type": "integer", "minimum": 1},
        "side": {"anyOf": [{"$ref": "#/$defs/Side"}, {"type": "null"}]},
        "note": {"type": "string", "maxLength": 80, "default": ""},
        "goals": {"type": "array", "items": {"type": "string"}, "default": []},
        "type": {"const": "MeetingHeld", "type": "string"},
    },
}


def changed(path: str, value: Any) -> Schema:
    """`BEFORE` with one thing set, or removed where `value` is None."""
    after: Any = deepcopy(BEFORE)
    *parents, last = path.split("/")
    place = after
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return after  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("properties/note", None, "has no field note any more"),
        ("required", ["number", "note"], "needs the field note"),
        ("properties/number/minimum", 2, "the event's number has minimum 2, and had 1"),
        ("properties/number/maximum", 9, "has maximum 9, and had none"),
        ("properties/note/maxLength", 40, "has maxLength 40, and had 80"),
        ("properties/note/pattern", "^[a-z]*$", "has pattern"),
        ("properties/number/type", "string", "was integer and is string"),
        ("properties/side", {"$ref": "#/$defs/Side"}, "the event's side was null and is string"),
        ("$defs/Side/enum", ["mentor"], "may no longer be 'mentee'"),
        ("properties/note/enum", ["", "late"], "was open and is one of"),
        ("properties/goals/items/type", "integer", "each of the event's goals was string and is integer"),
        ("properties/goals/maxItems", 3, "has maxItems 3"),
        ("properties/type/const", "MeetingWasHeld", "may no longer be 'MeetingHeld'"),
    ],
)
def test_a_change_that_breaks_reading_is_told(path: str, value: Any, reason: str) -> None:
    assert any(reason in said for said in breaking_changes(BEFORE, changed(path, value)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/reason", {"type": "string", "default": ""}),
        ("required", []),
        ("properties/number/minimum", 0),
        ("properties/number/minimum", None),
        ("properties/number/type", "number"),
        ("properties/note/maxLength", 200),
        ("properties/note", {"anyOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]}),
        ("$defs/Side/enum", ["mentor", "mentee", "delegate"]),
        ("additionalProperties", None),
        ("title", "Another title"),
    ],
)
def test_a_change_that_every_stored_event_survives_is_none(path: str, value: Any) -> None:
    assert breaking_changes(BEFORE, changed(path, value)) == []


def test_the_committed_schemas_are_todays() -> None:
    for name, text in schemas().items():
        assert (COMMITTED / name).read_text(encoding="utf-8") == text, f"run docs/generate.py for {name}"


def test_every_version_that_can_be_read_has_its_schema() -> None:
    there = {str(file.relative_to(COMMITTED)) for file in COMMITTED.rglob("*.json")}
    assert there == {f"{kind}/{name}.v{v}.json" for kind, family in FAMILIES.items() for name, v in family.known}


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_version_has_a_stored_sample_that_is_still_read(kind: str) -> None:
    """The samples are never made again: they are what a database may hold."""
    for name, version in FAMILIES[kind].known:
        file = SAMPLES / kind / f"{name}.v{version}.json"
        assert file.exists(), f"run python -m tests.stored_events.samples for {file.name}"
        event = FAMILIES[kind].load(json.loads(file.read_text(encoding="utf-8")), version)
        assert event.type in FAMILIES[kind].current
