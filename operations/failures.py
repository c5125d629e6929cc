"""What went wrong, as a sentence that says what to do, and the exit code that belongs to it (`endings.py`)."""

from __future__ import annotations

import sys

from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.event_versions import EventUnknown
from embedded.ground import GroundError
from eventstore.failures import StoreUnavailable
from eventstore.migrations import SchemaChanged, SchemaTooNew
from intake.problems import IntakeError
from operations.cohorts import CohortNotStarted
from operations.endings import BadInput, ExitCode, Failure, Mistake, Refused, Unreachable
from rehearsal.virtual_time import RehearsalStuck
from serving.connection import leave
from serving.settings import WorkerError

OUTSIDE = (
    Unreachable,
    GroundError,
    StoreUnavailable,
    SchemaTooNew,
    SchemaChanged,
    WorkerError,
    CohortNotStarted,
    EventUnknown,
    RehearsalStuck,
)
"""What went wrong outside; each message says what to do."""

NO_ANSWER = (
    "No answer: does a worker run? The command may wait for one and be carried out later; repeated with the same key, "
    "it still happens once."
)


def explain(error: Exception, *, as_json: bool) -> int | None:
    """Say it and give the exit code; None for what nobody but a developer can act on."""
    failure = _failure(error)
    if failure is None:
        return None
    if as_json:
        print(failure.model_dump_json())
    else:
        print(failure.sentence, file=sys.stderr)
        for mistake in failure.mistakes if isinstance(error, BadInput) else ():
            print(f"  {mistake.sentence}", file=sys.stderr)
    if failure.exit_code == ExitCode.UNREACHABLE:
        leave(failure.exit_code)
    return failure.exit_code


def _failure(error: Exception) -> Failure | None:
    match error:
        case Refused():
            return _refused(error.sentence, error.code)
        case BadInput():
            return _bad_input(error.sentence, error.mistakes)
        case IntakeError():
            return _bad_input(error.report(), _mistakes(error))
        case WorkflowUpdateFailedError(cause=ApplicationError(message=message, type=code)):
            return _refused(f"Refused: {message}.", (code or "").removeprefix("Rejected:") or None)
        case WorkflowUpdateFailedError():
            return _refused(f"Refused: {error.cause}.")
        case WorkflowAlreadyStartedError():
            return _refused("A cohort of that id has run and ended: choose another id.", "duplicate")
        case WorkflowQueryFailedError():
            return _unreachable(f"The workflow does not answer yet: {error}. Try again in a moment.")
        case WorkflowUpdateRPCTimeoutOrCancelledError() | TimeoutError():
            return _unreachable(NO_ANSWER)
        case RPCError(status=RPCStatusCode.NOT_FOUND):
            return _refused(_what_is_not_there(error))
        case RPCError():
            return _unreachable(f"Temporal answers: {error}")
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return _unreachable(f"{where}{error.strerror or error}")
        case _ if isinstance(error, OUTSIDE):
            return _unreachable(str(error))
        case _:
            return None


def _what_is_not_there(error: RPCError) -> str:
    if "already completed" in error.message:
        return "It has ended: nothing is accepted any more."
    return "There is no cohort or pairing of that id: `pairloom cohort list` names the cohorts."


def _mistakes(error: IntakeError) -> tuple[Mistake, ...]:
    return tuple(
        Mistake(file=p.file, line=p.line, field=p.where, found=p.found, expected=p.expected) for p in error.problems
    )


def _refused(sentence: str, code: str | None = None) -> Failure:
    return Failure(exit_code=ExitCode.REFUSED, failure="refused", code=code, sentence=sentence)


def _bad_input(sentence: str, mistakes: tuple[Mistake, ...]) -> Failure:
    return Failure(exit_code=ExitCode.BAD_INPUT, failure="bad_input", sentence=sentence, mistakes=mistakes)


def _unreachable(sentence: str) -> Failure:
    return Failure(exit_code=ExitCode.UNREACHABLE, failure="unreachable", sentence=sentence)
