"""Which deadlines fall on a working day: what people must have done by then, and what the coordinator must look at.

An event says when its clocks are due, so the shift is made once, as the event is decided, and a pause keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from domain.decider import Clock, Event
from domain.pairing.clocks import ClockKind, kind_of
from domain.pairing.state import SIDES, Pairing
from domain.working_time import due_on_shared_working_day, operations

E = TypeVar("E", bound=Event)

OF_BOTH = frozenset(
    {
        ClockKind.OFFER_EXPIRE,
        ClockKind.TRAINING_DUE,
        ClockKind.GOALS_DUE,
        ClockKind.CHECKPOINT_OVERDUE,
        ClockKind.EVALUATION_DUE,
        ClockKind.EVALUATION_CLOSE,
    }
)
"""Due on a day on which both sides work: the last day is one on which it can still be done."""

OF_OPERATIONS = frozenset(
    {
        ClockKind.BOOKING_ESCALATE,
        ClockKind.HEALTH_RED,
        ClockKind.SILENCE_PROPOSE,
        ClockKind.SILENCE_CONFIRM,
        ClockKind.EXIT_CLOSE,
    }
)
"""Due on a day on which the operations team works: nothing opens, or happens by itself, while nobody can look."""


def on_working_days(state: Pairing, events: Iterable[E]) -> tuple[E, ...]:
    """The same events, with the clocks that they start on working days where the kind is marked so."""
    if not state.design.due_on_working_days:
        return tuple(events)
    return tuple(_shifted(state, event) if event.starts else event for event in events)


def _shifted(state: Pairing, event: E) -> E:
    starts = tuple(_on_working_day(state, started) for started in event.starts)
    return event if starts == event.starts else event.model_copy(update={"starts": starts})


def _on_working_day(state: Pairing, started: Clock) -> Clock:
    kind = kind_of(started.name)
    if kind in OF_BOTH:
        calendars = tuple(state.calendar(side) for side in SIDES)
    elif kind in OF_OPERATIONS:
        calendars = (operations(state.design),)
    else:
        return started
    due = due_on_shared_working_day(calendars, started.due)
    return started if due is started.due else Clock(name=started.name, due=due)
