"""A short run of `make chaos-store`: whoever is killed, what was acknowledged is there once, in one order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_whoever_is_killed_nothing_acknowledged_is_lost_or_doubled() -> None:
    """In a process of its own: it forks, which a process with threads must not."""
    command = [sys.executable, "-m", "tests.chaos.store", "--rounds", "2", "--seed", "5"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(", 0 wrong") == 2, done.stdout
