"""What is written in any encoding, with any delimiter, as a workbook too, is read as it was; nothing else escapes."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from roster_people import mentee, mentor

from domain.program import MatchingPolicy, ProgramDesign, RosterColumn, RosterPolicy
from domain.roster import BigFive, Person
from intake.problems import MOST_PROBLEMS, IntakeError
from intake.roster_file import COLUMNS, OPTIONAL_COLUMNS, read_roster

UNSHARED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LISTS = ("skills_offered", "skills_wanted", "interests", "languages", "conflicts", "earlier_partners")


def cells_of(person: Person) -> list[str]:
    written = person.model_dump(mode="json")
    written |= {name: "|".join(sorted(written[name])) for name in LISTS} | written["traits"]
    return ["" if written[column] is None else str(written[column]) for column in COLUMNS]


def text_of(people: Sequence[Person], delimiter: str, titles: Sequence[str] = COLUMNS) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([titles, *map(cells_of, people)])
    return out.getvalue()


def design(**fields: object) -> ProgramDesign:
    made = {"program": "x", "version": 1, "title": "x", "objectives": ["x"], "zone": "UTC"}
    return ProgramDesign.model_validate(made | fields)


letters = st.characters(
    codec="cp1252", exclude_categories=["Cc", "Cs"], include_characters="\n", exclude_characters="|"
)
words = st.text(letters, min_size=1, max_size=20).map(str.strip).filter(bool)
terms = st.frozensets(words, max_size=3)


@st.composite
def rosters(draw: st.DrawFn) -> list[Person]:
    ids = [f"p{nth}" for nth in range(draw(st.integers(2, 5)))]
    trait = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
    return [
        (mentor if nth % 2 else mentee)(
            one,
            name=draw(words),
            department=draw(words),
            site=draw(words),
            manager=draw(st.sampled_from([None, *ids[:nth]])),
            skills_offered=draw(terms),
            interests=draw(terms),
            languages=draw(terms),
            traits=draw(st.builds(BigFive, **dict.fromkeys(BigFive.model_fields, trait))),
            capacity=draw(st.integers(1, 5)),
            returns_on=draw(st.sampled_from([None, "unknown", date(2027, 3, 1)])),
            conflicts=draw(st.frozensets(st.sampled_from(ids))) - {one},
            earlier_partners={"left-long-ago"},
        )
        for nth, one in enumerate(ids)
    ]


@given(
    rosters(),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]),
)
@UNSHARED
def test_text_in_every_encoding_and_with_every_delimiter(
    tmp_path: Path, people: list[Person], delimiter: str, encoding: str
) -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes(text_of(people, delimiter).encode(encoding))
    assert read_roster(file) == people


@given(rosters())
@settings(UNSHARED, max_examples=8)
def test_a_workbook_with_numbers_and_days_as_such(tmp_path: Path, people: list[Person]) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    for person in people:
        cells: list[object] = list(cells_of(person))
        for column in ("grade", "birth_year", "capacity"):
            cells[COLUMNS.index(column)] = getattr(person, column)
        cells[COLUMNS.index("openness")] = person.traits.openness
        cells[COLUMNS.index("returns_on")] = person.returns_on
        sheet.append(cells)
        for cell in sheet[sheet.max_row]:
            if cell.data_type in ("f", "e"):
                cell.data_type = "s"  # text that begins as a formula or reads as an error is text
    file = tmp_path / "roster.csv"  # its content says what it is, not its name
    book.save(file)
    assert read_roster(file) == people


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=80).map(lambda tail: b"PK\x03\x04" + tail)))
@UNSHARED
def test_whatever_the_bytes_there_is_a_list_of_problems(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes(raw)
    with pytest.raises(IntakeError) as refused:
        read_roster(file)
    assert refused.value.problems


def people_or_problems(file: Path) -> object:
    try:
        return read_roster(file)
    except IntakeError as refused:
        return refused.problems


@given(st.data())
@UNSHARED
def test_whatever_is_changed_in_a_good_file_there_are_people_or_problems(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(text_of([mentor(), mentee()], data.draw(st.sampled_from(",;\t"))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    file = tmp_path / "roster.csv"
    file.write_bytes(raw)
    assert people_or_problems(file)


def test_a_first_line_that_names_the_delimiter_is_believed(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("sep=;\n" + text_of([mentor(grade=4), mentee()], ";"), newline="")
    assert [one.id for one in read_roster(file)] == ["junior", "senior"]


def test_columns_go_by_the_titles_of_the_design_and_others_can_be_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    titles = ["Personalnummer" if column == "id" else column for column in COLUMNS]
    text = "".join(f"{line},12\n" for line in text_of([mentor(), mentee()], ",", titles).splitlines())
    file.write_text(text.replace(",12", ",Kostenstelle", 1))
    roster = RosterPolicy(columns={"id": "PERSONALNUMMER"}, other_columns="ignored")
    assert [one.id for one in read_roster(file, design(roster=roster))] == ["junior", "senior"]
    with pytest.raises(IntakeError) as refused:
        read_roster(file, design(roster=RosterPolicy(columns={"id": "Personalnummer"})))
    assert [problem.where for problem in refused.value.problems] == ["Kostenstelle"]


def test_columns_that_may_be_missing_may_be_missing_unless_the_design_names_them(tmp_path: Path) -> None:
    kept = [column for column in COLUMNS if column not in OPTIONAL_COLUMNS]
    rows = csv.DictReader(io.StringIO(text_of([mentor(), mentee()], ",")))
    file = tmp_path / "roster.csv"
    file.write_text("\n".join([",".join(kept), *(",".join(row[column] for column in kept) for row in rows)]))
    assert len(read_roster(file)) == 2
    with pytest.raises(IntakeError, match="1 problem"):
        read_roster(file, design(roster=RosterPolicy(columns={"languages": "Sprachen"})))


def test_whom_the_design_pins_must_be_there_and_a_required_language_too(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(text_of([mentor(languages=["english"]), mentee()], ","), newline="")
    matching = MatchingPolicy(pinned=(("junior", "gone"),), forbidden=(("junior", "x"),), language="required")
    with pytest.raises(IntakeError) as refused:
        read_roster(file, design(matching=matching))
    assert [(one.line, one.where, one.found) for one in refused.value.problems] == [
        (None, "id", "no row 'gone'"),
        (3, "languages", "nothing"),
    ]


def test_rows_may_name_whom_the_cohort_knows_and_have_an_address_of_their_own(tmp_path: Path) -> None:
    known = [mentee("boss", email="boss@x.example"), mentee("other", email="other@x.example")]
    file = tmp_path / "late.csv"
    late = mentor("late", manager="boss", conflicts=["other"], email="late@x.example")
    matching = MatchingPolicy(pinned=(("gone", "boss"),))
    file.write_text(text_of([late], ","), newline="")
    assert read_roster(file, design(matching=matching), known) == [late]

    stranger = late.model_copy(update={"id": "later", "manager": "nobody", "email": "Boss@x.example"})
    file.write_text(text_of([late, stranger, known[0]], ","), newline="")
    with pytest.raises(IntakeError) as refused:
        read_roster(file, design(matching=matching), known)
    assert [(one.line, one.where, one.found) for one in refused.value.problems] == [
        (3, "email", "'Boss@x.example' again (the cohort has it for boss)"),
        (3, "manager", "'nobody'"),
        (4, "email", "'boss@x.example' again (first in line 3)"),
    ]
    assert "or of somebody in the cohort" in refused.value.report()
    file.write_text(text_of([late.model_copy(update={"manager": "forgotten"})], ","), newline="")
    assert read_roster(file, design(), known, erased=("forgotten",))[0].manager == "forgotten"


def test_a_column_that_is_wrong_in_every_row_is_told_so_often_and_then_counted(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    people = [(mentor if nth % 2 else mentee)(f"p{nth}", department="x") for nth in range(1_000)]
    file.write_text(text_of(people, ",").replace(",x,", ",,"), newline="")
    with pytest.raises(IntakeError, match="1000 problems") as refused:
        read_roster(file)
    assert (len(refused.value.problems), refused.value.more) == (MOST_PROBLEMS, 1_000 - MOST_PROBLEMS)
    assert refused.value.report().endswith("and 500 more: put these right first")


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    """Rows with a large cell that no person keeps: what is held grows with the people, not with the file."""
    file = tmp_path / "roster.csv"
    people = [(mentor if nth % 2 else mentee)(f"p{nth}") for nth in range(400)]
    file.write_text("".join(f"{line},{'x' * 50_000}\n" for line in text_of(people, ",").splitlines()))
    ignoring = design(roster=RosterPolicy(other_columns="ignored"))
    tracemalloc.start()
    read_roster(file, ignoring)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.stat().st_size > 20_000_000
    assert peak < 8_000_000


def test_every_column_that_a_design_can_name_is_a_field_of_a_person_or_a_trait() -> None:
    assert set(get_args(RosterColumn)) == (set(Person.model_fields) - {"traits"}) | set(BigFive.model_fields)
    assert COLUMNS[-4:] == OPTIONAL_COLUMNS
