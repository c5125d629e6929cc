"""PROPOSED: a pairing exists with its two people and its program design, and waits for its start."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.decider import Command, Event, Moment, Rejected, Role
from domain.pairing.clocks import ClockKind, clock, with_clocks
from domain.pairing.state import Pairing, Party, Stage
from domain.permissions import only
from domain.program import ProgramDesign, Slug

PairingId = Annotated[str, Field(min_length=1, max_length=130, pattern=r"^[A-Za-z0-9_.~-]+$")]
"""`<mentor>~<mentee>`: the tilde cannot be in a participant's id, so two pairs never share one."""


class PairingCreated(Event):
    """A matched pair became a pairing. The design travels in the event: the stream stands alone."""

    type: Literal["PairingCreated"] = "PairingCreated"
    pairing: str
    cohort: str
    replaces: str | None
    design: ProgramDesign
    mentor: Party
    mentee: Party


class CreatePairing(Command):
    """Begin a pairing whose offer goes out at `starts_at`. Sent once by the launch of the cohort."""

    pairing: PairingId
    cohort: Slug
    replaces: str | None = None
    design: ProgramDesign
    mentor: Party
    mentee: Party
    starts_at: Moment


def create(state: Pairing | None, command: CreatePairing, now: datetime) -> tuple[PairingCreated, ...]:
    """Create the pairing; its effective time is its start, so a stream does not depend on launch jitter."""
    only(command.by, Role.COORDINATOR)
    if state is not None:
        raise Rejected("duplicate", "this pairing exists already")
    if command.mentor.participant == command.mentee.participant:
        raise Rejected("rule", "a pairing needs two different people")
    return (
        PairingCreated(
            at=command.at or now,
            pairing=command.pairing,
            cohort=command.cohort,
            replaces=command.replaces,
            design=command.design,
            mentor=command.mentor,
            mentee=command.mentee,
            starts=(clock(ClockKind.OFFER_SEND, command.starts_at),),
        ),
    )


def created(event: PairingCreated) -> Pairing:
    """The first state."""
    state = Pairing(
        id=event.pairing,
        cohort=event.cohort,
        replaces=event.replaces,
        design=event.design,
        mentor=event.mentor,
        mentee=event.mentee,
        stage=Stage.PROPOSED,
        since=event.at,
        as_of=event.at,
    )
    return with_clocks(state, event)
