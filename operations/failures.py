"""What went wrong, as a sentence that says what to do, and the exit code that belongs to it."""

from __future__ import annotations

import sys

from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

import worker as composition
from domain.event_versions import EventUnknown
from embedded.ground import GroundError
from eventstore.failures import StoreUnavailable
from eventstore.migrations import SchemaChanged, SchemaTooNew
from intake.problems import IntakeError
from operations.cohorts import CohortNotStarted
from rehearsal.virtual_time import RehearsalStuck

OUTSIDE = (
    GroundError,
    StoreUnavailable,
    SchemaTooNew,
    SchemaChanged,
    composition.WorkerError,
    CohortNotStarted,
    EventUnknown,
    RehearsalStuck,
)
"""What went wrong outside; each message says what to do."""


def explain(error: Exception) -> int | None:
    """Say it on standard error and give the exit code; None for what nobody but a developer can act on."""
    if isinstance(error, OUTSIDE):
        print(error, file=sys.stderr)
        composition.leave(1)
    told = _sentence(error)
    if told is None:
        return None
    code, sentence = told
    print(sentence, file=sys.stderr)
    return code


def _sentence(error: Exception) -> tuple[int, str] | None:
    match error:
        case IntakeError():
            return 2, error.report()
        case WorkflowQueryFailedError():
            return 1, f"The workflow does not answer yet: {error}. Try again in a moment."
        case WorkflowUpdateFailedError(cause=ApplicationError(message=message)):
            return 2, f"Refused: {message}"
        case WorkflowUpdateFailedError():
            return 2, f"Refused: {error.cause}"
        case WorkflowAlreadyStartedError():
            return 2, "A cohort of that id has run and ended: choose another id."
        case RPCError(status=RPCStatusCode.NOT_FOUND):
            return 1, "There is no cohort of that id."
        case RPCError():
            return 1, f"Temporal answers: {error}"
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return 1, f"{where}{error.strerror or error}"
        case _:
            return None
