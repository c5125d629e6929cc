"""Every command that a message, a help text or a docstring names exists, with the options that it is named with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.core import TyperCommand

from operations.reference import commands

PROJECT = Path(__file__).parents[2]
ROOMS = ("operations", "domain", "activities", "eventstore", "intake", "rehearsal", "serving", "embedded", "workflows")


def named() -> list[tuple[str, str]]:
    """What stands between backticks after `pairloom`, by the file that it is in; of a group alone, nothing is said."""
    files = [file for room in ROOMS for file in sorted((PROJECT / room).rglob("*.py"))]
    found = [
        (str(file.relative_to(PROJECT)), text)
        for file in files
        for text in re.findall(r"`pairloom (?!\{name\})([^`]+)`", re.sub(r'"\s*\n\s*f?"', "", file.read_text("utf-8")))
    ]
    assert len(found) > 30
    return found


COMMANDS: dict[str, TyperCommand] = dict(commands())


@pytest.mark.parametrize(("file", "text"), sorted(set(named())))
def test_what_is_named_can_be_run(file: str, text: str) -> None:
    words = text.replace("{aggregate}", "cohort").split()
    command = COMMANDS.get(" ".join(words[:2])) or COMMANDS.get(words[0])
    if command is None:
        assert words[0] in {name.split()[0] for name in COMMANDS}, f"{file}: no command of `pairloom {text}`"
        assert len(words) == 1, f"{file}: no command of `pairloom {text}`"
        return
    options = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in options]
    assert not unknown, f"{file}: `pairloom {text}` has no {', '.join(unknown)}"
