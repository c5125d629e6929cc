"""A TCP proxy in front of PostgreSQL: its line can be cut and restored, answers to some statements held back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

PARSE, BIND = b"P", b"B"
"""The first bytes of PostgreSQL's messages that name a statement with its text, and that execute a named one."""

HEAD = 5
"""Bytes of a message before its content: its kind and its length."""


@dataclass
class _Line:
    """One connection: the texts of its named statements, and of the one that it has asked for last."""

    statements: dict[bytes, bytes] = field(default_factory=dict)
    executes: bytes = b""
    silent: bool = False

    def asks(self, part: bytes) -> None:
        """Take notice of a request; a client that waits for each answer sends each in a part of its own."""
        if part.startswith(PARSE):
            name, text, _ = part[HEAD:].split(b"\0", 2)
            self.statements[name] = text
        elif part.startswith(BIND):
            _, name, _ = part[HEAD:].split(b"\0", 2)
            self.executes = self.statements.get(name, b"")


class CuttableProxy:
    """`url` is the address of the database through the proxy."""

    def __init__(self, behind: str) -> None:
        parts = urlsplit(behind)
        assert parts.hostname is not None
        assert parts.port is not None
        self._parts, self._target = parts, (parts.hostname, parts.port)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._lines: set[asyncio.StreamWriter] = set()
        self._known: list[_Line] = []
        self._held = b""
        self._answers_pass = asyncio.Event()
        self._answers_pass.set()

    @property
    def url(self) -> str:
        """The same database, user and password; another port."""
        credentials = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{credentials}@127.0.0.1:{self._port}"))

    async def restore(self) -> None:
        """Take connections, on the same port as before."""
        self._answers_pass.set()
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse new connections and break the running ones."""
        if self._server is not None:
            self._server.close()
        self._answers_pass.set()
        for line in list(self._lines):
            line.transport.abort()
        self._lines.clear()

    def fall_silent(self) -> None:
        """Nothing passes on the lines that there are, as if the machine had gone; new ones are served."""
        for line in self._known:
            line.silent = True

    def hold_answers(self, to: str) -> None:
        """Statements with this text are executed, and nothing comes back: the caller cannot know what was committed.

        All else goes on: what is in the way of such a statement, as preparing it or a new connection, must be answered.
        """
        self._held = to.encode()
        self._answers_pass.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection(*self._target)
        self._lines |= {writer, back_writer}
        line = _Line()
        self._known.append(line)
        both = asyncio.gather(self._ask(reader, back_writer, line), self._answer(back_reader, writer, line))
        with suppress(OSError, asyncio.CancelledError):
            await both
        self._lines -= {writer, back_writer}

    async def _ask(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: _Line) -> None:
        with suppress(OSError):
            while part := await source.read(65536):
                if line.silent:
                    continue
                line.asks(part)
                sink.write(part)
                await sink.drain()
        sink.close()

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: _Line) -> None:
        with suppress(OSError):
            while part := await source.read(65536):
                if line.silent:
                    continue
                if self._held in line.executes:
                    await self._answers_pass.wait()
                line.executes = b""
                sink.write(part)
                await sink.drain()
        sink.close()


@asynccontextmanager
async def cuttable(url: str) -> AsyncIterator[CuttableProxy]:
    """A proxy that passes everything, until told otherwise."""
    proxy = CuttableProxy(url)
    await proxy.restore()
    try:
        yield proxy
    finally:
        await proxy.cut()
