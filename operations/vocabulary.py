"""Every command that can be sent, by its public name: its fields in words, and `name=value` texts made into it.

Nothing is listed here: the names come from the workflows, the fields from the commands' models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from domain.decider import FILLED_IN, Actor, Command, Frozen
from intake.expectations import expectation
from intake.problems import nearest, quoted
from operations.endings import BadInput, Mistake
from operations.shapes import inner_type, shape
from workflows.published import published

OWN_OPTIONS = ("by", "key")
"""Fields of every command that have an option of their own."""

PAIRINGS = ("pairing", "pairings", "one", "other")
"""Fields of a cohort's commands that name pairings of it."""

EXAMPLE_MOMENT = "a moment with its UTC offset, such as 2027-02-10T14:00+00:00"

_BY_TYPE = {
    "timezone_aware": EXAMPLE_MOMENT,
    "datetime_from_date_parsing": EXAMPLE_MOMENT,
    "datetime_parsing": EXAMPLE_MOMENT,
    "datetime_type": EXAMPLE_MOMENT,
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "tuple_type": "a list, such as one,other",
}


C = TypeVar("C", bound=Command)


class FieldToGive(Frozen):
    """A field of a command, as it is given on the command line."""

    name: str
    takes: str
    required: bool


class CommandToSend(Frozen):
    """A command of the lifecycle. `meaning` says who does what."""

    name: str
    meaning: str
    fields: tuple[FieldToGive, ...]


def commands_of(aggregate: str) -> dict[str, type[Command]]:
    """By its name, every command that a `pairing` or a `cohort` answers."""
    return {one.name: one.command for one in published() if (one.aggregate, one.kind) == (aggregate, "update")}


def described(aggregate: str) -> tuple[CommandToSend, ...]:
    """Every command of it with its fields."""
    return tuple(_described(name, command) for name, command in commands_of(aggregate).items())


def command_named(aggregate: str, name: str) -> type[Command]:
    """The command; raises BadInput with the nearest name where there is none."""
    known = commands_of(aggregate)
    found = known.get(name.replace("-", "_"))
    if found is None:
        close = get_close_matches(name, known, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise BadInput(f"There is no command {name!r}.{meant} `pairloom {aggregate} commands` lists all of them.")
    return found


def command_from(command: type[Command], by: Actor, key: str, given: Sequence[str]) -> Command:
    """The command from its `name=value` texts; raises BadInput with every mistake, field by field."""
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadInput(f"found {text!r}, expected FIELD=VALUE, such as minutes=45")
        _place(values, name.split("."), value)
    own = [name for name in OWN_OPTIONS if name in values]
    if own:
        raise BadInput(f"found {own[0]}=…: who commands is given by --as, the key by --key")
    fields = command.model_fields
    shaped = {name: _shaped(fields[name].annotation, v) if name in fields else v for name, v in values.items()}
    return made(command, by, key, **shaped)


def made(command: type[C], by: Actor, key: str, **values: object) -> C:
    """The command of what a person gave; raises BadInput with every mistake, field by field."""
    try:
        return command.model_validate({"by": by, "key": key, **values})
    except ValidationError as wrong:
        mistakes = tuple(_mistake(command, error) for error in wrong.errors())
        raise BadInput(f"{command.__name__} has mistakes, and nothing was sent:", mistakes) from None


def of_the_cohort(cohort: str, given: Sequence[str]) -> list[str]:
    """The texts with pairings as the cohort names them, also where they were given as other commands print them."""
    return [_of_the_cohort(cohort, *text.partition("=")) for text in given]


def _of_the_cohort(cohort: str, name: str, equals: str, value: str) -> str:
    if name in PAIRINGS:
        value = ",".join(part.strip().removeprefix(f"{cohort}/") for part in value.split(","))
    return name + equals + value


def _described(name: str, command: type[Command]) -> CommandToSend:
    own = {field: about for field, about in command.model_fields.items() if field not in Command.model_fields}
    given = {name: about for name, about in own.items() if about.description != FILLED_IN}
    fields = tuple(field for name, about in given.items() for field in _to_give(name, about))
    return CommandToSend(name=name, meaning=(command.__doc__ or "").strip().splitlines()[0], fields=fields)


def _to_give(name: str, field: FieldInfo) -> Iterator[FieldToGive]:
    """A list of objects is given field by field: `goals.1.text=…`."""
    inner = inner_type(field.annotation)
    if inner is None or not issubclass(inner, BaseModel) or get_origin(field.annotation) is not tuple:
        yield FieldToGive(name=name, takes=shape(field.annotation, field), required=field.is_required())
        return
    for of_each, about in inner.model_fields.items():
        takes, required = shape(about.annotation, about), about.is_required()
        yield FieldToGive(name=f"{name}.1.{of_each}", takes=takes, required=required)


def _place(values: dict[str, Any], path: list[str], text: str) -> None:
    """`goals.1.text` puts the text where it belongs; the numbers of a list are only an order."""
    *outer, last = path
    for name in outer:
        inner = values.setdefault(name, {})
        if not isinstance(inner, dict):
            raise BadInput(f"found {'.'.join(path)} and {name} itself: give one of them")
        values = inner
    if last in values:
        raise BadInput(f"found {'.'.join(path)} twice, expected each field once")
    values[last] = text


def _shaped(annotation: Any, given: Any) -> Any:
    if isinstance(given, dict):
        numbered = all(name.isdigit() for name in given)
        return [given[name] for name in sorted(given, key=int)] if numbered else given
    if given[:1] in ("[", "{"):
        return _json(given)
    if get_origin(annotation) is tuple:
        return [part.strip() for part in given.split(",") if part.strip()]
    if given in ("", "null") and type(None) in get_args(annotation):
        return None
    return given


def _json(text: str) -> JsonValue:
    try:
        found: JsonValue = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise BadInput(f"found {quoted(text)}, expected JSON: {wrong.msg} at character {wrong.pos + 1}") from None
    return found


def _mistake(command: type[Command], error: ErrorDetails) -> Mistake:
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = [name for name in command.model_fields if name not in OWN_OPTIONS]
        return Mistake(field=where, found="a field that the command does not have", expected=nearest(where, known))
    found = "nothing" if error["type"] == "missing" else quoted(error["input"])
    return Mistake(field=where, found=found, expected=_BY_TYPE.get(error["type"]) or expectation(error))
