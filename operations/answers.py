"""What a command answers: frozen models, printed for people or, with `--json`, for machines."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import typer
from pydantic_core import to_json
from rich.console import Console

from domain.decider import Frozen

F = TypeVar("F", bound=Callable[..., None])

WIDE = 132
"""Columns of a file or a pipe: tables are not squeezed where nobody looks at once."""


def gives(model: type[Frozen], *, several: bool = False) -> Callable[[F], F]:
    """Declare the shape of a command's JSON answer, for docs/command-line.md: the model, or a list of them."""

    def declared(command: F) -> F:
        command.gives = (model, several)  # type: ignore[attr-defined]
        return command

    return declared


def answer(found: Frozen | tuple[Frozen, ...], as_json: bool, show: Callable[[Console], Any]) -> None:
    """Print the answer: as one JSON value, or as `show` does."""
    if as_json:
        typer.echo(to_json(found).decode())
    else:
        show(console())


def console() -> Console:
    """A terminal as wide as it is; a file or a pipe wide enough for the tables."""
    found = Console(highlight=False)
    return found if found.is_terminal or "COLUMNS" in os.environ else Console(width=WIDE, highlight=False)
