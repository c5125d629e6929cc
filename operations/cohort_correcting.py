"""`pairloom cohort correct`: rows of people that have changed, or were wrong, since the cohort has them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from domain.cohort.newcomers import BEGUN_WITH, Known, Newcomers, corrections, newcomers
from domain.decider import Frozen, ParticipantId, Rejected
from eventstore.people import people, save_people
from operations.answers import answer, gives
from operations.cohort_app import cohort_app, coordinator
from operations.cohort_joining import beside
from operations.cohort_views import listed_rows
from operations.cohorts import CohortDesk
from operations.endings import Refused
from operations.options import DEV_DATA, AsJson, CohortId, DataDirectory
from operations.reach import reach


class Corrected(Frozen):
    """Whose row was taken over, with the columns that differed; and who of the file is not of the cohort."""

    cohort: str
    corrected: tuple[Known, ...]
    unknown: tuple[ParticipantId, ...] = ()


@cohort_app.command("correct")
@gives(Corrected)
def correct(
    cohort: CohortId,
    roster: Annotated[
        Path, typer.Option("--roster", help="The rows as they are to be (CSV or XLSX); others stay as they are.")
    ],
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Take over what has changed in the rows of people of a cohort, such as a name or an address."""

    async def run() -> Corrected:
        async with reach(data) as servers:
            state = await CohortDesk(servers.client, cohort, coordinator()).state()
            stored = await people(servers.store, cohort)
            found = newcomers(state, beside(state, stored, roster), stored)
            try:
                rows = corrections(state, found)
            except Rejected as rejected:
                raise Refused(f"Refused: {rejected.reason}. Nothing was taken over.", rejected.code) from None
            await save_people(servers.store, cohort, rows)
            return corrected(cohort, found)

    done = asyncio.run(run())
    answer(done, as_json, lambda console: print_corrected(console, done))


def corrected(cohort: str, found: Newcomers) -> Corrected:
    """What was taken over of the roster."""
    ids = {person.id for person in found.renewed}
    rows = tuple(one for one in found.known if one.person in ids)
    return Corrected(cohort=cohort, corrected=rows, unknown=tuple(person.id for person in found.new))


def print_corrected(console: Console, done: Corrected) -> None:
    """Of values, nothing."""
    columns = {column for one in done.corrected for column in one.differs}
    told = [f"Taken over: {listed_rows(done.corrected)}." if done.corrected else "No row reads otherwise."]
    if columns & BEGUN_WITH:
        told.append("Pairings keep the zone and the country that they began with.")
    if "manager" in columns:
        told.append("Pairings that run hear of another reporting line by report_reporting_line alone.")
    if done.unknown:
        told.append(f"Not of {done.cohort}: {', '.join(done.unknown)}. `pairloom cohort join` takes people in.")
    for sentence in told:
        console.print(sentence, markup=False, soft_wrap=True)
