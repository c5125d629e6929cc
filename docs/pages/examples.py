"""A pairing, a cohort and commands as an example, and which roles the rules let send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel

from docs.pages.markdown import Stale, Words
from domain.cohort.state import Cohort, CohortStage
from domain.decider import Actor, Command, Rejected, Role
from domain.pairing import decider as pairing_decider
from domain.pairing.state import Escalation, EscalationKind, Pairing, Party, Stage, Suspension
from domain.pairing.with_cohort import COHORT as COHORT_ITSELF
from domain.pairing.with_cohort import CohortOrder
from domain.program import ProgramDesign
from operations.shapes import inner_type

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


def who_may(command: type[Command], example: Words, machine: ModuleType) -> list[Role]:
    """Asked of the rules themselves: the roles that `decide` does not refuse for their role."""
    states: Sequence[object] = (PAIRING, SPONSORED) if machine is pairing_decider else (COHORT,)
    return [role for role in Role if any(may(state, command, role, example, machine) for state in states)]


def may(state: object, command: type[Command], role: Role, example: Words, machine: ModuleType) -> bool:
    given = command.model_validate(example | {"by": Actor(role=role, id=ids(command).get(role, role.value))})
    try:
        machine.decide(state, given, NOW)
    except Rejected as rejected:
        return rejected.code != "role"
    return True


def fits(machine: ModuleType, stage: Any, command: type[Command], values: Words) -> bool:
    state: Any = _standing(stage) if machine is pairing_decider else replace(COHORT, stage=stage)
    example = example_of(command, values)
    for role in Role:
        given = command.model_validate(example | {"by": Actor(role=role, id=ids(command).get(role, role.value))})
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


def ids(command: type[Command]) -> Mapping[Role, str]:
    """Who sends the examples; an order of the cohort comes from the cohort."""
    return IDS | {Role.SERVICE: COHORT_ITSELF} if issubclass(command, CohortOrder) else IDS


def example_of(model: type[BaseModel], values: Words) -> Words:
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
        return [example_of(inner, values)]
    literal = get_args(annotation)
    if literal and isinstance(literal[0], str):
        return literal[0]
    if annotation is int:
        return 1
    raise Stale(f"docs/words.toml needs an [example] for a field of type {annotation}")
