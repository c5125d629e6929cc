"""The roster in the database: the only place where names and addresses are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.roster import Person
from eventstore.statements import statement
from eventstore.store import EventStore


async def save_people(store: EventStore, cohort: str, people: Sequence[Person]) -> None:
    """Insert or replace these rows of the cohort's roster, all or none; others stay as they are.

    Who was erased stays erased: such a row is left out, and nobody is told which.
    Raises ValueError where two rows have the same id.
    """
    rows = {person.id: person.model_dump(mode="json") for person in people}
    if len(rows) != len(people):
        raise ValueError(f"expected each person once in cohort {cohort}, found {len(people) - len(rows)} repeated ids")
    async with store.transaction() as connection:
        await connection.execute(statement("save_people"), cohort, list(rows), list(rows.values()))


async def people(store: EventStore, cohort: str) -> list[Person]:
    """The cohort's roster, ordered by id; empty for an unknown cohort."""
    return await _found(store, "people", cohort)


async def people_named(store: EventStore, cohort: str, ids: Collection[str]) -> list[Person]:
    """Those of the cohort's roster with these ids, ordered by id; who is not there is left out."""
    return await _found(store, "people_named", cohort, list(ids))


async def _found(store: EventStore, name: str, *parameters: object) -> list[Person]:
    async with store.connection() as connection:
        rows = await connection.fetch(statement(name), *parameters)
    return [Person.model_validate(row["profile"]) for row in rows]
