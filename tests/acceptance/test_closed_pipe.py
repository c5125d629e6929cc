"""Output that nobody reads to its end: `pairloom … | head -1`."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.acceptance.command_line import PAIRLOOM, PROJECT

ALL = ("pairing", "commands")


@pytest.mark.parametrize("arguments", [ALL, (*ALL, "--json"), ("--help",)], ids=" ".join)
def test_a_closed_pipe_is_no_refusal_and_no_trace(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PAIRLOOM, *arguments], cwd=PROJECT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
