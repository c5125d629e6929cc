"""Logs: structlog, JSON in production and colours on a terminal, with the workflow at hand bound to every line."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping, Sequence
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from eventstore.records import Batch

KEPT = ("signal", "clock", "code", "reason")
"""Extra fields that workflow code gives its log lines."""


def configure_logs(
    *, as_json: bool, level: int = logging.INFO, and_also: Sequence[structlog.typing.Processor] = ()
) -> None:
    """Send every log line, ours and the libraries', to standard error in one form.

    `and_also` are processors that add to each line, such as the ids of a trace.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        *and_also,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_from_temporal, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class LogContext(Interceptor):
    """Binds the ids of the workflow to every line that an activity logs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap each activity."""
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        ids = _ids(info.workflow_id) | _command(input)
        with structlog.contextvars.bound_contextvars(**ids, run_id=info.workflow_run_id, activity=info.activity_type):
            return await super().execute_activity(input)


def _command(input: ExecuteActivityInput) -> dict[str, str]:
    """The command whose events are to be stored: the id that its rows carry in the event store."""
    match input.args:
        case [Batch() as batch]:
            return {"command_id": str(batch.command_id)}
        case _:
            return {}


def _ids(workflow_id: str | None) -> dict[str, str]:
    """`pairing/<cohort>/<pair>` carries the cohort and the pairing; lines can be found by either."""
    kind, _, rest = (workflow_id or "").partition("/")
    named, _, pair = rest.partition("/")
    ids = {"workflow_id": workflow_id or "", "cohort": named, "pairing": pair if kind == "pairing" else ""}
    return {name: value for name, value in ids.items() if value}


def _from_temporal(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Temporal's own loggers put what they know into `extra`; lift the ids into the line."""
    record: logging.LogRecord = event["_record"]
    about = getattr(record, "temporal_workflow", None)
    if isinstance(about, dict):
        event.update(_ids(about.get("workflow_id")), run_id=about.get("run_id"))
    at_work = getattr(record, "temporal_activity", None)
    if isinstance(at_work, dict):
        event.update(_ids(at_work.get("workflow_id")), run_id=at_work.get("workflow_run_id"))
        event["activity"], event["attempt"] = at_work.get("activity_type"), at_work.get("attempt")
    for field in KEPT:
        if hasattr(record, field):
            event[field] = getattr(record, field)
    return event
