"""What is wrong with a file that somebody wrote, in words that say how to put it right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` counts from 1 and is None when the file as a whole is meant; so is an empty `where`.

    `where` is a dotted field of a program file or a column of a roster. `found` may be personal data:
    show it to whoever owns the file, never write it to a log. `settled_by_cohort`: no mistake in a file whose people
    join a cohort that has who is missed here.
    """

    file: str
    line: int | None
    where: str
    found: str
    expected: str
    settled_by_cohort: bool = False

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.where, f"found {self.found}, expected {self.expected}") if part)


class IntakeError(Exception):
    """A file that cannot be taken in, with its problems in the order of its lines; `more` were found than are kept.

    `advice` is a last sentence on what to do. `report()` is for the operator's own terminal. `str()` only counts, so a
    log that takes the exception in takes nobody's data in.
    """

    def __init__(self, problems: Iterable[Problem], more: int = 0, advice: str = "") -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        self.more = more
        self.advice = advice
        files = " and ".join(sorted({problem.file for problem in self.problems}))
        count = len(self.problems) + more
        super().__init__(f"{count} problem{'' if count == 1 else 's'} in {files}")

    def report(self) -> str:
        """One line for each problem."""
        rest = [f"and {self.more} more: put these right first"] if self.more else []
        return "\n".join([*(str(problem) for problem in self.problems), *rest, *filter(None, [self.advice])])


MOST_PROBLEMS = 500
"""Of one file that are kept: a wrong column of a hundred thousand rows is one mistake, not a hundred thousand."""


@dataclass(slots=True)
class ProblemList:
    """Problems as they are found: the first MOST_PROBLEMS, and how many more there were."""

    found: list[Problem] = field(default_factory=list)
    more: int = 0

    def note(self, problem: Problem) -> None:
        """Keep the problem, or count it."""
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(problem)
        else:
            self.more += 1

    def refuse(self) -> None:
        """Raise IntakeError if anything was found."""
        if self.found:
            raise IntakeError(self.found, self.more)


def refused(file: str, found: str, expected: str, line: int | None = None) -> IntakeError:
    """The one problem of a file that cannot be looked into."""
    return IntakeError([Problem(file, line, "", found, expected)])


def quoted(value: object) -> str:
    """A found value as a problem shows it: on one line, in quotes, and not too long."""
    text = str(value)
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def nearest(name: str, known: Sequence[str]) -> str:
    """`'offer'`, the known name that was most likely meant, or the whole list."""
    close = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.6)
    return f"{close[0]!r}" if close else f"one of {', '.join(known)}"
