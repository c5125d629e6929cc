"""The types of fields in words, for people who write a program design or send a command."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_WORDS = (
    ("timedelta", "duration"),
    ("datetime.time", "time of day"),
    ("AwareDatetime", "time with offset"),
    ("datetime.datetime", "time with offset"),
    ("datetime.date", "date"),
    ("bool", "`true` or `false`"),
    ("float", "number"),
    ("int", "whole number"),
    ("str", "text"),
)

_SEVERAL = {
    "pair of ids": "pairs of ids",
    "text": "texts",
    "duration": "durations",
    "date": "dates",
    "time with offset": "times with offset",
}
"""The same of several."""


class NoWords(Exception):
    """A field has a type that this module cannot word; the message says which."""


def shape(annotation: Any, field: FieldInfo | None = None) -> str:
    """A field's type in words, with its bounds. Raises NoWords."""
    if get_origin(annotation) is Annotated:
        return shape(get_args(annotation)[0], field)
    if get_origin(annotation) is dict:
        return _by_key(*get_args(annotation))
    literal, inner = get_args(annotation), inner_type(annotation)
    if inner is not None and issubclass(inner, Enum):
        return " or ".join(f"`{one.value}`" for one in inner)
    if inner is not None and issubclass(inner, BaseModel):
        return "list of objects" if get_origin(annotation) is tuple else "object"
    if literal and all(isinstance(one, str) for one in literal):
        return " or ".join(f"`{one}`" for one in literal)
    if get_origin(annotation) is tuple:
        return "pair of ids" if literal[-1] is not Ellipsis else f"list of {_SEVERAL[shape(literal[0])]}"
    span = _span(field)
    for part, words in _WORDS:
        if part in str(annotation):
            return f"{words}, {span}" if span else words
    raise NoWords(f"operations/shapes.py has no words for the type {annotation}")


def inner_type(annotation: Any) -> type | None:
    """The model or enumeration behind `X`, `X | None` and `tuple[X, ...]`."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, (BaseModel, Enum)):
            return one
    return None


def _by_key(key: Any, value: Any) -> str:
    names = get_args(key)
    if names and all(isinstance(one, str) for one in names):
        return f"{shape(value)} for any of {', '.join(f'`{one}`' for one in names)}"
    return f"{shape(value)} for each {shape(key)}"


def _span(field: FieldInfo | None) -> str:
    bounds = {type(m).__name__: m for m in field.metadata} if field else {}
    low, high = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
    if low is not None:
        return f"{low} to {high}" if high is not None else f"from {low}"
    return f"above 0, up to {high}" if getattr(bounds.get("Gt"), "gt", None) is not None else ""
