"""The commands that benchmarks send, and the pairings that they are sent to: in real time, so all of one morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from domain.decider import Actor, Role
from domain.pairing.decider import PairingCommand
from domain.pairing.goal_setting import GoalDraft, NameDelegate, SetGoals, SignAgreement
from domain.pairing.meetings import MoveMeeting, ScheduleMeeting
from domain.pairing.offer import AcceptOffer
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import SIDES, Party
from domain.pairing.training import CompleteTraining
from domain.program import ProgramDesign

DESIGN = ProgramDesign(
    program="reverse-mentoring", version=1, title="Reverse mentoring", objectives=("Learn",), zone="Europe/London"
)
MENTOR = Actor(role=Role.MENTOR, id="P101")
MENTEE = Actor(role=Role.MENTEE, id="P202")
LEARNING_PLATFORM = Actor(role=Role.SERVICE, id="lms")

MOVES = 3
OFFERED_AT = 2
"""The version of a pairing's stream at which it waits for its first command: created, offered."""


def creation(cohort: str, number: int) -> CreatePairing:
    """A pairing whose offer is due at once."""
    now = datetime.now(UTC).replace(microsecond=0)
    return CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="launch"),
        key="create",
        at=now,
        pairing=f"P101~P202-{number}",
        cohort=cohort,
        design=DESIGN,
        mentor=Party(participant=MENTOR.id, zone="Europe/London"),
        mentee=Party(participant=MENTEE.id, zone="America/New_York"),
        starts_at=now,
    )


def morning() -> Iterator[PairingCommand]:
    """What the two and their learning platform report to one pairing, from the offer to a meeting moved thrice."""
    first = (datetime.now(UTC) + timedelta(days=10)).replace(minute=0, second=0, microsecond=0)
    for by in (MENTOR, MENTEE):
        yield AcceptOffer(by=by, key="accept")
    for side in SIDES:
        yield CompleteTraining(by=LEARNING_PLATFORM, key=f"trained-{side}", side=side)
    for by in (MENTOR, MENTEE):
        yield SignAgreement(by=by, key="sign", skill=2)
    yield SetGoals(by=MENTEE, key="goals", goals=(GoalDraft(text="Review a dashboard before each meeting"),))
    yield NameDelegate(by=MENTEE, key="delegate", delegate="P303")
    yield ScheduleMeeting(by=MENTOR, key="book", starts_at=first, minutes=60)
    for number in range(MOVES):
        later = first + timedelta(days=number + 1)
        yield MoveMeeting(by=MENTOR, key=f"move-{number}", meeting=1, starts_at=later)


KINDS: tuple[type[PairingCommand], ...] = tuple(dict.fromkeys(type(command) for command in morning()))
A_MORNING = len(list(morning()))
