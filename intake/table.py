"""A table that somebody exported, row by row, whatever the kind of file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from intake.problems import Problem


@dataclass(frozen=True, slots=True)
class Record:
    """A row with something in it, and the line or sheet row on which it starts."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """`records` can be gone through once. A row that cannot be read comes as a Problem in its place.

    `delimiter` stands between the cells of a text file; it is empty for a workbook.
    """

    records: Iterator[Record | Problem]
    delimiter: str
