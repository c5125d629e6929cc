"""A TCP proxy in front of PostgreSQL: its line can be cut and restored, its answers held back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


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

    def hold_answers(self) -> None:
        """What is sent arrives, and nothing comes back: the caller cannot know what was committed."""
        self._answers_pass.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection(*self._target)
        self._lines |= {writer, back_writer}
        both = asyncio.gather(self._pump(reader, back_writer), self._pump(back_reader, writer, answers=True))
        with suppress(OSError, asyncio.CancelledError):
            await both
        self._lines -= {writer, back_writer}

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool = False) -> None:
        with suppress(OSError):
            while part := await source.read(65536):
                if answers:
                    await self._answers_pass.wait()
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
