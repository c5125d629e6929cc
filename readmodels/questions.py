"""The questions that operations ask, answered from the read model `standing` and the streams."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from pydantic import AwareDatetime

from domain.attention import Attention, attention
from domain.cohort.funnel import funnel
from domain.cohort.state import Funnel
from domain.cohort.status import CohortStatus
from domain.decider import Frozen
from domain.pairing.status import PairingStatus
from eventstore.statements import statement
from eventstore.store import EventStore

ROOM = "readmodels"


class WeekOfPerson(Frozen):
    """What lands on one person, or on one role, in the week that begins on Monday `week` (UTC)."""

    person: str
    week: date
    messages: int
    meetings: int
    minutes: int


class CohortAtAGlance(Frozen):
    """A cohort, its funnel at a moment, and what needs a person, most urgent first."""

    cohort: CohortStatus
    at: AwareDatetime
    funnel: Funnel
    attention: tuple[Attention, ...]


class Questions:
    """Reads only. Raises `StoreUnavailable` as the store does, also before the read model has been made."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def pairings(self, cohort: str | None = None) -> list[PairingStatus]:
        """How every pairing stands, of one cohort or of all, by id."""
        return [PairingStatus.model_validate_json(row) for row in await self._column("pairings", cohort)]

    async def cohorts(self) -> list[CohortStatus]:
        """How every cohort stands, by id."""
        return [CohortStatus.model_validate_json(row) for row in await self._column("cohorts", None)]

    async def glance(self, cohort: str, now: datetime) -> CohortAtAGlance | None:
        """One cohort at a moment; None for one that the store does not know."""
        found = [CohortStatus.model_validate_json(row) for row in await self._column("cohorts", cohort)]
        if not found:
            return None
        pairings = await self.pairings(cohort)
        return CohortAtAGlance(
            cohort=found[0], at=now, funnel=funnel(pairings, now), attention=attention(found, pairings, now)
        )

    async def attention(self, now: datetime) -> tuple[Attention, ...]:
        """What needs a person in all cohorts, most urgent first."""
        open_pairings = [PairingStatus.model_validate_json(row) for row in await self._column("open_pairings", None)]
        return attention(await self.cohorts(), open_pairings, now)

    async def load(self, cohort: str, first: date, weeks: int) -> list[WeekOfPerson]:
        """The load per person and week, from the week of the day `first` on; the busiest people first."""
        monday = datetime.combine(first - timedelta(days=first.weekday()), time(), UTC)
        async with self._store.connection() as connection:
            rows = await connection.fetch(statement("load", ROOM), cohort, monday, monday + timedelta(weeks=weeks))
        return [WeekOfPerson.model_validate(dict(row)) for row in rows]

    async def overdue(self, for_at_least: timedelta, at_most: int) -> int:
        """Of how many pairings the next clock should have rung that long ago, by the database's clock.

        Counts, and reads, no more than `at_most`.
        """
        async with self._store.connection() as connection:
            found: int = await connection.fetchval(statement("overdue", ROOM), for_at_least, at_most)
        return found

    async def _column(self, name: str, cohort: str | None) -> list[str]:
        async with self._store.connection() as connection:
            return [row[0] for row in await connection.fetch(statement(name, ROOM), cohort)]
