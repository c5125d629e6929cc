"""`pairloom dev`: a whole system on one machine, whose data outlives it."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from domain.decider import Actor, Role
from embedded.ground import attach
from eventstore.store import EventStore
from intake.program_file import read_program
from operations.cohorts import CohortDesk
from tests.acceptance.command_line import PROJECT, started
from worker import connect_to


async def test_data_stays_between_two_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = _up(data)
    try:
        ground = attach(data)
        assert ground is not None
        desk = CohortDesk(await connect_to(ground.temporal_address), "spring", Actor(role=Role.COORDINATOR, id="ops-1"))
        design = read_program(PROJECT / "examples" / "digital-fluency.yaml")
        await desk.create(design, seed=1, at=datetime.now(UTC))
        assert (await desk.state()).stage == "DRAFT"
    finally:
        _down(first)
    assert attach(data) is None
    second = _up(data)
    try:
        ground = attach(data)
        assert ground is not None
        desk = CohortDesk(await connect_to(ground.temporal_address), "spring", Actor(role=Role.COORDINATOR, id="ops-1"))
        assert (await desk.state()).design == design
        async with await EventStore.connect(ground.database_url) as store:
            assert await store.streams("") == ["cohort/spring"]
    finally:
        _down(second)


def _up(data: Path) -> subprocess.Popen[str]:
    process = started("dev", "--data", data)
    assert process.stdout is not None
    deadline, said = time.monotonic() + 120, ""
    for line in process.stdout:
        said += line
        if "A worker is serving" in line:
            assert re.search(r"Temporal UI: +http://127\.0\.0\.1:\d+", said)
            return process
        assert time.monotonic() < deadline, said
    raise AssertionError(f"it did not come up: {said}")


def _down(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Traceback" not in rest
