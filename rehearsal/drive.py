"""Driving a real cohort through virtual time: every pairing by its simulated people, the cohort week by week."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.cohort.decider import work
from domain.cohort.state import Cohort, CohortStage
from domain.decider import Clock
from domain.pairing.clocks import kind_of
from domain.pairing.closing import ReportLeaver
from domain.pairing.leave import ReportLeave
from domain.pairing.state import Pairing
from domain.pairing.training import CompleteTraining
from rehearsal.assumptions import Assumptions
from rehearsal.people import NOBODY_REACTS, Act, Actors, people_of
from rehearsal.virtual_time import PATIENCE, RehearsalStuck, VirtualTime, persistently
from workflows.commands import update_name
from workflows.contract import Receipt

SIGNALS: dict[type, str] = {
    CompleteTraining: "training_completed",
    ReportLeaver: "participant_leaves",
    ReportLeave: "leave_started",
}

AFTER_THE_BELL = timedelta(minutes=2)
"""A step ends this far behind the deadline that it goes for.

Where a step's end passes while the workflow still handles the timer, the server skips on to the next timer
(seen on Temporal 1.32, under load, with an end one second behind). Longer than a worker takes to be replaced,
shorter than the clearance that people keep from deadlines.
"""

IN_PARALLEL = 12
LONGEST = timedelta(weeks=60)


@dataclass
class PairingDriver:
    """One pairing and whoever acts on it. `now` is where its rehearsal stands, exact to the second in every run.

    A refused command is a defect of the people, unless `may_refuse`: then its code is kept and life goes on.
    """

    handle: WorkflowHandle[Any, Any]
    actors_of: Callable[[Pairing], Actors]
    time: VirtualTime
    now: datetime
    may_refuse: bool = False
    refused: list[tuple[datetime, str]] = field(default_factory=list)
    state: Pairing | None = None
    planned: Act | None = None
    actors: Actors | None = None

    async def advance(self, until: datetime) -> None:
        """Let everything happen that happens before `until`."""
        state = self.state or self._plan(await self._look())
        while not state.final:
            act = self.planned
            bell = next((c for c in state.clocks if kind_of(c.name) not in NOBODY_REACTS), None)
            if act is not None and act.at <= until and (bell is None or act.at < bell.due):
                await self.time.travel(self.handle, act.at)
                state = self._plan(await self._perform(act))
            elif bell is not None and bell.due <= until:
                await self.time.travel(self.handle, bell.due + AFTER_THE_BELL)
                self.now = bell.due
                state = self._plan(await self._look(until=_has_rung(bell)))
            else:
                await self._pass_quietly(state, until)
                return

    def _plan(self, state: Pairing) -> Pairing:
        """What people will do next, as they see it now; they think again only when something concerns them."""
        if self.actors is None:
            self.actors = self.actors_of(state)
        self.planned = self.actors.next_act(state, self.now)
        return state

    async def _pass_quietly(self, state: Pairing, until: datetime) -> None:
        """Nobody does anything until then; clocks that nobody reacts to may still ring."""
        ringing = [clock.due for clock in state.clocks if clock.due <= until]
        if ringing:
            await self.time.travel(self.handle, max(ringing) + AFTER_THE_BELL)
            await self._look(until=lambda seen: all(clock.due > until for clock in seen.clocks))

    async def _perform(self, act: Act) -> Pairing:
        self.now = act.at
        signal = SIGNALS.get(type(act.command)) if act.report else None
        before = await persistently(lambda: self.handle.query("version", result_type=int))
        if signal is not None:
            await persistently(lambda: self.handle.signal(signal, act.command))
            return await self._look(after=before)
        name = update_name(type(act.command))
        try:
            await persistently(lambda: self.handle.execute_update(name, act.command, result_type=Receipt))
        except WorkflowUpdateFailedError as refused:
            cause = refused.cause
            reason = cause.message if isinstance(cause, ApplicationError) else "no reason given"
            if self.may_refuse and isinstance(cause, ApplicationError) and cause.type:
                self.refused.append((act.at, cause.type.removeprefix("Rejected:")))
                return await self._look()
            raise RehearsalStuck(f"{self.handle.id}: '{name}' was refused: {reason}") from refused
        return await self._look()

    async def _look(self, until: Callable[[Pairing], bool] | None = None, after: int = 0) -> Pairing:
        """The state by the workflow's own query, once it is where it must be."""
        give_up = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
        while True:
            arrived = not after or await persistently(lambda: self.handle.query("version", result_type=int)) > after
            state: Pairing = await persistently(lambda: self.handle.query("state", result_type=Pairing))
            if arrived and (until is None or until(state) or state.final):
                self.state = state
                return state
            if asyncio.get_running_loop().time() > give_up:
                raise RehearsalStuck(f"{self.handle.id} does not get past {self.now:%d %b %Y %H:%M}")
            await asyncio.sleep(0.02)


def _has_rung(bell: Clock) -> Callable[[Pairing], bool]:
    return lambda seen: bell not in seen.clocks


class CohortDriver:
    """A launched cohort and all its pairings, kept together week by week."""

    def __init__(self, client: Client, cohort: Cohort, seed: int, assumptions: Assumptions) -> None:
        self._time = VirtualTime(client)
        self._handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(f"cohort/{cohort.id}")
        if cohort.starts_at is None:
            raise ValueError("the cohort has not been approved")
        self._start = cohort.starts_at
        self.week = 0
        self.pairings = [
            PairingDriver(
                handle=client.get_workflow_handle(f"pairing/{cohort.id}/{pairing}"),
                actors_of=lambda state: people_of(state, seed, assumptions),
                time=self._time,
                now=self._start - timedelta(days=1),
            )
            for pairing in cohort.launched
        ]

    async def run(self, on_week: Callable[[int, list[Pairing]], None]) -> Cohort:
        """Drive until the cohort is closed, then on to its archive; `on_week` is told every pairing's state."""
        slots = asyncio.Semaphore(IN_PARALLEL)
        boundary = self._start
        while boundary - self._start <= LONGEST:
            boundary += timedelta(weeks=1)
            self.week += 1
            await asyncio.gather(*(self._advance(pairing, boundary, slots) for pairing in self.pairings))
            cohort = await self._review(boundary)
            on_week(self.week, [pairing.state for pairing in self.pairings if pairing.state is not None])
            if cohort.stage is CohortStage.CLOSED:
                return await self._file(cohort)
        raise RehearsalStuck(f"the cohort has not closed after {LONGEST.days // 7} weeks")

    async def _advance(self, pairing: PairingDriver, until: datetime, slots: asyncio.Semaphore) -> None:
        async with slots:
            await pairing.advance(until)

    async def _review(self, boundary: datetime) -> Cohort:
        """The cohort's clock follows its pairings; its weekly review reads where they stand."""
        await self._time.travel(self._handle, boundary + AFTER_THE_BELL)
        give_up = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
        while True:
            cohort: Cohort = await persistently(lambda: self._handle.query("state", result_type=Cohort))
            if work(cohort) is None and all(clock.due > boundary for clock in cohort.clocks):
                return cohort
            if asyncio.get_running_loop().time() > give_up:
                raise RehearsalStuck(f"the review of week {self.week} does not come")
            await asyncio.sleep(0.02)

    async def _file(self, cohort: Cohort) -> Cohort:
        """Let the follow-up and the archive of a closed cohort come."""
        last = max(clock.due for clock in cohort.clocks)
        await self._time.travel(self._handle, last + AFTER_THE_BELL)
        give_up = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
        while not cohort.final:
            if asyncio.get_running_loop().time() > give_up:
                raise RehearsalStuck("the cohort is not archived")
            await asyncio.sleep(0.02)
            cohort = await persistently(lambda: self._handle.query("state", result_type=Cohort))
        return cohort
