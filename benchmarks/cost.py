"""What a pairing without trouble costs on Temporal Cloud: its Actions and history events, counted from its histories.

The reference pairing (`rehearsal.reference`: 6 meetings, 3 checkpoints, 26 weeks) runs on the real server in virtual
time. Its Actions are counted by the rules that Temporal documents under "Temporal Cloud Actions":

- *Workflow started*: each run counts, also one that continues another.
- *Timer started*: each, also one that is cancelled.
- *Search Attribute upsert requested*: each call, however many attributes it sets.
- *Signal sent* and *Update received by Worker*: each; refused updates count too, and there are none here.
- *Activity started or retried*: each attempt of a regular activity.
- *Local Activity started*: all of one workflow task together count once.

Queries are Actions too, and the product needs none: those of the driver are not counted. Version and command-line
markers cost nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.launching import start_pairing
from activities.logs import configure_logs
from benchmarks.endings import counted_ground
from benchmarks.rounds import Result, Row, save
from domain.decider import Actor, Role
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing, Party
from domain.program import ProgramDesign
from rehearsal.drive import PairingDriver
from rehearsal.reference import Exemplary
from rehearsal.virtual_time import VirtualTime
from serving.settings import Settings
from worker import running_worker

ACTIONS_AT_MOST = 100
EVENTS_AT_MOST = 450

COUNTED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "workflow starts",
    EventType.EVENT_TYPE_TIMER_STARTED: "timers",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "search attribute upserts",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signals",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "updates",
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: "activities",
}
"""History events that are one Action each. Local activities are counted by workflow task, see `actions`."""


OF_VIRTUAL_TIME = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
)
"""What skipping time writes into a history, and no server does where time passes by itself."""


def lasting(history: Iterable[HistoryEvent]) -> list[HistoryEvent]:
    """The events that the workflow would have in real time too."""
    return [event for event in history if event.event_type not in OF_VIRTUAL_TIME]


def actions(history: Iterable[HistoryEvent]) -> Counter[str]:
    """The Actions of one run, by kind."""
    found = Counter[str]()
    tasks = set[int]()
    for event in history:
        if event.event_type in COUNTED:
            found[COUNTED[event.event_type]] += 1
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            if marker.marker_name == "core_local_activity":
                tasks.add(marker.workflow_task_completed_event_id)
    found["local activities"] = len(tasks)
    return found


async def reference_life(client: Client, task_queue: str, start: datetime) -> Sequence[Sequence[HistoryEvent]]:
    """The histories of all runs of one reference pairing, launched at once as a cohort does, in virtual time."""
    create = CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="launch"),
        key="create",
        at=start,
        pairing=f"P101~P202-{start:%f}",
        cohort="reference",
        design=ProgramDesign(
            program="reference", version=1, title="Reference", objectives=("Learn",), zone="Europe/London"
        ),
        mentor=Party(participant="P101", zone="Europe/London"),
        mentee=Party(participant="P202", zone="Europe/London"),
        starts_at=start,
    )
    time = VirtualTime(client)
    moved = time.client
    workflow_id = f"pairing/{create.cohort}/{create.pairing}"
    await start_pairing(moved, task_queue, create)
    handle = moved.get_workflow_handle(workflow_id)
    await _offered(handle)
    driver = PairingDriver(handle, lambda _: Exemplary(), time, start)
    await driver.advance(start + timedelta(weeks=60))
    if driver.state is None or not _untroubled(driver.state):
        raise AssertionError(f"the reference pairing went wrong: {driver.state}")
    runs = [found.run_id async for found in moved.list_workflows(f"WorkflowId = '{workflow_id}'")]
    return [
        [event async for event in moved.get_workflow_handle(workflow_id, run_id=run).fetch_history_events()]
        for run in runs
    ]


async def _offered(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait for its first timer. To be asked before that costs it a workflow task, and nobody but a driver would."""
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            return


def _untroubled(state: Pairing) -> bool:
    return (state.stage.value, state.held, state.escalations_opened, state.missed) == ("COMPLETED", 6, 0, 0)


async def measure() -> tuple[Counter[str], int]:
    """Actions by kind, and history events, of one reference pairing on servers of its own."""
    async with counted_ground() as ground:
        client = await Client.connect(ground.temporal_address, data_converter=pydantic_data_converter)
        settings = Settings(database_url=ground.database_url)
        async with running_worker(client, settings):
            histories = await reference_life(client, settings.task_queue, datetime.now(UTC))
    return sum((actions(history) for history in histories), Counter[str]()), sum(len(lasting(h)) for h in histories)


def run() -> Result:
    """One life; the counts are the same on every machine."""
    configure_logs(as_json=True, level=logging.ERROR)
    counted, events = asyncio.run(measure())
    rows = [
        Row(measure="Actions", unit="", ours=counted.total(), goal=ACTIONS_AT_MOST, at_most=True),
        Row(measure="history events", unit="", ours=events, goal=EVENTS_AT_MOST, at_most=True),
        *(Row(measure=f"… {kind}", unit="Actions", ours=count) for kind, count in sorted(counted.items())),
    ]
    notes = (
        "One pairing without trouble, all its runs: 6 meetings, 3 checkpoints, 26 weeks. Counted from its histories by "
        "the documented rules of Temporal Cloud Actions; the driver's own queries and the events that virtual time "
        "writes are left out.",
    )
    return save("cost", "What a pairing costs on Temporal Cloud", rows, notes)
