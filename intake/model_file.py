"""A pydantic model as somebody writes it in YAML, with every mistake of the file at its line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from intake.expectations import expectation
from intake.problems import IntakeError, Problem, nearest, quoted
from intake.text_file import read_text
from intake.yaml_outline import Location, Outline, dotted, outline

M = TypeVar("M", bound=BaseModel)

_NAME_IN_RULE = re.compile(r"'([a-z_]+(?:\.[a-z_]+)*)'")
_TIME_OF_DAY = re.compile(r"\d{2}:\d{2}")
_ENDLESS = re.compile(r"\s*\d{7,}\s*(minute|hour|day|week)s?\s*")


@dataclass(frozen=True, slots=True)
class Form(Generic[M]):
    """What a file shall hold, and what to call it. `stand_ins` are valid values for required fields of its top level.

    They replace what is missing or wrong, so that rules between the other fields are still checked.
    """

    model: type[M]
    what: str
    stand_ins: Mapping[str, object]

    def read(self, path: str | os.PathLike[str]) -> M:
        """The model in the file. Raises IntakeError with every problem, those between fields included."""
        file = os.fspath(path)
        written = outline(file, read_text(path), self.what)
        if not isinstance(written.values, dict):
            spot = written.spots[()]
            fields = ", ".join(self.stand_ins or self.model.model_fields)
            raise IntakeError([Problem(file, spot.line, "", spot.found, f"fields such as {fields}")])
        check = _Check(self, file, written, written.values)
        model = check.model()
        if model is None or check.problems:
            raise IntakeError(check.problems.values())
        return model

    def fields_in(self, at: Location) -> dict[str, FieldInfo]:
        """The fields of a section; empty for what is not a section."""
        section: Any = self.model
        for step in at:
            known = section.model_fields.get(step)
            if known is None or not (isinstance(known.annotation, type) and issubclass(known.annotation, BaseModel)):
                return {}
            section = known.annotation
        return dict(section.model_fields)

    def field(self, at: Location) -> FieldInfo | None:
        """The field at a location, if there is one."""
        return self.fields_in(at[:-1]).get(str(at[-1])) if at else None

    def is_time(self, at: Location) -> bool:
        """Whether a time of day belongs there."""
        known = self.field(at)
        return known is not None and known.annotation is time


@dataclass(slots=True)
class _Check(Generic[M]):
    """Validates again and again without what was found wrong, until only rules between good fields are left to fail.

    One validation is not enough: pydantic tries a rule between fields only when each of them is good.
    """

    form: Form[M]
    file: str
    written: Outline
    rest: dict[str, Any]
    problems: dict[tuple[Location, str], Problem] = field(default_factory=dict)
    gone: set[Location] = field(default_factory=set)

    def model(self) -> M | None:
        for problem in self.written.repeated:
            self.problems[(problem.where,), "repeated"] = problem
        for at, expected in list(_unfit_scalars(self.form, self.rest, ())):
            self._note(at, "unfit", self._found(at), expected)
            self._remove(at)
        while True:
            try:
                return self.form.model.model_validate(self.rest)
            except ValidationError as error:
                before = len(self.gone)
                for detail in error.errors(include_url=False):
                    self._take(detail)
                if len(self.gone) == before:
                    return None

    def _take(self, error: ErrorDetails) -> None:
        at: Location = error["loc"]
        if at and at[-1] == "[key]":  # of a mapping, such as the titles of the roster's columns
            known = re.findall(r"'([^']+)'", expectation(error))
            self._note(at[:-1], "unknown", "an unknown name", nearest(str(at[-2]), known))
            self._remove(at[:-1])
        elif error["type"] == "extra_forbidden":
            self._note(at, "unknown", "an unknown field", nearest(str(at[-1]), list(self.form.fields_in(at[:-1]))))
            self._remove(at)
        elif error["type"] == "missing" and isinstance(at[-1], int):
            self._note(at[:-1], "short", self._found(at[:-1]), f"a list of at least {at[-1] + 1}")
            self._remove(at)
        elif error["type"] == "value_error" and (not at or self.form.fields_in(at)):
            self._take_rule(at, expectation(error))
        else:
            self._note(at, error["type"], self._found(at), self._expected(at, error))
            self._remove(at)

    def _take_rule(self, at: Location, rule: str) -> None:
        """A rule between fields: it is told at the first of them that the file has."""
        named = [_resolved(at, name) for name in _NAME_IN_RULE.findall(rule)]
        present = [one for one in named if one in self.written.spots]
        if not self.gone.intersection(named):
            place = (present or named or [at])[0]
            others = [f"{dotted(one[len(at) :])} is {self._found(one)}" for one in named if one != place]
            self._note(place, rule, self._found(place), f"{rule} ({', '.join(others)})" if others else rule)
        for one in named or [at]:
            self._remove(one)

    def _expected(self, at: Location, error: ErrorDetails) -> str:
        if error["type"] == "model_type":
            return f"a section with some of the fields {', '.join(self.form.fields_in(at))}"
        return expectation(error)

    def _note(self, at: Location, kind: str, found: str, expected: str) -> None:
        self.problems.setdefault((at, kind), Problem(self.file, self._line(at), dotted(at), found, expected))

    def _line(self, at: Location) -> int:
        while at not in self.written.spots:
            at = at[:-1]
        return self.written.spots[at].line

    def _found(self, at: Location) -> str:
        if at in self.written.spots:
            return self.written.spots[at].found
        known = self.form.field(at)
        if known is None or known.is_required():
            return "nothing"
        return f"{quoted(_as_written(known.get_default(call_default_factory=True)))} by default"

    def _remove(self, at: Location) -> None:
        """Take a field out, the whole field where something inside its list is wrong."""
        names = [step for step in at if isinstance(step, str)]
        if not names:
            return
        known = self.form.field(tuple(names))
        if len(names) > 1 and known is not None and known.is_required():
            names.pop()  # a section without its required field would be found wrong once more
        section: Any = self.rest
        for name in names[:-1]:
            section = section.get(name, {})
        section.pop(names[-1], None)
        if len(names) == 1 and names[0] in self.form.stand_ins:
            section[names[0]] = self.form.stand_ins[names[0]]
        self.gone.add(tuple(names))


def _unfit_scalars(form: Form[M], value: object, at: Location) -> Iterator[tuple[Location, str]]:
    """What pydantic would take in without a word, or stumble over: `true` as 1, 9 as nine seconds past midnight."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unfit_scalars(form, inner, (*at, name))
    elif isinstance(value, list):
        for nth, inner in enumerate(value):
            yield from _unfit_scalars(form, inner, (*at, nth))
    elif isinstance(value, bool):
        yield at, "a number, a duration or text, not true or false"
    elif isinstance(value, str) and _ENDLESS.fullmatch(value):
        yield at, "a duration within a lifetime"
    elif form.is_time(at) and not (isinstance(value, str) and _TIME_OF_DAY.fullmatch(value)):
        yield at, "a time of day such as '09:00'"


def _resolved(at: Location, name: str) -> Location:
    return (*at, *name.split("."))


def _as_written(value: object) -> str:
    """A default as somebody would write it in the file."""
    if isinstance(value, timedelta):
        hours = value // timedelta(hours=1)
        return f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"
    if isinstance(value, tuple):
        return ", ".join(_as_written(item) for item in value)
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)
