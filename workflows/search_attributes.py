"""The typed search attributes: few enough for SQL visibility, and none of them personal.

SQL visibility holds at most 10 Keyword attributes and 3 of each other type.
"""

from __future__ import annotations

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate, TypedSearchAttributes

COHORT = SearchAttributeKey.for_keyword("PairloomCohort")
PROGRAM = SearchAttributeKey.for_keyword("PairloomProgram")
STAGE = SearchAttributeKey.for_keyword("PairloomStage")
HEALTH = SearchAttributeKey.for_keyword("PairloomHealth")
WAITING_FOR = SearchAttributeKey.for_keyword_list("PairloomWaitingFor")
MEETINGS_HELD = SearchAttributeKey.for_int("PairloomMeetingsHeld")

ALL = (COHORT, PROGRAM, STAGE, HEALTH, WAITING_FOR, MEETINGS_HELD)


def changes(
    before: TypedSearchAttributes,
    *,
    cohort: str,
    program: str,
    stage: str,
    health: str,
    waiting_for: tuple[str, ...],
    meetings_held: int,
) -> list[SearchAttributeUpdate[Any]]:
    """Only what differs from `before`: an upsert costs a history event."""
    updates: list[SearchAttributeUpdate[Any]] = []
    for key, value in ((COHORT, cohort), (PROGRAM, program), (STAGE, stage), (HEALTH, health)):
        if before.get(key) != value:
            updates.append(key.value_set(value))
    if tuple(before.get(WAITING_FOR) or ()) != waiting_for:
        updates.append(WAITING_FOR.value_set(list(waiting_for)))
    if before.get(MEETINGS_HELD) != meetings_held:
        updates.append(MEETINGS_HELD.value_set(meetings_held))
    return updates
