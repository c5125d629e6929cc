"""Following the launch of a cohort. The cohort's workflow launches; whoever looks may come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from eventstore.store import EventStore
from operations.before_launch import must_be_approved
from operations.cohort_views import Launched
from operations.cohorts import CohortDesk, CohortNotStarted

LOOK_EVERY = 0.25
PATIENCE = 120
"""Seconds in which at least one more pairing must have come to life."""


async def follow_launch(desk: CohortDesk, store: EventStore, tell: Callable[[int, int], None]) -> Launched:
    """Return when every approved pair has its pairing; `tell` hears how many have and how many there are.

    Raises Refused before the approval, CohortNotStarted where the launch stands still.
    """
    state = await desk.state()
    must_be_approved(state)
    wanted = {f"pairing/{desk.cohort}/{planned.pairing}" for planned in state.proposed}
    done, quiet = -1, 0.0
    while state.unlaunched and not state.ended:
        there = len(wanted.intersection(await store.streams(f"pairing/{desk.cohort}/")))
        quiet = 0.0 if there > done else quiet + LOOK_EVERY
        done = there
        tell(done, len(wanted))
        if quiet > PATIENCE:
            raise CohortNotStarted(
                f"{done} of {len(wanted)} pairings run, and no other one has come to life for {PATIENCE} s: "
                "does a worker run? Nothing is lost; see its log."
            )
        await asyncio.sleep(LOOK_EVERY)
        if done == len(wanted) or quiet:
            state = await desk.state()
    return Launched(cohort=desk.cohort, launched=len(state.launched), pairs=len(wanted))
