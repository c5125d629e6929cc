"""Which changes of an event would make stored ones unreadable: each kind, planted."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from docs import generate
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
        "note": {"type": "string", "maxLength": 80, "pattern": "^[ -~]*$", "default": ""},
        "goals": {"type": "array", "items": {"type": "string"}, "default": []},
        "span": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
            "default": [0, ""],
        },
        "levels": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
        "extra": {"type": "object", "additionalProperties": True, "default": {}},
        "type": {"const": "MeetingHeld", "type": "string"},
    },
}


def changed(path: str, value: Any) -> Schema:
    """`BEFORE` with one thing set, or removed where `value` is None."""
    after: Any = deepcopy(BEFORE)
    *parents, last = path.split("/")
    place = after
    for parent in parents:
        place = place[int(parent) if isinstance(place, list) else parent]
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
        ("properties/note/pattern", "^[a-z]*$", "has pattern ^[a-z]*$, and had ^[ -~]*$"),
        ("properties/number/type", "string", "was integer and is string"),
        ("properties/side", {"$ref": "#/$defs/Side"}, "the event's side was null and is string"),
        ("$defs/Side/enum", ["mentor"], "may no longer be 'mentee'"),
        ("properties/note/enum", ["", "late"], "was open and is one of"),
        ("properties/goals/items/type", "integer", "each of the event's goals was string and is integer"),
        ("properties/goals/maxItems", 3, "has maxItems 3"),
        ("properties/type/const", "MeetingWasHeld", "may no longer be 'MeetingHeld'"),
        ("properties/note/format", "date-time", "the event's note has format date-time, and had none"),
        ("properties/span/prefixItems/1/type", "integer", "item 1 of the event's span was string and is integer"),
        ("properties/span/minItems", 3, "the event's span has minItems 3, and had 2"),
        ("properties/levels/additionalProperties/type", "string", "each of the event's levels was integer"),
        ("properties/levels/additionalProperties", False, "the event's levels could have more fields than are named"),
        ("properties/extra/additionalProperties", False, "the event's extra could have more fields than are named"),
        ("properties/extra/additionalProperties", {"type": "string"}, "each of the event's extra was anything"),
        ("properties/levels/propertyNames", {"maxLength": 3}, "has propertyNames {'maxLength': 3}, which this check"),
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
        ("properties/note/pattern", None),
        ("properties/note", {"anyOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]}),
        ("$defs/Side/enum", ["mentor", "mentee", "delegate"]),
        ("additionalProperties", None),
        ("properties/levels/additionalProperties", True),
        ("properties/levels/additionalProperties/type", "number"),
        ("properties/span/prefixItems/0/type", "number"),
        ("title", "Another title"),
    ],
)
def test_a_change_that_every_stored_event_survives_is_none(path: str, value: Any) -> None:
    assert breaking_changes(BEFORE, changed(path, value)) == []


def test_a_field_of_an_open_object_is_missed_too() -> None:
    """Its value would be read past: what it said would be lost."""
    before = changed("additionalProperties", None)
    after = deepcopy(before)
    del after["properties"]["note"]  # type: ignore[attr-defined]
    assert breaking_changes(before, after) == ["the event has no field note any more"]


def test_a_renamed_field_is_told_as_gone_and_as_needed() -> None:
    after: Any = deepcopy(BEFORE)
    after["properties"]["count"] = after["properties"].pop("number")
    after["required"] = ["count"]
    assert breaking_changes(BEFORE, after) == [
        "the event has no field number any more",
        "the event needs the field count, which older events may lack: give it a default",
    ]


def test_a_schema_that_stored_events_would_not_survive_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The committed schema has a field that the code has lost."""
    copy(COMMITTED.parent / "words.toml", tmp_path)
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main([]) == 0
    file = tmp_path / "schemas" / "pairing" / "MeetingHeld.v1.json"
    committed = json.loads(file.read_text(encoding="utf-8"))
    committed["properties"]["room"] = {"type": "string", "default": ""}
    file.write_text(json.dumps(committed), encoding="utf-8")

    for arguments in ([], ["--check"]):
        assert generate.main(arguments) == 1
        assert "MeetingHeld.v1.json: the event has no field room any more" in capsys.readouterr().err
        assert json.loads(file.read_text(encoding="utf-8")) == committed


def test_the_committed_schemas_are_todays() -> None:
    for name, text in schemas().items():
        assert (COMMITTED / name).read_text(encoding="utf-8") == text, f"run docs/generate.py for {name}"


def test_every_version_that_can_be_read_has_its_schema() -> None:
    there = {str(file.relative_to(COMMITTED)) for kind in FAMILIES for file in (COMMITTED / kind).rglob("*.json")}
    assert there == {f"{kind}/{name}.v{v}.json" for kind, family in FAMILIES.items() for name, v in family.known}


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_version_has_a_stored_sample(kind: str) -> None:
    """The samples are never made again: they are what a database may hold."""
    for name, version in FAMILIES[kind].known:
        file = SAMPLES / kind / f"{name}.v{version}.json"
        assert file.exists(), f"run python -m tests.stored_events.samples for {file.name}"


@pytest.mark.parametrize("file", sorted(SAMPLES.rglob("*.json")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_stored_sample_is_still_read_and_keeps_what_it_says(file: Path) -> None:
    """Every file, not every type that the code knows: a type that is taken out of the code stays in databases."""
    family = FAMILIES[file.parent.name]
    name, _, version = file.stem.partition(".v")
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert stored["type"] == name
    event = family.load(stored, int(version))
    if (name, int(version)) in family.current.items():
        assert _kept(stored, event.model_dump(mode="json"))


def _kept(stored: object, read: object) -> bool:
    """Every value is there as it was stored; a field that came later may stand beside them, at any depth."""
    if isinstance(stored, dict) and isinstance(read, dict):
        return all(name in read and _kept(value, read[name]) for name, value in stored.items())
    if isinstance(stored, list) and isinstance(read, list):
        return len(stored) == len(read) and all(map(_kept, stored, read))
    return stored == read
