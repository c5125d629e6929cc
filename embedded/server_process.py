"""A server as a process of its own session: started, recognised again by another process, stopped."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

_SAME_MOMENT = 2.0
"""Seconds by which two readings of one process's creation time may differ when the machine's clock is set."""

_DISK_FULL = ("No space left on device", "database or disk is full")
"""As the system and as SQLite say it."""

_PORT_TAKEN = "address already in use"
"""As Go and PostgreSQL say it, but for capitals."""


class GroundError(Exception):
    """The servers cannot be started or found. One sentence that says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class PortTaken(GroundError):
    """A server ended at its start because somebody listens on a port that it wanted; another start may do."""


@dataclass(frozen=True)
class Account:
    """The system user that a server runs as, where that is not ours."""

    uid: int
    gid: int


@dataclass(frozen=True)
class ServerProcess:
    """`created` is the process's creation time in seconds since the epoch: a pid alone may be somebody else's.

    `log_start` is how many bytes its log had before it, in the process that started it.
    """

    name: str
    pid: int
    created: float
    child: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)
    log_start: int = field(default=0, compare=False, repr=False)

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return self._process() is not None

    def listens_on(self, port: int) -> bool:
        """Whether it is this very process that listens there, and not somebody who was quicker."""
        process = self._process()
        try:
            sockets = process.net_connections("tcp") if process is not None else []
        except psutil.NoSuchProcess:
            return False
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)

    def stop(self, *escalation: tuple[signal.Signals, float]) -> None:
        """Send each signal in turn and wait its seconds for the end, then kill. Nothing happens to a stranger."""
        for name, seconds in (*escalation, (signal.SIGKILL, 10.0)):
            process = self._process()
            if process is None:
                break
            try:
                process.send_signal(name)
            except psutil.NoSuchProcess:
                break
            except psutil.AccessDenied:
                raise GroundError(
                    f"The {self.name} server (process {self.pid}) belongs to another user: stop it as the user "
                    "who started it."
                ) from None
            self._wait(seconds)
        if self.child is not None:
            self.child.wait()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._process() is not None:
            time.sleep(0.02)

    def _process(self) -> psutil.Process | None:
        if self.child is not None and self.child.poll() is not None:
            return None
        try:
            process = psutil.Process(self.pid)
            ours = abs(process.create_time() - self.created) < _SAME_MOMENT and process.name().startswith(self.name)
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def launch(
    name: str,
    command: Sequence[str],
    *,
    directory: Path,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
) -> ServerProcess:
    """Start a server that outlives this process and does not hear the terminal's Ctrl-C.

    It works in `directory` and its output is appended to `directory`/`name`.log.
    """
    with private_log(directory / f"{name}.log") as output:
        log_start = output.seek(0, os.SEEK_END)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=dict(os.environ if environment is None else environment),
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            umask=0o077,
        )
    try:
        created = psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:
        created = time.time()
    return ServerProcess(name, child.pid, created, child, log_start)


def private_log(log: Path) -> BinaryIO:
    """The log, open for appending and readable by nobody else: a server's complaint may quote what it was given."""
    return open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def disk_is_full(log: Path) -> bool:
    """Whether a server has complained of that in its log."""
    said = _said(log)
    return any(words in said for words in _DISK_FULL)


def ended_at_its_start(called: str, log: Path, start: int) -> GroundError:
    """What to raise for a server that did, by its log from byte `start` on."""
    if _PORT_TAKEN in _said(log, start).lower():
        return PortTaken(f"{called} ended at its start, as a port that it wanted was taken: try again, or see {log}.")
    return GroundError(f"{called} ended at its start: {last_words(log, start)}")


def last_words(log: Path, start: int = 0) -> str:
    """Why a server ended, by its log from byte `start` on: what to do where that is known, else its last lines."""
    said = _said(log, start)
    if any(words in said for words in _DISK_FULL):
        return because(OSError(errno.ENOSPC, "")) + "."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-600:] or "it said nothing"


def _said(log: Path, start: int = 0) -> str:
    try:
        return log.read_bytes()[start:].decode(errors="replace")
    except OSError:
        return ""


def because(error: OSError) -> str:
    """Why the system refused a file, and what to do: `the disk is full; free some space`."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full; free some space or give another data directory"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "it is not writable; give a data directory of your own"
        case errno.ENOTDIR | errno.EEXIST:
            return "a file stands where a directory is needed; give another data directory"
        case _:
            return error.strerror or str(error)
