"""Delimited text: `,`, `;` or tabs between the cells, quotes around those that hold one of these or a new line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from intake.encodings import encoding_of
from intake.problems import Problem
from intake.table import Record, Table

_DELIMITERS = (",", ";", "\t")
_HINT = "sep="
"""Excel writes and reads a first line such as `sep=;`."""


@contextmanager
def opened_text(file: str) -> Iterator[Table]:
    """The table of a text file. Raises IntakeError where the text cannot be decoded or is empty."""
    with Path(file).open(encoding=encoding_of(file), newline="") as opened:
        first = opened.readline()
        hinted = first.strip('"\r\n ').lower().removeprefix(_HINT)
        if first.lower().lstrip('"').startswith(_HINT) and hinted in _DELIMITERS:
            yield Table(_records(file, opened, hinted, lines_before=1), hinted)
        else:
            delimiter = max(_DELIMITERS, key=first.count)
            yield Table(_records(file, chain([first], opened), delimiter, lines_before=0), delimiter)


def _records(file: str, lines: Iterable[str], delimiter: str, lines_before: int) -> Iterator[Record | Problem]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines_before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found = f"a row that cannot be read ({error})"
            yield Problem(file, line, "", found, "cells whose quotes open and close, alone in their cell")
            continue
        if any(cell.strip() for cell in cells):
            yield Record(line, cells)
