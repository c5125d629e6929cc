"""The read model `standing`: how every pairing and every cohort stands, what is booked and what was held."""

from __future__ import annotations

from collections.abc import Sequence

from domain.cohort import decider as cohorts
from domain.cohort.state import Cohort
from domain.cohort.status import cohort_status
from domain.pairing import decider as pairings
from domain.pairing.meetings import MeetingHeld
from domain.pairing.state import Pairing
from domain.pairing.status import PairingStatus, status
from eventstore.feed import FedEvent
from eventstore.statements import statement
from eventstore.store import Connection
from readmodels.folding import Folding

ROOM = "readmodels"


class Standing:
    """A projection (see `eventstore.projections`); one instance for each generation that is filled."""

    name = "standing"
    version = 2

    def __init__(self) -> None:
        self._pairings: Folding[Pairing, pairings.PairingEvent] = Folding(pairings.load, pairings.evolve)
        self._cohorts: Folding[Cohort, cohorts.CohortEvent] = Folding(cohorts.load, cohorts.evolve, remember=50)

    def tables(self) -> str:
        """The tables of `sql/statements/tables.sql`."""
        return statement("tables", ROOM)

    async def apply(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        """Fold the events by the domain and write how their streams stand then."""
        kinds: dict[str, list[FedEvent]] = {"pairing": [], "cohort": []}
        for event in events:
            kind = event.stream.partition("/")[0]
            if kind in kinds:  # other streams of the store are not about programs
                kinds[kind].append(event)
        await self._apply_to_pairings(connection, kinds["pairing"])
        await self._apply_to_cohorts(connection, kinds["cohort"])

    def forget(self) -> None:
        """Forget every state."""
        self._pairings.forget()
        self._cohorts.forget()

    async def _apply_to_pairings(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        await self._pairings.prepare(connection, events)
        states: dict[str, tuple[int, Pairing]] = {}
        held: list[tuple[Pairing, MeetingHeld]] = []
        for fed in events:
            event, state = self._pairings.fold(fed)
            states[fed.stream] = (fed.version, state)
            if isinstance(event, MeetingHeld):
                held.append((state, event))
        self._pairings.shrink()
        if states:
            standing = [(version, status(state)) for version, state in states.values()]
            await _save_pairings(connection, standing)
            await _save_meetings(connection, [pairing for _, pairing in standing], held)

    async def _apply_to_cohorts(self, connection: Connection, events: Sequence[FedEvent]) -> None:
        await self._cohorts.prepare(connection, events)
        states = {fed.stream: (fed.version, self._cohorts.fold(fed)[1]) for fed in events}
        self._cohorts.shrink()
        if states:
            standing = [(version, cohort_status(state)) for version, state in states.values()]
            await connection.execute(
                statement("save_cohorts", ROOM),
                [cohort.cohort for _, cohort in standing],
                [version for version, _ in standing],
                [cohort.stage.value for _, cohort in standing],
                [cohort.model_dump_json() for _, cohort in standing],
            )


async def _save_pairings(connection: Connection, standing: Sequence[tuple[int, PairingStatus]]) -> None:
    pairings_ = [pairing for _, pairing in standing]
    await connection.execute(
        statement("save_pairings", ROOM),
        [pairing.cohort for pairing in pairings_],
        [pairing.pairing for pairing in pairings_],
        [version for version, _ in standing],
        [pairing.stage.value for pairing in pairings_],
        [pairing.outcome for pairing in pairings_],
        [pairing.held for pairing in pairings_],
        [pairing.planned for pairing in pairings_],
        [len(pairing.items) for pairing in pairings_],
        [pairing.next_clock.due if pairing.next_clock else None for pairing in pairings_],
        [pairing.model_dump_json() for pairing in pairings_],
    )


async def _save_meetings(
    connection: Connection, pairings_: Sequence[PairingStatus], held: Sequence[tuple[Pairing, MeetingHeld]]
) -> None:
    await connection.execute(
        statement("forget_booked", ROOM),
        [pairing.cohort for pairing in pairings_],
        [pairing.pairing for pairing in pairings_],
    )
    rows = [
        (pairing.cohort, pairing.pairing, meeting.number, person, meeting.starts_at, meeting.minutes, False)
        for pairing in pairings_
        for meeting in pairing.meetings
        for person in (pairing.mentor, pairing.mentee)
    ] + [
        (state.cohort, state.id, event.number, party.participant, event.held_at, event.minutes, True)
        for state, event in held
        for party in (state.mentor, state.mentee)
    ]
    if rows:
        await connection.execute(
            statement("save_meetings", ROOM), *(list(column) for column in zip(*rows, strict=True))
        )
