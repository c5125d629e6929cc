"""A log that goes into a file is text."""

from __future__ import annotations

import subprocess
import sys

LOGS = """
import logging
from activities.logs import configure_logs
configure_logs(as_json=False)
logging.getLogger("pairloom").warning("a word")
"""


def test_colours_are_for_terminals() -> None:
    done = subprocess.run([sys.executable, "-c", LOGS], capture_output=True, text=True, check=True)
    assert "a word" in done.stderr
    assert "\x1b" not in done.stderr
