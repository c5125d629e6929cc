"""The read model `standing`, asked by somebody who may just have given a command."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console

from eventstore.store import EventStore
from readmodels.freshness import catches_up
from readmodels.questions import Questions
from readmodels.standing import Standing

PATIENCE = timedelta(seconds=5)


async def questions_of(store: EventStore) -> Questions:
    """Once it knows of everything stored so far; else it says on standard error by how much the answers are old."""
    lacking = await catches_up(store, Standing.name, PATIENCE)
    if lacking:
        Console(stderr=True).print(f"This lacks {lacking} events that are stored: does a worker run?")
    return Questions(store)
