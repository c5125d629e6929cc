"""The SQL files of the event store and of the rooms that read it, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_SQL = files("eventstore").joinpath("sql")


@cache
def statement(name: str, room: str = "eventstore") -> str:
    """The text of `<room>/sql/statements/<name>.sql`."""
    return files(room).joinpath("sql", "statements", f"{name}.sql").read_text(encoding="utf-8")


@cache
def numbered() -> tuple[tuple[str, str], ...]:
    """Every migration as (name, text), in order: `("0001_migration", "create schema …")`."""
    found = (entry for entry in _SQL.iterdir() if entry.name.endswith(".sql"))
    return tuple(
        (f.name.removesuffix(".sql"), f.read_text(encoding="utf-8")) for f in sorted(found, key=lambda f: f.name)
    )
