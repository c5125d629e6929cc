"""A roster that comes beside a cohort on the real servers: late joiners, invitations. Given again, it does nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from live_cohort import APPROVER, LiveCohort, enrolled_and_matched, living, roster
from live_pairing import design, when
from temporalio.client import Client

from domain.cohort.decider import evolve, load
from domain.cohort.invitations import AcceptInvitation, DeclineInvitation
from domain.cohort.newcomers import KnownAs, Newcomers, newcomers
from domain.cohort.state import Cohort
from domain.cohort.status import open_enrolment
from domain.decider import Actor, Role
from domain.roster import Person
from eventstore.people import people, save_people
from eventstore.store import EventStore


@pytest_asyncio.fixture
async def cohort(temporal_client: Client, database_url: str, store: EventStore) -> AsyncIterator[LiveCohort]:
    """A cohort that has been created and not opened."""
    plan = design(rematch={"least_left": "4 weeks"})
    async with living(temporal_client, database_url, store, plan) as alive:
        yield alive


async def test_a_late_joiner_from_a_roster_gets_a_partner_however_often_the_roster_is_given(cohort: LiveCohort) -> None:
    await enrolled_and_matched(cohort)
    await cohort.desk.approve(APPROVER)
    running = await cohort.launched()
    (left_over,) = running.waiting
    late = roster()[-1].model_copy(update={"id": "p-299", "name": "Late Ashworth", "email": "late@northlight.example"})
    enrolled = roster()[0].model_copy(update={"site": "Leeds"})
    await save_people(cohort.store, cohort.desk.cohort, [late])  # killed before the command: a row, and nobody knows it

    for _ in range(2):
        state, stored = await cohort.desk.state(), await people(cohort.store, cohort.desk.cohort)
        found = newcomers(state, [late, enrolled], stored)
        for _ in range(2):  # the first one's command may be on its way when the second one looks
            await cohort.desk.join(cohort.store, state, found)

    assert [(one.person, one.known_as, one.differs) for one in found.known] == [
        (enrolled.id, KnownAs.ENROLLED, ("site",)),
        ("p-299", KnownAs.WAITING, ()),
    ]
    kept = {person.id: person for person in await people(cohort.store, cohort.desk.cohort)}
    assert kept[enrolled.id].site == "York", "who takes part is not overwritten"
    proposed = await when(cohort.desk.state, lambda state: bool(state.rematches))
    assert [pair.people for pair in proposed.rematches] == [(left_over.person, "p-299")]
    assert [entry.person for entry in proposed.waiting] == [left_over.person, "p-299"]
    types = [event.type for event in await cohort.store.read(cohort.handle.id)]
    assert types.count("LateJoined") == 1
    assert b"Ashworth" not in b"".join(repr(e.data).encode() for e in await cohort.store.read(cohort.handle.id))


async def test_a_roster_is_invited_and_nobody_is_asked_twice(cohort: LiveCohort) -> None:
    async def invite(of: list[Person]) -> Newcomers:
        stored = await people(cohort.store, cohort.desk.cohort)
        found = newcomers(await cohort.desk.state(), of, stored)
        await cohort.desk.invite(cohort.store, found)
        return found

    everybody = roster()
    assert len((await invite(everybody[:-1])).new) == len(everybody) - 1
    for person in everybody[:2]:
        by = Actor(role=Role(person.role), id=person.id)
        answer = AcceptInvitation(by=by, key="yes") if person is everybody[0] else None
        await cohort.desk.send(answer or DeclineInvitation(by=by, key="no", participant=person.id))

    assert [person.id for person in (await invite(everybody)).new] == [everybody[-1].id], "the new row"
    assert (await invite(everybody)).new == ()

    state = await cohort.desk.state()
    open_now = open_enrolment(state)
    assert open_now is not None
    assert {one.participant.id for one in open_now.unanswered} == {person.id for person in everybody[2:]}
    assert (open_now.declined, state.invitations, len(state.participants)) == (1, 2, 1)
    assert open_now.closes_at == state.since + state.design.cohort.enrolment
    assert len(await people(cohort.store, cohort.desk.cohort)) == len(everybody)
    assert state == await _folded(cohort)


async def _folded(cohort: LiveCohort) -> Cohort:
    """The state by its stored events."""
    state: Cohort | None = None
    for event in await cohort.store.read(cohort.handle.id):
        state = evolve(state, load(event.data, event.schema_version))
    assert state is not None
    return state
