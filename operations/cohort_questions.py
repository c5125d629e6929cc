"""What is asked before a command about a cohort is sent: one place for `act`, and for the commands of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from domain.cohort.amendment import DesignAmended
from domain.cohort.closing import CohortCancelled
from domain.cohort.decider import CohortCommand, CohortEvent, decide
from domain.cohort.enrolment import EnrolmentClosed
from domain.cohort.erasing import ErasureRequested
from domain.cohort.state import Cohort
from domain.cohort.suspending import CohortSuspended
from domain.decider import Command, Rejected
from operations.asking import confirm


def ask_before(state: Cohort, command: Command, *, yes: bool) -> None:
    """Return where nothing is asked, or a person or `--yes` says so; raise Refused else."""
    asked = question(state, command, datetime.now(UTC))
    if asked is not None:
        confirm(asked, yes=yes)


def question(state: Cohort, command: Command, now: datetime) -> str | None:
    """By the rules themselves, on what is stored now. What they refuse is left to the cohort to refuse."""
    try:
        events = decide(state, cast(CohortCommand, command), now)
    except Rejected:
        return None
    return next((asked for event in events if (asked := _asked(state, event))), None)


def _asked(state: Cohort, event: CohortEvent) -> str | None:
    cohort, silent = state.id, len(state.invited)
    match event:
        case CohortCancelled():
            return f"This ends {cohort} and every pairing of it, for good. Go on?"
        case ErasureRequested(participant=person):
            return f"This erases the answers, the name and the address of {person}, for good. Go on?"
        case CohortSuspended():
            return f"This stops every pairing of {cohort} and cancels what is booked. Go on?"
        case EnrolmentClosed():
            have = "invited person has" if silent == 1 else "invited people have"
            unanswered = f"{silent} {have} not answered, and " if silent else ""
            return f"This closes the enrolment of {cohort}: {unanswered}nobody else can take part. Go on?"
        case DesignAmended(design=design):
            return f"Give {cohort} version {design.version}?"
        case _:
            return None
