"""`pairloom cohort override`: correct a proposal by hand, with a reason, and see what the matching makes of it."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from domain.cohort.state import CohortStage
from domain.matching.comparison import compared
from eventstore.people import people
from operations.answers import answer, gives
from operations.cohort_app import cohort_app, coordinator
from operations.cohorts import CohortDesk
from operations.explanation_views import Overridden, print_overridden
from operations.options import DEV_DATA, AsJson, CohortId, DataDirectory, Key, Reason, made_key
from operations.reach import reach
from operations.vocabulary import command_from, command_named, of_the_cohort


class Override(StrEnum):
    """How a proposal is corrected."""

    PIN = "pin"
    FORBID = "forbid"
    SWAP = "swap"


COMMANDS = {
    Override.PIN: ("pin_pair", "mentor", "mentee"),
    Override.FORBID: ("forbid_pair", "mentor", "mentee"),
    Override.SWAP: ("swap_mentees", "one", "other"),
}
"""The command of each, and what its two arguments are."""


@cohort_app.command("override")
@gives(Overridden)
def override(
    cohort: CohortId,
    kind: Annotated[Override, typer.Argument(metavar="KIND", help="pin, forbid or swap.")],
    one: Annotated[str, typer.Argument(metavar="ONE", help="The mentor's id; to swap, a pairing.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The mentee's id; to swap, the other pairing.")],
    reason: Reason,
    key: Key = None,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Pin a pair, keep two people apart, or swap the mentees of two pairs. The matching runs again around it."""
    name, first, second = COMMANDS[kind]
    given = of_the_cohort(cohort, (f"{first}={one}", f"{second}={other}", f"reason={reason}"))
    command = command_from(command_named("cohort", name), coordinator(), made_key(key), given)

    async def run() -> tuple[Overridden, dict[str, str]]:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            before = await desk.state()
            receipt = await desk.send(command)
            after = await desk.until(lambda state: state.stage is not CohortStage.MATCHING)
            changes = compared(
                [planned.pair for planned in before.proposed], [planned.pair for planned in after.proposed]
            )
            names = {person.id: person.name for person in await people(servers.store, cohort)}
            return Overridden(cohort=cohort, key=command.key, receipt=receipt, changes=changes), names

    found, names = asyncio.run(run())
    answer(found, as_json, lambda console: print_overridden(console, found, names))
