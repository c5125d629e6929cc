"""`python worker.py` as operators and platforms run it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from administration import administer
from live_pairing import COORDINATOR, MENTOR, begin, settings_for, when
from structlog.testing import capture_logs
from temporalio.client import Client
from worker_under_test import PATIENCE, failing_start, lines, ready, running

from activities.search_attributes import ALL
from domain.event_versions import EventUnknown
from domain.pairing.closing import CloseEarly
from domain.pairing.offer import AcceptOffer
from domain.pairing.state import CloseReason
from embedded.ground import Ground, start_ground
from eventstore.store import APPLICATION, EventStore
from operations.worker_process import READY
from serving.connection import connect_to
from serving.record_keeping import kept_up
from workflows.contract import TASK_QUEUE
from workflows.registration import register_search_attributes


def test_without_a_database_address() -> None:
    assert failing_start().startswith("PAIRLOOM_DATABASE_URL is not set: give the address")


def test_where_temporal_does_not_answer(database_url: str) -> None:
    sentence = failing_start(TEMPORAL_ADDRESS="127.0.0.1:1", PAIRLOOM_DATABASE_URL=database_url)
    assert sentence.startswith("Temporal does not answer at 127.0.0.1:1: start it")


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"TEMPORAL_NAMESPACE": "nowhere"}, "nowhere"),
        ({"TEMPORAL_PROFILE": "unknown"}, "unknown"),
        ({"TEMPORAL_ADDRESS": "no address"}, "no address"),
    ],
)
def test_settings_that_lead_nowhere(ground: Ground, database_url: str, variables: dict[str, str], part: str) -> None:
    given = {"TEMPORAL_ADDRESS": ground.temporal_address, "PAIRLOOM_DATABASE_URL": database_url} | variables
    assert part in failing_start(**given)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("postgresql://pairloom:secret@127.0.0.1:1/pairloom", "No PostgreSQL answers at 127.0.0.1:1/pairloom"),
        ("postgresql://pairloom:secret@127.0.0.1:port/pairloom", "expected postgresql://"),
        ("secret", "expected postgresql://"),
    ],
)
def test_where_the_database_does_not_answer(ground: Ground, url: str, part: str) -> None:
    assert part in failing_start(TEMPORAL_ADDRESS=ground.temporal_address, PAIRLOOM_DATABASE_URL=url)


async def test_where_a_server_that_never_answers_listens_instead(ground: Ground, database_url: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        url = f"postgresql://pairloom:secret@{address}/pairloom"
        instead_of_temporal, instead_of_the_database = await asyncio.gather(
            asyncio.to_thread(failing_start, TEMPORAL_ADDRESS=address, PAIRLOOM_DATABASE_URL=database_url),
            asyncio.to_thread(failing_start, TEMPORAL_ADDRESS=ground.temporal_address, PAIRLOOM_DATABASE_URL=url),
        )
    assert instead_of_temporal.startswith(f"Temporal does not answer at {address}")
    assert instead_of_the_database == f"PostgreSQL at {address}/pairloom did not answer in time."


APPENDING = ", ".join(
    f"pairloom.{name}{more}" for name in ("append_event", "append_events") for more in ("", "_with_messages")
)


async def test_it_serves_logs_with_ids_and_ends_gracefully(
    ground: Ground, temporal_client: Client, database_url: str, store: EventStore, tmp_path: Path
) -> None:
    settings, log = settings_for(database_url), tmp_path / "worker.log"
    given = {
        "TEMPORAL_ADDRESS": ground.temporal_address,
        "PAIRLOOM_DATABASE_URL": database_url,
        "PAIRLOOM_TASK_QUEUE": settings.task_queue,
    }
    with running(log, **given) as process:
        await when(lambda: ready(log))
        pairing = await begin(temporal_client, store, settings.task_queue)
        await pairing.once_stored("PairingOffered")
        await pairing.say(AcceptOffer, MENTOR)
        # A fact that the rules refuse is a line in the workflow's log.
        too_early = {"by": {"role": "service", "id": "lms"}, "key": "lms-1", "side": "mentor"}
        await pairing.handle.signal("training_completed", too_early)
        # An append that the database does not take now is a line in the activity's.
        await administer(database_url, f"revoke execute on function {APPENDING} from {APPLICATION}")
        closing_it = asyncio.create_task(pairing.send(CloseEarly(by=COORDINATOR, key="c", reason=CloseReason.LEAVE)))
        await when(lambda: _failed_appends(log))
        await administer(database_url, f"grant execute on function {APPENDING} to {APPLICATION}")
        await closing_it

        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0
    written = lines(log)
    assert [line["event"] for line in written][-1] == "worker stopped"
    assert written[-1]["logger"] == "pairloom.worker"
    [began] = [line for line in written if line["event"] == READY]
    assert began["held_objects"] > 50_000, "a full collection goes through every module again"
    [ignored] = [line for line in written if line["event"].startswith("signal ignored")]
    assert ignored["workflow_id"] == pairing.id
    assert (ignored["signal"], ignored["code"]) == ("training_completed", "Rejected:stage")
    for failed in await _failed_appends(log):
        assert failed["workflow_id"] == pairing.id
    password = database_url.split(":")[2].split("@")[0]
    assert password not in log.read_text()


async def _failed_appends(log: Path) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["event"].startswith("Completing activity as failed")]


@pytest.fixture(scope="module")
def untouched_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Servers that no worker has served yet."""
    started = start_ground(
        tmp_path_factory.mktemp("untouched"), virtual_time=True, preferred=None, durable=False, in_memory=True
    )
    yield started
    started.stop()


async def test_two_workers_that_start_at_once_prepare_the_servers_once(
    untouched_ground: Ground, tmp_path: Path
) -> None:
    given = {
        "TEMPORAL_ADDRESS": untouched_ground.temporal_address,
        "PAIRLOOM_DATABASE_URL": untouched_ground.database_url,
    }
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with ExitStack() as processes:
        both = [processes.enter_context(running(log, **given)) for log in logs]
        for log in logs:
            await when(lambda log=log: ready(log))
        client = await connect_to(untouched_ground.temporal_address)
        assert await register_search_attributes(client) == [], "they are there"
        async with await EventStore.connect(untouched_ground.database_url) as store:
            pairing = await begin(client, store, TASK_QUEUE)
            await pairing.once_stored("PairingOffered")
            described = await when(pairing.handle.describe, lambda found: len(found.typed_search_attributes) >= 6)
            assert {pair.key.name for pair in described.typed_search_attributes} >= {key.name for key in ALL}
        for process in both:
            process.send_signal(signal.SIGTERM)
        for process, log in zip(both, logs, strict=True):
            assert await asyncio.to_thread(process.wait, PATIENCE) == 0
            assert lines(log)[-1]["event"] == "worker stopped"


async def test_the_search_attributes_are_registered_once(untouched_ground: Ground) -> None:
    """Depends on nothing else: whoever came first has registered all of them."""
    client = await connect_to(untouched_ground.temporal_address)
    at_once = await asyncio.gather(*(register_search_attributes(client) for _ in range(3)))
    assert await register_search_attributes(client) == []
    assert all(set(names) <= {key.name for key in ALL} for names in at_once)


async def test_record_keeping_that_meets_a_newer_event_says_which_and_what_to_do() -> None:
    """During a rolling deployment: any other defect is logged by its kind alone, as its message may quote a record."""
    met = asyncio.Event()

    async def run() -> None:
        met.set()
        raise EventUnknown("An event Held of version 2 cannot be read: run a newer release.")

    with capture_logs() as lines:
        keeping = asyncio.create_task(kept_up("read model", run))
        await met.wait()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert [(line["part"], line["reason"]) for line in lines] == [
        ("read model", "An event Held of version 2 cannot be read: run a newer release.")
    ]
