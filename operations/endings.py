"""How a command ends: its exit code, and what it says when it could not do its work.

The exit codes are the command line's contract with scripts; docs/command-line.md is made from them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from pydantic import Field

from domain.decider import Frozen


class ExitCode(IntEnum):
    """What a script can rely on. Each has its meaning in `MEANINGS`."""

    DONE = 0
    REFUSED = 1
    BAD_INPUT = 2
    UNREACHABLE = 3
    DEFECT = 4
    INTERRUPTED = 130
    UNREAD = 141


MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused by a rule, not confirmed, not there, or checked and found wrong; nothing has changed",
    ExitCode.BAD_INPUT: "what you gave has mistakes, all of them listed; nothing was started",
    ExitCode.UNREACHABLE: "a server, the disk or a port does not answer; the same command can be repeated",
    ExitCode.DEFECT: "a defect of Pairloom itself, with its trace",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C or SIGTERM",
    ExitCode.UNREAD: "what reads the output stopped reading, as `head` does; what was asked for may be done",
}


class Mistake(Frozen):
    """One mistake in what was given: a field of a file, or of a command."""

    file: str | None = None
    line: int | None = Field(default=None, description="counted from 1")
    field: str
    found: str
    expected: str

    @property
    def sentence(self) -> str:
        """As a person reads it."""
        return f"{self.field}: found {self.found}, expected {self.expected}"


class Failure(Frozen):
    """What a command with `--json` prints instead of its answer."""

    exit_code: int
    failure: Literal["refused", "bad_input", "unreachable"]
    code: str | None = Field(default=None, description="the rule's own: `stage`, `role`, `duplicate`, `rule`, `time` …")
    sentence: str
    mistakes: tuple[Mistake, ...] = ()


class Refused(Exception):
    """A rule says no, nobody confirmed, or what was asked for is not there. The message is for the person."""

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class BadInput(Exception):
    """What was given has mistakes; nothing was started."""

    def __init__(self, sentence: str, mistakes: tuple[Mistake, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.mistakes = mistakes


class Unreachable(Exception):
    """A server does not answer; the message says what to do."""
