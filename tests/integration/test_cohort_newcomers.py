"""A roster that comes beside a cohort on the real servers: late joiners, invitations. Given again, it does nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from live_cohort import APPROVER, LiveCohort, enrolled_and_matched, living, roster
from live_pairing import design, when
from temporalio.client import Client

from domain.cohort.invitations import AcceptInvitation, DeclineInvitation
from domain.cohort.newcomers import KnownAs, newcomers
from domain.cohort.status import open_enrolment
from domain.decider import Actor, Role
from domain.roster import Person
from eventstore.people import people, save_people
from eventstore.store import EventStore
from operations.cohort_commands import must_be_its_roster
from operations.cohort_invitations import invite, must_not_be_invited
from operations.endings import Refused
from operations.roster_changes import joined_later


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
    assert await joined_later(cohort.store, cohort.desk.cohort) == {"p-299"}
    await must_be_its_roster(cohort.store, proposed, roster())
    await must_be_its_roster(cohort.store, proposed, [*roster(), late])
    with pytest.raises(Refused, match="another roster \\(1 missing\\)"):
        await must_be_its_roster(cohort.store, proposed, roster()[1:])
    assert b"Ashworth" not in b"".join(repr(e.data).encode() for e in await cohort.store.read(cohort.handle.id))


async def test_a_roster_is_invited_and_nobody_is_asked_twice(
    cohort: LiveCohort, capsys: pytest.CaptureFixture[str]
) -> None:
    async def invites(of: list[Person]) -> str:
        """What it says."""
        capsys.readouterr()
        await invite(cohort.desk, cohort.store, await cohort.desk.state(), of)
        return "".join(
            line + "\n" for line in capsys.readouterr().err.splitlines() if "invited" in line or "rows" in line
        )

    everybody = roster()
    assert await invites(everybody[:-1]) == f"{len(everybody) - 1} people are invited now.\n"
    yes, no = (Actor(role=Role(person.role), id=person.id) for person in everybody[:2])
    await cohort.desk.send(AcceptInvitation(by=yes, key="yes"))
    await cohort.desk.send(DeclineInvitation(by=no, key="no", participant=no.id))

    moved = [everybody[0].model_copy(update={"site": "Leeds"}), *everybody[1:]]
    assert await invites(moved) == (
        f"1 person is invited now.\nThe rows that read otherwise now were taken over: {yes.id} (site).\n"
    )
    assert await invites(moved) == "Nobody in the roster is new: nobody is invited now.\n"
    with pytest.raises(Refused, match=f"gives {yes.id} another role or capacity than they were asked with"):
        await invites([moved[0].model_copy(update={"capacity": 3}), *everybody[1:]])

    state = await cohort.desk.state()
    open_now = open_enrolment(state)
    assert open_now is not None
    assert {one.participant.id for one in open_now.unanswered} == {person.id for person in everybody[2:]}
    assert (open_now.declined, state.invitations, len(state.participants)) == (1, 2, 1)
    assert open_now.closes_at == state.since + state.design.cohort.enrolment
    assert await people(cohort.store, cohort.desk.cohort) == sorted(moved, key=lambda person: person.id)
    assert state == await cohort.folded()
    with pytest.raises(Refused, match="repeat it with --invite"):
        must_not_be_invited(state)
