"""A launch whose worker is killed in the middle: another worker carries it on, and nothing is started twice."""

from __future__ import annotations

from benchmarks.launch import killed_at_half

PAIRINGS = 60


async def test_a_launch_that_is_killed_at_half_ends_with_every_pairing_once() -> None:
    running, there, twice = await killed_at_half(PAIRINGS)
    assert PAIRINGS / 2 <= running < PAIRINGS, "the kill came too late to show anything"
    assert (there, twice) == (PAIRINGS, 0)
