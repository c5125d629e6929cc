"""What stands in front of PostgreSQL as PgBouncer does: settings that a session begins with do not get past it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

PASSED = (b"user", b"database", b"client_encoding")

FIXED = 8
"""Bytes of a first message before its content: its length and what it asks for."""

TLS = 80877103
REFUSAL = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: role\0\0"


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await source.read(65536):
            sink.write(part)
            await sink.drain()
    sink.close()


async def _first_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, bytes]:
    """Its fixed part and its content, after a request for TLS has been turned down."""
    while True:
        head = await reader.readexactly(FIXED)
        length, asked = struct.unpack("!II", head)
        content = await reader.readexactly(length - FIXED)
        if asked != TLS:
            return head, content
        writer.write(b"N")


@asynccontextmanager
async def pooler(url: str, *, refuses: bool) -> AsyncIterator[str]:
    """The address of the database through one that `refuses` such settings, or drops them (its administrator's choice,
    `ignore_startup_parameters`)."""
    parts = urlsplit(url)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head, content = await _first_message(reader, writer)
            names, values = content.split(b"\0")[:-2:2], content.split(b"\0")[1:-2:2]
            if refuses and not set(names) <= set(PASSED):
                writer.write(b"E" + struct.pack("!I", len(REFUSAL) + 4) + REFUSAL)
                writer.close()
                return
            kept = b"".join(n + b"\0" + v + b"\0" for n, v in zip(names, values, strict=True) if n in PASSED) + b"\0"
            back_reader, back_writer = await asyncio.open_connection(parts.hostname, parts.port)
            back_writer.write(struct.pack("!I", FIXED + len(kept)) + head[4:] + kept)
            await asyncio.gather(_pass_on(reader, back_writer), _pass_on(back_reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    credentials = parts.netloc.rpartition("@")[0]
    port = server.sockets[0].getsockname()[1]
    try:
        yield urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{port}"))
    finally:
        server.close()
