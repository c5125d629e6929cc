"""Two clients that are not ours live by docs/contract.md: a TypeScript program and the `temporal` command line."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client

from embedded.ground import Ground
from eventstore.store import EventStore
from serving.settings import Settings
from worker import running_worker

HERE = Path(__file__).parent
SCHEMAS = HERE.parents[1] / "docs" / "schemas" / "contract"
START = json.loads((HERE / "start.json").read_text(encoding="utf-8"))

TRAINED = [
    *("PairingCreated", "PairingOffered", "OfferAccepted", "OfferAccepted", "TrainingAssigned"),
    *("TrainingCompleted", "TrainingCompleted"),
]


@pytest.fixture(scope="session")
def portal() -> Path:
    """The TypeScript client, its packages installed and its types checked."""
    npm = shutil.which("npm")
    assert npm, "npm is missing: apt-get install nodejs npm (Node.js 20.3 or later)"
    stamp = HERE / "node_modules" / ".installed"
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        _succeeds(npm, "install", "--ignore-scripts")
        stamp.write_text(wanted, encoding="utf-8")
    _succeeds(npm, "run", "--silent", "build")
    return HERE / "build" / "portal.js"


def _succeeds(*command: str) -> None:
    done = subprocess.run(command, cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest_asyncio.fixture
async def task_queue(temporal_client: Client, database_url: str) -> AsyncIterator[str]:
    """A task queue with a worker."""
    settings = Settings(database_url=database_url, task_queue=f"interop-{uuid4().hex}")
    async with running_worker(temporal_client, settings):
        yield settings.task_queue


@pytest.fixture
def start(tmp_path: Path) -> tuple[str, Path]:
    """The documented start of a pairing, as a cohort of the test's own: the workflow's id, and the file."""
    cohort = f"interop-{uuid4().hex[:8]}"
    file = tmp_path / "start.json"
    file.write_text(json.dumps({"create": START["create"] | {"cohort": cohort}}), encoding="utf-8")
    return f"pairing/{cohort}/{START['create']['pairing']}", file


async def _says(*command: object, address: str = "") -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=os.environ | {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": "default"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def test_a_typescript_client_begins_a_pairing_and_acts_in_it(
    portal: Path, ground: Ground, store: EventStore, task_queue: str, start: tuple[str, Path]
) -> None:
    pairing, file = start
    code, said, complained = await _says("node", portal, SCHEMAS, file, ground.temporal_address, task_queue)
    assert code == 0, complained
    told = json.loads(said)
    accepted = {"stream": pairing, "first": 3, "last": 3, "events": ["OfferAccepted"], "duplicate": False}
    assert told["accepted"] == accepted
    assert told["again"] == accepted | {"duplicate": True}
    assert told["stranger"] == {
        "type": "Rejected:role",
        "message": "this participant is not the mentee of this pairing",
        "because": "",
    }
    assert told["early"]["type"] == "Rejected:stage"
    assert told["malformed"]["message"] == "Failed decoding arguments"
    assert "key\n  Field required" in told["malformed"]["because"]
    assert "no_such_update" in told["unknown"]["message"]
    assert told["trained"] == 7
    assert [event.type for event in await store.read(pairing)] == TRAINED


async def test_the_temporal_command_line_begins_a_pairing_and_acts_in_it(
    ground: Ground, store: EventStore, task_queue: str, start: tuple[str, Path]
) -> None:
    pairing, file = start

    async def temporal(verb: str, *options: object) -> tuple[int, str, str]:
        program = Path(sys.executable).with_name("temporal")
        command = (program, "workflow", *verb.split(), "--workflow-id", pairing, *options)
        return await _says(*command, address=ground.temporal_address)

    async def act(name: str, message: object) -> dict[str, Any]:
        code, said, complained = await temporal(
            "update execute", "--name", name, "--input", json.dumps(message), "-o", "json"
        )
        assert code == 0, complained
        result: dict[str, Any] = json.loads(said)["result"]
        return result

    async def report(name: str, message: object) -> None:
        code, _, complained = await temporal("signal", "--name", name, "--input", json.dumps(message))
        assert code == 0, complained

    begun = ("--type", "PairingWorkflow", "--task-queue", task_queue, "--input-file", file)
    assert (await temporal("start", *begun, "--id-reuse-policy", "RejectDuplicate"))[0] == 0
    await _stored(store, pairing, 2)

    mentor, mentee, learning = (
        {"role": role, "id": name} for role, name in (("mentor", "P032"), ("mentee", "P031"), ("service", "lms"))
    )
    first = await act("accept_offer", {"by": mentor, "key": "tap-1"})
    assert (first["first"], first["events"], first["duplicate"]) == (3, ["OfferAccepted"], False)
    assert await act("accept_offer", {"by": mentor, "key": "tap-1"}) == first | {"duplicate": True}
    refused = json.dumps({"by": mentor | {"id": "P099"}, "key": "tap-2"})
    code, _, complained = await temporal("update execute", "--name", "accept_offer", "--input", refused)
    assert (code, "Rejected:role" in complained) == (1, True), complained
    await act("accept_offer", {"by": mentee, "key": "tap-3"})
    await report("training_completed", {"by": learning})
    await report("no_such_signal", {"by": learning, "key": "k"})
    for side in ("mentor", "mentor", "mentee"):
        await report("training_completed", {"by": learning, "key": f"lms-{side}", "side": side})
    await _stored(store, pairing, 7)
    assert [event.type for event in await store.read(pairing)] == TRAINED


async def _stored(store: EventStore, stream: str, events: int) -> None:
    for _ in range(400):
        if len(await store.read(stream)) >= events:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{stream} has {await store.read(stream)}")
