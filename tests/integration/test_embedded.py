"""The embedded servers, started and stopped for real."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from embedded.ground import Ground, GroundError, Ports, attach, start_ground
from embedded.ports import Chosen, choose
from embedded.server_process import ServerProcess, launch


@contextmanager
def running(data: Path, *, required: Ports | None = None, durable: bool = False) -> Iterator[Ground]:
    ground = start_ground(data, virtual_time=True, preferred=None, required=required, durable=durable)
    try:
        yield ground
    finally:
        ground.stop()


@contextmanager
def bystander(like: Path) -> Iterator[psutil.Process]:
    """A living process of the user who owns `like`, that has nothing to do with us."""
    owner = like.stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=owner, cwd="/") as child:
        try:
            yield psutil.Process(child.pid)
        finally:
            child.kill()


def servers_on(data: Path) -> list[psutil.Process]:
    """Every living server process that works in the directory."""
    return [
        process
        for process in psutil.process_iter(["cwd", "name"])
        if (process.info["cwd"] or "").startswith(str(data)) and process.info["name"] in ("temporal", "postgres")
    ]


async def query(ground: Ground, statement: str) -> object:
    connection = await asyncpg.connect(ground.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_restart_keeps_the_data_of_both_servers(tmp_path: Path) -> None:
    # Long, with what SQLite addresses and shells trip over: the data of somebody's home may live there.
    data = tmp_path / ("a long directory's name, 100% #1 " * 5) / ("and one more " * 6) / "data"
    with running(data, durable=True) as ground:
        client = await Client.connect(ground.temporal_address)
        await client.start_workflow("Kept", id="kept", task_queue="nobody")
        await query(ground, "create table kept as select 42 as answer")
        assert await query(ground, "show fsync") == "on"
        assert await query(ground, "show data_checksums") == "on"
        assert await query(ground, "show server_encoding") == "UTF8"

    assert servers_on(data) == []
    with running(data) as again:
        client = await Client.connect(again.temporal_address)
        assert (await client.get_workflow_handle("kept").describe()).status == WorkflowExecutionStatus.RUNNING
        assert await query(again, "select answer from kept") == 42
        assert await query(again, "show fsync") == "off"


async def test_a_crash_of_postgresql_keeps_what_was_committed_and_does_not_stop_the_next_start(tmp_path: Path) -> None:
    with ExitStack() as still_running:
        crashed = still_running.enter_context(running(tmp_path))
        await query(crashed, "create table kept as select 42 as answer")
        crashed.postgres.stop()  # without an escalation: SIGKILL
        assert attach(tmp_path) is None
        assert crashed.temporal.alive()

        # In a container the old pid soon belongs to somebody else of the same user.
        pid_file = tmp_path / "postgres" / "postmaster.pid"
        stranger = still_running.enter_context(bystander(tmp_path / "postgres"))
        _, *rest = pid_file.read_text().splitlines(keepends=True)
        pid_file.write_text(f"{stranger.pid}\n{''.join(rest)}")

        again = still_running.enter_context(running(tmp_path))
        assert not crashed.temporal.alive()
        assert await query(again, "select answer from kept") == 42
        assert stranger.is_running()


async def test_a_ground_without_a_server_running_on_it_is_not_started_twice(tmp_path: Path) -> None:
    with running(tmp_path) as ground:
        with pytest.raises(GroundError, match=f"run already, Temporal at {ground.temporal_address}"):
            start_ground(tmp_path, virtual_time=True)
        assert ground.alive()
        assert {process.name() for process in servers_on(tmp_path)} == {"temporal", "postgres"}


def test_another_process_finds_the_ground_and_stops_it(tmp_path: Path) -> None:
    assert attach(tmp_path) is None
    with running(tmp_path) as ground:
        found = attach(tmp_path)
        assert found == ground
        assert found.database_url == ground.database_url
        assert ground.database_url.split(":")[2].split("@")[0] not in (tmp_path / "ground.json").read_text()

        there = (
            "import sys; from pathlib import Path; from embedded.ground import attach; attach(Path(sys.argv[1])).stop()"
        )
        subprocess.run([sys.executable, "-c", there, str(tmp_path)], check=True, cwd=Path(__file__).parents[2])

        assert not ground.postgres.alive()
        assert not ground.temporal.alive()
        assert attach(tmp_path) is None
        assert servers_on(tmp_path) == []


def test_a_stranger_with_a_remembered_pid_is_left_alone(tmp_path: Path) -> None:
    with bystander(tmp_path) as stranger:
        remembered = ServerProcess(stranger.name(), stranger.pid, stranger.create_time() - 60)
        Ground(
            tmp_path, Chosen(1, 2, 3), remembered, ServerProcess("postgres", stranger.pid, stranger.create_time())
        ).stop()
        assert stranger.is_running()
        assert stranger.status() != psutil.STATUS_ZOMBIE

        ServerProcess(stranger.name(), stranger.pid, stranger.create_time()).stop((signal.SIGTERM, 5.0))
        assert not stranger.is_running() or stranger.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(("server", "called"), [("temporal", "Temporal"), ("ui", "web UI"), ("postgres", "PostgreSQL")])
def test_a_taken_port_is_named(tmp_path: Path, server: str, called: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(GroundError, match=rf"Port {port} for .*{called} is taken: .*give another port"):
            start_ground(tmp_path, virtual_time=True, required=Ports(**{server: port}))
    assert servers_on(tmp_path) == []


def test_preferred_ports_are_used_where_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as soon_free:
        wish = Ports(temporal=taken.getsockname()[1], postgres=soon_free.getsockname()[1])
        soon_free.close()
        ground = start_ground(tmp_path, virtual_time=False, preferred=wish, durable=False, in_memory=True)
        ground.stop()
    assert ground.ports.temporal != wish.temporal
    assert ground.ports.postgres == wish.postgres


@pytest.mark.parametrize("server", ["temporal", "ui", "postgres"])
def test_whoever_loses_a_port_between_its_choice_and_the_start_chooses_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    choices: list[Chosen] = []
    with socket.create_server(("127.0.0.1", 0)) as quicker:

        def chosen(preferred: Ports, required: Ports) -> Chosen:
            found = choose(preferred, required)
            choices.append(found if choices else replace(found, **{server: quicker.getsockname()[1]}))
            return choices[-1]

        monkeypatch.setattr("embedded.ground.choose", chosen)
        ground = start_ground(tmp_path, virtual_time=False, preferred=None, durable=False, in_memory=True)
        try:
            assert len(choices) == 2
            assert ground.ports == choices[1]
            assert ground.temporal.listens_on(ground.ports.temporal)
            assert not ground.temporal.listens_on(quicker.getsockname()[1])
        finally:
            ground.stop()


@pytest.mark.parametrize("times", [1, 2])
def test_a_port_of_temporals_own_choice_that_is_taken_is_chosen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        started = _temporal_serves_http_on(quicker.getsockname()[1], times, monkeypatch)
        ground = start_ground(tmp_path, virtual_time=False, preferred=None, durable=False)
        try:
            assert len(started) == times + 1
            assert ground.alive()
        finally:
            ground.stop()
    assert servers_on(tmp_path) == []


def test_a_port_that_is_taken_each_time_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quicker:
        started = _temporal_serves_http_on(quicker.getsockname()[1], 99, monkeypatch)
        with pytest.raises(GroundError, match=r"Temporal ended at its start, as a port .* taken: try again, or see .*"):
            start_ground(tmp_path, virtual_time=False, preferred=None, durable=False, in_memory=True)
    assert len(started) == 3
    assert servers_on(tmp_path) == []


def _temporal_serves_http_on(port: int, times: int, monkeypatch: pytest.MonkeyPatch) -> list[ServerProcess]:
    """Its first so many starts get this port for what it chooses a port for by itself. Answers with all its starts."""
    started: list[ServerProcess] = []

    def launched(name: str, command: Sequence[str], **given: Any) -> ServerProcess:
        fixed = ["--http-port", str(port)] if len(started) < times else []
        started.append(launch(name, [*command, *fixed], **given))
        return started[-1]

    monkeypatch.setattr("embedded.temporal.launch", launched)
    return started


def test_a_data_directory_that_cannot_be_one_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    for data in (file, file / "below"):
        with pytest.raises(GroundError, match="a file stands where a directory is needed"):
            start_ground(data, virtual_time=True)


def test_a_server_that_ends_at_its_start_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    version = tmp_path / "postgres" / "PG_VERSION"
    version.write_text("9.6\n")
    with pytest.raises(GroundError, match=r"PostgreSQL ended at its start: .*version 9\.6"):
        start_ground(tmp_path, virtual_time=True, preferred=None)
    assert servers_on(tmp_path) == []

    version.write_text("18\n")
    for kept in tmp_path.glob("temporal.db*"):
        kept.unlink()
    (tmp_path / "temporal.db").write_text("no database at all, however long one reads in it" * 100)
    with pytest.raises(GroundError, match=r"Temporal ended at its start: .*not a database"):
        start_ground(tmp_path, virtual_time=True, preferred=None)
    assert servers_on(tmp_path) == []
    assert attach(tmp_path) is None
