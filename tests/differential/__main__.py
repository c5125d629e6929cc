"""`make rehearse-differential`: many random cases on real servers, each beside its simulation."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from embedded.ground import start_ground
from eventstore.migrations import migrate
from eventstore.store import EventStore
from serving.connection import connect_to
from serving.settings import Settings
from tests.differential.cases import case
from tests.differential.machines import Outcome, held_together
from worker import running_worker


async def run(cases: int, seed: int, directory: Path) -> list[Outcome]:
    """On servers of its own, which end with it."""
    ground = start_ground(directory, virtual_time=True, preferred=None, durable=False, in_memory=True)
    try:
        await migrate(ground.database_url)
        client = await connect_to(ground.temporal_address)
        settings = Settings(database_url=ground.database_url, task_queue="differential")
        now = datetime.now(UTC).replace(microsecond=0)
        async with running_worker(client, settings), await EventStore.connect(ground.database_url) as store:
            return await held_together(
                client, store, settings.task_queue, [case(number, seed, now) for number in range(cases)]
            )
    finally:
        ground.stop()


def main() -> int:
    """0 where every case is the same on both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(f"seed {given.seed}, {given.cases} cases", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        outcomes = asyncio.run(run(given.cases, given.seed, Path(directory) / "ground"))
    differing = [outcome for outcome in outcomes if outcome.difference is not None]
    for outcome in differing:
        print(f"case {outcome.case.number}: {outcome.difference}")
    types = frozenset[str]().union(*(outcome.types for outcome in outcomes))
    print(
        f"{len(outcomes)} cases, {sum(o.events for o in outcomes)} events of {len(types)} types, "
        f"{sum(o.refused for o in outcomes)} commands refused: {len(differing)} differ"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
