"""What every aggregate offers: the decider's vocabulary, shared by pairings and cohorts.

An aggregate is five pure functions (`initial`, `decide`, `evolve`, `agenda`, `notices`) over the
types below. Nothing here reads a clock: `now` is always a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

ParticipantId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
"""Opaque: never a name or an e-mail address. Names live in the store's `person` table only."""

StreamId = str
"""`pairing/<cohort>/<pair>` or `cohort/<cohort>`; the Temporal workflow id is the same string."""

StreamVersion = int
"""1 for a stream's first event; 0 means that the stream has no event yet."""


class Frozen(BaseModel):
    """A value at the edge: immutable, strict about fields that it does not know.

    Its errors do not quote what was sent: that may be an answer, and errors end up in logs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[ -~]+$")]
"""An id that a sender chooses: printable ASCII, so that every log, database and URL can hold it."""


FIRST_YEAR, LAST_YEAR = 2000, 2199
"""What can be meant by a moment. Some systems write "never" as the year 9999, for which no clock can wait."""


def _within_reach(moment: datetime) -> datetime:
    # A day inside the calendar's ends: in another zone, those have no name.
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"expected a moment from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]
"""An instant that a command names: with a UTC offset, and near enough for a calendar in every zone."""


class Role(StrEnum):
    """Who may act. `clock` is the engine's own timers; everyone else is a person or a system."""

    COORDINATOR = "coordinator"
    APPROVER = "approver"
    MENTOR = "mentor"
    MENTEE = "mentee"
    DELEGATE = "delegate"
    SPONSOR = "sponsor"
    CONCERN_HANDLER = "concern_handler"
    SERVICE = "service"
    AUDITOR = "auditor"
    CLOCK = "clock"


class Actor(Frozen):
    """Who commands: a role and an opaque id (a participant, a service's name, a clock's name)."""

    role: Role
    id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.-]+$")]


class Command(Frozen):
    """An intent. Subclasses add what it needs; their class name in snake_case is its public name."""

    by: Actor
    key: Label = Field(
        description="Idempotency key: the same key from the same sender for the same command gets the first answer.",
    )
    at: Moment | None = Field(
        default=None,
        description="When it happened, if that was before now (UTC offset required). Default: now.",
    )


FILLED_IN = "filled in by the engine; what is sent is ignored"
"""Of a command's field: its sender need not know of it."""


class Clock(Frozen):
    """A running clock. `due` is an instant; an event that starts a name that runs already moves it."""

    name: str
    due: AwareDatetime


class Event(Frozen):
    """A fact. `at` is the effective time; the database adds the recorded time.

    Clocks are facts too: an event lists those it `starts` and those it `stops`, so a stream says
    when everything was due, whatever later versions of the program design say.
    """

    schema_version: ClassVar[int] = 1
    sealed: ClassVar[tuple[str, ...]] = ()
    """Paths of the parts that are stored sealed with the key of whoever sent the command; None once it is erased."""

    type: str
    at: AwareDatetime
    starts: tuple[Clock, ...] = ()
    stops: tuple[str, ...] = ()


Data: TypeAlias = Mapping[str, JsonValue]
"""An event's stored JSON object, `type` included."""

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Deadline(Generic[C]):
    """The firing of a clock: `command` is what it means. `name` is unique among running clocks."""

    name: str
    due: datetime
    command: C


class Notice(Frozen):
    """What one person must be told because of one event.

    `to` is a participant id, or `role:<role>` where the person holding that role is meant.
    `deliver_after` is the first moment outside the recipient's quiet hours.
    `about` holds facts for the wording (numbers, dates, stage names): never names or answers.
    """

    to: str
    template: str
    deliver_after: AwareDatetime
    about: tuple[tuple[str, str], ...] = ()


class Rejected(Exception):
    """A command that the rules refuse. `reason` is one sentence for the sender; nothing has changed.

    `code` is stable and machine-readable (`stage`, `role`, `duplicate`, `unknown`, `rule`, `time`).
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Decider(Protocol[S, C, E]):
    """The pure functions of one kind of aggregate, as the engine, the rehearsal and recovery use them."""

    def decide(self, state: S | None, command: C, now: datetime) -> tuple[E, ...]:
        """The events that `command` means, or raise `Rejected`. `state` is None before any event."""
        ...

    def evolve(self, state: S | None, event: E) -> S:
        """Fold one event. Total: never fails on a stored event, never decides."""
        ...

    def agenda(self, state: S) -> tuple[Deadline[C], ...]:
        """Every running clock, earliest first (ties by name)."""
        ...

    def meaning(self, state: S, clock: str) -> str:
        """What a clock waits to do as things stand, in words for people and for its timer."""
        ...

    def notices(self, state: S, event: E) -> tuple[Notice, ...]:
        """Who must be told what; `state` already includes `event`."""
        ...

    def load(self, data: Data, schema_version: int) -> E:
        """An event from its stored JSON object, in whatever version it was stored."""
        ...
