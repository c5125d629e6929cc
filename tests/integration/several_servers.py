"""PostgreSQL servers of a test's own, and physical copies of them, as a base backup or a standby is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from embedded import postgres
from embedded.ports import Ports, choose
from tests.chaos.store import Server


def new_server(data: Path) -> Server:
    """Started, with a fresh cluster."""
    data.mkdir()
    server = Server(data, choose(Ports(), Ports()).postgres)
    server.start()
    return server


def copy_of(original: Server, data: Path, *, standby: bool = False) -> Server:
    """Started from a base backup: a cluster that goes its own way, or one that follows the original, read-only."""
    data.mkdir()
    shutil.copy2(original.data / "postgres.password", data)
    backup = [str(postgres.binaries() / "pg_basebackup"), "--checkpoint", "fast", "--no-sync", "-d", original.url]
    follow = ["--write-recovery-conf"] if standby else []
    subprocess.run([*backup, *follow, "-D", str(data / "postgres")], check=True)
    owned_as(original.data / "postgres", data / "postgres")
    server = Server(data, choose(Ports(), Ports()).postgres)
    server.start()
    return server


def owned_as(model: Path, copy: Path) -> None:
    """PostgreSQL refuses a data directory that is not its own."""
    owner = model.stat()
    for entry in (copy, *copy.rglob("*")):
        shutil.chown(entry, owner.st_uid, owner.st_gid)


def restored(dumped_url: str, into: Server, database: str, *how: str) -> str:
    """The address of a new database with what the other one holds; `how` are options of pg_dump."""
    tools = postgres.binaries()
    url = f"{into.url.rpartition('/')[0]}/{database}"
    psql = [str(tools / "psql"), "-q", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([*psql, "-d", into.url, "-c", f"create database {database}"], check=True)
    dump = subprocess.run([str(tools / "pg_dump"), *how, "-d", dumped_url], stdout=subprocess.PIPE, check=True)
    subprocess.run([*psql, "-d", url], input=dump.stdout, stdout=subprocess.DEVNULL, check=True)
    return url
