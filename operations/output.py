"""Where a command's answer goes: a terminal, a pipe, a file."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console


def console_for_tables() -> Console:
    """A terminal as wide as it is; a file or a pipe wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=132)


def must_be_writable(*files: Path | None) -> None:
    """Find out before the work, not after it. Raises OSError."""
    for file in files:
        if file is not None:
            with file.open("a", encoding="utf-8"):
                pass
