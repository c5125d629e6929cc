"""What somebody would do and when: of several intents, the one that becomes an act."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from domain.decider import Actor, Command
from domain.pairing.state import Pairing

CLEARANCE = timedelta(minutes=15)
"""People stay this far from a running deadline, so that a real clock's jitter cannot reorder the two."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does at a moment. `report` is a fact from a service: a signal, not an update."""

    at: datetime
    command: Command
    report: bool = False


class Actors(Protocol):
    """Whoever acts on one pairing: simulated people, or a script."""

    def next_act(self, state: Pairing, now: datetime) -> Act | None:
        """The earliest thing that anybody does, not before `now`; None while everybody waits."""
        ...

    def refused(self, act: Act) -> None:
        """The rules have refused it; nothing has changed."""
        ...


class Intent(NamedTuple):
    """What somebody would do, were nothing else to happen first. Its command is made only if it comes to that."""

    at: datetime
    key: str
    by: Actor
    command: type[Command]
    fields: dict[str, Any]
    report: bool = False


def earliest(intents: list[Intent], state: Pairing, now: datetime) -> Act | None:
    """The first of them in time, each moved clear of running deadlines; ties by key."""
    soonest, dues = now + CLEARANCE, [clock.due for clock in state.clocks]
    best: tuple[datetime, str] | None = None
    chosen: Intent | None = None
    for intent in sorted(intents, key=attrgetter("at")):
        if best is not None and intent.at > best[0]:
            break
        moved = clear_of(dues, max(intent.at, soonest)), intent.key
        if best is None or moved < best:
            best, chosen = moved, intent
    if best is None or chosen is None:
        return None
    at, key = best
    # Two acts of one kind differ in their time: what is done again after it was undone is no duplicate.
    command = chosen.command(**{"by": chosen.by, "key": f"{key}@{at.timestamp():.0f}", "at": at, **chosen.fields})
    return Act(at=at, command=command, report=chosen.report)


def clear_of(dues: list[datetime], at: datetime) -> datetime:
    """`at`, or the first later moment that is not close to a deadline. `dues` are in order."""
    for due in dues[bisect_right(dues, at - CLEARANCE) :]:
        if at <= due - CLEARANCE:
            break
        at = due + CLEARANCE
    return at
