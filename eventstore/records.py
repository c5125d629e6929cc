"""What goes into the event store and what comes out: plain values, safe to import in a workflow."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue

from domain.decider import Frozen

JsonObject: TypeAlias = dict[str, JsonValue]

EVENTS_AT_ONCE = 1000
"""Events that one command may store."""

StreamName = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[!-~]+$")]
"""Visible ASCII, at most what Temporal allows for a workflow id."""

Word = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]
"""Any text that PostgreSQL can hold: no NUL character."""

Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A version or a count, as wide as a PostgreSQL `integer`."""


class Record(Frozen):
    """A frozen value whose numbers are all JSON: no NaN, no infinity."""

    model_config = ConfigDict(allow_inf_nan=False)


class NewEvent(Record):
    """One fact to be stored. `event_id` is made in the workflow; `occurred_at` is the effective time.

    `sealed` names the parts of `data` that the vault seals before they are stored.
    """

    event_id: UUID
    type: Word
    schema_version: Whole
    occurred_at: AwareDatetime
    data: JsonObject
    sealed: tuple[str, ...] = ()


class NewMessage(Record):
    """One line of the outbox, stored with the events that cause it or not at all.

    `to` is a participant id or `role:<role>`; `about` holds facts for the wording, never names or answers.
    """

    message_id: UUID
    to: Word
    template: Word
    deliver_after: AwareDatetime
    about: JsonObject


class Batch(Record):
    """Everything that one command writes to one stream, stored whole or not at all.

    `expected` is the stream's version that the command was decided on (0: no event yet).
    `command_id` never depends on a workflow run: a retry, a reset and a duplicate carry the same one.
    """

    stream: StreamName
    expected: Whole
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    actor_role: Word
    actor_id: Word
    source: Word
    idempotency_key: Word
    program_version: Whole
    events: tuple[NewEvent, ...] = Field(min_length=1, max_length=EVENTS_AT_ONCE)
    messages: tuple[NewMessage, ...] = ()


class StoredEvent(Record):
    """One stored fact. `command_seq` counts from 0 inside its command; `recorded_at` is the database's clock."""

    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    command_id: UUID
    command_seq: int
    correlation_id: UUID
    causation_id: UUID | None
    actor_role: str
    actor_id: str
    source: str
    idempotency_key: str
    program_version: int
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    data: JsonObject


class AsOf(Record):
    """How a stream stood at a moment: of the world (effective), of our knowledge (recorded), or of both.

    A report that came late is effective before it was recorded: by the two, what was believed when is told apart.
    """

    effective: AwareDatetime | None = None
    recorded: AwareDatetime | None = None


class Appended(Record):
    """The batch is stored, as the versions `first` to `last`."""

    outcome: Literal["appended"] = "appended"
    first: int
    last: int


class AlreadyThere(Record):
    """The same command was stored before. Nothing was written; `events` is what it wrote then."""

    outcome: Literal["already_there"] = "already_there"
    first: int
    last: int
    events: tuple[StoredEvent, ...]


class Conflict(Record):
    """Somebody else wrote the stream, which stands at `current`. Nothing was written: read, fold, decide again."""

    outcome: Literal["conflict"] = "conflict"
    current: int


AppendResult: TypeAlias = Annotated[Appended | AlreadyThere | Conflict, Field(discriminator="outcome")]
