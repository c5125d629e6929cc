"""The roster, as people operations export it: a table with a header and one row for each person."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError

from domain.decider import ParticipantId
from domain.program import ProgramDesign, RosterColumn, RosterPolicy
from domain.roster import BigFive, Person
from intake.expectations import expectation
from intake.holiday_calendar import EXPECTED_COUNTRY, has_calendar
from intake.problems import Problem, ProblemList, nearest, quoted
from intake.roster_lists import Lists
from intake.roster_relations import Relations, items
from intake.table import Record, Table
from intake.table_file import opened_table

COLUMNS: tuple[str, ...] = get_args(RosterColumn)
"""In any order, under the titles that the program design gives. Lists have `|` between their items."""

OPTIONAL_COLUMNS = ("languages", "returns_on", "conflicts", "earlier_partners")
"""May be missing; of the others, `manager`, the lists and `capacity` may be empty."""

NO_SUCH_COLUMN = "no such column"

_TRAITS = tuple(BigFive.model_fields)
_LISTS = ("skills_offered", "skills_wanted", "interests", "languages", "conflicts", "earlier_partners")


def read_roster(
    path: str | os.PathLike[str],
    design: ProgramDesign | None = None,
    known: Sequence[Person] = (),
    erased: Collection[ParticipantId] = (),
) -> list[Person]:
    """The people in the order of the file: an .xlsx workbook, or text with `,`, `;` or tabs between the cells.

    With a `design`, columns go by its titles, and the people that it names must be there. `known` are people beside
    the file, as a cohort has them: rows may name them, need not repeat them, and share no address with them. Those
    `erased` may be named too.

    Raises IntakeError with every problem of every row (of very many, the first and how many more). The problems hold
    what was found, which is personal data: show them to the operator, keep them out of logs.
    """
    reading = _Reading(os.fspath(path), design, known, erased)
    with opened_table(path) as table:
        people = reading.people(table)
    reading.problems.refuse()
    return people


@dataclass(frozen=True, slots=True)
class _Header:
    """Our name of each column by its position, and the file's title by our name."""

    names: tuple[str, ...]
    titles: Mapping[str, str]

    def cells(self, record: Record) -> dict[str, str]:
        """The filled cells by column, without spaces around them. A figure may have a comma for its point."""
        pairs = zip(self.names, record.cells, strict=False)
        filled = {column: cell.strip() for column, cell in pairs if column and cell.strip()}
        return filled | {trait: filled[trait].replace(",", ".") for trait in _TRAITS if trait in filled}


class _Reading:
    """One pass over the rows of one file."""

    def __init__(
        self, file: str, design: ProgramDesign | None, known: Sequence[Person], erased: Collection[ParticipantId]
    ) -> None:
        self._file = file
        self._design = design
        self._known = {person.id: person.email.lower() for person in known}
        self._erased = erased
        self.problems = ProblemList()

    def people(self, table: Table) -> list[Person]:
        header = self._header(table)
        if header is None:
            return []
        relations = Relations(self._file, header.titles, self._known, self._erased)
        lists = Lists(self._file, header.titles)
        people = [person for person in self._persons(table, header, relations, lists) if person is not None]
        for problem in [*relations.unsettled(), *lists.unsettled(), *self._named_by_the_design(relations)]:
            self.problems.note(problem)
        return people

    def _header(self, table: Table) -> _Header | None:
        first = next(table.records, None)
        if first is None:
            self.problems.note(Problem(self._file, None, "", "no row with anything in it", "a header and people"))
            return None
        if isinstance(first, Problem):
            self.problems.note(first)
            return _Header((), {})
        roster = self._design.roster if self._design else RosterPolicy()
        title_of = {column: roster.columns.get(column, column) for column in get_args(RosterColumn)}
        named = [" ".join(title.split()) for title in first.cells]
        column_of = {title.casefold(): column for column, title in title_of.items()}
        names = tuple(column_of.get(title.casefold(), "") for title in named)
        if not any(names):
            self.problems.note(_no_header(self._file, first, title_of, workbook=not table.delimiter))
            return None
        for problem in _header_problems(self._file, first.line, named, names, title_of, roster):
            self.problems.note(problem)
        return _Header(names, {column: title_of[column] for column in title_of if column in names})

    def _persons(self, table: Table, header: _Header, relations: Relations, lists: Lists) -> Iterator[Person | None]:
        for record in table.records:
            if isinstance(record, Problem):
                self.problems.note(record)
                continue
            cells = header.cells(record)
            whole = len(record.cells) <= len(header.names)
            if header.names and not whole:  # the cells have probably shifted
                self.problems.note(self._shifted(record, header, table.delimiter))
            if whole:
                lists.take(record.line, cells)
            yield self._person(record.line, cells, header) if whole else None
            for problem in relations.take(record.line, cells, whole=whole):
                self.problems.note(problem)

    def _shifted(self, record: Record, header: _Header, delimiter: str) -> Problem:
        advice = f" (put quotes around a cell that has {delimiter!r} in it)" if delimiter else ""
        expected = f"{len(header.names)} as in the header{advice}"
        return Problem(self._file, record.line, "", f"{len(record.cells)} cells", expected)

    def _person(self, line: int, cells: Mapping[str, str], header: _Header) -> Person | None:
        person = None
        try:
            person = Person.model_validate(_fields(cells))
        except ValidationError as error:
            for problem in _cell_problems(self._file, line, cells, header, error):
                self.problems.note(problem)
        for column, found, expected in _beyond_the_row(cells, person, header, self._design):
            self.problems.note(Problem(self._file, line, header.titles[column], found, expected))
        return person

    def _named_by_the_design(self, relations: Relations) -> Iterator[Problem]:
        if self._design is None or self._known or "id" not in relations.titles:
            return  # who joins a cohort need not be whom its design pins
        pinned = (one for pair in self._design.matching.pinned for one in pair)  # whom it forbids may be elsewhere
        for one in dict.fromkeys(one for one in pinned if one not in relations.line_of):
            expected = "the person whom 'matching.pinned' of the program design names"
            yield Problem(self._file, None, relations.titles["id"], f"no row {quoted(one)}", expected)


def _no_header(file: str, first: Record, title_of: Mapping[RosterColumn, str], *, workbook: bool) -> Problem:
    """Told once: without titles, every column and every row would be a mistake."""
    found = ", ".join(title for cell in first.cells if (title := " ".join(cell.split())))
    titles = ", ".join(title for column, title in title_of.items() if column not in OPTIONAL_COLUMNS)
    expected = (
        f"the titles of the columns in the first row{' of the first sheet' if workbook else ''}: {titles}; other "
        "titles are named under 'roster.columns' of the program design"
    )
    return Problem(file, first.line, "", f"no title that is known ({quoted(found)})", expected)


def _header_problems(
    file: str,
    line: int,
    named: Sequence[str],
    names: Sequence[str],
    title_of: Mapping[RosterColumn, str],
    roster: RosterPolicy,
) -> Iterator[Problem]:
    for name, times in Counter(name for name in names if name).items():
        if times > 1:
            title = next(title for title, one in zip(named, names, strict=True) if one == name)
            yield Problem(file, line, title.lower(), "the column again", "every column once")
    titles = [title.lower() for title in title_of.values()]
    for title, name in zip(named, names, strict=True):
        if title and not name and roster.other_columns == "refused":
            yield Problem(file, line, title, "an unknown column", nearest(title, titles))
    for column, title in title_of.items():
        if column not in names and (column not in OPTIONAL_COLUMNS or column in roster.columns):
            yield Problem(file, line, title, NO_SUCH_COLUMN, "it in the header")


def _fields(cells: Mapping[str, str]) -> dict[str, object]:
    """The cells in the shape of a `Person`. Empty cells are left out, so defaults apply and duties show."""
    fields: dict[str, object] = {name: cell for name, cell in cells.items() if name not in _TRAITS}
    fields |= {name: items(cells[name]) for name in _LISTS if name in cells}
    fields["traits"] = {name: cells[name] for name in _TRAITS if name in cells}
    if "role" in cells:
        fields["role"] = cells["role"].lower()
    if "country" in cells:
        fields["country"] = cells["country"].upper()
    if "returns_on" in cells:
        fields["returns_on"] = _day(cells["returns_on"])
    return fields


def _day(cell: str) -> str:
    """A day as HR systems write it, 2027-03-01 or 1.3.2027, in the first form."""
    parts = cell.lower().split(".")
    if len(parts) == 3 and len(parts[2]) == 4:
        return "-".join(part.zfill(2) for part in reversed(parts))
    return cell.lower()


def _cell_problems(
    file: str, line: int, cells: Mapping[str, str], header: _Header, error: ValidationError
) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        names = [str(step) for step in detail["loc"] if isinstance(step, str) and step != "traits"]
        column = names[0]
        if column not in header.titles:
            continue  # told once, at the header
        found = quoted(detail["input"] if column in _LISTS else cells[column]) if column in cells else "nothing"
        yield Problem(file, line, header.titles[column], found, expectation(detail))


def _beyond_the_row(
    cells: Mapping[str, str], person: Person | None, header: _Header, design: ProgramDesign | None
) -> Iterator[tuple[str, str, str]]:
    """Column, found, expected of what only a calendar, the design or another cell can tell."""
    country = cells.get("country", "").upper()
    if len(country) == 2 and not has_calendar(country):
        yield "country", quoted(cells["country"]), EXPECTED_COUNTRY
    required = design is not None and design.matching.language == "required"
    if required and "languages" in header.titles and "languages" not in cells:
        yield "languages", "nothing", "at least one: 'matching.language' of the program design requires a shared one"
    for column in ("conflicts", "earlier_partners"):
        if person is not None and person.id in getattr(person, column):
            yield column, quoted(person.id), "other people's ids"
