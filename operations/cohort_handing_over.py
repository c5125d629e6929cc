"""`pairloom cohort hand-over`: the rows of who waits for the next cohort, as a part of its roster."""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from domain.cohort.rematch import earlier_partners
from domain.cohort.state import Cohort
from domain.cohort.waiting import for_the_next_cohort
from domain.decider import Frozen, ParticipantId
from domain.program import ProgramDesign
from domain.roster import Person
from eventstore.people import people
from intake.roster_file import COLUMNS
from operations.answers import answer, gives
from operations.cohort_app import cohort_app, coordinator
from operations.cohort_views import counted
from operations.cohorts import CohortDesk
from operations.endings import BadInput, Refused
from operations.options import DEV_DATA, AsJson, CohortId, DataDirectory
from operations.reach import reach


class HandedOver(Frozen):
    """Whose rows are in the file, and who waits without a row of a roster."""

    cohort: str
    file: str
    people: tuple[ParticipantId, ...]
    without_row: tuple[ParticipantId, ...]


@cohort_app.command("hand-over")
@gives(HandedOver)
def hand_over(
    cohort: CohortId,
    file: Annotated[Path, typer.Option("--to", help="The file to write (CSV). It holds names and addresses.")],
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Write the rows of who waits for the next cohort, for its roster: with whom they were paired is in them."""
    if file.exists() or not file.parent.is_dir():
        what = "which is there already" if file.exists() else "whose folder is not there"
        raise BadInput(f"--to: found {str(file)!r}, {what}, expected a new file in a folder that is there")

    async def run() -> HandedOver:
        async with reach(data) as servers:
            state = await CohortDesk(servers.client, cohort, coordinator()).state()
            rows = rows_for_the_next(state, await people(servers.store, cohort))
        write(file, rows, state.design)
        written = tuple(person.id for person in rows)
        without = tuple(one for one in for_the_next_cohort(state) if one not in written)
        return HandedOver(cohort=cohort, file=str(file), people=written, without_row=without)

    found = asyncio.run(run())
    answer(found, as_json, lambda console: _print(console, found))


def rows_for_the_next(state: Cohort, stored: Sequence[Person]) -> list[Person]:
    """In the order of the waiting list, each with the partners of this cohort; raises Refused where there is nobody."""
    rows = {person.id: person for person in stored}
    waiting = for_the_next_cohort(state)
    found = [rows[one] for one in waiting if one in rows]
    if waiting and not found:
        raise Refused(
            f"The people of {state.id} who wait for the next cohort have no row: erased, or joined by their ids.",
            "unknown",
        )
    if not found:
        raise Refused(f"Nobody of {state.id} waits for the next cohort.", "unknown")
    return [
        person.model_copy(update={"earlier_partners": person.earlier_partners | earlier_partners(state, person.id)})
        for person in found
    ]


def write(file: Path, rows: Sequence[Person], design: ProgramDesign) -> None:
    """Under the titles of the program's rosters, for nobody else to read; whole or not at all."""
    titles = {str(column): title for column, title in design.roster.columns.items()}
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow([titles.get(column, column) for column in COLUMNS])
            writer.writerows(_cells(person) for person in rows)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _cells(person: Person) -> list[str]:
    values = person.model_dump(mode="json")
    values |= values["traits"]
    return [_cell(values[column]) for column in COLUMNS]


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "|".join(sorted(value))
    return "" if value is None else str(value)


def _print(console: Console, found: HandedOver) -> None:
    console.print(
        f"{counted(len(found.people))} of {found.cohort} in {found.file}: {', '.join(found.people)}. Put the rows into "
        "the next cohort's roster, where their managers must be, too; who is in it already gets the earlier_partners "
        "of these rows.",
        markup=False,
        soft_wrap=True,
    )
    if found.without_row:
        console.print(f"No row is stored of {', '.join(found.without_row)}.", markup=False, soft_wrap=True)
