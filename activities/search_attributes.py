"""The typed search attributes: few enough for SQL visibility, and none of them personal.

SQL visibility holds at most 10 Keyword attributes and 3 of each other type. What changes often, such as the count of
meetings held, is on the workflow's page and in the read model instead: each change would be an Action.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from domain.decider import Rejected
from domain.pairing import decider as pairing
from domain.pairing.moves import waiting_for
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing, health

COHORT = SearchAttributeKey.for_keyword("PairloomCohort")
PROGRAM = SearchAttributeKey.for_keyword("PairloomProgram")
STAGE = SearchAttributeKey.for_keyword("PairloomStage")
HEALTH = SearchAttributeKey.for_keyword("PairloomHealth")
WAITING_FOR = SearchAttributeKey.for_keyword_list("PairloomWaitingFor")

ALL = (COHORT, PROGRAM, STAGE, HEALTH, WAITING_FOR)


def changes(
    before: TypedSearchAttributes,
    *,
    cohort: str,
    program: str,
    stage: str,
    health: str,
    waiting_for: tuple[str, ...],
) -> list[SearchAttributeUpdate[Any]]:
    """Only what differs from `before`: an upsert costs a history event."""
    updates: list[SearchAttributeUpdate[Any]] = []
    for key, value in ((COHORT, cohort), (PROGRAM, program), (STAGE, stage), (HEALTH, health)):
        if before.get(key) != value:
            updates.append(key.value_set(value))
    if tuple(before.get(WAITING_FOR) or ()) != waiting_for:
        updates.append(WAITING_FOR.value_set(list(waiting_for)))
    return updates


def of_pairing(before: TypedSearchAttributes, state: Pairing, now: datetime) -> list[SearchAttributeUpdate[Any]]:
    """What a pairing's attributes must become."""
    return changes(
        before,
        cohort=state.cohort,
        program=state.design.program,
        stage=state.stage.value,
        health=health(state, now).value,
        waiting_for=tuple(role.value for role in waiting_for(state)),
    )


def at_creation(create: CreatePairing, now: datetime) -> TypedSearchAttributes:
    """Those of a pairing that has only been created: given with its start, they cost no upsert.

    Empty for a creation that the rules refuse: its workflow says why.
    """
    try:
        events = pairing.decide(None, create, now)
    except Rejected:
        return TypedSearchAttributes.empty
    state: Pairing | None = None
    for event in events:
        state = pairing.evolve(state, event)
    if state is None:
        return TypedSearchAttributes.empty
    updates = of_pairing(TypedSearchAttributes.empty, state, now)
    return TypedSearchAttributes([SearchAttributePair(update.key, update.value) for update in updates])
