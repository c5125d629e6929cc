"""What a process loads at its start: NumPy and SciPy are a third of it, and only who matches people needs them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.acceptance.command_line import PROJECT

MATCHING = "scipy.optimize"


def loaded_by(*modules: str) -> set[str]:
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("folder", ["cohort", "file", "pairing", "reconcile", "store", "today"])
def test_a_command_that_matches_nobody_loads_no_arrays(folder: str) -> None:
    modules = sorted(f"operations.{file.stem}" for file in (PROJECT / "operations").glob(f"{folder}_*.py"))
    assert MATCHING not in loaded_by("operations.cli", *modules)


def test_who_checks_a_file_loads_no_client_and_no_event_loop() -> None:
    assert loaded_by("operations.cli", "operations.file_commands").isdisjoint({"temporalio", "asyncpg", "asyncio"})


def test_a_worker_has_loaded_them_before_the_first_match() -> None:
    assert MATCHING in loaded_by("worker")
