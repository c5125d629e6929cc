"""A short run of `make chaos`: whoever is killed, pairings go on and nothing acknowledged is lost or doubled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_whoever_is_killed_pairings_go_on_and_nothing_is_lost_or_doubled() -> None:
    """In a process of its own, as the long run is."""
    command = [sys.executable, "-m", "tests.chaos.lifecycle", "--rounds", "1", "--pairings", "10", "--seed", "5"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 wrong" in done.stdout, done.stdout
