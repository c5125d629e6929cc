"""`pairloom reconcile`: compare Temporal with the event store, and start what is lost again from the store."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

from operations.answers import answer, gives
from operations.beyond_the_record import beyond
from operations.endings import ExitCode
from operations.options import DEV_DATA, AsJson, DataDirectory
from operations.reach import reach
from operations.reconciling import Difference
from operations.reconciling import reconcile as differences
from workflows.contract import TASK_QUEUE

reconcile_app = typer.Typer()


@reconcile_app.command()
@gives(Difference, several=True)
def reconcile(
    cohort: Annotated[str | None, typer.Argument(metavar="[COHORT]", help="Only this cohort and its pairings.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look; exit code 1 where something differs.")] = False,
    ahead: Annotated[
        bool,
        typer.Option(
            "--ahead",
            help="Also ask every running workflow how far it is, and name those that are beyond their stream, as behind"
            " a restore; exit code 1 where there is one. Needs workers.",
        ),
    ] = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Start every workflow again that the event store says should run and Temporal has lost. Safe to repeat."""
    task_queue = os.environ.get("PAIRLOOM_TASK_QUEUE", TASK_QUEUE)

    async def run() -> tuple[Difference, ...]:
        async with reach(data) as there:
            found = differences(there.client, there.store, task_queue, cohort=cohort, repair=not dry_run)
            lost = [one async for one in found]
            return (*lost, *([one async for one in beyond(there.client, there.store, cohort=cohort)] if ahead else ()))

    found = asyncio.run(run())
    told = [one.sentence for one in found] or ["Temporal and the event store agree."]
    answer(found, as_json, lambda console: console.print("\n".join(told), soft_wrap=True))
    if not all(one.repaired for one in found):
        raise typer.Exit(ExitCode.REFUSED)
