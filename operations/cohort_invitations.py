"""`pairloom cohort create --invite`: a roster's people are asked, and the enrolment stays open for their answers."""

from __future__ import annotations

import typer

from domain.cohort.newcomers import Known, Newcomers, newcomers
from domain.cohort.state import Cohort, CohortStage
from domain.cohort.status import open_enrolment
from domain.roster import Person
from eventstore.people import people
from eventstore.store import EventStore
from operations.cohort_views import listed_rows
from operations.cohorts import CohortDesk
from operations.endings import Refused

ASKED_AS = {"role", "capacity"}
"""Columns that an invitation repeats: what somebody has said yes to does not change behind their back."""


async def invite(desk: CohortDesk, store: EventStore, state: Cohort, roster: list[Person]) -> None:
    """Ask whoever the cohort does not know yet, and take over the rows that read otherwise. Says what it did."""
    found = newcomers(state, roster, await people(store, state.id))
    renewed = _renewed(found)
    changed = [one.person for one in renewed if ASKED_AS & set(one.differs)]
    if changed:
        raise Refused(
            f"The roster gives {', '.join(changed)} another role or capacity than they were asked with. Nothing was "
            "changed: put these rows right.",
            "rule",
        )
    await desk.invite(store, found)
    number = len(found.new)
    told = (
        f"{number} {'person is' if number == 1 else 'people are'}"
        if number
        else "Nobody in the roster is new: nobody is"
    )
    typer.echo(f"{told} invited now.", err=True)
    if renewed:
        typer.echo(f"The rows that read otherwise now were taken over: {listed_rows(renewed)}.", err=True)


def _renewed(found: Newcomers) -> list[Known]:
    ids = {person.id for person in found.renewed}
    return [one for one in found.known if one.person in ids]


def must_go_on(state: Cohort) -> None:
    """A suspended enrolment takes nobody in and asks nobody; raises Refused."""
    if state.stage is CohortStage.SUSPENDED and open_enrolment(state) is not None:
        raise Refused(f"{state.id} is SUSPENDED: first let it go on by `pairloom cohort resume {state.id}`.", "stage")


def must_not_be_invited(state: Cohort) -> None:
    """Whoever was asked answers for themselves: a repetition that forgets `--invite` does not enrol them."""
    if state.invitations:
        raise Refused(
            f"{state.id} asks its people by invitation, and this would enrol all of them. Nothing was changed: repeat "
            f"it with --invite to ask more people, or close the enrolment by `pairloom cohort match {state.id}`.",
            "rule",
        )
