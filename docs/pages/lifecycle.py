"""`docs/lifecycle.md`: states, clocks, commands and events of a pairing and of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from types import ModuleType
from typing import Any, get_args

from docs.pages.causes import events_of
from docs.pages.examples import fits
from docs.pages.markdown import MADE, Stale, Table, Words, agree, first_line, listed, table, whole
from docs.pages.program_design import with_defaults
from domain.cohort import decider as cohort_decider
from domain.cohort.clocks import TITLES as COHORT_TITLES
from domain.cohort.state import CohortClock, CohortStage
from domain.pairing import decider as pairing_decider
from domain.pairing.clocks import TITLES, ClockKind
from domain.pairing.deadlines import OF_BOTH, OF_OPERATIONS
from domain.pairing.state import Stage
from workflows.published import published

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
    CANCELLED --> ARCHIVED: a year later
    ARCHIVED --> [*]
    CANCELLED --> [*]: where an administrator had cancelled the workflow"""


def lifecycle(words: Words) -> str:
    """States, clocks, commands and events of a pairing and of a cohort."""
    pairing, cohort = words["clock"]["pairing"], words["clock"]["cohort"]
    agree("clock.pairing", pairing, [kind.value for kind in ClockKind])
    agree("clock.cohort", cohort, [kind.value for kind in CohortClock])
    _all_drawn(PAIRING_DIAGRAM, Stage)
    _all_drawn(COHORT_DIAGRAM, CohortStage)
    fired = events_of(pairing_decider, "_fire")
    clocks = [
        (f"`{kind}`", TITLES[kind], with_defaults(pairing[kind]), _working_day(kind), listed(fired[kind.name]))
        for kind in ClockKind
    ]
    causes = dict(events_of(cohort_decider, "_fire"))
    causes["REVIEW"] = events_of(cohort_decider)["RecordReview"]
    cohort_clocks = [
        (f"`{kind}`", COHORT_TITLES[kind], with_defaults(cohort[kind]), listed(causes[kind.name]))
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
                table((*heads[:3], "on a working day of", heads[3]), clocks),
                "### Commands of a pairing",
                table(("command", "meaning", "may cause"), _by_command(pairing_decider)),
                "### Which command in which state",
                _ACCEPTED_NOTE,
                table(*_accepted(pairing_decider, Stage, words["example"])),
                "### Events of a pairing",
                table(("event", "meaning"), _by_event(pairing_decider.PairingEvent)),
                "## A cohort",
                f"```mermaid\n{COHORT_DIAGRAM}\n```",
                "### Clocks of a cohort",
                table(heads, cohort_clocks),
                "### Commands of a cohort",
                table(("command", "meaning", "may cause"), _by_command(cohort_decider)),
                "### Which command in which state of a cohort",
                table(*_accepted(cohort_decider, CohortStage, words["example"])),
                "### Events of a cohort",
                table(("event", "meaning"), _by_event(cohort_decider.CohortEvent)),
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
    rows, causes = [], events_of(machine)
    for command in (one.command for one in published() if one.kind == "update" and one.aggregate == aggregate):
        marks = ["●" if fits(machine, stage, command, values) else "" for stage in stages]
        rows.append((f"`{command.__name__}`", *marks, listed(causes[command.__name__])))
    return ("command", *(str(stage.value) for stage in stages), "may cause"), rows


def _by_command(machine: ModuleType) -> Table:
    types = {one.__name__: one for one in get_args(machine.__dict__[_vocabulary(machine) + "Command"])}
    causes = events_of(machine)
    return [(f"`{name}`", first_line(types[name]), listed(events)) for name, events in causes.items()]


def _by_event(union: Any) -> Table:
    events = get_args(get_args(union)[0])
    return [(f"`{event.__name__}`", whole(event)) for event in events]


def _vocabulary(machine: ModuleType) -> str:
    return "Pairing" if machine is pairing_decider else "Cohort"


def _all_drawn(diagram: str, stages: type[Enum]) -> None:
    missing = [stage.value for stage in stages if f" {stage.value}" not in diagram]
    if missing:
        raise Stale(f"the diagram in docs/pages/lifecycle.py lacks {', '.join(missing)}")
