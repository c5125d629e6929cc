"""The benchmark of the engine, at its smallest: what it says must move when the engine does."""

from __future__ import annotations

from temporalio.client import Client

from benchmarks.engine import Bench, Figures, commands
from benchmarks.rounds import compared
from benchmarks.subjects.serving import ENGINE, PARTS, Serving
from embedded.ground import Ground
from eventstore.migrations import migrate
from eventstore.store import EventStore

PAIRINGS, BURNT = 2, 0.06


async def test_a_slowed_engine_shows_in_the_ratio(ground: Ground, temporal_client: Client) -> None:
    await migrate(ground.database_url)
    async with await EventStore.connect(ground.database_url, max_size=1) as store:
        running, cpu = Bench(ground, temporal_client, store, store), list[float]()
        for slowed_by in (0.0, BURNT):
            async with Serving(ground, ENGINE, slowed_by) as worker:
                figures = Figures()
                cpu.append(await commands(running, worker, "PairingWorkflow", figures, pairings=PAIRINGS))
                assert len(figures.waits) == figures.sent == 12 * PAIRINGS
                assert all(figures.milliseconds(part) > 0 for part in PARTS)
                assert sum(map(figures.milliseconds, PARTS)) < 1.5 * cpu[-1]
    usual, slowed = cpu
    assert slowed > usual + 1000 * BURNT / 2
    assert compared("CPU", "ms", [slowed], [usual], beside="itself", goal=1.3, at_most=True).met is False
