"""The main job, as a person runs it: once undisturbed, once with its worker killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from domain.pairing.decider import fold, load
from domain.pairing.state import Pairing
from domain.sealing import without_answers
from embedded.ground import Ground, attach
from eventstore.store import EventStore
from intake.roster_file import read_roster
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate_again
from serving.connection import connect_to
from tests.acceptance.command_line import run, small_roster, started

SEED = 11


@dataclass(frozen=True)
class Run:
    """A finished demo whose servers are still up."""

    data: Path
    said: str
    written: dict[str, Any]
    roster: Path

    @property
    def ground(self) -> Ground:
        """Its servers."""
        ground = attach(self.data)
        assert ground is not None
        return ground


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A small cohort, carried through without trouble and kept."""
    directory = tmp_path_factory.mktemp("undisturbed")
    roster = small_roster(directory / "roster.csv", mentors=6, mentees=4)
    data, file = directory / "data", directory / "demo.json"
    done = run("demo", "--roster", roster, "--seed", str(SEED), "--keep", "--json", file, "--data", data)
    assert done.returncode == 0, done.stdout + done.stderr
    yield Run(data, done.stdout, json.loads(file.read_text()), roster)
    assert "stopped" in run("stop", "--data", data).stdout
    assert attach(data) is None


@pytest.fixture(scope="module")
def with_the_worker_killed(tmp_path_factory: pytest.TempPathFactory, undisturbed: Run) -> Iterator[Run]:
    """The same cohort and luck; the worker gets SIGKILL in the middle of the program."""
    directory = tmp_path_factory.mktemp("killed")
    data, file = directory / "data", directory / "demo.json"
    demo = started(
        "demo", "--roster", undisturbed.roster, "--seed", str(SEED), "--keep", "--json", file, "--data", data
    )
    try:
        said = _until_week_five(demo)
        os.kill(json.loads((data / "worker" / "worker.json").read_text())["pid"], signal.SIGKILL)
        rest, _ = demo.communicate(timeout=200)
        assert demo.returncode == 0, said + rest
        yield Run(data, said + rest, json.loads(file.read_text()), undisturbed.roster)
    finally:
        if demo.poll() is None:
            demo.terminate()
            demo.wait(timeout=60)
        run("stop", "--data", data)


def test_every_pairing_ends_with_an_outcome_and_a_reason(undisturbed: Run) -> None:
    pairings = undisturbed.written["pairings"]
    assert len(pairings) >= 5
    outcomes = {"completed", "below_standard", "closed_early", "declined", "expired"}
    assert all(pairing["outcome"] in outcomes and pairing["reason"] for pairing in pairings)
    assert any(pairing["outcome"] == "completed" for pairing in pairings)
    assert undisturbed.written["evaluation"]["funnel"]["matched"] == len(pairings)


def test_the_report_says_where_to_look_and_what_happened(undisturbed: Run) -> None:
    for part in (
        "funnel",
        "Every pairing",
        "The evaluation",
        "events are stored",
        "Temporal UI",
        "psql",
        "pairloom stop",
    ):
        assert part in undisturbed.said


def test_workflows_are_completed_and_last_for_months(undisturbed: Run) -> None:
    listed = _temporal(undisturbed, "workflow", "list", "--output", "json")
    by_type = {kind: [w for w in listed if w["type"]["name"] == kind] for kind in ("CohortWorkflow", "PairingWorkflow")}
    assert len(by_type["CohortWorkflow"]) == 1
    assert len(by_type["PairingWorkflow"]) == len(undisturbed.written["pairings"])
    assert all(w["status"] == "WORKFLOW_EXECUTION_STATUS_COMPLETED" for w in listed)
    completed = {p["id"] for p in undisturbed.written["pairings"] if p["outcome"] == "completed"}
    for workflow in by_type["PairingWorkflow"]:
        if workflow["execution"]["workflowId"].rpartition("/")[2] in completed:
            assert float(workflow["executionDuration"].rstrip("s")) > 26 * 7 * 86_400


async def opened(demo: Run) -> EventStore:
    return await EventStore.connect(demo.ground.database_url, master_key=demo.ground.master_key)


async def test_folding_each_stream_gives_what_the_workflow_says(undisturbed: Run) -> None:
    client = await connect_to(undisturbed.ground.temporal_address)
    async with await opened(undisturbed) as store:
        streams = await store.streams("pairing/")
        assert len(streams) == len(undisturbed.written["pairings"])
        for stream in streams:
            folded = fold(load(event.data, event.schema_version) for event in await store.read(stream))
            said = await client.get_workflow_handle(stream).query("state", result_type=Pairing)
            assert folded == _erased(said), "archived a year later, the cohort has no answers any more"
            assert said.evaluations == () or folded != said


async def test_the_real_server_and_the_pure_simulation_tell_the_same_stories(undisturbed: Run) -> None:
    async with await opened(undisturbed) as store:
        for stream in await store.streams("pairing/"):
            real = [load(event.data, event.schema_version) for event in await store.read(stream)]
            assert [without_answers(event) for event in simulate_again(real, SEED, Assumptions())] == real, stream


def _erased(state: Pairing) -> Pairing:
    """The state without what anybody answered, and without the words of goals."""
    nothing = {"skill": None, "safety": None, "recommend": None, "would_repeat": None}
    return replace(
        state,
        baseline=(),
        goals=tuple(goal.model_copy(update={"text": None}) for goal in state.goals),
        checkpoints=tuple(one.model_copy(update={"safety": (), "progress": ()}) for one in state.checkpoints),
        evaluations=tuple(one.model_copy(update=nothing) for one in state.evaluations),
    )


async def test_the_written_figures_are_those_of_the_store(undisturbed: Run) -> None:
    async with await EventStore.connect(undisturbed.ground.database_url) as store:
        assert undisturbed.written["events"] == await store.count()
        for pairing in undisturbed.written["pairings"]:
            stream = f"pairing/{undisturbed.written['cohort']}/{pairing['id']}"
            assert pairing["events"] == len(await store.read(stream)) > 0
    told = run("cohort", "evaluation", undisturbed.written["cohort"], "--data", undisturbed.data, "--json")
    assert json.loads(told.stdout)["figures"] == undisturbed.written["evaluation"]


async def test_a_killed_worker_changes_nothing_but_recorded_times(
    undisturbed: Run, with_the_worker_killed: Run
) -> None:
    assert with_the_worker_killed.written["worker_restarts"] == 1
    assert "started again 1 time" in with_the_worker_killed.said
    one, other = await asyncio.gather(_everything(undisturbed), _everything(with_the_worker_killed))
    assert len(one) > 100
    assert one == other


async def test_names_and_addresses_stay_in_the_person_table(undisturbed: Run) -> None:
    people = read_roster(undisturbed.roster)
    personal = [word.encode() for person in people for word in (person.name, person.email)]
    kept = [undisturbed.data / "temporal.db", undisturbed.data / "temporal.db-wal", *undisturbed.data.rglob("*.log")]
    written = [file.read_bytes() for file in kept if file.exists()]
    written.append("\n".join(str(row) for row in await _everything(undisturbed)).encode())
    assert len(written) >= 4
    assert b"OfferAccepted" in written[0] + written[1], "payloads are stored as they are, so a name would be found"
    found = [word for word in personal for text in written if word in text]
    assert found == []


async def _everything(of: Run) -> list[tuple[object, ...]]:
    """Every column of every event but those that the database's own clock and counters fill; answers are opened."""
    async with await opened(of) as store:
        read = [event.data for stream in await store.streams("") for event in await store.read(stream)]
    connection = await asyncpg.connect(of.ground.database_url)
    try:
        columns = await connection.fetch(
            "select column_name from information_schema.columns where table_schema = $1 and table_name = $2",
            "pairloom",
            "event",
        )
        kept = sorted({row["column_name"] for row in columns} - {"recorded_at", "event_no", "xid", "data"})
        rows = await connection.fetch(f"select {', '.join(kept)} from pairloom.event order by stream_id, version")
        return [(*row, data) for row, data in zip(rows, read, strict=True)]
    finally:
        await connection.close()


def _until_week_five(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    said, deadline = "", time.monotonic() + 120
    for line in demo.stdout:
        said += line
        if "week  5" in line:
            return said
        assert time.monotonic() < deadline, said
    raise AssertionError(f"the demo ended before its fifth week: {said}")


def _temporal(of: Run, *arguments: str) -> Any:
    command = [Path(sys.executable).with_name("temporal"), *arguments, "--address", of.ground.temporal_address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)
