"""The list of commands that `act` sends, on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from operations.vocabulary import CommandToSend


def print_commands(console: Console, found: tuple[CommandToSend, ...]) -> None:
    """Each with who does what by it, and its fields below."""
    for command in found:
        console.print(f"[bold]{command.name}[/bold]  {escape(command.meaning)}")
        for field in command.fields:
            optional = "" if field.required else " (may be left out)"
            console.print(f"    {field.name}=  {escape(field.takes.replace('`', ''))}{optional}")
    console.print("\nEach also takes at=  when it happened, if that was before now: 2027-02-10T14:00+00:00")
