"""`pairloom today`: everything that needs a person, the most urgent first."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import typer
from rich.table import Table

from domain.attention import Attention
from eventstore.store import EventStore
from operations.answers import answer, gives
from operations.options import DEV_DATA, AsJson, DataDirectory
from operations.servers import database_address
from operations.standing_questions import questions_of

today_app = typer.Typer()


@today_app.command()
@gives(Attention, several=True)
def today(data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """Everything that needs a person now, the most urgent first."""
    now = datetime.now(UTC)

    async def run() -> tuple[Attention, ...]:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            return await (await questions_of(store)).attention(now)

    found = asyncio.run(run())
    answer(found, as_json, lambda console: console.print(attention_table(found, now) if found else NOTHING))


NOTHING = "Nothing needs a person."


def attention_table(found: tuple[Attention, ...], now: datetime) -> Table:
    """One line for each thing; the pairing's column is what `pairloom pairing show` takes."""
    table = Table(box=None, pad_edge=False)
    for column in ("health", "for", "since", "what", "where", "item"):
        table.add_column(column, overflow="fold")
    for item in found:
        days = (now - item.since).days
        since = "today" if days <= 0 else f"{days} day{'' if days == 1 else 's'}"
        taken = " (taken on)" if item.acknowledged else ""
        where = f"{item.cohort}/{item.pairing}" if item.pairing else item.cohort
        what = item.kind.replace("_", " ") + taken
        table.add_row(item.health.value, item.to.value.replace("_", " "), since, what, where, item.id or "")
    return table
