from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from intake.problems import IntakeError
from intake.roster_file import COLUMNS, read_roster

SENIOR = {
    "id": "s1",
    "name": "Zoë Example",
    "email": "zoe@northlight.example",
    "role": "mentee",
    "grade": "15",
    "manager": "",
    "department": "Claims",
    "site": "London",
    "country": "GB",
    "zone": "Europe/London",
    "birth_year": "1966",
    "skills_offered": "strategy",
    "skills_wanted": "Low-Code | video",
    "interests": "",
    "openness": "0.5",
    "conscientiousness": "0.6",
    "extraversion": "0.7",
    "agreeableness": "0.8",
    "neuroticism": "0.1",
    "capacity": "",
}
JUNIOR = SENIOR | {"id": "j1", "email": "jo@northlight.example", "role": "mentor", "grade": "4", "birth_year": "1998"}


def table(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, delimiter: str = ",") -> str:
    lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    return "".join(f"{delimiter.join(line)}\n" for line in lines)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "roster.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(folder: Path, text: str | bytes) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(IntakeError) as refused:
        read_roster(write(folder, text))
    return [(one.line, one.where, one.found, one.expected) for one in refused.value.problems]


def test_a_good_row_becomes_a_person(tmp_path: Path) -> None:
    senior, junior = read_roster(write(tmp_path, table(SENIOR, JUNIOR)))
    assert (senior.id, senior.name, senior.role, senior.grade, senior.manager) == (
        "s1",
        "Zoë Example",
        "mentee",
        15,
        None,
    )
    assert senior.skills_wanted == {"low-code", "video"}
    assert senior.interests == frozenset()
    assert (senior.traits.openness, senior.traits.neuroticism) == (0.5, 0.1)
    assert (senior.capacity, junior.role) == (1, "mentor")


def test_what_spreadsheets_do_to_a_file_is_taken_in(tmp_path: Path) -> None:
    european = table(
        *({**row, "openness": "0,25", "role": row["role"].title(), "country": "gb"} for row in (SENIOR, JUNIOR)),
        columns=(*COLUMNS[::-1],),
        delimiter=";",
    )
    text = "\ufeff" + european.upper().split("\n")[0] + "\n" + european.split("\n", 1)[1] + f"{';' * 24}\n\n"
    people = read_roster(write(tmp_path, text.replace("\n", "\r\n")))
    assert [(one.id, one.traits.openness, one.country, one.role) for one in people] == [
        ("s1", 0.25, "GB", "mentee"),
        ("j1", 0.25, "GB", "mentor"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_figures_and_days_as_a_german_spreadsheet_writes_them_are_taken_in(tmp_path: Path, delimiter: str) -> None:
    """Whatever stands between the cells: in a comma's file they are in quotes."""
    cells = {"openness": "0,25", "returns_on": "1.3.2027"}
    if delimiter == ",":
        cells["openness"] = '"0,25"'
    people = read_roster(write(tmp_path, table(SENIOR | cells, JUNIOR, delimiter=delimiter)))
    assert (people[0].traits.openness, people[0].returns_on) == (0.25, date(2027, 3, 1))


def test_text_with_a_decimal_comma_in_a_workbook_is_a_figure(tmp_path: Path) -> None:
    book = Workbook()
    for row in (list(COLUMNS), *([row.get(column, "") for column in COLUMNS] for row in (SENIOR, JUNIOR))):
        book.active.append([cell.replace("0.5", "0,5") for cell in row])
    book.save(tmp_path / "roster.xlsx")
    assert {one.traits.openness for one in read_roster(tmp_path / "roster.xlsx")} == {0.5}


@pytest.mark.parametrize(
    ("column", "cell", "found", "expected"),
    [
        ("id", "J 1", "'J 1'", "an id of letters"),
        ("id", "", "nothing", "a value: it is required"),
        ("name", "", "nothing", "a value: it is required"),
        ("email", "nobody", "'nobody'", "an e-mail address"),
        ("role", "boss", "'boss'", "'mentor' or 'mentee'"),
        ("grade", "four", "'four'", "a whole number"),
        ("grade", "21", "'21'", "a number of at most 20"),
        ("manager", "ghost", "'ghost'", "the id of another row, or nothing"),
        ("manager", "j1", "'j1 → j1'", "a reporting line that ends at the top"),
        ("country", "Germany", "'Germany'", "an ISO 3166 country code"),
        ("country", "UK", "'UK'", "an ISO 3166 code with known public holidays"),
        ("zone", "CET+1", "'CET+1'", "an IANA time zone"),
        ("birth_year", "98", "'98'", "a number of at least 1930"),
        ("interests", f"jazz|{'x' * 61}", f"'{'x' * 61}'", "a text of at most 60 characters"),
        ("openness", "1.2", "'1.2'", "a number of at most 1"),
        ("openness", "nan", "'nan'", "a number"),
        ("neuroticism", "", "nothing", "a value: it is required"),
        ("capacity", "0", "'0'", "a number of at least 1"),
    ],
)
def test_every_bad_cell_has_its_line_and_column(
    tmp_path: Path, column: str, cell: str, found: str, expected: str
) -> None:
    [problem] = problems(tmp_path, table(SENIOR, JUNIOR | {column: cell}))
    assert problem[:3] == (3, column, found)
    assert problem[3].startswith(expected)


def test_a_file_without_a_header_is_one_problem_that_says_what_the_first_row_must_be(tmp_path: Path) -> None:
    [(line, where, found, expected)] = problems(tmp_path, "Participants of 2027\n" + table(SENIOR, JUNIOR))
    assert (line, where, found) == (1, "", "no title that is known ('Participants of 2027')")
    assert expected.startswith("the titles of the columns in the first row: id, name,")
    book = Workbook()
    book.active.append(["How to fill this in"])
    book.save(tmp_path / "roster.xlsx")
    with pytest.raises(IntakeError, match="1 problem") as refused:
        read_roster(tmp_path / "roster.xlsx")
    assert "expected the titles of the columns in the first row of the first sheet: id" in refused.value.report()


@pytest.mark.parametrize("cell", ["strategy; finance", '"strategy, finance"', '"strategy\nfinance"'])
def test_lists_that_are_separated_otherwise_are_told_once_for_the_column(tmp_path: Path, cell: str) -> None:
    rows = [JUNIOR | {"id": f"j{nth}", "email": f"j{nth}@northlight.example"} for nth in range(3)]
    several = [SENIOR, *(row | {"skills_offered": cell} for row in rows)]
    [(line, where, found, expected)] = problems(tmp_path, table(*several))
    shown = repr(cell.strip('"'))
    assert (line, where, found) == (3, "skills_offered", f"{shown} (and no '|' in the whole column)")
    assert expected == "items with '|' between them"

    few = table(SENIOR | {"skills_offered": "strategy|finance"}, *several[1:])
    assert len(read_roster(write(tmp_path, few))) == 4, "where there are bars, a comma belongs to its item"
    assert len(read_roster(write(tmp_path, table(*several[:3])))) == 3, "two may have one of their own"
    others = [
        JUNIOR | {"id": f"k{nth}", "email": f"k{nth}@northlight.example", "skills_offered": "law"} for nth in range(4)
    ]
    assert len(read_roster(write(tmp_path, table(*several, *others)))) == 8, "and so may fewer than half"


def test_the_same_id_or_address_twice_is_told_at_the_second(tmp_path: Path) -> None:
    again = JUNIOR | {"email": "JO@northlight.example"}
    assert [one[:3] for one in problems(tmp_path, table(SENIOR, JUNIOR, again))] == [
        (4, "id", "'j1' again (first in line 3)"),
        (4, "email", "'JO@northlight.example' again (first in line 3)"),
    ]


def test_a_circle_of_managers_is_told_once(tmp_path: Path) -> None:
    others = [
        JUNIOR | {"id": one, "email": f"{one}@northlight.example", "manager": boss}
        for one, boss in (("a", "b"), ("b", "c"), ("c", "b"), ("d", "s1"))
    ]
    assert problems(tmp_path, table(SENIOR, *others)) == [
        (4, "manager", "'b → c → b'", "a reporting line that ends at the top")
    ]


def test_columns_are_told_at_the_header_and_the_other_cells_are_still_checked(tmp_path: Path) -> None:
    columns = (*(column for column in COLUMNS if column not in ("email", "extraversion")), "emial", "grade")
    found = problems(tmp_path, table(SENIOR, JUNIOR | {"site": ""}, columns=columns))
    assert found == [
        (1, "grade", "the column again", "every column once"),
        (1, "emial", "an unknown column", "'email'"),
        (1, "email", "no such column", "it in the header"),
        (1, "extraversion", "no such column", "it in the header"),
        (3, "site", "nothing", "a value: it is required"),
    ]


@pytest.mark.parametrize(("row", "missing"), [(SENIOR, "mentor"), (JUNIOR, "mentee")])
def test_both_sides_must_be_there(tmp_path: Path, row: dict[str, str], missing: str) -> None:
    assert problems(tmp_path, table(row)) == [(None, "role", f"no {missing}", "at least one")]


def test_lines_are_those_of_the_file_with_cells_that_span_lines_and_empty_lines(tmp_path: Path) -> None:
    text = table(SENIOR | {"interests": '"jazz|\nchess"'}) + "\n" + table(JUNIOR | {"grade": "x"}).split("\n", 1)[1]
    assert [one[:2] for one in problems(tmp_path, text)] == [(5, "grade")]


def test_a_comma_without_quotes_is_told_as_such_and_the_id_still_counts(tmp_path: Path) -> None:
    shifted = JUNIOR | {"id": "j2", "name": "Example, Jo"}
    found = problems(tmp_path, table(SENIOR, shifted, JUNIOR | {"manager": "j2"}))
    assert found == [(3, "", "25 cells", "24 as in the header (put quotes around a cell that has ',' in it)")]


def test_a_quote_that_never_closes_hides_no_other_problem(tmp_path: Path) -> None:
    text = table(SENIOR | {"grade": "x"}, JUNIOR) + '"open,and\nso on\n'
    found = problems(tmp_path, text)
    assert [one[:2] for one in found] == [(2, "grade"), (4, "")]
    assert found[1][2].startswith("a row that cannot be read")


def test_the_exception_shows_nobodys_data(tmp_path: Path) -> None:
    path = write(tmp_path, table(SENIOR, JUNIOR | {"email": "private"}))
    with pytest.raises(IntakeError) as refused:
        read_roster(path)
    assert "private" not in str(refused.value)
    assert "private" in refused.value.report()
    assert refused.value.__cause__ is None
