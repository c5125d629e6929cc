"""Random stories against a model in memory: append, repeat, conflict, read, publish, project, rebuild."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from embedded.ground import Ground
from eventstore.feed import Feed
from eventstore.projections import Generation, Projector, begin_rebuild, generations, prepare, switch
from eventstore.records import AlreadyThere, Appended, Batch, Conflict
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import verify
from tests.integration.test_event_store import batch
from tests.integration.test_feed import Counted

STREAMS = ("pairing/spring/a", "pairing/spring/b", "cohort/spring")


class Model:
    """What the store has to know: each stream's commands in order, and how far the feed has come."""

    def __init__(self) -> None:
        self.commands: dict[str, list[tuple[UUID, int]]] = {stream: [] for stream in STREAMS}
        self.appended: list[tuple[str, int]] = []
        self.published = 0

    def version(self, stream: str) -> int:
        return sum(size for _, size in self.commands[stream])

    def place(self, stream: str, command: UUID) -> tuple[int, int] | None:
        """The first and last version of a command."""
        before = 0
        for known, size in self.commands[stream]:
            if known == command:
                return before + 1, before + size
            before += size
        return None


class StoreAgainstModel(RuleBasedStateMachine):
    """One story on one fresh database."""

    open_store: Callable[[], AsyncIterator[tuple[EventStore, str]]]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.batches: list[Batch] = []
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()

    def run(self, call: Awaitable[object]) -> object:
        async def awaited() -> object:
            return await call

        return self.loop.run_until_complete(awaited())

    @initialize()
    def begin(self) -> None:
        self.store, self.url = self.loop.run_until_complete(self.stack.enter_async_context(type(self).open_store()))
        self.run(prepare(self.url, [Counted()]))

    @rule(stream=st.sampled_from(STREAMS), size=st.integers(1, 5), off=st.sampled_from([0, 0, 0, -1, 1]))
    def append(self, stream: str, size: int, off: int) -> None:
        current = self.model.version(stream)
        wanted = batch(uuid4(), stream=stream, expected=max(0, current + off), size=size)
        answer = self.run(self.store.append(wanted))
        if wanted.expected != current:
            assert answer == Conflict(current=current)
            return
        assert answer == Appended(first=current + 1, last=current + size)
        self.model.commands[stream].append((wanted.command_id, size))
        self.model.appended += [(stream, current + number) for number in range(1, size + 1)]
        self.batches.append(wanted)

    @rule(data=st.data(), expected=st.integers(0, 20))
    def repeat(self, data: st.DataObject, expected: int) -> None:
        if self.batches:
            known = data.draw(st.sampled_from(self.batches))
            answer = self.run(self.store.append(known.model_copy(update={"expected": expected})))
            assert isinstance(answer, AlreadyThere)
            assert (answer.first, answer.last) == self.model.place(known.stream, known.command_id)

    @rule(stream=st.sampled_from(STREAMS), after=st.integers(0, 8), limit=st.none() | st.integers(1, 5))
    def read(self, stream: str, after: int, limit: int | None) -> None:
        found = self.loop.run_until_complete(self.store.read(stream, after, limit))
        expected = list(range(after + 1, self.model.version(stream) + 1))[:limit]
        assert [event.version for event in found] == expected

    @rule()
    def publish(self) -> None:
        self.run(publish(self.store))
        self.model.published = len(self.model.appended)

    @rule()
    def project(self) -> None:
        for generation in self._generations():
            self.run(self._fill(generation))

    @rule()
    def rebuild(self) -> None:
        building = self.loop.run_until_complete(begin_rebuild(self.url, Counted()))
        self.run(self._fill(building))
        [live] = [generation for generation in self._generations() if generation.live]
        self.run(self._fill(live))
        if not self.run(switch(self.store, "counted")):
            self.run(self._fill(building))
            assert self.run(switch(self.store, "counted"))
        self.compare_read_model()

    @rule()
    def compare_read_model(self) -> None:
        [live] = [generation for generation in self._generations() if generation.live]
        self.run(self._fill(live))
        counts: dict[str, int] = {}
        for stream, _ in self.model.appended[: self.model.published]:
            counts[stream] = counts.get(stream, 0) + 1
        assert self.loop.run_until_complete(self._rows()) == {
            stream: " ".join(map(str, range(1, count + 1))) for stream, count in counts.items()
        }

    @invariant()
    def the_feed_is_what_was_published(self) -> None:
        if hasattr(self, "store"):
            feed = self.loop.run_until_complete(Feed(self.store).read())
            assert [(event.stream, event.version) for event in feed] == self.model.appended[: self.model.published]

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert self.loop.run_until_complete(verify(self.store)).findings == ()
        self.loop.run_until_complete(self.stack.aclose())
        self.loop.close()

    def _generations(self) -> list[Generation]:
        return self.loop.run_until_complete(generations(self.store, "counted"))

    async def _fill(self, generation: Generation) -> None:
        projector = Projector(self.store, Counted(), generation, "model")
        await projector.catch_up()
        await projector.subscription.release()

    async def _rows(self) -> dict[str, str]:
        async with self.store.connection() as connection:
            rows = await connection.fetch("select stream, versions from read_counted.counted")
        return {row["stream"]: row["versions"] for row in rows}


def test_the_store_does_what_the_model_does(ground: Ground, migrated_template: str) -> None:
    @asynccontextmanager
    async def open_store() -> AsyncIterator[tuple[EventStore, str]]:
        name = f"model_{uuid4().hex}"
        address = f"{ground.database_url.rpartition('/')[0]}/{name}"
        administrator = await asyncpg.connect(ground.database_url)
        await administrator.execute(f"create database {name} template {migrated_template}")
        try:
            async with await EventStore.connect(address, max_size=2) as store:
                yield store, address
        finally:
            await administrator.execute(f"drop database {name} with (force)")
            await administrator.close()

    class Here(StoreAgainstModel):
        pass

    Here.open_store = staticmethod(open_store)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
