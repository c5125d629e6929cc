"""`python worker.py` in a process of its own, and what it logs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import worker

PATIENCE = 60
"""Seconds after which a worker that cannot start should long have said so."""


def environment(**variables: str) -> dict[str, str]:
    """The process's own, without anything that would tell a worker where its servers are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "PAIRLOOM_"))}
    return kept | {"HOME": "/nonexistent"} | variables


def failing_start(**variables: str) -> str:
    """What it says when it cannot start: one sentence on standard error, exit code 1."""
    ended = subprocess.run(
        [sys.executable, worker.__file__],
        env=environment(**variables),
        capture_output=True,
        timeout=PATIENCE,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    [sentence] = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert "secret" not in ended.stderr
    return sentence


@contextmanager
def running(log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process; killed at the end of the block if it still runs."""
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, worker.__file__], env=environment(**variables), stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lines(log: Path) -> list[dict[str, Any]]:
    """Every log line; fails where one is not JSON."""
    return [json.loads(line) for line in log.read_text().splitlines()]


async def ready(log: Path) -> bool:
    return "worker ready" in await asyncio.to_thread(log.read_text)


async def ignored(log: Path) -> bool:
    return "signal ignored" in await asyncio.to_thread(log.read_text)
