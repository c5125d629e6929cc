"""Whether the cells of a list have its items between `|`: who separates them otherwise has one long item in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from intake.problems import Problem, quoted

COLUMNS = ("skills_offered", "skills_wanted", "interests", "languages")

FEWEST = 3
"""Rows: one or two items may well have a comma of their own."""

_OTHERWISE = re.compile(r"[,;\n]")


@dataclass(slots=True)
class Lists:
    """Gathered row by row. `titles` are the file's names of the columns."""

    file: str
    titles: Mapping[str, str]
    filled: dict[str, int] = field(default_factory=dict)
    otherwise: dict[str, int] = field(default_factory=dict)
    first: dict[str, tuple[int, str]] = field(default_factory=dict)
    barred: set[str] = field(default_factory=set)

    def take(self, line: int, cells: Mapping[str, str]) -> None:
        """Note one row."""
        for column in COLUMNS:
            cell = cells.get(column)
            if cell is None:
                continue
            self.filled[column] = self.filled.get(column, 0) + 1
            if "|" in cell:
                self.barred.add(column)
            elif _OTHERWISE.search(cell):
                self.otherwise[column] = self.otherwise.get(column, 0) + 1
                self.first.setdefault(column, (line, cell))

    def unsettled(self) -> Iterator[Problem]:
        """A column without a single `|`, most of whose cells have commas, semicolons or line breaks. Told once."""
        for column, (line, cell) in self.first.items():
            rows = self.otherwise[column]
            if column not in self.barred and rows >= FEWEST and 2 * rows > self.filled[column]:
                found = f"{quoted(cell)} (and no '|' in the whole column)"
                yield Problem(self.file, line, self.titles[column], found, "items with '|' between them")
