"""Writes the pages and schemas that are made from the code, words.toml and templates/ (see `pages`).

`--check` writes nothing and fails where a page is not what the code says now.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, get_args, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from temporalio import workflow

from domain.cohort import decider as cohort_decider
from domain.cohort.state import Cohort, CohortClock, CohortStage
from domain.decider import Actor, Command, Rejected, Role
from domain.event_schemas import breaking_changes, schemas
from domain.pairing import decider as pairing_decider
from domain.pairing.clocks import TITLES, ClockKind
from domain.pairing.deadlines import OF_BOTH, OF_OPERATIONS
from domain.pairing.state import Escalation, EscalationKind, Pairing, Party, Stage, Suspension
from domain.pairing.with_cohort import COHORT as COHORT_ITSELF
from domain.pairing.with_cohort import CohortOrder
from domain.program import ProgramDesign
from operations.reference import reference
from operations.shapes import NoWords, inner_type, shape
from workflows.cohort import TITLES as COHORT_TITLES
from workflows.contract import Receipt
from workflows.engine import REMEMBERED_AT_MOST
from workflows.published import (
    ANSWERS,
    WORKFLOWS,
    Published,
    breaks_readers,
    breaks_senders,
    contract_schemas,
    published,
)

Words: TypeAlias = dict[str, Any]
Table: TypeAlias = Sequence[Sequence[str]]

DOCS = Path(__file__).parent
PROJECT, TEMPLATES = DOCS.parent, DOCS / "templates"
MADE = "<!-- Made by docs/generate.py from the code and docs/words.toml: change those, then run it again. -->"
NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)

DESIGN = ProgramDesign(program="example", version=1, title="Example", objectives=("Learn",), zone="Europe/London")
PAIRING = Pairing(
    id="P032~P031",
    cohort="spring",
    replaces=None,
    design=DESIGN,
    mentor=Party(participant="P032", zone="Europe/London"),
    mentee=Party(participant="P031", zone="Europe/London"),
    delegate="D007",
    stage=Stage.MEETING,
    escalations=(
        Escalation(id="nothing_booked-1", kind=EscalationKind.NOTHING_BOOKED, to=Role.COORDINATOR, opened_at=NOW),
    ),
    since=NOW,
    as_of=NOW,
)
SPONSORED = replace(PAIRING, escalations=(PAIRING.escalations[0].model_copy(update={"to": Role.SPONSOR}),))
"""The same pairing with its open item addressed to a sponsor."""

COHORT = Cohort(id="spring", design=DESIGN, seed=7, stage=CohortStage.DRAFT, since=NOW, as_of=NOW)

IDS = {
    Role.COORDINATOR: "ops-1",
    Role.APPROVER: "head-of-learning",
    Role.MENTOR: "P032",
    Role.MENTEE: "P031",
    Role.DELEGATE: "D007",
    Role.SERVICE: "calendar",
}

PAIRING_DIAGRAM = """\
stateDiagram-v2
    [*] --> PROPOSED: launched
    PROPOSED --> OFFERED: the start has come
    OFFERED --> TRAINING: both accepted
    OFFERED --> DECLINED: one declined
    OFFERED --> EXPIRED: no answer in time
    TRAINING --> GOAL_SETTING: both trained or waived
    GOAL_SETTING --> MEETING: both signed, goals set
    TRAINING --> EVALUATING: the weeks are over
    GOAL_SETTING --> EVALUATING: the weeks are over
    MEETING --> EVALUATING: the weeks are over
    EVALUATING --> COMPLETED: both evaluated, or we waited long enough
    state "TRAINING, GOAL_SETTING, MEETING or EVALUATING" as ACTIVE
    ACTIVE --> PAUSED: paused, somebody on leave, or a conflict of interest
    PAUSED --> ACTIVE: nothing holds it any more, where it was
    ANY --> PAUSED: the cohort is suspended, or one has raised a concern
    ACTIVE --> EXIT_REQUESTED: one wants to leave
    PAUSED --> CLOSED_EARLY: a conflict of interest stayed
    PAUSED --> EXIT_REQUESTED: one wants to leave
    EXIT_REQUESTED --> CLOSED_EARLY: closed by the coordinator, or in time
    ACTIVE --> CLOSED_EARLY: closed early, or one left the company
    PAUSED --> CLOSED_EARLY: closed early, or one left the company
    PROPOSED --> CLOSED_EARLY: closed early, or one left the company
    OFFERED --> CLOSED_EARLY: closed early, or one left the company
    state "any state before the end" as ANY
    ANY --> CANCELLED: cancelled by an administrator, or with its cohort
    TRAINING --> OFFERED: an acceptance taken back
    CLOSED_EARLY --> ACTIVE: the close taken back in time, where it was
    DECLINED --> [*]
    EXPIRED --> [*]
    COMPLETED --> [*]
    CLOSED_EARLY --> [*]
    CANCELLED --> [*]"""

COHORT_DIAGRAM = """\
stateDiagram-v2
    [*] --> DRAFT: created
    DRAFT --> ENROLLING: opened
    ENROLLING --> MATCHING: closed by hand or in time
    MATCHING --> REVIEW: pairs proposed
    REVIEW --> RUNNING: approved by a named approver
    RUNNING --> EVALUATING: every pairing has ended
    EVALUATING --> CLOSED: figures recorded
    CLOSED --> ARCHIVED: a year later
    REVIEW --> MATCHING: overridden by the coordinator
    RUNNING --> SUSPENDED: suspended, as ENROLLING can be
    SUSPENDED --> RUNNING: resumed, where it was
    state "any state before the figures" as BEFORE
    BEFORE --> CANCELLED: cancelled by the approver, with every pairing that runs
    ARCHIVED --> [*]
    CANCELLED --> [*]"""


class Stale(Exception):
    """The words and the code do not fit each other; the message says which."""


# --- the program design -----------------------------------------------------------------------


def program_design(words: Words) -> str:
    """Every field with its meaning, its default and where the figure comes from."""
    meanings, parts = words["meaning"], [MADE, "# The program design, field by field", _DESIGN_INTRODUCTION]
    fields = list(_leaves(ProgramDesign, ()))
    _agree("meaning", meanings, [".".join(at) for at, _ in fields])
    for section in dict.fromkeys(at[0] if len(at) > 1 else "" for at, _ in fields):
        of_section = [(at, field) for at, field in fields if (at[0] if len(at) > 1 else "") == section]
        rows = [
            (f"`{'.'.join(at)}`", meanings[".".join(at)], shape(field.annotation, field), *_default_and_source(field))
            for at, field in of_section
        ]
        title, text = (f"## `{section}`", _first_line(_section(section))) if section else ("## At the top", "")
        parts += [title, *([text] if text else []), _table(("field", "meaning", "takes", "default", "source"), rows)]
    return "\n\n".join(parts) + "\n"


_DESIGN_INTRODUCTION = """\
A program design is a YAML file; `examples/digital-fluency.yaml` is a whole one. A field that is left out has its
default. Durations are written as `14 days`, `4 weeks`, `24 hours` or `45 minutes`, and count days of the calendar.
`source` names who published the figure; `own` marks a default for which we found none. A dash means that the
field is not a figure from practice, or that its source is not recorded."""


def _leaves(model: type[BaseModel], at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _leaves(inner, (*at, name))
        else:
            yield (*at, name), field


def _section(name: str) -> type[BaseModel]:
    annotation = ProgramDesign.model_fields[name].annotation
    assert isinstance(annotation, type)
    assert issubclass(annotation, BaseModel)
    return annotation


def _default_and_source(field: FieldInfo) -> tuple[str, str]:
    default = "required" if field.is_required() else _written(field.default)
    told = field.description or ""
    if told.startswith("own"):
        return default, "own"
    who, found, _ = told.partition(": ")
    return default, told if found and len(who.split()) <= 4 else "-"


def _written(value: object) -> str:
    """A value as somebody writes it in the file."""
    if isinstance(value, timedelta):
        hours = value // timedelta(hours=1)
        amount, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
        return f"{amount} {unit}{'' if amount == 1 else 's'}"
    if isinstance(value, dict) and not value:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(_written(item) for item in value) or "none"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- the contract -----------------------------------------------------------------------------


def contract(words: Words) -> str:
    """How to send, from its template, then every update, signal and query of both workflows."""
    template = (TEMPLATES / "contract.md").read_text(encoding="utf-8")
    for name, text in (
        ("signals", _signals()),
        ("common", _fields(Command.model_fields)),
        ("receipt", _fields(Receipt.model_fields)),
        ("codes", _refusals(words["code"])),
        ("remembered", str(REMEMBERED_AT_MOST)),
    ):
        template = template.replace(f"{{{name}}}", text)
    parts = [MADE, template.strip()]
    for title, aggregate, machine in (
        ("A pairing: `pairing/<cohort>/<pairing>`", "pairing", pairing_decider),
        ("A cohort: `cohort/<cohort>`", "cohort", cohort_decider),
    ):
        parts.append(f"## {title}")
        parts += _handlers(aggregate, machine, words["example"])
    return "\n\n".join(parts) + "\n"


def _signals() -> str:
    rows = [
        (f"`{one.name}`", one.aggregate, one.description, f"[`{_update_of(one)}`](#update-{_update_of(one)})")
        for one in published()
        if one.kind == "signal"
    ]
    return _table(("signal", "to a", "says", "same JSON as the update"), rows)


def _update_of(signal: Published) -> str:
    return next(
        one.name
        for one in published()
        if (one.kind, one.aggregate, one.command) == ("update", signal.aggregate, signal.command)
    )


def _refusals(told: Mapping[str, Sequence[str]]) -> str:
    _agree("code", dict.fromkeys(told, ""), sorted(_codes()))
    return _table(("code", "means", "do"), [(f"`{code}`", *words) for code, words in told.items()])


def _codes() -> Iterator[str]:
    """Every code with which the domain and the engine refuse, by their source."""
    for folder in ("domain", "workflows"):
        for file in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id="Rejected"), args=[ast.Constant(value=str(code)), *_]):
                        yield code


def _handlers(aggregate: str, machine: ModuleType, values: Words) -> Iterator[str]:
    events = _events_of(machine)
    for one in published():
        if one.aggregate != aggregate:
            continue
        yield f"### {one.kind.capitalize()} `{one.name}`"
        schema = f"[JSON Schema](schemas/contract/{one.file})"
        if one.kind == "update":
            yield from _command_page(one.command, machine, events, values)
            yield schema
        else:
            same = _update_of(one)
            yield f"{one.description} The same JSON as the update [`{same}`](#update-{same}). {schema}"
    for name, query in workflow._Definition.must_from_class(WORKFLOWS[aggregate]).queries.items():
        yield f"### Query `{name}`"
        yield str(query.description)


def _command_page(
    command: type[Command], machine: ModuleType, events: Mapping[str, tuple[str, ...]], values: Words
) -> Iterator[str]:
    yield _first_line(command)
    own = {name: field for name, field in command.model_fields.items() if name not in Command.model_fields}
    if own:
        yield _fields(own)
    example = _example(command, values)
    roles = _who_may(command, example, machine)
    example["by"] = {"role": roles[0].value, "id": _ids(command).get(roles[0], roles[0].value)}
    yield f"May be sent by: {', '.join(role.value.replace('_', ' ') for role in roles)}."
    yield f"May cause: {', '.join(f'`{event}`' for event in events[command.__name__])}."
    command.model_validate_json(json.dumps(example))
    yield f"```json\n{json.dumps({'by': example.pop('by'), **example}, ensure_ascii=False, indent=2)}\n```"


def _who_may(command: type[Command], example: Words, machine: ModuleType) -> list[Role]:
    """Asked of the rules themselves: the roles that `decide` does not refuse for their role."""
    states: Sequence[object] = (PAIRING, SPONSORED) if machine is pairing_decider else (COHORT,)
    return [role for role in Role if any(_may(state, command, role, example, machine) for state in states)]


def _may(state: object, command: type[Command], role: Role, example: Words, machine: ModuleType) -> bool:
    given = command.model_validate(example | {"by": Actor(role=role, id=_ids(command).get(role, role.value))})
    try:
        machine.decide(state, given, NOW)
    except Rejected as rejected:
        return rejected.code != "role"
    return True


def _ids(command: type[Command]) -> Mapping[Role, str]:
    """Who sends the examples; an order of the cohort comes from the cohort."""
    return IDS | {Role.SERVICE: COHORT_ITSELF} if issubclass(command, CohortOrder) else IDS


def _fields(fields: Mapping[str, FieldInfo]) -> str:
    rows = [
        (f"`{name}`", shape(field.annotation, field), "yes" if field.is_required() else _optional(field), _told(field))
        for name, field in fields.items()
    ]
    told = any(row[3] for row in rows)
    heads = ("field", "JSON", "required", "meaning")
    return _table(heads if told else heads[:3], rows if told else [row[:3] for row in rows])


def _optional(field: FieldInfo) -> str:
    if field.default is None or field.default is PydanticUndefined:
        return "no"
    return f"no, default {json.dumps(field.default)}"


def _told(field: FieldInfo) -> str:
    inner = inner_type(field.annotation)
    told = field.description or (_first_line(inner) if inner is not None else "")
    if inner is ProgramDesign:
        return "A whole [program design](program-design.md)."
    if inner is None or not issubclass(inner, BaseModel):
        return told
    return f"{told} Fields: {', '.join(_named(name, f) for name, f in inner.model_fields.items())}."


def _named(name: str, field: FieldInfo) -> str:
    default = "" if field.is_required() else f", {_optional(field).removeprefix('no, ')}"
    return f"`{name}` ({shape(field.annotation, field)}{default})"


def _example(model: type[BaseModel], values: Words) -> Words:
    example: Words = {}
    for name, field in model.model_fields.items():
        if name in ("at", "by"):
            continue
        found = values.get(f"{model.__name__}.{name}", values.get(name))
        example[name] = _value(field.annotation, values) if found is None else found
    return example


def _value(annotation: Any, values: Words) -> object:
    inner = inner_type(annotation)
    if inner is not None and issubclass(inner, Enum):
        return next(iter(inner)).value
    if inner is not None and issubclass(inner, BaseModel):
        return [_example(inner, values)]
    literal = get_args(annotation)
    if literal and isinstance(literal[0], str):
        return literal[0]
    if annotation is int:
        return 1
    raise Stale(f"docs/words.toml needs an [example] for a field of type {annotation}")


# --- the lifecycle ----------------------------------------------------------------------------


def lifecycle(words: Words) -> str:
    """States, clocks, commands and events of a pairing and of a cohort."""
    pairing, cohort = words["clock"]["pairing"], words["clock"]["cohort"]
    _agree("clock.pairing", pairing, [kind.value for kind in ClockKind])
    _agree("clock.cohort", cohort, [kind.value for kind in CohortClock])
    _all_drawn(PAIRING_DIAGRAM, Stage)
    _all_drawn(COHORT_DIAGRAM, CohortStage)
    fired = _events_of(pairing_decider, "_fire")
    clocks = [
        (f"`{kind}`", TITLES[kind], _with_defaults(pairing[kind]), _working_day(kind), _listed(fired[kind.name]))
        for kind in ClockKind
    ]
    causes = dict(_events_of(cohort_decider, "_fire"))
    causes["REVIEW"] = _events_of(cohort_decider)["RecordReview"]
    cohort_clocks = [
        (f"`{kind}`", COHORT_TITLES[kind], _with_defaults(cohort[kind]), _listed(causes[kind.name]))
        for kind in CohortClock
    ]
    heads = ("clock", "what it waits for", "set by", "may cause")
    return (
        "\n\n".join(
            [
                MADE,
                "# The lifecycle",
                _LIFECYCLE_INTRODUCTION,
                "## A pairing",
                f"```mermaid\n{PAIRING_DIAGRAM}\n```",
                _PAIRING_NOTE,
                "### Clocks of a pairing",
                _CLOCKS_NOTE,
                _table((*heads[:3], "on a working day of", heads[3]), clocks),
                "### Commands of a pairing",
                _table(("command", "meaning", "may cause"), _by_command(pairing_decider)),
                "### Which command in which state",
                _ACCEPTED_NOTE,
                _table(*_accepted(pairing_decider, Stage, words["example"])),
                "### Events of a pairing",
                _table(("event", "meaning"), _by_event(pairing_decider.PairingEvent)),
                "## A cohort",
                f"```mermaid\n{COHORT_DIAGRAM}\n```",
                "### Clocks of a cohort",
                _table(heads, cohort_clocks),
                "### Commands of a cohort",
                _table(("command", "meaning", "may cause"), _by_command(cohort_decider)),
                "### Which command in which state of a cohort",
                _table(*_accepted(cohort_decider, CohortStage, words["example"])),
                "### Events of a cohort",
                _table(("event", "meaning"), _by_event(cohort_decider.CohortEvent)),
            ]
        )
        + "\n"
    )


_LIFECYCLE_INTRODUCTION = """\
What can happen to a pairing and to a cohort. \"May cause\" is what the code promises in its types: a command or a
clock causes some of these events and no others, or is refused and causes none. The figures behind the clocks are
fields of the [program design](program-design.md)."""

_PAIRING_NOTE = """\
GREEN, AMBER and RED are not states: they follow from the open items and from how long ago the last meeting was
held. PAUSED is a pause, a leave of either side, a conflict of interest, a concern, a suspended cohort, or several of
them at once: the first remembers the state and the time left on every clock, and the last that ends gives both back."""

_ACCEPTED_NOTE = """\
Asked of the rules themselves: ● where a command is accepted, or refused for another reason than the state (the role,
a figure, a duplicate)."""

_CLOCKS_NOTE = """\
Where there are several of a kind, a number follows: `checkpoint.open:2`. A clock fires once. One that comes due
while everything is down fires once, late, and its event says `late`. One that would be due on a day off is due on the
next working day of both sides, or of the operations team, where the table says so; a pause keeps the time left."""


def _working_day(kind: ClockKind) -> str:
    return "both sides" if kind in OF_BOTH else "operations" if kind in OF_OPERATIONS else ""


def _accepted(machine: ModuleType, stages: type[Enum], values: Words) -> tuple[Sequence[str], Table]:
    """Heads and rows: a command, and a mark under every state in which it is not refused for the state."""
    aggregate = "pairing" if machine is pairing_decider else "cohort"
    rows, causes = [], _events_of(machine)
    for command in (one.command for one in published() if one.kind == "update" and one.aggregate == aggregate):
        marks = ["●" if _fits(machine, stage, command, values) else "" for stage in stages]
        rows.append((f"`{command.__name__}`", *marks, _listed(causes[command.__name__])))
    return ("command", *(str(stage.value) for stage in stages), "may cause"), rows


def _fits(machine: ModuleType, stage: Any, command: type[Command], values: Words) -> bool:
    state: Any = _standing(stage) if machine is pairing_decider else replace(COHORT, stage=stage)
    example = _example(command, values)
    for role in Role:
        given = command.model_validate(example | {"by": Actor(role=role, id=_ids(command).get(role, role.value))})
        try:
            machine.decide(state, given, NOW)
        except Rejected as rejected:
            if rejected.code in ("role", "stage") or state.ended:
                continue
        return True
    return False


def _standing(stage: Stage) -> Pairing:
    """A pairing that stands in a stage, with what it would have by then."""
    begun = stage not in (Stage.PROPOSED, Stage.OFFERED, Stage.DECLINED, Stage.EXPIRED)
    state = replace(PAIRING, stage=stage, activated_at=NOW - timedelta(days=60) if begun else None)
    if stage is Stage.PAUSED:
        return replace(state, suspension=Suspension(stage=Stage.MEETING, since=NOW, until=None, left=()))
    if stage is Stage.CLOSED_EARLY:
        return replace(state, ended_at=NOW, before_close=replace(state, stage=Stage.MEETING))
    return state


def _with_defaults(words: str) -> str:
    """Each field of the program design that the words name, with its default behind it."""
    defaults = {".".join(at): _default_and_source(field)[0] for at, field in _leaves(ProgramDesign, ())}

    def with_default(found: re.Match[str]) -> str:
        if found[1] not in defaults:
            raise Stale(f"docs/words.toml sets a clock by {found[1]}, which the program design does not have")
        return f"{found[0]} ({defaults[found[1]]})"

    return re.sub(r"`([a-z_.]+)`", with_default, words)


def _events_of(machine: ModuleType, *functions: str) -> dict[str, tuple[str, ...]]:
    """By command (or clock), the events that its function's return type names; read from the decider's source."""
    found = {}
    tree = ast.parse(inspect.getsource(machine))
    wanted = functions or ("decide", "_obey")
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted):
        for node in ast.walk(function):
            match node:
                case ast.match_case(
                    pattern=ast.MatchClass(cls=ast.Attribute(attr=name)), body=[ast.Return(value=ast.Call(func=called))]
                ):
                    found[name] = _returns(machine, called)
                case ast.match_case(
                    pattern=ast.MatchValue(value=ast.Attribute(attr=name)),
                    body=[ast.Return(value=ast.Call(func=called))],
                ):
                    found[name] = _returns(machine, called)
                case ast.If(
                    test=ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Attribute(attr=name)]),
                    body=[ast.Return(value=ast.Call(func=called))],
                ):
                    found[name] = _returns(machine, called)
    return found


def _returns(machine: ModuleType, called: ast.expr) -> tuple[str, ...]:
    function: Any = machine
    for name in ast.unparse(called).split("."):
        function = getattr(function, name)
    events = get_args(get_type_hints(function)["return"])[0]
    return tuple(event.__name__ for event in get_args(events) or (events,))


def _by_command(machine: ModuleType) -> Table:
    types = {one.__name__: one for one in get_args(machine.__dict__[_vocabulary(machine) + "Command"])}
    causes = _events_of(machine)
    return [(f"`{name}`", _first_line(types[name]), _listed(events)) for name, events in causes.items()]


def _by_event(union: Any) -> Table:
    events = get_args(get_args(union)[0])
    return [(f"`{event.__name__}`", _whole(event)) for event in events]


def _vocabulary(machine: ModuleType) -> str:
    return "Pairing" if machine is pairing_decider else "Cohort"


def _all_drawn(diagram: str, stages: type[Enum]) -> None:
    missing = [stage.value for stage in stages if f" {stage.value}" not in diagram]
    if missing:
        raise Stale(f"the diagram in docs/generate.py lacks {', '.join(missing)}")


# --- shared -----------------------------------------------------------------------------------


def _agree(section: str, words: Mapping[str, str], code: Sequence[str]) -> None:
    missing, gone = sorted({*code} - {*words}), sorted({*words} - {*code})
    if missing or gone:
        told = [f"lacks {', '.join(missing)}"] if missing else []
        told += [f"names what the code does not have: {', '.join(gone)}"] if gone else []
        raise Stale(f"[{section}] in docs/words.toml {' and '.join(told)}")


def _first_line(documented: type) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _whole(documented: type) -> str:
    return " ".join((inspect.getdoc(documented) or "").split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heads: Sequence[str], rows: Table) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def pages() -> dict[str, str]:
    """Every generated page by its file name; raises Stale."""
    words = tomllib.loads((DOCS / "words.toml").read_text(encoding="utf-8"))
    return {
        "program-design.md": program_design(words),
        "contract.md": contract(words),
        "lifecycle.md": lifecycle(words),
        "command-line.md": f"{MADE}\n\n{reference()}",
    }


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which of them are not current."""
    try:
        files = {DOCS / name: text for name, text in pages().items()}
        files |= {DOCS / "schemas" / name: text for name, text in schemas().items()}
        messages = {DOCS / "schemas" / "contract" / name: text for name, text in contract_schemas().items()}
        _refuse_breaking(files)
        _refuse_to_break_others(messages)
        files |= messages
    except (Stale, NoWords) as problem:
        print(problem, file=sys.stderr)
        return 1
    if "--check" not in arguments:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return 0
    old = [file for file, text in files.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in old:
        print(f"docs/{file.relative_to(DOCS)} is not current: run .venv/bin/python docs/generate.py", file=sys.stderr)
    return 1 if old else 0


def _refuse_breaking(files: Mapping[Path, str]) -> None:
    """The committed schema says what is stored: the code of the same version must go on reading it."""
    for file, text in files.items():
        if file.suffix == ".json" and file.exists():
            reasons = breaking_changes(json.loads(file.read_text(encoding="utf-8")), json.loads(text))
            if reasons:
                raise Stale(
                    f"docs/{file.relative_to(DOCS)}: {'; '.join(reasons)}. Stored events could not be read: raise the "
                    "event's schema_version and write an upcaster (see CONTRIBUTING.md)."
                )


def _refuse_to_break_others(messages: Mapping[Path, str]) -> None:
    """The committed schemas are what others send and read: the code must go on taking and answering it."""
    for file in (DOCS / "schemas" / "contract").rglob("*.json"):
        now = json.loads(messages.get(file, "{}"))
        answers = str(file.relative_to(DOCS / "schemas" / "contract").with_suffix("")) in ANSWERS
        before = json.loads(file.read_text(encoding="utf-8"))
        reasons = (breaks_readers if answers else breaks_senders)(before, now) if now else ["the code has it no more"]
        if reasons:
            raise Stale(
                f"docs/{file.relative_to(DOCS)}: {'; '.join(reasons)}. Others send and read this: give a new field a "
                "default, or make a new command and keep the old one. Only where no release had it, delete the file."
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
