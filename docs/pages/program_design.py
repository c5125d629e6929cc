"""`docs/program-design.md`: every field with its meaning, its default and where the figure comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time, timedelta

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.pages.markdown import MADE, Stale, Words, agree, first_line, table
from domain.program import ProgramDesign
from operations.shapes import shape


def program_design(words: Words) -> str:
    """Every field with its meaning, its default and where the figure comes from."""
    meanings, parts = words["meaning"], [MADE, "# The program design, field by field", _DESIGN_INTRODUCTION]
    fields = list(leaves(ProgramDesign, ()))
    agree("meaning", meanings, [".".join(at) for at, _ in fields])
    for section in dict.fromkeys(at[0] if len(at) > 1 else "" for at, _ in fields):
        of_section = [(at, field) for at, field in fields if (at[0] if len(at) > 1 else "") == section]
        rows = [
            (f"`{'.'.join(at)}`", meanings[".".join(at)], shape(field.annotation, field), *default_and_source(field))
            for at, field in of_section
        ]
        title, text = (f"## `{section}`", first_line(_section(section))) if section else ("## At the top", "")
        parts += [title, *([text] if text else []), table(("field", "meaning", "takes", "default", "source"), rows)]
    return "\n\n".join(parts) + "\n"


_DESIGN_INTRODUCTION = """\
A program design is a YAML file; `examples/digital-fluency.yaml` is a whole one. A field that is left out has its
default. Durations are written as `14 days`, `4 weeks`, `24 hours` or `45 minutes`, and count days of the calendar.
`source` names who published the figure; `own` marks a default for which we found none. A dash means that the
field is not a figure from practice, or that its source is not recorded."""


def leaves(model: type[BaseModel], at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from leaves(inner, (*at, name))
        else:
            yield (*at, name), field


def _section(name: str) -> type[BaseModel]:
    annotation = ProgramDesign.model_fields[name].annotation
    assert isinstance(annotation, type)
    assert issubclass(annotation, BaseModel)
    return annotation


def default_and_source(field: FieldInfo) -> tuple[str, str]:
    default = "required" if field.is_required() else _written(field.default)
    told = field.description or ""
    if told.startswith("own"):
        return default, "own"
    who, found, _ = told.partition(": ")
    return default, told if found and len(who.split()) <= 4 else "-"


def _written(value: object) -> str:
    """A value as somebody writes it in the file."""
    if isinstance(value, timedelta):
        hours = value // timedelta(hours=1)
        amount, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
        return f"{amount} {unit}{'' if amount == 1 else 's'}"
    if isinstance(value, dict) and not value:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(_written(item) for item in value) or "none"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def with_defaults(words: str) -> str:
    """Each field of the program design that the words name, with its default behind it."""
    defaults = {".".join(at): default_and_source(field)[0] for at, field in leaves(ProgramDesign, ())}

    def with_default(found: re.Match[str]) -> str:
        if found[1] not in defaults:
            raise Stale(f"docs/words.toml sets a clock by {found[1]}, which the program design does not have")
        return f"{found[0]} ({defaults[found[1]]})"

    return re.sub(r"`([a-z_.]+)`", with_default, words)
