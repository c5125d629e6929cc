"""`pairloom cohort evaluation`: what a program has achieved, by the figures that its cohort closed with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from domain.cohort.amendment import DesignAmended
from domain.cohort.closing import CohortCancelled, CohortClosed
from domain.cohort.decider import CohortEvent, load
from domain.cohort.enrolment import CohortCreated
from eventstore.store import EventStore
from operations.answers import answer, gives
from operations.cohort_app import cohort_app
from operations.endings import Refused
from operations.evaluation_views import Evaluated, print_evaluation
from operations.options import DEV_DATA, AsJson, CohortId, DataDirectory
from operations.servers import database_address


@cohort_app.command("evaluation")
@gives(Evaluated)
def evaluation(cohort: CohortId, data: DataDirectory = DEV_DATA, as_json: AsJson = False) -> None:
    """What a cohort that has ended achieved: completion, meetings, goals, skills, safety, recommendation."""

    async def run() -> Evaluated:
        async with await EventStore.connect(database_address(data), max_size=1) as store:
            stored = await store.read(f"cohort/{cohort}")
            return evaluated(cohort, [load(event.data, event.schema_version) for event in stored])

    found = asyncio.run(run())
    answer(found, as_json, lambda console: print_evaluation(console, found))


def evaluated(cohort: str, events: Sequence[CohortEvent]) -> Evaluated:
    """From its stream, which outlives its workflow; raises Refused where it has no figures."""
    if not events:
        raise Refused(f"There is no cohort {cohort}: `pairloom cohort list` names the cohorts.", "unknown")
    closed = next((event for event in events if isinstance(event, CohortClosed)), None)
    if closed is None:
        cancelled = any(isinstance(event, CohortCancelled) for event in events)
        why = (
            "it was cancelled before they were taken"
            if cancelled
            else f"they are taken when every pairing has ended, and `pairloom cohort status {cohort}` has how far it is"
        )
        raise Refused(f"{cohort} has no figures: {why}.", "stage")
    designs = [event.design for event in events if isinstance(event, CohortCreated | DesignAmended)]
    return Evaluated(cohort=cohort, title=designs[-1].title, closed_at=closed.at, figures=closed.headline)
