"""Streams of simulated pairings, stored as their workflows would store them, a command at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from uuid import NAMESPACE_URL, uuid5

from domain.pairing.decider import PairingEvent, evolve, notices
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from eventstore.records import Batch, NewEvent, NewMessage
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate


def simulated_batches(create: CreatePairing, seed: int = 7) -> Iterator[Batch]:
    """One pairing's life, batch after batch. Events of one moment count as one command's."""
    stream, version = f"pairing/{create.cohort}/{create.pairing}", 0
    state: Pairing | None = None
    for _, together in groupby(simulate(create, seed, Assumptions()), key=lambda event: event.at):
        events: list[PairingEvent] = list(together)
        messages = []
        for event in events:
            state = evolve(state, event)
            messages += notices(state, event)
        command = uuid5(NAMESPACE_URL, f"{stream}@{version}")
        yield Batch(
            stream=stream,
            expected=version,
            command_id=command,
            correlation_id=command,
            causation_id=None,
            actor_role="clock",
            actor_id="simulation",
            source="simulation",
            idempotency_key=f"at-{version}",
            program_version=1,
            events=tuple(
                NewEvent(
                    event_id=uuid5(command, f"event {number}"),
                    type=event.type,
                    schema_version=event.schema_version,
                    occurred_at=event.at,
                    data=event.model_dump(mode="json"),
                )
                for number, event in enumerate(events)
            ),
            messages=tuple(
                NewMessage(
                    message_id=uuid5(command, f"message {number}"),
                    to=notice.to,
                    template=notice.template,
                    deliver_after=notice.deliver_after,
                    about=dict(notice.about),
                )
                for number, notice in enumerate(messages)
            ),
        )
        version += len(events)
