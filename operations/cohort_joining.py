"""`pairloom cohort join`: people who come when the pairings run already."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from domain.cohort.newcomers import Known, Newcomers, known_as, newcomers
from domain.cohort.state import Cohort, CohortStage
from domain.cohort.waiting import takes_late_joiners, takes_late_joiners_until
from domain.decider import Rejected
from domain.roster import Person
from eventstore.people import people
from intake.roster_file import read_roster
from operations.answers import answer, gives
from operations.cohort_app import cohort_app, coordinator
from operations.cohorts import CohortDesk
from operations.endings import Refused
from operations.joining_views import Joined, print_joined
from operations.options import DEV_DATA, AsJson, CohortId, DataDirectory
from operations.reach import reach


@cohort_app.command("join")
@gives(Joined)
def join(
    cohort: CohortId,
    roster: Annotated[
        Path, typer.Option("--roster", help="The late joiners (CSV or XLSX). People of the cohort may be in it too.")
    ],
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Take late joiners into a running cohort, onto its waiting list. Run again, it takes nobody twice."""

    async def run() -> Joined:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            state, stored = await desk.state(), await people(servers.store, cohort)
            must_take(state)
            found = newcomers(state, beside(state, stored, roster), stored)
            await desk.join(servers.store, state, found)
            return joined(await desk.state(), found)

    taken = asyncio.run(run())
    answer(taken, as_json, lambda console: print_joined(console, taken))


def read_beside(roster: Path, cohort: str, data: Path) -> list[Person]:
    """The people of the file as `join` reads them, who may name those of the cohort; raises IntakeError."""

    async def run() -> list[Person]:
        async with reach(data) as servers:
            state = await CohortDesk(servers.client, cohort, coordinator()).state()
            return beside(state, await people(servers.store, cohort), roster)

    return asyncio.run(run())


def beside(state: Cohort, stored: Sequence[Person], roster: Path) -> list[Person]:
    """The people of the file, who may name those of the cohort; raises IntakeError. `stored` are the cohort's rows."""
    return read_roster(roster, state.design, stored, (*state.erasing, *state.erased))


def must_take(state: Cohort) -> None:
    """Before anybody's data is read or saved; raises Refused where the cohort takes nobody in now."""
    try:
        takes_late_joiners(state)
    except Rejected as rejected:
        raise Refused(f"Refused: {rejected.reason}. {_advice(state)}", rejected.code) from None


def joined(state: Cohort, found: Newcomers) -> Joined:
    """Who of the roster waits where now."""
    known = known_as(state)
    return Joined(
        cohort=state.id,
        joined=tuple(Known(person=person.id, role=person.role, known_as=known[person.id]) for person in found.new),
        known=found.known,
        kept=tuple(person.id for person in found.unread),
        until=takes_late_joiners_until(state),
    )


def _advice(state: Cohort) -> str:
    match state.stage:
        case CohortStage.DRAFT | CohortStage.ENROLLING:
            return (
                f"Until its enrolment closes, `pairloom cohort create {state.id} --invite` with this roster asks them."
            )
        case CohortStage.MATCHING | CohortStage.REVIEW:
            return "Its pairs are being decided: run this again when they have been approved."
        case CohortStage.SUSPENDED:
            return f"First let it go on: `pairloom cohort resume {state.id}`."
        case _:
            return "Its program is over: give these people to the next cohort."
