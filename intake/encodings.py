"""Which encoding a text file is in: the ones that spreadsheets and HR systems save in."""

from __future__ import annotations

import codecs
from pathlib import Path

from intake.problems import refused

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark starts with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS = "UTF-8 text (in a spreadsheet: save as 'CSV UTF-8')"


def encoding_of(file: str) -> str:
    """The name of a codec that reads the whole file: UTF-8, UTF-16 by its mark or its zeros, else Windows-1252.

    Reads the file once, block by block. Raises IntakeError with the line of the first byte that no codec takes.
    Text in another encoding of one byte a letter, such as ISO 8859-2, cannot be told from Windows-1252.
    """
    with Path(file).open("rb") as opened:
        start = opened.read(4096)
    if not start.strip():
        raise refused(file, "an empty file", "some content")
    likely = _by_mark(start) or _by_zeros(start)
    if likely is not None:
        _must_read(file, likely)
        return likely
    if _first_failure(file, "utf-8") is None:
        return "utf-8"
    _must_read(file, "cp1252")
    return "cp1252"


def _by_mark(start: bytes) -> str | None:
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def _by_zeros(start: bytes) -> str | None:
    """UTF-16 without a mark: of most letters one byte is zero."""
    for name, zeros, letters in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if zeros.count(0) > 0.7 * len(zeros) and letters.count(0) == 0:
            return name
    return None


def _must_read(file: str, encoding: str) -> None:
    failure = _first_failure(file, encoding)
    if failure is not None:
        line, found = failure
        raise refused(file, found, _SAVE_AS, line)


def _first_failure(file: str, encoding: str) -> tuple[int, str] | None:
    """The line and what is wrong there, or None where the codec reads every byte to a letter that text may hold."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with Path(file).open("rb") as opened:
        while True:
            block = opened.read(_BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                wrong = error.object[error.start : error.start + 1]
                line += error.object.count(b"\n", 0, error.start)
                return line, f"the byte 0x{wrong.hex()}" if wrong else "half a letter at its end"
            if "\0" in text:
                return line + text.count("\n", 0, text.index("\0")), "a null character"
            if not block:
                return None
            line += text.count("\n")
