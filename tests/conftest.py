"""The ground that integration and acceptance tests stand on: real servers, started once, a database a test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from embedded.ground import Ground, start_ground
from eventstore.migrations import migrate
from eventstore.store import EventStore

# How long an example takes says how loaded the machine is, not whether the rule holds.
settings.register_profile("pairloom", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pairloom")

OWN_TEMPORARY_DIRECTORY = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """A temporary directory of this run's own.

    Every run closes the one that all runs share to other users, and PostgreSQL, which does not run as root, is
    another user: a run that began later would have taken the data from under an earlier one's servers.
    """
    if "PYTEST_DEBUG_TEMPROOT" not in os.environ:
        config.stash[OWN_TEMPORARY_DIRECTORY] = Path(mkdtemp(prefix="pairloom-tests-"))
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(config.stash[OWN_TEMPORARY_DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Gone with the run."""
    own = config.stash.get(OWN_TEMPORARY_DIRECTORY, None)
    if own is not None:
        del os.environ["PYTEST_DEBUG_TEMPROOT"]
        rmtree(own, ignore_errors=True)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Both servers on free ports, with virtual time; their data ends with the session."""
    started = start_ground(
        tmp_path_factory.mktemp("ground"), virtual_time=True, preferred=None, durable=False, in_memory=True
    )
    yield started
    started.stop()


@pytest_asyncio.fixture(scope="session")
async def migrated_template(ground: Ground) -> str:
    """The name of a migrated database that tests copy: a copy takes a tenth of a migration."""
    name = "migrated_template"
    await _administer(ground, f"create database {name}")
    await migrate(_address(ground, name))
    return name


@pytest_asyncio.fixture
async def empty_database_url(ground: Ground) -> AsyncIterator[str]:
    """A database of the test's own, not migrated."""
    async with _database(ground, "template1") as url:
        yield url


@pytest_asyncio.fixture
async def database_url(ground: Ground, migrated_template: str) -> AsyncIterator[str]:
    """A migrated database of the test's own, without any row."""
    async with _database(ground, migrated_template) as url:
        yield url


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[EventStore]:
    """The event store on `database_url`."""
    async with await EventStore.connect(database_url) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def temporal_client(ground: Ground) -> Client:
    """A client of the namespace `default` that speaks pydantic."""
    return await Client.connect(ground.temporal_address, data_converter=pydantic_data_converter)


@asynccontextmanager
async def _database(ground: Ground, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    await _administer(ground, f"create database {name} template {template}")
    try:
        yield _address(ground, name)
    finally:
        await _administer(ground, f"drop database {name} with (force)")


async def _administer(ground: Ground, statement: str) -> None:
    connection = await asyncpg.connect(ground.database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _address(ground: Ground, database: str) -> str:
    return f"{ground.database_url.rpartition('/')[0]}/{database}"
