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
from domain.cohort.rematch import ApproveRematches
from domain.cohort.state import Cohort, CohortStage
from domain.decider import Actor, Clock, Role
from domain.pairing.clocks import kind_of
from domain.pairing.closing import ReportLeaver
from domain.pairing.leave import ReportLeave
from domain.pairing.state import Pairing
from domain.pairing.training import CompleteTraining
from rehearsal.acts import Act, Actors
from rehearsal.assumptions import Assumptions
from rehearsal.people import NOBODY_REACTS, people_of
from rehearsal.virtual_time import PATIENCE, RehearsalStuck, VirtualTime, persistently
from workflows.commands import update_name
from workflows.contract import CohortNow, Receipt

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

APPROVER = Actor(role=Role.APPROVER, id="head-of-learning")
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
                if self.actors is not None:
                    self.actors.refused(act)
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
        self._client, self._seed, self._assumptions = client, seed, assumptions
        self.week = 0
        self.pairings: list[PairingDriver] = []
        self._take_on(cohort, self._start)

    def _take_on(self, cohort: Cohort, starts_at: datetime) -> None:
        """Drive the pairings that were launched since the last time."""
        driven = {pairing.handle.id for pairing in self.pairings}
        self.pairings += [
            PairingDriver(
                handle=self._client.get_workflow_handle(id),
                actors_of=lambda state: people_of(state, self._seed, self._assumptions),
                time=self._time,
                now=starts_at - timedelta(days=1),
            )
            for id in (f"pairing/{cohort.id}/{pairing}" for pairing in cohort.launched)
            if id not in driven
        ]

    async def run(self, on_week: Callable[[int, list[Pairing]], None]) -> Cohort:
        """Drive until the cohort is closed, then on to its archive; `on_week` is told every pairing's state."""
        slots = asyncio.Semaphore(IN_PARALLEL)
        boundary = self._start
        while boundary - self._start <= LONGEST:
            boundary += timedelta(weeks=1)
            self.week += 1
            await asyncio.gather(*(self._advance(pairing, boundary, slots) for pairing in self.pairings))
            cohort = await self._publish(await self._review(boundary), boundary)
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
        return await self._once(
            lambda cohort: work(cohort) is None and all(clock.due > boundary for clock in cohort.clocks),
            f"the review of week {self.week} does not come",
        )

    async def _publish(self, cohort: Cohort, boundary: datetime) -> Cohort:
        """The approver lets every proposed re-match begin on the day after the review."""
        if not cohort.rematches:
            return cohort
        starts_at = boundary + timedelta(days=1)
        approve = ApproveRematches(by=APPROVER, key=f"rematches:{self.week}", at=boundary, starts_at=starts_at)
        name = update_name(ApproveRematches)
        await persistently(lambda: self._handle.execute_update(name, approve, result_type=Receipt))
        launched = await self._once(lambda state: work(state) is None, "the re-matches are not launched")
        self._take_on(launched, starts_at)
        return launched

    async def _file(self, cohort: Cohort) -> Cohort:
        """Let the follow-up and the archive of a closed cohort come."""
        await self._time.travel(self._handle, max(clock.due for clock in cohort.clocks) + AFTER_THE_BELL)
        return await self._once(lambda state: state.final, "the cohort is not archived")

    async def _once(self, holds: Callable[[Cohort], bool], trouble: str) -> Cohort:
        give_up = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
        while True:
            now: CohortNow = await persistently(lambda: self._handle.query("state", result_type=CohortNow))
            cohort = now.root
            if holds(cohort):
                return cohort
            if asyncio.get_running_loop().time() > give_up:
                raise RehearsalStuck(trouble)
            await asyncio.sleep(0.02)
