"""Running `pairloom` as a person does: as a command, in a process of its own."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAIRLOOM = [sys.executable, "-c", "from operations.cli import main; main()"]


def run(*arguments: str | Path, timeout: float = 240, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished command with its output; it sees the environment, changed as given."""
    return subprocess.run(
        [*PAIRLOOM, *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """The running command, for a test that meddles with it."""
    return subprocess.Popen(
        [*PAIRLOOM, *map(str, arguments)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def development(data: Path) -> Iterator[None]:
    """`pairloom dev` on a data directory, up for the length of the block and ended by SIGTERM."""
    process = started("dev", "--data", data)
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "A worker is serving" in line:
                break
        else:
            raise AssertionError(f"it did not come up: {said}")
        assert re.search(r"Temporal UI: +http://127\.0\.0\.1:\d+", said)
        # A pipe that nobody reads is full some day, and then the worker waits to log its next line.
        rest: list[str] = []
        reading = threading.Thread(target=rest.extend, args=(process.stdout,), daemon=True)
        reading.start()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    reading.join(timeout=10)
    assert process.returncode == 0, "".join(rest)
    assert "Traceback" not in "".join(rest)


def small_roster(file: Path, mentors: int, mentees: int) -> Path:
    """A part of the example roster, with everybody that its people report to."""
    with (PROJECT / "examples" / "roster.csv").open(encoding="utf-8", newline="") as example:
        rows = list(csv.DictReader(example))
    kept: dict[str, dict[str, str]] = {}
    for role, number in (("mentor", mentors), ("mentee", mentees)):
        for row in [row for row in rows if row["role"] == role][-number:]:
            _keep_with_managers(row, {row["id"]: row for row in rows}, kept)
    with file.open("w", encoding="utf-8", newline="") as part:
        writer = csv.DictWriter(part, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(kept.values())
    return file


def _keep_with_managers(row: dict[str, str], by_id: dict[str, dict[str, str]], kept: dict[str, dict[str, str]]) -> None:
    while row["id"] not in kept:
        kept[row["id"]] = row
        if not row["manager"]:
            return
        row = by_id[row["manager"]]
