"""A YAML file as plain values, with the line and the text of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from intake.problems import IntakeError, Problem, quoted

Location = tuple[str | int, ...]
"""Keys and list positions (from 0) from the top of the file; `()` is the whole file."""

_DEEPEST = 12
_MOST_NODES = 5_000


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is written, and how: a scalar in quotes as it stands in the file, else what it is."""

    line: int
    found: str


@dataclass(frozen=True, slots=True)
class Outline:
    """`values` holds dicts with text keys, lists and scalars only; `repeated` the problems of keys written twice."""

    values: object
    spots: dict[Location, Spot]
    repeated: tuple[Problem, ...]


def outline(file: str, text: str, what: str) -> Outline:
    """Read one YAML 1.2 document that shall be `what`.

    Raises IntakeError where the text is not YAML, or hides more than it shows.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        if root is None:
            raise IntakeError([Problem(file, 1, "", "nothing but comments", f"the fields of {what}")])
        reading = _Reading(file, what, yaml)
        return Outline(reading.value(root, ()), reading.spots, tuple(reading.repeated))
    except MarkedYAMLError as error:
        raise IntakeError([_not_yaml(file, error)]) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = f"the control character U+{ord(text[error.position]):04X}"
        raise IntakeError([Problem(file, line, "", found, "plain text")]) from None
    except RecursionError:
        raise IntakeError([Problem(file, None, "", "very deep nesting", "a few levels of fields")]) from None


@dataclass(slots=True)
class _Reading:
    file: str
    what: str
    yaml: YAML
    spots: dict[Location, Spot] = field(default_factory=dict)
    repeated: list[Problem] = field(default_factory=list)

    def value(self, node: Node, at: Location, line: int | None = None) -> object:
        line = _line(node) if line is None else line
        if len(at) > _DEEPEST or len(self.spots) > _MOST_NODES:
            # An alias can contain itself, or multiply: neither has a place in a file that people review.
            raise IntakeError([Problem(self.file, line, "", "very deep or very many fields", self.what)])
        self.spots[at] = Spot(line, _found(node))
        if isinstance(node, MappingNode):
            return {name: self.value(value, (*at, name), line) for name, value, line in self._entries(node, at)}
        if isinstance(node, SequenceNode):
            return [self.value(item, (*at, nth)) for nth, item in enumerate(node.value)]
        try:
            return self.yaml.constructor.construct_object(node)
        except ValueError:  # looks like a date or a number and is none: the field says what it expected
            return node.value

    def _entries(self, node: MappingNode, at: Location) -> Iterator[tuple[str, Node, int]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), _line(key)
            if name in first:
                where = dotted((*at, name))
                again = f"the field again (first in line {first[name]})"
                self.repeated.append(Problem(self.file, line, where, again, "every field once"))
                continue
            first[name] = line
            yield name, value, line


def dotted(at: Location) -> str:
    """`meetings.reminders item 2` for `("meetings", "reminders", 1)`."""
    text = ""
    for step in at:
        text += f" item {step + 1}" if isinstance(step, int) else f".{step}" if text else step
    return text


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _found(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return "nothing" if node.tag == "tag:yaml.org,2002:null" else quoted(node.value)
    if isinstance(node, SequenceNode):
        return f"a list of {len(node.value)}"
    return "a section with fields"


def _not_yaml(file: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    told = " ".join(str(part) for part in (error.context, error.problem) if part)
    line = None if mark is None else int(mark.line) + 1
    return Problem(file, line, "", f"what is not YAML ({told})", "'field: value' lines, indented by spaces")
