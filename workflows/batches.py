"""What one command writes: its events and messages, under ids that any repetition makes again.

Every id comes from the stream and the business step alone: the same in a retry, a replay, a reset, a recovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.decider import Command, Decider, Event, Notice, Role
    from eventstore.records import Batch, JsonObject, NewEvent, NewMessage, StoredEvent
    from workflows.contract import Remembered

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)

NAMESPACE = uuid5(NAMESPACE_URL, "https://pairloom.example/event-store")


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """A stream, and the program that it belongs to: all streams of a cohort share a correlation id."""

    stream: str
    program: str

    def command_id(self, command: Command) -> UUID:
        """One for each kind of command, sender and key: a key means nothing outside its sender's own command.

        So nobody's key hides another person's command, or a clock's.
        """
        step = f"{type(command).__name__}\n{command.by.role.value}:{command.by.id}\n{command.key}"
        return _id(self.stream, "command", step)

    def batch(
        self,
        decider: Decider[S, C, E],
        state: S | None,
        version: int,
        command: C,
        events: tuple[E, ...],
        *,
        program_version: int,
    ) -> Batch:
        """Everything that the command writes at `version`; `state` is the one that it was decided on."""
        command_id = self.command_id(command)
        return Batch(
            stream=self.stream,
            expected=version,
            command_id=command_id,
            correlation_id=_id(self.program, "correlation", ""),
            causation_id=None,
            actor_role=command.by.role.value,
            actor_id=command.by.id,
            source="engine" if command.by.role is Role.CLOCK else command.by.role.value,
            idempotency_key=command.key,
            program_version=program_version,
            events=tuple(_new_event(command_id, number, event) for number, event in enumerate(events)),
            messages=_messages(command_id, decider, state, events),
        )


def short(command_id: UUID) -> str:
    """A command id as the memory of answered keys holds it: 64 bits."""
    return command_id.hex[:16]


def remembered(stored: Iterable[StoredEvent]) -> Iterator[Remembered]:
    """What a stream says about answered keys, command by command: its senders may repeat them."""
    for command, written in groupby(stored, key=lambda event: event.command_id):
        events = list(written)
        names = tuple(event.type for event in events)
        yield Remembered(digest=short(command), first=events[0].version, last=events[-1].version, events=names)


def _new_event(command_id: UUID, number: int, event: Event) -> NewEvent:
    return NewEvent(
        event_id=_id(str(command_id), "event", str(number)),
        type=event.type,
        schema_version=event.schema_version,
        occurred_at=event.at,
        data=event.model_dump(mode="json"),
        sealed=event.sealed,
    )


def _messages(
    command_id: UUID, decider: Decider[S, C, E], state: S | None, events: tuple[E, ...]
) -> tuple[NewMessage, ...]:
    """What people must be told goes into the outbox with the events, or not at all."""
    messages = list[NewMessage]()
    for event in events:
        state = decider.evolve(state, event)
        for notice in decider.notices(state, event):
            messages.append(_message(_id(str(command_id), "message", str(len(messages))), notice))
    return tuple(messages)


def _message(message_id: UUID, notice: Notice) -> NewMessage:
    about: JsonObject = dict(notice.about)
    return NewMessage(
        message_id=message_id,
        to=notice.to,
        template=notice.template,
        deliver_after=notice.deliver_after,
        about=about,
    )


@lru_cache(maxsize=256)  # a command's is asked for four times, a program's with every command
def _id(scope: str, kind: str, name: str) -> UUID:
    return uuid5(NAMESPACE, f"{scope}\n{kind}\n{name}")
