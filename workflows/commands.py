"""Every command is an update of its own: its name, its typed JSON, its description, its validator.

Written once for all of them, so that a new command of the domain is a new update, and none is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from inspect import Parameter, Signature
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from domain.decider import Command
    from workflows.contract import Receipt
    from workflows.reports import Report

W = TypeVar("W", bound=type)


def update_name(command: type[Command]) -> str:
    """`LogMeeting` is the update `log_meeting`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower()


def answers(*commands: type[Command]) -> Callable[[W], W]:
    """Give a workflow class one update for each command; it must have an `engine`. Goes below `workflow.defn`."""

    def with_updates(cls: W) -> W:
        for command in commands:
            setattr(cls, update_name(command), _update(command))
        return cls

    return with_updates


def hears(**facts: type[Command]) -> Callable[[W], W]:
    """Give a workflow class one signal for each fact that other services report: `name=CommandType`.

    Any other name is heard too, to be counted: Temporal would keep such a signal in memory for a handler to come.
    """

    def with_signals(cls: W) -> W:
        for name, command in facts.items():
            setattr(cls, name, _signal(name, command))
        setattr(cls, "any_other_signal", _any_other())  # noqa: B010  # the class has no such attribute yet
        return cls

    return with_signals


@cache
def _update(command_type: type[Command]) -> Any:
    """Made once in a process: the sandbox runs a workflow's module again for each workflow, but shares this one."""

    async def handle(self: Any, command: Any) -> Any:
        return await self.engine.answer(command)

    def check(self: Any, command: Any) -> None:
        self.engine.check(command)

    handle.__name__ = handle.__qualname__ = update_name(command_type)
    handle.__annotations__ = {"command": command_type, "return": Receipt}
    check.__annotations__ = {"command": command_type, "return": None}
    # Temporal compares the two for every workflow; a signature that is there need not be found out each time.
    handle.__signature__ = check.__signature__ = Signature([_parameter("self"), _parameter("command")])  # type: ignore[attr-defined]
    update = workflow.update(name=update_name(command_type), description=_first_line(command_type))(handle)
    update.validator(check)
    return update


@cache
def _signal(name: str, command_type: type[Command]) -> Any:
    async def handle(self: Any, *arguments: object) -> None:
        self.engine.report(Report(name, command_type, arguments))

    handle.__name__ = handle.__qualname__ = name
    handle.__annotations__ = {"command": RawValue, "return": None}
    # Temporal hands the payload over by the signature: one argument, undecoded.
    handle.__signature__ = Signature([_parameter("self"), _parameter("command")])  # type: ignore[attr-defined]
    handle.command = command_type  # type: ignore[attr-defined]
    return workflow.signal(name=name, description=_first_line(command_type))(handle)


@cache
def _any_other() -> Any:
    async def any_other_signal(self: Any, name: str, arguments: Sequence[RawValue]) -> None:
        self.engine.report(Report(name, None, tuple(arguments)))

    any_other_signal.__annotations__ = {"name": str, "arguments": Sequence[RawValue], "return": None}
    return workflow.signal(dynamic=True, description="Counted as ignored: there is no signal of this name.")(
        any_other_signal
    )


def _parameter(name: str) -> Parameter:
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD)


def _first_line(command_type: type[Command]) -> str:
    return (command_type.__doc__ or "").strip().splitlines()[0]
