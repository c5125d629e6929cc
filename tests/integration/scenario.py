"""A story of the unit tests, told again by a live pairing: the same commands at the same times, in virtual time.

`retold` moves a story to a time to come and says, by the pure functions, what must be stored; `play` lets
the real engine store it. The two must be equal event for event, with every field and every time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from live_pairing import LivePairing, launch, when
from pydantic import BaseModel
from temporalio.client import Client

from domain.decider import Rejected
from domain.pairing.clocks import fire
from domain.pairing.decider import PairingCommand, PairingEvent, decide, evolve, load
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from eventstore.store import EventStore
from tests.unit.pairing.given import Step, Story
from workflows.commands import update_name
from workflows.contract import Receipt

BEHIND = timedelta(minutes=2)
"""A command is sent this far behind its time, so that a clock that is due then has rung (see `rehearsal.drive`)."""

YEAR = timedelta(weeks=52)
"""Moves a story and keeps its weekdays and, nearly, its season: summer time begins in the same week."""

V = TypeVar("V")


@dataclass
class Retold:
    """A story at another time: its creation, its steps with the stream's version before each, its events."""

    create: CreatePairing
    steps: list[tuple[Step, int]] = field(default_factory=list)
    events: list[PairingEvent] = field(default_factory=list)
    end: datetime | None = None
    _state: Pairing | None = None

    def pass_until(self, moment: datetime) -> None:
        """Every clock rings when it is due."""
        while self._state is not None and self._state.clocks and self._state.clocks[0].due <= moment:
            running = self._state.clocks[0]
            self.obey(fire(running), running.due)

    def obey(self, command: PairingCommand, now: datetime) -> None:
        """Decide and fold; what is refused changes nothing."""
        for event in decide(self._state, command, now):
            self._state = evolve(self._state, event)
            self.events.append(event)


def retold(story: Story, earliest: datetime) -> Retold:
    """The story as many years later as brings its start behind `earliest`."""
    by = YEAR
    while story.creation.starts_at + by <= earliest:
        by += YEAR
    again = Retold(create=_later(story.creation, by).model_copy(update={"pairing": f"pair-{uuid4().hex[:12]}"}))
    again.obey(again.create, earliest)
    for step in story.steps:
        at = step.at + by
        command = _later(step.command, by)
        dated = command.model_copy(update={"at": command.at or at})
        again.pass_until(at + BEHIND)
        again.steps.append((Step(at, dated, step.refused), len(again.events)))
        if step.refused is None:
            again.obey(dated, at + BEHIND)
        else:
            _must_refuse(again, dated, at + BEHIND)
    again.end = story.now + by
    again.pass_until(again.end + BEHIND)
    return again


async def play(story: Story, client: Client, store: EventStore, task_queue: str, earliest: datetime) -> LivePairing:
    """Tell the story by a live pairing and hold its stream to the pure functions' word."""
    again = retold(story, earliest)
    pairing = await launch(client, store, task_queue, again.create)
    for step, before in again.steps:
        await _reach(pairing, step.at + BEHIND, before)
        await _take(pairing, step)
    assert again.end is not None
    await _reach(pairing, again.end + BEHIND, len(again.events))
    stored = [load(event.data, event.schema_version) for event in await pairing.stored()]
    assert [event.type for event in stored] == [event.type for event in again.events]
    assert stored == again.events
    return pairing


async def _reach(pairing: LivePairing, moment: datetime, version: int) -> None:
    """Skip to a moment, and wait until every event that happens before it is stored."""
    left = moment - await pairing.skipper.get_current_time(pairing.handle)
    if left > timedelta(0):
        await pairing.skipper.fast_forward(pairing.handle, left)
    await when(pairing.types, lambda types: len(types) >= version)


async def _take(pairing: LivePairing, step: Step) -> None:
    sending = pairing.handle.execute_update(update_name(type(step.command)), step.command, result_type=Receipt)
    if step.refused is None:
        await sending
    else:
        refusal = await pairing.refusal(sending)
        assert refusal.type == f"Rejected:{step.refused}", refusal.message


def _must_refuse(again: Retold, command: PairingCommand, now: datetime) -> None:
    try:
        again.obey(command, now)
    except Rejected:
        return
    raise AssertionError(f"{type(command).__name__} is refused in the story and not on {now:%d %b %Y}")


def _later(value: V, by: timedelta) -> V:
    """The same value with every time and date in it moved."""
    moved: Any = value
    if isinstance(value, (datetime, date)):
        moved = value + by
    elif isinstance(value, BaseModel):
        fields = type(value).model_fields
        moved = value.model_copy(update={name: _later(getattr(value, name), by) for name in fields})
    elif isinstance(value, tuple):
        moved = tuple(_later(item, by) for item in value)
    return moved  # type: ignore[no-any-return]
