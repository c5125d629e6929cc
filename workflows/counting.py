"""Counts what becomes of commands, for the worker's metrics: each once, never again on replay."""

from __future__ import annotations

from typing import Literal, TypeAlias

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.decider import Command, Rejected

Outcome: TypeAlias = Literal["stored", "nothing", "duplicate", "rejected"]
"""`nothing`: obeyed, and there was nothing to store."""


class CommandCount:
    """The counters of one workflow run; the SDK adds namespace, task queue and workflow type."""

    def __init__(self) -> None:
        meter = workflow.metric_meter()
        self._commands = meter.create_counter("pairloom_commands", "Commands by type and by what became of them")
        self._rejections = meter.create_counter("pairloom_rejections", "Commands that the rules refused, by code")

    def add(self, command: Command, outcome: Outcome) -> None:
        """Count a command that has been answered."""
        self._commands.add(1, {"command": type(command).__name__, "outcome": outcome})

    def add_rejection(self, command: Command, rejected: Rejected) -> None:
        """Count a command that was refused, by the validator or in its turn."""
        self.add(command, "rejected")
        self._rejections.add(1, {"code": rejected.code})
