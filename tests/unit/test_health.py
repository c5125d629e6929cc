"""Probes: what they are told, and that they are told it when the event loop hangs."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from telemetry import health as probes
from telemetry.health import Health, answering


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


async def nothing_amiss() -> None:
    return None


async def watched(health: Health, *checks: probes.Check) -> None:
    """One look."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            await health.watch(*checks)


async def test_a_worker_is_ready_from_its_first_good_look_until_it_stops() -> None:
    health = Health()
    assert health.live() is None
    assert health.ready() == "The worker is starting."
    await watched(health, nothing_amiss, nothing_amiss)
    assert health.ready() is None
    health.stopping()
    assert health.ready() == "The worker is stopping."
    assert health.live() is None


async def test_the_first_thing_amiss_is_the_reason() -> None:
    async def away() -> str:
        return "PostgreSQL is away."

    async def unasked() -> str:
        raise AssertionError("nobody asks the second after the first")

    health = Health()
    await watched(health, nothing_amiss, away, unasked)
    assert health.ready() == "PostgreSQL is away."
    assert health.live() is None, "to start the process again would not bring the database back"


async def test_a_look_that_never_ends_is_amiss(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent() -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(probes, "LOOK_WITHIN", 0.01)
    health = Health()
    await watched(health, silent)
    assert health.ready() == "What the worker needs did not answer in time."


async def test_a_look_that_breaks_is_amiss_and_is_not_the_last() -> None:
    async def broken() -> str | None:
        raise LookupError("of whom it may quote")

    health = Health()
    await watched(health, broken)
    assert health.ready() == "The look itself failed: LookupError."
    await watched(health, nothing_amiss)
    assert health.ready() is None


async def test_probes_answer_while_the_loop_hangs() -> None:
    health = Health(hung_after=0.2)
    beating = asyncio.create_task(health.beat())
    await watched(health, nothing_amiss)
    with answering(health, "127.0.0.1", 0) as port:
        assert await asyncio.to_thread(ask, port, "/livez") == (200, "ok\n")
        assert await asyncio.to_thread(ask, port, "/readyz") == (200, "ok\n")
        assert (await asyncio.to_thread(ask, port, "/metrics"))[0] == 404
        time.sleep(0.3)  # noqa: ASYNC251 - this is the hanging loop
        for path in ("/livez", "/readyz"):
            status, sentence = ask(port, path)
            assert (status, sentence) == (503, "The event loop has been silent for 0 s.\n")
    beating.cancel()
