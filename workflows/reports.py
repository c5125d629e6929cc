"""Signals as they come: undecoded, from whoever sends them, in whatever number. None of them can fail a workflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from domain.decider import Command

LINES_AT_MOST = 20
"""Log lines about ignored signals in one run; the count on the workflow's page goes on."""


class Malformed(Exception):
    """What came is no such fact. The message names fields, never what was in them."""


@dataclass(frozen=True, slots=True)
class Report:
    """One signal. `command` is what it means, None where there is no signal of its name."""

    name: str
    command: type[Command] | None
    arguments: tuple[object, ...]

    def read(self) -> Command:
        """The command; raises Malformed. Here and not in the handler: a flood would keep that from ending in time."""
        if self.command is None:
            raise Malformed("there is no signal of this name")
        if len(self.arguments) != 1 or not isinstance(self.arguments[0], RawValue):
            raise Malformed(f"{len(self.arguments)} arguments, expected one")
        try:
            read = workflow.payload_converter().from_payload(self.arguments[0].payload, self.command)
        except Exception as error:
            raise Malformed(_fields(error)) from None
        if not isinstance(read, self.command):
            raise Malformed("no JSON object")
        return read


class Ignored:
    """Counts signals that were not carried out, and says so in the log as long as that is readable."""

    def __init__(self, total: int, changed: Callable[[], None]) -> None:
        """`total` is the count of the runs before; `changed` shows it to people."""
        self.total = total
        self._lines = 0
        self._changed = changed
        self._shown = total

    def note(self, report: Report, code: str | None, why: str) -> None:
        """One more."""
        self.total += 1
        self._lines += 1
        if self._lines <= LINES_AT_MOST:
            about = {"signal": report.name[:80], "code": code, "reason": why}
            workflow.logger.warning("signal ignored", extra=about)
        if self._lines == LINES_AT_MOST:
            workflow.logger.warning("more ignored signals of this run are counted on its page, not logged")

    def show(self) -> None:
        """Bring the page up to date, once for however many."""
        if self._shown != self.total:
            self._shown = self.total
            self._changed()


def _fields(error: Exception) -> str:
    """Which fields are wrong and how, without their values. Only pydantic's errors know."""
    problems = getattr(error, "errors", None)
    if problems is None:
        return type(error).__name__
    told = problems(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, p['loc']))[:80]}: {p['msg']}" for p in told[:5])
