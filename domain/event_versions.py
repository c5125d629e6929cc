"""Events change, history does not: what was stored long ago is brought to today's shape as it is read.

A field with a default needs nothing. Any other change of an event raises its `schema_version` and adds an upcaster,
which turns the JSON of the version before into that of the next. Stored events are never rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import JsonValue, TypeAdapter

from domain.decider import Data, Event
from domain.sealing import without_sealed

E = TypeVar("E", bound=Event)


class EventUnknown(Exception):
    """This code cannot read the event, and must not guess: a newer Pairloom wrote it, or an upcaster is missing."""


@dataclass(frozen=True, slots=True)
class Upcaster:
    """One step: events of `type` in `version` become the next version, or another type where `becomes` names it.

    `change` gets the stored object and returns the new one, without `type`, which follows from the step.
    """

    type: str
    version: int
    change: Callable[[Data], dict[str, JsonValue]]
    becomes: tuple[str, int] | None = None

    @property
    def target(self) -> tuple[str, int]:
        """The type and version that it leads to."""
        return self.becomes or (self.type, self.version + 1)


class EventFamily(Generic[E]):
    """All events of one kind of stream, in every version that was ever stored.

    Raises ValueError when it is made (that is, at start-up) where a chain of upcasters has a gap, a fork or a cycle, or
    leads to an event that there is not.
    """

    def __init__(self, union: Any, upcasters: Sequence[Upcaster] = ()) -> None:
        self._adapter: TypeAdapter[E] = TypeAdapter(union)
        self.members: tuple[type[E], ...] = get_args(get_args(union)[0])
        self.current: dict[str, int] = {member.__name__: member.schema_version for member in self.members}
        self._steps = {(step.type, step.version): step for step in upcasters}
        if len(self._steps) != len(upcasters):
            raise ValueError("two upcasters begin at the same type and version")
        for step in upcasters:
            self._check(step)
        for name, version in self.current.items():
            for older in range(1, version):
                if (name, older) not in self._steps:
                    raise ValueError(f"{name} is at version {version}, and nothing reads its version {older}")

    @property
    def known(self) -> tuple[tuple[str, int], ...]:
        """Every type and version that can be read, in order."""
        return tuple(sorted({*self.current.items(), *self._steps}))

    def load(self, data: Data, schema_version: int) -> E:
        """The event of today that was stored as `data`, its sealed parts None unless they were opened before.

        Raises EventUnknown, or ValidationError for a wrong shape.
        """
        name = str(data.get("type"))
        if self.current.get(name) != schema_version:
            data = self._upcast(data, name, schema_version)
        return self._adapter.validate_python(without_sealed(data))

    def _upcast(self, data: Data, name: str, version: int) -> Data:
        while self.current.get(name) != version:
            step = self._steps.get((name, version))
            if step is None:
                raise EventUnknown(
                    f"An event {name} of version {version} cannot be read by this Pairloom: run the release that wrote "
                    "it, or a newer one."
                )
            name, version = step.target
            data = {**step.change(data), "type": name}
        return data

    def _check(self, step: Upcaster) -> None:
        if self.current.get(step.type) == step.version:
            raise ValueError(f"an upcaster leads away from {step.type} version {step.version}, the current one")
        passed = set[tuple[str, int]]()
        place = (step.type, step.version)
        while self.current.get(place[0]) != place[1]:
            if place in passed:
                raise ValueError(f"the upcasters of {step.type} version {step.version} go round in a circle")
            passed.add(place)
            if place not in self._steps:
                raise ValueError(f"the upcasters of {step.type} version {step.version} end at {place[0]} {place[1]}")
            place = self._steps[place].target
