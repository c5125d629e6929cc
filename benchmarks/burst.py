"""Monday, nine o'clock, one zone: how many clocks fire at once, as it is and if each pairing had its own moment.

A simulation of the domain's own functions with the rehearsal's people; nothing is timed. Firings are counted by the
second and by the minute, for one launch of everybody and for a program that launches a cohort every Monday.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zlib import crc32

from benchmarks.rounds import Result, Row, compared, save
from benchmarks.subjects.commands import creation
from domain.pairing.clocks import FiredEvent
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate

PAIRINGS = 2000
MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
SPREAD = timedelta(hours=1)
LIFE_IN_WEEKS = 26

NOTES = (
    f"{PAIRINGS} simulated pairings of the reference design, everybody in London and New York, all from Monday 11 "
    "January 2027, nine o'clock in London. A firing is a clock that changes something: one workflow task, one append.",
    f"Spread: every firing of a pairing is moved by one and the same span of at most {SPREAD.total_seconds() / 60:.0f} "
    "minutes, a hash of its id, so that a replay finds it again. The program does not do this today.",
    f"Weekly: a {LIFE_IN_WEEKS}th of the pairings starts every Monday, for ever; the figure is of the worst moment of "
    "such a week.",
)


@dataclass(frozen=True)
class Firing:
    """When a pairing's clock fired."""

    pairing: str
    at: datetime

    @property
    def spread(self) -> datetime:
        """When it would fire if each pairing had its own part of the hour."""
        return self.at + crc32(self.pairing.encode()) % int(SPREAD.total_seconds()) * timedelta(seconds=1)


def run() -> Result:
    """The same on every machine; takes a minute."""
    fired = list(firings(PAIRINGS))
    apart = [firing.spread for firing in fired]
    together = [firing.at for firing in fired]
    rows = [
        *_worst("everybody at once", together, apart),
        *_worst("a cohort every Monday", list(_folded(together)), list(_folded(apart)), LIFE_IN_WEEKS),
        Row(measure="firings in a whole life", unit="", ours=len(fired) / PAIRINGS),
    ]
    return save("burst", "Monday, nine o'clock", rows, NOTES)


def firings(pairings: int) -> Iterator[Firing]:
    """Every firing of every pairing's life."""
    for number in range(pairings):
        create = creation("burst", number).model_copy(
            update={"starts_at": MONDAY, "at": MONDAY - timedelta(days=1), "pairing": f"p{number}"}
        )
        for at, events in groupby(simulate(create, 7, Assumptions()), key=lambda event: event.at):
            if any(isinstance(event, FiredEvent) for event in events):
                yield Firing(create.pairing, at)


def _worst(title: str, together: list[datetime], apart: list[datetime], cohorts: int = 1) -> Iterator[Row]:
    for name, span in (("second", 1), ("minute", 60)):
        per_thousand = 1000 / PAIRINGS / cohorts
        ours, spread = (peak(moments, span) * per_thousand for moments in (together, apart))
        measure = f"{title}: worst {name}, for 1,000 pairings"
        yield compared(measure, "firings", [ours], [spread], beside="spread over an hour")


def peak(moments: Iterable[datetime], seconds: int) -> int:
    """The most moments in one of the intervals of so many seconds."""
    return max(Counter(int(moment.timestamp()) // seconds for moment in moments).values())


def _folded(moments: Iterable[datetime]) -> Iterator[datetime]:
    """Onto one week: what a week looks like when cohorts of every age are on their way."""
    week = timedelta(weeks=1)
    return (MONDAY + (moment - MONDAY) % week for moment in moments)
