"""`pairloom dev`: a whole system on one machine, whose data outlives it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from domain.decider import Actor, Role
from embedded.ground import attach
from eventstore.store import EventStore
from intake.program_file import read_program
from operations.cohorts import CohortDesk
from serving.connection import connect_to
from tests.acceptance.command_line import PROJECT, development


async def test_data_stays_between_two_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with development(data):
        ground = attach(data)
        assert ground is not None
        desk = CohortDesk(await connect_to(ground.temporal_address), "spring", Actor(role=Role.COORDINATOR, id="ops-1"))
        design = read_program(PROJECT / "examples" / "digital-fluency.yaml")
        await desk.create(design, seed=1, at=datetime.now(UTC))
        assert (await desk.state()).stage == "DRAFT"
    assert attach(data) is None
    with development(data):
        ground = attach(data)
        assert ground is not None
        desk = CohortDesk(await connect_to(ground.temporal_address), "spring", Actor(role=Role.COORDINATOR, id="ops-1"))
        assert (await desk.state()).design == design
        async with await EventStore.connect(ground.database_url) as store:
            assert await store.streams("") == ["cohort/spring"]
