"""The JSON Schema of every event as it is stored, and which changes of one would make stored events unreadable."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from domain.cohort.decider import EVENTS as COHORT_EVENTS
from domain.event_versions import EventFamily
from domain.pairing.decider import EVENTS as PAIRING_EVENTS

Schema: TypeAlias = Mapping[str, Any]

FAMILIES: Mapping[str, EventFamily[Any]] = {"pairing": PAIRING_EVENTS, "cohort": COHORT_EVENTS}

_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_EXACT = ("pattern", "format")
_SILENT = frozenset({"$schema", "$defs", "$ref", "default", "description", "discriminator", "examples", "title"})
_COMPARED = frozenset(
    {
        "type",
        "const",
        "enum",
        "anyOf",
        "oneOf",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
    }
)
"""Keywords that are compared by their meaning; one that is neither here nor above may not be new or another."""


def schemas() -> dict[str, str]:
    """File name below docs/schemas to text: `pairing/MeetingHeld.v1.json`. Only current versions: older ones stay."""
    return {
        f"{kind}/{member.__name__}.v{member.schema_version}.json": json.dumps(
            TypeAdapter(member).json_schema(), indent=1, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for kind, family in FAMILIES.items()
        for member in family.members
    }


def breaking_changes(old: Schema, new: Schema, what: str = "the event") -> list[str]:
    """Why an event that fits `old` may not fit `new`, as sentences; empty where every one still fits."""
    return list(_differences(_Place(old, old), _Place(new, new), what))


class _Place:
    """A part of a schema, with the whole that its references point into."""

    def __init__(self, part: Schema, whole: Schema) -> None:
        while "$ref" in part:
            part = whole["$defs"][part["$ref"].rpartition("/")[2]]
        self.part, self.whole = part, whole

    def inner(self, part: Schema) -> _Place:
        return _Place(part, self.whole)

    def choices(self) -> list[_Place]:
        alternatives = self.part.get("anyOf") or self.part.get("oneOf")
        return [self] if alternatives is None else [c for a in alternatives for c in self.inner(a).choices()]

    def values(self) -> Sequence[object] | None:
        return [self.part["const"]] if "const" in self.part else self.part.get("enum")


def _differences(old: _Place, new: _Place, where: str) -> Iterator[str]:
    """Each thing that could be there must still find a place; a single one says why it does not."""
    places = new.choices()
    for choice in old.choices():
        reasons = [list(_single(choice, place, where)) for place in places]
        if all(reasons):
            yield from min(reasons, key=len)


def _single(old: _Place, new: _Place, where: str) -> Iterator[str]:
    if "type" in new.part and old.part.get("type") != new.part["type"]:
        whole_to_number = (old.part.get("type"), new.part["type"]) == ("integer", "number")
        if not whole_to_number:
            yield f"{where} was {old.part.get('type', 'anything')} and is {new.part['type']}"
            return
    yield from _values(old, new, where)
    yield from _bounds(old.part, new.part, where)
    yield from _unknown(old.part, new.part, where)
    yield from _properties(old, new, where)
    yield from _others(old, new, where)
    if "items" in new.part:
        yield from _differences(old.inner(old.part.get("items", {})), new.inner(new.part["items"]), f"each of {where}")
    for number, after in enumerate(new.part.get("prefixItems", ())):
        before = dict(enumerate(old.part.get("prefixItems", ()))).get(number, {})
        yield from _differences(old.inner(before), new.inner(after), f"item {number} of {where}")


def _values(old: _Place, new: _Place, where: str) -> Iterator[str]:
    allowed = new.values()
    if allowed is None:
        return
    before = old.values()
    if before is None:
        yield f"{where} was open and is one of {allowed}"
    else:
        yield from (f"{where} may no longer be {value!r}" for value in before if value not in allowed)


def _bounds(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for key in (*_AT_LEAST, *_AT_MOST, *_EXACT):
        if key not in new:
            continue
        before, after = old.get(key), new[key]
        fits = before is not None and (
            before >= after if key in _AT_LEAST else before <= after if key in _AT_MOST else before == after
        )
        if not fits:
            yield f"{where} has {key} {after}, and had {'none' if before is None else before}"


def _unknown(old: Schema, new: Schema, where: str) -> Iterator[str]:
    """A keyword that nothing here understands might narrow anything."""
    understood = {*_AT_LEAST, *_AT_MOST, *_EXACT, *_SILENT, *_COMPARED}
    for key in new.keys() - understood:
        if old.get(key) != new[key]:
            yield f"{where} has {key} {new[key]}, which this check does not understand"


def _others(old: _Place, new: _Place, where: str) -> Iterator[str]:
    """What may stand beside the named fields: anything, nothing, or values of one schema."""
    before, after = old.part.get("additionalProperties", True), new.part.get("additionalProperties", True)
    if old.part.get("type") != "object" or after is True or before is False:
        return
    if after is False:
        yield f"{where} could have more fields than are named, and may not any more"
    else:
        yield from _differences(old.inner({} if before is True else before), new.inner(after), f"each of {where}")


def _properties(old: _Place, new: _Place, where: str) -> Iterator[str]:
    before, after = old.part.get("properties", {}), new.part.get("properties", {})
    yield from (f"{where} has no field {name} any more" for name in before if name not in after)
    for name in new.part.get("required", ()):
        if name not in old.part.get("required", ()):
            yield f"{where} needs the field {name}, which older events may lack: give it a default"
    for name in before:
        if name in after:
            yield from _differences(old.inner(before[name]), new.inner(after[name]), f"{where}'s {name}")
