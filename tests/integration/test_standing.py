"""The read model `standing`, filled from stored lives: it says what the domain says about the same streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from activities.pairing_streams import folded_pairings
from domain.cohort.funnel import funnel
from domain.decider import Actor, Role
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party, Stage
from domain.pairing.status import status
from eventstore.failures import StoreUnavailable
from eventstore.feed import FedEvent
from eventstore.projections import Generation, Projector, begin_rebuild, prepare, switch
from eventstore.records import Appended, Batch
from eventstore.sequencer import publish
from eventstore.store import Connection, EventStore
from intake.program_file import read_program
from readmodels.questions import Questions
from readmodels.standing import Standing
from tests.integration.simulated_streams import simulated_batches

EXAMPLE = Path(__file__).parents[2] / "examples" / "digital-fluency.yaml"
START = datetime(2027, 1, 11, 9, tzinfo=UTC)
PAIRINGS = 6


def create(number: int) -> CreatePairing:
    return CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="ops-1"),
        key="create",
        pairing=f"p{number}",
        cohort="spring",
        design=read_program(EXAMPLE),
        mentor=Party(participant=f"m{number}", zone="Europe/London"),
        mentee=Party(participant=f"e{number}", zone="America/New_York"),
        starts_at=START,
    )


@cache
def lives() -> tuple[Batch, ...]:
    """Every batch of every pairing, in the order of their times."""
    batches = [batch for number in range(PAIRINGS) for batch in simulated_batches(create(number))]
    return tuple(sorted(batches, key=lambda batch: batch.events[0].occurred_at))


async def live_through(store: EventStore, until: datetime, *, since: datetime | None = None) -> None:
    """Store and publish what happens behind `since` and up to `until`."""
    for batch in lives():
        at = batch.events[0].occurred_at
        if at <= until and (since is None or at > since):
            assert isinstance(await store.append(batch), Appended)
    await publish(store)


async def live_through_parts(store: EventStore, weeks: range) -> AsyncIterator[datetime]:
    """The moments at the end of these weeks, each when everything until then is stored and published."""
    since: datetime | None = None
    for week in weeks:
        now = START + timedelta(weeks=week)
        await live_through(store, now, since=since)
        yield now
        since = now


@pytest.fixture
async def live(database_url: str) -> Generation:
    (generation,) = await prepare(database_url, [Standing()])
    return generation


async def test_it_says_what_the_domain_says_of_the_same_streams(store: EventStore, live: Generation) -> None:
    projector = Projector(store, Standing(), live, "one")
    async for now in live_through_parts(store, range(3, 42, 19)):
        await projector.catch_up()
        expected = [status(state) async for state in folded_pairings(store, "spring")]
        assert len(expected) == PAIRINGS
        found = await Questions(store).pairings("spring")
        assert found == expected
        assert funnel(found, now) == funnel(expected, now)
    assert {pairing.stage for pairing in expected} > {Stage.COMPLETED}


async def test_a_reader_that_comes_later_folds_what_it_has_not_seen(store: EventStore, live: Generation) -> None:
    await live_through(store, START + timedelta(weeks=6))
    await Projector(store, Standing(), live, "one").catch_up()
    await live_through(store, START + timedelta(weeks=12), since=START + timedelta(weeks=6))
    first = Projector(store, Standing(), live, "one")
    await first.subscription.release()
    await Projector(store, Standing(), live, "two").catch_up()
    assert await Questions(store).pairings() == [status(state) async for state in folded_pairings(store, "spring")]


async def test_what_was_open_is_listed_until_it_is_settled(store: EventStore, live: Generation) -> None:
    projector = Projector(store, Standing(), live, "one")
    seen = 0
    async for now in live_through_parts(store, range(0, 45, 4)):
        await projector.catch_up()
        states = [status(state) async for state in folded_pairings(store, "spring")]
        listed = await Questions(store).attention(now)
        assert Counter(item.pairing for item in listed) == Counter(s.pairing for s in states for _ in s.items)
        seen += len(listed)
    assert seen > 0
    assert not listed


async def test_the_load_counts_every_message_and_meeting_once(
    store: EventStore, live: Generation, database_url: str
) -> None:
    await live_through(store, START + timedelta(weeks=45))
    await Projector(store, Standing(), live, "one").catch_up()
    weeks = await Questions(store).load("spring", START.date(), 60)
    states = [state async for state in folded_pairings(store, "spring")]
    assert sum(week.meetings for week in weeks) == 2 * sum(state.held for state in states)
    assert sum(week.messages for week in weeks) == await store.messages("pairing/spring/")
    assert all(week.week.weekday() == 0 for week in weeks)
    building = await begin_rebuild(database_url, Standing())
    await Projector(store, Standing(), building, "one").catch_up()
    assert await switch(store, "standing")
    assert await Questions(store).load("spring", START.date(), 60) == weeks


class Interrupted(Standing):
    """Loses its connection, in effect, behind every second page."""

    calls = 0

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        await super().apply(connection, events)
        self.calls += 1
        if self.calls % 2:
            raise ConnectionResetError


async def test_what_was_rolled_back_is_folded_again(store: EventStore, live: Generation) -> None:
    interrupted = Interrupted()
    projector = Projector(store, interrupted, live, "one")
    async for _ in live_through_parts(store, range(0, 45, 6)):
        with suppress(StoreUnavailable):
            while await projector.catch_up():
                pass
    await projector.catch_up()
    assert interrupted.calls >= 8
    assert await Questions(store).pairings() == [status(state) async for state in folded_pairings(store, "spring")]
