from datetime import time, timedelta
from pathlib import Path

import pytest

from intake.problems import IntakeError, Problem
from intake.program_file import read_program

GOOD = """\
program: digital-fluency
version: 1
title: Digital fluency
objectives: [Learn]
zone: Europe/London
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "design.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(folder: Path, text: str | bytes) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(IntakeError) as refused:
        read_program(write(folder, text))
    return [(one.line, one.where, one.found, one.expected) for one in refused.value.problems]


def test_a_good_file_becomes_a_design(tmp_path: Path) -> None:
    text = GOOD + "offer:\n  remind_after: 5 days\nworking_hours: {start: 08:30, end: '16:00'}\n"
    design = read_program(write(tmp_path, text))
    assert design.program == "digital-fluency"
    assert design.offer.remind_after == timedelta(days=5)
    assert design.working_hours.start == time(8, 30)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert read_program(write(tmp_path, text)).title == "Digital fluency"


def test_a_problem_reads_as_file_line_field_found_and_expected() -> None:
    problem = Problem("x.yaml", 12, "offer.expire_after", "'5 days'", "longer than remind_after")
    assert str(problem) == "x.yaml:12: offer.expire_after: found '5 days', expected longer than remind_after"
    assert str(Problem("x.yaml", None, "", "no file", "one")) == "x.yaml: found no file, expected one"


def test_the_exception_counts_and_only_the_report_shows_values(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("version: 1", "version: secret"))
    with pytest.raises(IntakeError) as refused:
        read_program(path)
    assert str(refused.value) == f"1 problem in {path}"
    assert refused.value.report() == f"{path}:2: version: found 'secret', expected a whole number"
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("added", "line", "where", "found", "expected"),
    [
        ("offer:\n  remnd_after: 5 days", 7, "offer.remnd_after", "an unknown field", "'remind_after'"),
        ("qwzx: 1", 6, "qwzx", "an unknown field", "one of program, version, title,"),
        ("offer:\n  remind_after: soon", 7, "offer.remind_after", "'soon'", "a duration such as '14 days'"),
        ("offer:\n  remind_after: 5", 7, "offer.remind_after", "'5'", "a duration with its unit"),
        ("offer:\n  remind_after: 0 days", 7, "offer.remind_after", "'0 days'", "a duration longer than nothing"),
        (
            "offer:\n  remind_after: 9999999999 weeks",
            7,
            "offer.remind_after",
            "'9999999999 weeks'",
            "within a lifetime",
        ),
        ("offer:", 6, "offer", "nothing", "a section with some of the fields remind_after, expire_after"),
        ("offer: [1, 2]", 6, "offer", "a list of 2", "a section with"),
        ("goals:\n  at_most: 4", 7, "goals.at_most", "'4'", "a number of at most 3"),
        ("goals:\n  at_most: yes", 7, "goals.at_most", "'yes'", "a whole number"),
        ("goals:\n  at_most: 2026-13-45", 7, "goals.at_most", "'2026-13-45'", "a whole number"),
        ("goals:\n  at_most: true", 7, "goals.at_most", "'true'", "not true or false"),
        ("goals:\n  at_most: {a: 1}", 7, "goals.at_most", "a section with fields", "a whole number"),
        ("working_hours:\n  start: 9", 7, "working_hours.start", "'9'", "a time of day such as '09:00'"),
        ("working_hours:\n  start: '09:00+02:00'", 7, "working_hours.start", "'09:00+02:00'", "a time of day"),
        ("matching: {weights: {skills: .nan}}", 6, "matching.weights.skills", "'.nan'", "a number"),
        ("matching: {personality: alike}", 6, "matching.personality", "'alike'", "'similar' or 'complementary'"),
        ("matching:\n  forbidden:\n  - [a]", 8, "matching.forbidden item 1", "a list of 1", "a list of at least 2"),
        ("training:\n  mentor:\n  - One\n  - 2", 9, "training.mentor item 2", "'2'", "text"),
        ("training: {mentor: []}", 6, "training.mentor", "a list of 0", "at least 1 in the list"),
        ("title: Again", 6, "title", "the field again (first in line 3)", "every field once"),
        ("1: x", 6, "1", "an unknown field", "one of"),
        ("holidays:\n- 01.05.2027", 7, "holidays item 1", "'01.05.2027'", "a day such as 2027-05-01"),
        ("holidays:\n- 2027-02-30", 7, "holidays item 1", "'2027-02-30'", "a day such as 2027-05-01"),
    ],
)
def test_every_mistake_has_its_line_and_what_was_expected(
    tmp_path: Path, added: str, line: int, where: str, found: str, expected: str
) -> None:
    [problem] = problems(tmp_path, GOOD + added + "\n")
    assert problem[:3] == (line, where, found)
    assert expected in problem[3]


@pytest.mark.parametrize(
    ("added", "line", "where", "found", "expected"),
    [
        (
            "offer:\n  expire_after: 5 days\n  remind_after: 6 days",
            8,
            "offer.remind_after",
            "'6 days'",
            "'remind_after' shorter than 'expire_after' (expire_after is '5 days')",
        ),
        (
            "offer:\n  expire_after: 5 days",
            7,
            "offer.expire_after",
            "'5 days'",
            "'remind_after' shorter than 'expire_after' (remind_after is '7 days' by default)",
        ),
        (
            "checkpoints:\n  after: [200 days]",
            6,
            "meetings.over",
            "'182 days' by default",
            "every checkpoint before the program's end ('meetings.over')",
        ),
    ],
)
def test_rules_between_fields_name_the_other_field_and_its_value(
    tmp_path: Path, added: str, line: int, where: str, found: str, expected: str
) -> None:
    text = GOOD + added + "\n"
    [(told_line, *told)] = problems(tmp_path, text)
    assert told == [where, found, expected]
    assert told_line == (1 if where == "meetings.over" else line)


def test_rules_between_good_fields_are_told_beside_bad_fields(tmp_path: Path) -> None:
    text = GOOD.replace("zone: Europe/London\n", "") + (
        "offer:\n  remind_after: 6 days\n  expire_after: 5 days\n  typo: 1\n"
        "meetings:\n  over: 20 weeks\n  planned: many\n"
        "goals:\n  at_least: 3\n  at_most: none\n"
    )
    assert [(line, where) for line, where, _, _ in problems(tmp_path, text)] == [
        (1, "zone"),
        (6, "offer.remind_after"),
        (8, "offer.typo"),
        (10, "meetings.over"),
        (11, "meetings.planned"),
        (14, "goals.at_most"),
    ]


def test_a_bad_field_breaks_no_rule_with_the_others(tmp_path: Path) -> None:
    # Without the bad value the default of 7 days would be later than 5 days: that is not what is wrong here.
    text = GOOD + "offer:\n  remind_after: soon\n  expire_after: 5 days\n"
    assert [where for _, where, _, _ in problems(tmp_path, text)] == ["offer.remind_after"]


def test_every_missing_field_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, "offer: {}\n")
    assert {where for _, where, _, _ in found} == {"program", "version", "title", "objectives", "zone"}
    assert {(what, expected) for _, _, what, expected in found} == {("nothing", "a value: it is required")}


@pytest.mark.parametrize(
    ("text", "line", "found", "expected"),
    [
        (b"", None, "an empty file", "some content"),
        (b" \n\n", None, "an empty file", "some content"),
        (b"# only a comment\n", 1, "nothing but comments", "the fields of a program design"),
        (b"title: caf\xe9\n", 1, "the byte 0xe9", "UTF-8 text"),
        (b"a: 1\ntitle: \xff\n", 2, "the byte 0xff", "UTF-8 text"),
        ("a: 1".encode("utf-16"), None, "UTF-16 text", "UTF-8"),
        (b"a: 1\nb: \0\n", 2, "a null character", "plain text"),
        (b"a: 1\nb: '\x07'\n", 2, "the control character U+0007", "plain text"),
        (b"a: 1\n  b: 2\n", 2, "what is not YAML", "'field: value' lines"),
        (b"a: [1, 2\n", 2, "what is not YAML", "'field: value' lines"),
        (b"a: 1\n---\nb: 2\n", 2, "what is not YAML", "'field: value' lines"),
        (b"a: *nowhere\n", 1, "what is not YAML", "'field: value' lines"),
        (b"a: !!python/name:os.system x\n", 1, "what is not YAML", "'field: value' lines"),
        (b"- a\n- b\n", 1, "a list of 2", "fields such as program"),
        (b"just text\n", 1, "'just text'", "fields such as program"),
        (b"a: &a [*a]\n", 1, "very deep or very many fields", "a program design"),
        (b"[" * 5_000, None, "very deep nesting", "a few levels of fields"),
    ],
)
def test_what_is_not_a_program_file_at_all(
    tmp_path: Path, text: bytes, line: int | None, found: str, expected: str
) -> None:
    first = problems(tmp_path, text)[0]
    assert first[0] == line
    assert first[2].startswith(found)
    assert first[3].startswith(expected)


def test_aliases_that_multiply_are_stopped(tmp_path: Path) -> None:
    levels = "\n".join(f"a{nth}: &a{nth} [{', '.join([f'*a{nth - 1}'] * 9)}]" for nth in range(1, 12))
    found = problems(tmp_path, f"a0: &a0 [x]\n{levels}\n")
    assert [one[2] for one in found] == ["very deep or very many fields"]


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path, found in ((tmp_path / "none.yaml", "no file"), (tmp_path, "a folder")):
        with pytest.raises(IntakeError) as refused:
            read_program(path)
        assert [one.found for one in refused.value.problems] == [found]
        assert refused.value.problems[0].file == str(path)
