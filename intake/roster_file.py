"""The roster, as people operations export it: a CSV file with a header and one row for each person."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from domain.roster import BigFive, Person
from intake.expectations import expectation
from intake.holiday_calendar import EXPECTED_COUNTRY, has_calendar
from intake.problems import IntakeError, Problem, nearest, quoted
from intake.text_file import read_text

_TRAITS = tuple(BigFive.model_fields)
_LISTS = ("skills_offered", "skills_wanted", "interests")

COLUMNS = (
    *("id", "name", "email", "role", "grade", "manager", "department", "site", "country", "zone", "birth_year"),
    *_LISTS,
    *_TRAITS,
    "capacity",
)
"""Every column must be there, in any order. `manager`, the lists (items between `|`) and `capacity` may be empty."""


def read_roster(path: str | os.PathLike[str]) -> list[Person]:
    """The people in the order of the file: UTF-8, with `,` or `;` between the cells.

    Raises IntakeError with every problem of every row. The problems hold what was found, which is
    personal data: show them to the operator, keep them out of logs.
    """
    file = os.fspath(path)
    table = _read_table(file, read_text(path))
    people, problems = _read_people(file, table)
    problems = [*table.problems, *problems, *_repeated(file, table), *_managers(file, table), *_sides(file, table)]
    if problems:
        raise IntakeError(problems)
    return people


@dataclass(frozen=True, slots=True)
class _Row:
    """`cells` holds the filled cells by column, without spaces around them.

    A row with too many cells is not `whole`: they have probably shifted, so only its id and role are looked at.
    """

    line: int
    cells: Mapping[str, str]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Table:
    columns: frozenset[str]
    rows: tuple[_Row, ...]
    problems: tuple[Problem, ...]

    def filled(self, column: str) -> Iterator[tuple[_Row, str]]:
        return ((row, row.cells[column]) for row in self.rows if row.whole and column in row.cells)

    def every(self, column: str) -> list[str]:
        return [row.cells[column] for row in self.rows if column in row.cells]


def _read_table(file: str, text: str) -> _Table:
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    records, problems = _records(file, text, delimiter)
    (first, titles), rows = records[0], records[1:]
    header = [title.strip().lower() for title in titles]
    problems += _header_problems(file, first, header)
    for line, cells in rows:
        if len(cells) > len(header):
            expected = f"{len(header)} as in the header (put quotes around a cell that has {delimiter!r} in it)"
            problems.append(Problem(file, line, "", f"{len(cells)} cells", expected))
    return _Table(
        frozenset(header),
        tuple(_row(line, header, cells, decimal_comma=delimiter == ";") for line, cells in rows),
        tuple(problems),
    )


def _records(file: str, text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Every record with something in it and the line on which it starts: a quoted cell may span lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return records, []
        except csv.Error as error:
            if not records:
                records.append((line, []))
            found = f"a row that cannot be read ({error})"
            return records, [Problem(file, line, "", found, "cells whose quotes open and close, alone in their cell")]
        if any(cell.strip() for cell in cells):
            records.append((line, cells))


def _row(line: int, header: list[str], cells: list[str], *, decimal_comma: bool) -> _Row:
    filled = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
    if decimal_comma:
        filled |= {trait: filled[trait].replace(",", ".") for trait in _TRAITS if trait in filled}
    return _Row(line, filled, whole=len(cells) <= len(header))


def _header_problems(file: str, line: int, header: list[str]) -> list[Problem]:
    named = [column for column in header if column]  # spreadsheets save empty columns too
    problems = [
        Problem(file, line, column, "the column again", "every column once")
        for column, times in Counter(named).items()
        if column in COLUMNS and times > 1
    ]
    unknown = [column for column in named if column not in COLUMNS]
    missing = [column for column in COLUMNS if column not in header]
    problems += [Problem(file, line, column, "an unknown column", nearest(column, COLUMNS)) for column in unknown]
    problems += [Problem(file, line, column, "no such column", "it in the header") for column in missing]
    return problems


def _read_people(file: str, table: _Table) -> tuple[list[Person], list[Problem]]:
    people: list[Person] = []
    problems: list[Problem] = []
    for row in table.rows:
        if not row.whole:
            continue
        try:
            people.append(Person.model_validate(_fields(row.cells)))
        except ValidationError as error:
            problems += _row_problems(file, row, table.columns, error)
        country = row.cells.get("country", "").upper()
        if len(country) == 2 and not has_calendar(country):
            problems.append(Problem(file, row.line, "country", quoted(row.cells["country"]), EXPECTED_COUNTRY))
    return people, problems


def _fields(cells: Mapping[str, str]) -> dict[str, object]:
    """The cells in the shape of a `Person`. Empty cells are left out, so defaults apply and duties show."""
    fields: dict[str, object] = {name: cell for name, cell in cells.items() if name in COLUMNS and name not in _TRAITS}
    fields |= {name: _items(cells[name]) for name in _LISTS if name in cells}
    fields["traits"] = {name: cells[name] for name in _TRAITS if name in cells}
    if "role" in cells:
        fields["role"] = cells["role"].lower()
    if "country" in cells:
        fields["country"] = cells["country"].upper()
    return fields


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split("|") if item.strip()]


def _row_problems(file: str, row: _Row, columns: frozenset[str], error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        names = [str(step) for step in detail["loc"] if isinstance(step, str) and step != "traits"]
        column = names[0]
        if column not in columns:
            continue  # told once, at the header
        found = quoted(detail["input"] if column in _LISTS else row.cells[column]) if column in row.cells else "nothing"
        yield Problem(file, row.line, column, found, expectation(detail))


def _repeated(file: str, table: _Table) -> Iterator[Problem]:
    for column, whose in (("id", "its own id"), ("email", "its own address")):
        first: dict[str, int] = {}
        for row, cell in table.filled(column):
            same = cell.lower() if column == "email" else cell
            if same in first:
                found = f"{quoted(cell)} again (first in line {first[same]})"
                yield Problem(file, row.line, column, found, f"every person with {whose}")
            first.setdefault(same, row.line)


def _managers(file: str, table: _Table) -> Iterator[Problem]:
    ids = set(table.every("id"))
    manager_of: dict[str, str] = {}
    lines: dict[str, int] = {}
    for row, manager in table.filled("manager"):
        if manager not in ids and "id" in table.columns:
            yield Problem(file, row.line, "manager", quoted(manager), "the id of another row, or nothing")
        if "id" in row.cells:
            manager_of.setdefault(row.cells["id"], manager)
            lines.setdefault(row.cells["id"], row.line)
    for circle in _circles(manager_of):
        found = quoted(" → ".join([*circle, circle[0]]))
        yield Problem(file, lines[circle[0]], "manager", found, "a reporting line that ends at the top")


def _circles(manager_of: Mapping[str, str]) -> Iterator[list[str]]:
    """Every circle of reporting lines once, from its first row on."""
    done: set[str] = set()
    for person in manager_of:
        line: dict[str, None] = {}
        at: str | None = person
        while at is not None and at not in done and at not in line:
            line[at] = None
            at = manager_of.get(at)
        if at in line:
            members = list(line)
            yield members[members.index(at) :]
        done.update(line)


def _sides(file: str, table: _Table) -> Iterator[Problem]:
    roles = {cell.lower() for cell in table.every("role")}
    if "role" not in table.columns or roles - {"mentor", "mentee"}:
        return  # told already, and it may be the one that is looked for
    for role in ("mentor", "mentee"):
        if role not in roles:
            yield Problem(file, None, "role", f"no {role}", "at least one")
