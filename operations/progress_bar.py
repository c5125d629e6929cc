"""The bar of work that takes a while: on a terminal, on standard error, gone when it is done."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def progress_bar(*, hidden: bool = False) -> Progress:
    """A bar with its count and the time so far; nothing at all where standard error is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=hidden or not console.is_terminal, transient=True)
