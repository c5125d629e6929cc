"""Folding streams that arrive piece by piece: the domain's own `evolve`, and a bounded memory of states."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pydantic_core import from_json

from domain.decider import Data
from eventstore.feed import FedEvent
from eventstore.statements import statement
from eventstore.store import Connection

S = TypeVar("S")
E = TypeVar("E")


class Folding(Generic[S, E]):
    """The states of many streams of one kind. At most `remember` are kept; the others are folded again when needed."""

    def __init__(
        self, load: Callable[[Data, int], E], evolve: Callable[[S | None, E], S], remember: int = 5000
    ) -> None:
        self._load = load
        self._evolve = evolve
        self._remember = remember
        self._states: OrderedDict[str, tuple[int, S]] = OrderedDict()

    async def prepare(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        """Fold what comes before these events in streams that are not remembered up to there."""
        first: dict[str, int] = {}
        for event in events:
            first.setdefault(event.stream, event.version)
        cold = {stream: version for stream, version in first.items() if self._version(stream) != version - 1}
        for stream in cold:
            self._states.pop(stream, None)
        wanted = [(stream, version) for stream, version in cold.items() if version > 1]
        if wanted:
            streams, versions = [stream for stream, _ in wanted], [version for _, version in wanted]
            for row in await connection.fetch(statement("streams_before", "readmodels"), streams, versions):
                self._fold(row["stream_id"], row["version"], row["schema_version"], row["data"])

    def fold(self, event: FedEvent) -> tuple[E, S]:
        """The event and the state that it leads to. `prepare` has seen it, and those before it have been folded."""
        return self._fold(event.stream, event.version, event.schema_version, event.data)

    def shrink(self) -> None:
        """Forget the states that have not been needed for longest."""
        while len(self._states) > self._remember:
            self._states.popitem(last=False)

    def forget(self) -> None:
        """Forget everything."""
        self._states.clear()

    def _version(self, stream: str) -> int:
        return self._states[stream][0] if stream in self._states else 0

    def _fold(self, stream: str, version: int, schema_version: int, data: str) -> tuple[E, S]:
        known = self._states.get(stream)
        event = self._load(from_json(data), schema_version)
        state = self._evolve(known[1] if known else None, event)
        self._states[stream] = (version, state)
        self._states.move_to_end(stream)
        return event, state
