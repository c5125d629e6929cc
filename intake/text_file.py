"""Reading a text file that somebody saved with whatever program they had."""

from __future__ import annotations

import os
from pathlib import Path

from intake.problems import refused

_LARGEST = 5_000_000
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: str | os.PathLike[str]) -> str:
    """The text, without a byte-order mark. Raises IntakeError if it is missing, unreadable, empty or not UTF-8."""
    file = os.fspath(path)
    try:
        raw = Path(path).read_bytes() if Path(path).stat().st_size <= _LARGEST else None
    except FileNotFoundError:
        raise refused(file, "no file", "a file at this path") from None
    except IsADirectoryError:
        raise refused(file, "a folder", "a file") from None
    except OSError as error:
        raise refused(file, f"a file that cannot be read ({error.strerror})", "a readable file") from None
    if raw is None:
        raise refused(file, f"more than {_LARGEST // 1_000_000} MB", "a smaller file")
    return _decoded(file, raw)


def _decoded(file: str, raw: bytes) -> str:
    if raw.startswith(_UTF_16_MARKS):
        raise refused(file, "UTF-16 text", "UTF-8 (in a spreadsheet: save as 'CSV UTF-8')")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = f"the byte 0x{raw[error.start]:02x}"
        raise refused(file, byte, "UTF-8 text (in a spreadsheet: save as 'CSV UTF-8')", line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused(file, "a null character", "plain text", line)
    if not text.strip():
        raise refused(file, "an empty file", "some content")
    return text
