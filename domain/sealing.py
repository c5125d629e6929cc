"""Answers and the words of goals are stored sealed: which parts of an event, and what is left without the key.

A sealed part of a stored event is an object with the one member `$sealed`. Whoever folds a stream without the keys,
or after they are gone, finds None there: every field that is sealed admits it, and no rule depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from pydantic import JsonValue

from domain.decider import Event

MARK = "$sealed"

E = TypeVar("E", bound=Event)

Json: TypeAlias = Mapping[str, JsonValue]
Change: TypeAlias = Callable[[str, JsonValue], JsonValue]
"""Gets the path of a part and its value, and returns what takes its place."""


def with_parts(data: Json, paths: Sequence[str], change: Change) -> dict[str, JsonValue]:
    """A copy in which `change` was asked about the part at each path (`goal.text`); parts that are None stay so."""
    changed = dict(data)
    for path in paths:
        _replace(changed, path.split("."), path, change)
    return changed


def without_sealed(data: Json) -> dict[str, JsonValue]:
    """A copy in which every sealed part is None."""
    return {name: _bare(value) for name, value in data.items()}


def without_answers(event: E) -> E:
    """The event as it reads once its sealed parts are erased."""
    erased = with_parts(event.model_dump(mode="json"), event.sealed, lambda path, value: None)
    return type(event).model_validate(erased) if event.sealed else event


def is_sealed(value: JsonValue) -> bool:
    """Whether this is a sealed part."""
    return isinstance(value, dict) and value.keys() == {MARK}


def _replace(data: dict[str, JsonValue], steps: Sequence[str], path: str, change: Change) -> None:
    name, *further = steps
    value = data.get(name)
    if value is None:
        return
    if not further:
        data[name] = change(path, value)
    elif isinstance(value, dict):
        inner = dict(value)
        _replace(inner, further, path, change)
        data[name] = inner


def _bare(value: JsonValue) -> JsonValue:
    if is_sealed(value):
        return None
    return without_sealed(value) if isinstance(value, dict) else value
