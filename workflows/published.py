"""The published contract: every update and signal by name, its JSON Schema, its answer, and what would break a sender.

Read off the workflows themselves, so that no name is listed twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, create_model
from temporalio import workflow

from domain.cohort.enrolment import CreateCohort
from domain.decider import Command, Frozen
from domain.event_schemas import Schema, breaking_changes
from domain.pairing.proposal import CreatePairing
from workflows.cohort import CohortWorkflow
from workflows.contract import CohortResult, PairingResult, Receipt
from workflows.pairing import PairingWorkflow

WORKFLOWS: dict[str, type] = {"pairing": PairingWorkflow, "cohort": CohortWorkflow}
"""By the first part of their workflow ids."""

STARTS: dict[str, type[Command]] = {"pairing": CreatePairing, "cohort": CreateCohort}
"""What a workflow begins with: its argument is an object whose `create` is this command."""

ANSWERS: dict[str, type[Frozen]] = {
    "receipt": Receipt,
    "pairing/result": PairingResult,
    "cohort/result": CohortResult,
}
"""What comes back: the answer to an update, and the result of a workflow that has ended."""


@dataclass(frozen=True, slots=True)
class Published:
    """One name that others may send to a workflow."""

    aggregate: str
    kind: str
    name: str
    command: type[Command]
    description: str

    @property
    def file(self) -> str:
        """Its schema's place below docs/schemas/contract."""
        return f"{self.aggregate}/{self.name}.{self.kind}.json"


def published() -> Iterator[Published]:
    """Every update, then every signal, of every workflow."""
    for aggregate, kind in WORKFLOWS.items():
        defined = workflow._Definition.must_from_class(kind)
        for name, update in defined.updates.items():
            yield _published(aggregate, "update", name, update)
        for name, signal in defined.signals.items():
            if name is not None:  # the one for every other name is no part of the contract
                yield _published(aggregate, "signal", name, signal)


def contract_schemas() -> dict[str, str]:
    """File name below docs/schemas/contract to text, such as `pairing/accept_offer.update.json`."""
    found = {one.file: _schema(one.command) for one in published()}
    found |= {f"{aggregate}/start.json": _schema(_start(create)) for aggregate, create in STARTS.items()}
    found |= {f"{name}.json": _open(_schema(answer)) for name, answer in ANSWERS.items()}
    return {
        file: json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n" for file, schema in found.items()
    }


def breaks_senders(before: Schema, now: Schema) -> list[str]:
    """Why a message that fits the schema `before` may be refused `now`; empty where every one is still taken."""
    return breaking_changes(before, now, "the message")


def breaks_readers(before: Schema, now: Schema) -> list[str]:
    """Why a reader of the answer `before` may stumble `now`: a field is gone or of another kind. New ones are fine."""
    kept = {name: now.get("properties", {}).get(name) for name in before.get("properties", {})}
    gone = [f"the answer has no field {name} any more" for name, field in kept.items() if field is None]
    changed = [
        f"the answer's {name} is of another kind"
        for name, field in kept.items()
        if field is not None and field.get("type") != before["properties"][name].get("type")
    ]
    return gone + changed


def _published(aggregate: str, kind: str, name: str | None, handler: Any) -> Published:
    command = handler.fn.command if kind == "signal" else handler.arg_types[0]
    assert name is not None, "a handler for every name is not part of a contract"
    assert issubclass(command, Command)
    return Published(aggregate, kind, name, command, handler.description or "")


def _start(create: type[Command]) -> type[Frozen]:
    """The argument without what only Pairloom itself puts there, to carry a workflow on."""
    name = create.__name__.replace("Create", "Start")
    return create_model(name, __base__=Frozen, __doc__=create.__doc__, create=(create, ...))


def _schema(model: type[Frozen]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(model).json_schema()


def _open(answer: dict[str, Any]) -> dict[str, Any]:
    """A later release may answer more: readers take what they know."""
    return answer | {"additionalProperties": True}
