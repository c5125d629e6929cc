"""Events for analysts: every number, date and choice stays; every text that could say who it was becomes an alias."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, get_args

from pydantic import BaseModel, JsonValue
from pydantic_core import to_jsonable_python

from domain.decider import Clock, Event
from domain.pairing.escalation import ReminderDue
from domain.program import ProgramDesign

Alias: TypeAlias = Callable[[str], str]
"""The same text always gets the same alias, within one export."""

KEPT: tuple[tuple[type[BaseModel], str], ...] = (
    (Clock, "name"),
    (Event, "stops"),
    (ReminderDue, "to"),
    (ProgramDesign, "program"),
)
"""Texts that the program chose and no person wrote. Everything else becomes an alias, also what is added one day."""

DROPPED: tuple[str, ...] = ("holidays", "text", "why", "title", "objectives")
"""Days off narrow down where somebody lives; prose has nothing that an alias could stand for."""


def pseudonymised(event: Event, alias: Alias) -> dict[str, JsonValue]:
    """The event as JSON. Numbers stay as they are: in a small cohort they may still say who answered."""
    return _model(event, alias)


def _model(model: BaseModel, alias: Alias) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {}
    for name, field in type(model).model_fields.items():
        if name in DROPPED:
            continue
        value = getattr(model, name)
        kept = any(isinstance(model, owner) and name == kept_name for owner, kept_name in KEPT)
        shown[name] = to_jsonable_python(value) if kept else _value(value, alias, free=_takes_text(field.annotation))
    return shown


def _value(value: object, alias: Alias, *, free: bool) -> JsonValue:
    if isinstance(value, BaseModel):
        return _model(value, alias)
    if isinstance(value, (tuple, list)):
        return [_value(item, alias, free=free) for item in value]
    if type(value) is str and free:  # an enum's member is a choice, not a text
        return alias(value)
    plain: JsonValue = to_jsonable_python(value)
    return plain


def _takes_text(annotation: object) -> bool:
    """True where any text may stand, in the field itself or in a collection; a `Literal` is a choice."""
    return annotation is str or any(_takes_text(part) for part in _parts(annotation))


def _parts(annotation: object) -> Iterable[object]:
    return (part for part in get_args(annotation) if not isinstance(part, str))
