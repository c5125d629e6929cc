"""What goes in and out of the workflows: the wire contract with clients and with the next run."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from temporalio.exceptions import ApplicationError

from activities.packing import Packed, PackedValue
from domain.cohort.enrolment import CreateCohort
from domain.cohort.state import Cohort
from domain.decider import Frozen
from domain.pairing.amending import AmendDesign
from domain.pairing.closing import CloseEarly
from domain.pairing.decider import PairingCommand
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort

TASK_QUEUE = "pairloom"

PAIRING_WORKFLOW = "PairingWorkflow"
COHORT_WORKFLOW = "CohortWorkflow"
"""By these a client starts a workflow without loading what only a worker runs."""

ORDERS: dict[type[PairingCommand], str] = {
    SuspendWithCohort: "cohort_suspended",
    ResumeWithCohort: "cohort_resumed",
    AmendDesign: "design_amended",
    CloseEarly: "cohort_cancelled",
}
"""The signals by which a pairing finds an order of its cohort that it gave no answer to."""


class Receipt(Frozen):
    """The answer to a command: *stored*."""

    stream: str = Field(description="the workflow id, which names the stream of events too")
    first: int = Field(description="version of the command's first event in the stream; 0 where it meant none")
    last: int = Field(description="version of its last event")
    events: tuple[str, ...] = Field(description="types of the events that the command meant")
    duplicate: bool = Field(default=False, description="the same key was answered before; nothing was stored again")


class Remembered(Frozen):
    """A key that was answered: a digest instead of the key keeps the memory small."""

    digest: str
    first: int
    last: int
    events: tuple[str, ...]


class PairingCarried(Frozen):
    """What a pairing takes into its next run."""

    version: int
    state: Pairing
    answered: tuple[Remembered, ...]
    ignored: int = 0


class CohortCarried(Packed):
    """What a cohort takes into its next run."""

    version: int
    state: Cohort
    answered: tuple[Remembered, ...]
    ignored: int = 0


class CohortNow(PackedValue[Cohort]):
    """What the query `state` of a cohort answers: its state, compressed where it is large."""


class Start(Frozen):
    """What a workflow begins with. What cannot be read ends the workflow with a sentence, instead of blocking it.

    Not so what the run before has handed over: a release that was taken back must not end whom the newer one had moved.
    Their tasks fail until a worker comes that reads it.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _or_fail(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(given)
        except ValidationError as error:
            if isinstance(given, dict) and given.get("carried") is not None:
                raise
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            told = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in wrong[:5])
            raise ApplicationError(f"this cannot be started: {told}", type="Malformed", non_retryable=True) from None


class PairingInput(Start):
    """Starts a pairing, or carries it on. `create` is kept: it makes the first command repeatable."""

    create: CreatePairing
    carried: PairingCarried | None = None


class CohortInput(Start):
    """Starts a cohort, or carries it on."""

    create: CreateCohort
    carried: CohortCarried | None = None


class PairingResult(Frozen):
    """How a pairing ended, as the workflow's result shows it."""

    outcome: str
    reason: str
    meetings_held: int
    events: int


class CohortResult(Frozen):
    """How a cohort ended."""

    outcome: str
    pairings: int
    events: int
