"""The first sheet of an Excel workbook (.xlsx), row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook

from intake.problems import IntakeError, Problem, refused
from intake.table import Record, Table

LARGEST_UNPACKED = 1_000_000_000
"""Bytes of all parts of a workbook: a small file can unpack to more than any disk holds."""

_EXPECTED = "an .xlsx workbook whose first sheet is the roster, or CSV"


@contextmanager
def opened_workbook(file: str) -> Iterator[Table]:
    """The table of the first sheet; formulas count with the value that was saved with them.

    Raises IntakeError where the file is another kind of archive, damaged, or unpacks to more than LARGEST_UNPACKED.
    """
    _require_workbook(file)
    with Path(file).open("rb") as opened, closing(_loaded(file, opened)) as book:
        if not book.worksheets:
            raise refused(file, "a workbook without a sheet of cells", _EXPECTED)
        yield Table(_records(file, book.worksheets[0]), delimiter="")


def _loaded(file: str, opened: BinaryIO) -> Workbook:
    """From the open file: by its name, one that ends in .csv would be refused."""
    try:
        return load_workbook(opened, read_only=True, data_only=True)
    except Exception as error:  # whatever the parser trips over, the file is what is wrong
        raise _damaged(file, error) from None


def _require_workbook(file: str) -> None:
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist())
            unpacked = sum(part.file_size for part in archive.infolist())
    except (BadZipFile, OSError, NotImplementedError) as error:
        raise _damaged(file, error) from None
    if "xl/workbook.xml" not in names:
        kind = "an OpenDocument file" if "mimetype" in names else "an archive that is no workbook"
        raise refused(file, kind, _EXPECTED)
    if unpacked > LARGEST_UNPACKED:
        raise refused(file, f"a workbook that unpacks to {unpacked // 1_000_000} MB", "a smaller workbook")


def _records(file: str, sheet: Any) -> Iterator[Record | Problem]:
    sheet.reset_dimensions()  # some systems write a size that hides most of the rows
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    while True:
        try:
            line, values = next(rows)
        except StopIteration:
            return
        except Exception as error:  # a part that is damaged shows only when its rows are read
            yield _damaged(file, error).problems[0]
            return
        cells = [_text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield Record(line, cells)


def _text(value: object) -> str:
    """A cell as it would stand in a CSV file: whole numbers without a point, days as 2027-03-01."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _damaged(file: str, error: Exception) -> IntakeError:
    return refused(file, f"a workbook that cannot be read ({type(error).__name__})", _EXPECTED)
