"""What every page is made with: tables, the first lines of docstrings, and words that must fit the code."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Words: TypeAlias = dict[str, Any]
"""A table of words.toml."""

Table: TypeAlias = Sequence[Sequence[str]]

MADE = "<!-- Made by docs/generate.py from the code and docs/words.toml: change those, then run it again. -->"


class Stale(Exception):
    """The words and the code do not fit each other; the message says which."""


def agree(section: str, words: Mapping[str, str], code: Sequence[str]) -> None:
    missing, gone = sorted({*code} - {*words}), sorted({*words} - {*code})
    if missing or gone:
        told = [f"lacks {', '.join(missing)}"] if missing else []
        told += [f"names what the code does not have: {', '.join(gone)}"] if gone else []
        raise Stale(f"[{section}] in docs/words.toml {' and '.join(told)}")


def first_line(documented: type) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def whole(documented: type) -> str:
    return " ".join((inspect.getdoc(documented) or "").split())


def listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def table(heads: Sequence[str], rows: Table) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
