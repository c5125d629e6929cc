"""Traces by OpenTelemetry: from a client's update through workflow and activity to the SQL. Imported only when wanted.

Where they go is OpenTelemetry's own to say: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`.
Needs the extra `pairloom[traces]`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from asyncpg.connection import LoggedQuery
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import HandleSignalInput, HandleUpdateInput, WorkflowInterceptorClassInput

SCOPE = "pairloom"

_CALLED = re.compile(r"(?:from|select|into|update|join)\s+(pairloom\.\w+|read_\w+\.\w+)", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*")


class Traces:
    """A pipeline of spans: the interceptor for a client and its worker, the observer for the event store."""

    def __init__(self, environment: Mapping[str, str], exporter: SpanExporter | None = None) -> None:
        """`exporter` is OTLP over HTTP, as the environment says, unless one is given."""
        named = {} if "OTEL_SERVICE_NAME" in environment else {SERVICE_NAME: "pairloom-worker"}
        self._provider = TracerProvider(resource=Resource.create(named))
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SCOPE)
        self.interceptor = BySender(self._tracer)

    def on_query(self, query: LoggedQuery) -> None:
        """A span for a statement that has ended, under the span that is current; looks of readers have none.

        The statement's text has placeholders; its parameters, which may say something of a person, stay out.
        """
        if not trace.get_current_span().is_recording():
            return
        ended = time.time_ns()
        span = self._tracer.start_span(
            _named(query.query),
            kind=SpanKind.CLIENT,
            start_time=ended - round(query.elapsed * 1e9),
            attributes={"db.system.name": "postgresql", "db.query.text": query.query},
        )
        if query.exception is not None:
            span.set_attribute("error.type", type(query.exception).__name__)
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=ended)

    def flush(self) -> None:
        """Hand over what has ended so far."""
        self._provider.force_flush()

    def close(self) -> None:
        """Hand over the rest and end the exporter's thread. Blocks for some seconds where nobody takes the spans."""
        self._provider.shutdown()


class BySender(TracingInterceptor):
    """Temporal's interceptor, but for months-long workflows: what a message causes belongs to its sender's trace.

    Its own way hangs everything on the trace that once started the workflow, and only links to the sender.
    """

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        """For each workflow run."""
        super().workflow_interceptor_class(input)
        return _HeardFrom


class _HeardFrom(TracingWorkflowInboundInterceptor):
    _sender: ContextVar[dict[str, Any] | None] = ContextVar("sender", default=None)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        with self._heard(input):
            await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        with self._heard(input):
            super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        with self._heard(input):
            return await super().handle_update_handler(input)

    @contextmanager
    def _heard(self, input: HandleSignalInput | HandleUpdateInput) -> Iterator[None]:
        header = input.headers.get(self.header_key)
        if header is None:
            yield
            return
        token = self._sender.set(self.payload_converter.from_payloads([header])[0])
        try:
            yield
        finally:
            with suppress(ValueError):  # a workflow that is put out of memory is closed in another context
                self._sender.reset(token)

    def _load_workflow_context_carrier(self) -> Any:
        return self._sender.get() or super()._load_workflow_context_carrier()


def add_trace_ids(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the ids of the span that is current, in the form that tracing tools search."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _named(query: str) -> str:
    """`select pairloom.append`: what is done to what, of few values."""
    bare = _COMMENT.sub("", query).strip()
    verb = bare.partition(" ")[0].partition("\n")[0].lower()
    found = _CALLED.search(bare)
    return f"{verb} {found[1]}" if found else verb
