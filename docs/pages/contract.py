"""`docs/contract.md`: how to send, and every update, signal and query of both workflows."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from temporalio import workflow

from docs.pages.causes import events_of
from docs.pages.examples import example_of, ids, who_may
from docs.pages.markdown import MADE, Words, agree, first_line, table
from domain.cohort import decider as cohort_decider
from domain.decider import Command
from domain.pairing import decider as pairing_decider
from domain.program import ProgramDesign
from operations.shapes import inner_type, shape
from workflows.contract import Receipt
from workflows.engine import REMEMBERED_AT_MOST
from workflows.published import WORKFLOWS, Published, published

DOCS = Path(__file__).parents[1]
PROJECT, TEMPLATES = DOCS.parent, DOCS / "templates"


def contract(words: Words) -> str:
    """How to send, from its template, then every update, signal and query of both workflows."""
    template = (TEMPLATES / "contract.md").read_text(encoding="utf-8")
    for name, text in (
        ("signals", _signals()),
        ("common", fields(Command.model_fields)),
        ("receipt", fields(Receipt.model_fields)),
        ("codes", _refusals(words["code"])),
        ("remembered", str(REMEMBERED_AT_MOST)),
    ):
        template = template.replace(f"{{{name}}}", text)
    parts = [MADE, template.strip()]
    for title, aggregate, machine in (
        ("A pairing: `pairing/<cohort>/<pairing>`", "pairing", pairing_decider),
        ("A cohort: `cohort/<cohort>`", "cohort", cohort_decider),
    ):
        parts.append(f"## {title}")
        parts += _handlers(aggregate, machine, words["example"])
    return "\n\n".join(parts) + "\n"


def _signals() -> str:
    rows = [
        (f"`{one.name}`", one.aggregate, one.description, f"[`{_update_of(one)}`](#update-{_update_of(one)})")
        for one in published()
        if one.kind == "signal"
    ]
    return table(("signal", "to a", "says", "same JSON as the update"), rows)


def _update_of(signal: Published) -> str:
    return next(
        one.name
        for one in published()
        if (one.kind, one.aggregate, one.command) == ("update", signal.aggregate, signal.command)
    )


def _refusals(told: Mapping[str, Sequence[str]]) -> str:
    agree("code", dict.fromkeys(told, ""), sorted(_codes()))
    return table(("code", "means", "do"), [(f"`{code}`", *words) for code, words in told.items()])


def _codes() -> Iterator[str]:
    """Every code with which the domain and the engine refuse, by their source."""
    for folder in ("domain", "workflows"):
        for file in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id="Rejected"), args=[ast.Constant(value=str(code)), *_]):
                        yield code


def _handlers(aggregate: str, machine: ModuleType, values: Words) -> Iterator[str]:
    events = events_of(machine)
    for one in published():
        if one.aggregate != aggregate:
            continue
        yield f"### {one.kind.capitalize()} `{one.name}`"
        schema = f"[JSON Schema](schemas/contract/{one.file})"
        if one.kind == "update":
            yield from _command_page(one.command, machine, events, values)
            yield schema
        else:
            same = _update_of(one)
            yield f"{one.description} The same JSON as the update [`{same}`](#update-{same}). {schema}"
    for name, query in workflow._Definition.must_from_class(WORKFLOWS[aggregate]).queries.items():
        yield f"### Query `{name}`"
        yield str(query.description)


def _command_page(
    command: type[Command], machine: ModuleType, events: Mapping[str, tuple[str, ...]], values: Words
) -> Iterator[str]:
    yield first_line(command)
    own = {name: field for name, field in command.model_fields.items() if name not in Command.model_fields}
    if own:
        yield fields(own)
    example = example_of(command, values)
    roles = who_may(command, example, machine)
    example["by"] = {"role": roles[0].value, "id": ids(command).get(roles[0], roles[0].value)}
    yield f"May be sent by: {', '.join(role.value.replace('_', ' ') for role in roles)}."
    yield f"May cause: {', '.join(f'`{event}`' for event in events[command.__name__])}."
    command.model_validate_json(json.dumps(example))
    yield f"```json\n{json.dumps({'by': example.pop('by'), **example}, ensure_ascii=False, indent=2)}\n```"


def fields(fields: Mapping[str, FieldInfo]) -> str:
    rows = [
        (f"`{name}`", shape(field.annotation, field), "yes" if field.is_required() else _optional(field), _told(field))
        for name, field in fields.items()
    ]
    told = any(row[3] for row in rows)
    heads = ("field", "JSON", "required", "meaning")
    return table(heads if told else heads[:3], rows if told else [row[:3] for row in rows])


def _optional(field: FieldInfo) -> str:
    if field.default is None or field.default is PydanticUndefined:
        return "no"
    return f"no, default {json.dumps(field.default)}"


def _told(field: FieldInfo) -> str:
    inner = inner_type(field.annotation)
    told = field.description or (first_line(inner) if inner is not None else "")
    if inner is ProgramDesign:
        return "A whole [program design](program-design.md)."
    if inner is None or not issubclass(inner, BaseModel):
        return told
    return f"{told} Fields: {', '.join(_named(name, f) for name, f in inner.model_fields.items())}."


def _named(name: str, field: FieldInfo) -> str:
    default = "" if field.is_required() else f", {_optional(field).removeprefix('no, ')}"
    return f"`{name}` ({shape(field.annotation, field)}{default})"
