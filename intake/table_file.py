"""Opening a table: delimited text or an Excel workbook, told apart by what is in the file, not by its name."""

from __future__ import annotations

import os
import stat
from contextlib import AbstractContextManager
from pathlib import Path

from intake.delimited_file import opened_text
from intake.problems import refused
from intake.table import Table

LARGEST = 100_000_000
"""Bytes: a roster of a few hundred thousand people."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def opened_table(path: str | os.PathLike[str]) -> AbstractContextManager[Table]:
    """The table in the file, to be read while the context lasts: only a part of the file is in memory.

    Raises IntakeError for a file that is missing, unreadable, too large, empty, or none of the kinds known.
    """
    file = os.fspath(path)
    start = _start(file)
    if start == _OLE:
        raise refused(file, "an old .xls workbook or one with a password", "an .xlsx workbook without one, or CSV")
    if start == _ZIP:
        # Excel's reader brings NumPy along: without it, a command starts in half the time.
        from intake.workbook_file import opened_workbook  # noqa: PLC0415

        return opened_workbook(file)
    return opened_text(file)


def _start(file: str) -> bytes:
    """The first four bytes of a file of bearable size."""
    try:
        about = Path(file).stat()
        if stat.S_ISDIR(about.st_mode):
            raise refused(file, "a folder", "a file")
        if not stat.S_ISREG(about.st_mode):
            raise refused(file, "a device or a pipe", "a file")
        if about.st_size > LARGEST:
            raise refused(file, f"more than {LARGEST // 1_000_000} MB", "a smaller file")
        with Path(file).open("rb") as opened:
            return opened.read(4)
    except FileNotFoundError:
        raise refused(file, "no file", "a file at this path") from None
    except OSError as error:
        raise refused(file, f"a file that cannot be read ({error.strerror})", "a readable file") from None
