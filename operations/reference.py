"""The page docs/command-line.md, read off the commands themselves: arguments, options, exit codes, JSON answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer
from pydantic import TypeAdapter
from typer.core import TyperArgument, TyperCommand

from domain.decider import Frozen
from operations.cli import COMMANDS
from operations.endings import MEANINGS, Failure

INTRODUCTION = """\
# The command line

`pairloom` talks to the servers that the environment names (`PAIRLOOM_DATABASE_URL` with `TEMPORAL_ADDRESS` or a
profile), else to a `pairloom dev` that runs here; `--data` says on which directory. Commands act through the running
system's own updates and read its read models and streams; none writes the store around it.

With `--json`, standard output is one JSON value: the answer, or a failure (below) where the exit code is not 0. What
is said on the way goes to standard error. A mistake in the command line itself (an unknown option, a missing
argument) is exit code 2 and text on standard error, with `--json` too. New fields may come; none goes without notice
in the changelog.

What cannot be taken back asks first; `--yes` answers. Where no terminal is there to ask, nothing is done without it."""


def reference() -> str:
    """The page as Markdown."""
    rows = [f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items()]
    parts = [INTRODUCTION, "## Exit codes", "\n".join(["| code | means |", "| --- | --- |", *rows])]
    parts += ["## A failure", _answer(Failure, several=False)]
    for name, command in commands():
        parts += [f"## `pairloom {name}`", *_described(command)]
    return "\n\n".join(parts) + "\n"


def commands() -> Iterator[tuple[str, TyperCommand]]:
    """Every command by what is typed after `pairloom`."""
    for name, lazy in COMMANDS.items():
        group = typer.main.get_group(getattr(import_module(f"operations.{lazy.module}"), lazy.app))
        found = group.commands if lazy.group else {"": group.commands[name]}
        for inner, command in found.items():
            assert isinstance(command, TyperCommand)
            yield f"{name} {inner}".strip(), command


def _described(command: TyperCommand) -> Iterator[str]:
    yield (command.help or "").strip()
    rows = [
        f"| `{_named(parameter)}` | {'yes' if parameter.required else _default(parameter)} | {_told(parameter)} |"
        for parameter in command.params
        if parameter.name != "help"
    ]
    if rows:
        yield "\n".join(["| argument or option | required | |", "| --- | --- | --- |", *rows])
    shape = getattr(command.callback, "gives", None)
    if shape is not None:
        yield "Answers with `--json`:"
        yield _answer(*shape)


def _named(parameter: Any) -> str:
    if isinstance(parameter, TyperArgument):
        return str(parameter.metavar or parameter.name).strip("[]")
    metavar = "" if parameter.is_flag else f" {parameter.metavar or (parameter.name or '').upper()}"
    return f"{parameter.opts[0]}{metavar}"


def _default(parameter: Any) -> str:
    default = parameter.default
    return f"no, `{default}`" if default not in (None, False, "", ()) and not callable(default) else "no"


def _told(parameter: Any) -> str:
    return (parameter.help or "").replace("|", "\\|")


def _answer(model: type[Frozen], several: bool) -> str:
    """The shape, field by field; models inside are shown once, by name."""
    schema = TypeAdapter(model).json_schema(mode="serialization")
    lines = [f"{'a list, each ' if several else ''}`{model.__name__}`: {_first(schema)}", ""]
    lines += [f"- {line}" for line in _lines(schema)]
    return "\n".join(lines)


def _lines(schema: dict[str, Any]) -> Iterator[str]:
    for name, about in schema.get("properties", {}).items():
        told = about.get("description", "").splitlines()
        yield f"`{name}`: {_kind(about)}{f': {told[0]}' if told else ''}"


def _kind(about: dict[str, Any]) -> str:
    if "$ref" in about:
        return f"`{about['$ref'].rpartition('/')[2]}`"
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "enum" in about:
        return " or ".join(f"`{json.dumps(one)}`" for one in about["enum"])
    if about.get("type") == "array":
        return f"list of {_kind(about['items'])}" if "items" in about else "list"
    return str(about.get("format") or about.get("type", "any"))


def _first(schema: dict[str, Any]) -> str:
    return str(schema.get("description", "")).partition("\n")[0]
