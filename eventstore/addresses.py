"""Connections to a database by its address, which may name several hosts: the one that takes writes is meant."""

from __future__ import annotations

import os
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

Host: TypeAlias = tuple[str, int | None]
"""A name and a port; without one, the driver's usual."""

PATIENCE = 10.0
"""Seconds for a connection."""

PATIENCE_WITH_EACH = 5.0
"""Seconds for each of several hosts: one that is down may say nothing at all, and the next one waits for it."""

_SETTINGS = {"default_transaction_isolation": "read committed"}
"""Whatever the database has for others: who waits for a rival or a lock looks again, and must see what has happened."""

CLIENT_LOOKED_FOR = "10s"
"""How often the server looks whether its client is there while it waits for a lock or works: by itself it finds that
out when it answers, and a call that was given up and repeated would leave a session each time."""

_LIMITS = ("statement_timeout", "transaction_timeout", "lock_timeout", "idle_session_timeout")

_ITS_SESSION = """
select (select count(set_config(name, '0', false)) from pg_catalog.pg_settings
         where name = any ($1::text[]) and setting <> '0') as lifted,
       (select count(set_config(name, $3, false)) from pg_catalog.pg_settings
         where name = 'client_connection_check_interval' and setting = '0'
           and version() ~ 'linux|darwin|bsd') as watched,  -- elsewhere it cannot be set
       (select count(*) from pg_catalog.pg_settings where name = any ($2::text[]) and source = 'client') as begun,
       current_setting('role') as role
"""
"""The server's limits are meant for others: a publication that was broken off begins again, and never ends. A usual
call has an end by our own clock. Not said as the session begins: a release that does not know one would refuse it."""


class SettingsLost(Exception):
    """Something in front of the server has kept back what a session begins with, such as its role."""


_ANOTHER_MAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TargetServerAttributeNotMatched,
)
"""What one host says, or does, that is no answer of the others."""


def hosts_of(url: str) -> list[Host]:
    """The hosts that an address names, or else PGHOST and PGPORT; none where neither does.

    Raises ValueError where a port is none; its words may quote the address.
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    if named := parts.netloc.rpartition("@")[2]:
        return _with_ports(named, os.environ.get("PGPORT", ""))
    hosts = options.get("host", [os.environ.get("PGHOST", "")])[-1]
    return _with_ports(hosts, options.get("port", [os.environ.get("PGPORT", "")])[-1])


def _with_ports(hosts: str, ports: str) -> list[Host]:
    """`ports` is one for each host, or one for all; a host's own counts before it."""
    found = [_host(one) for one in hosts.split(",") if one]
    others: list[int | None] = [_port(one) for one in ports.split(",") if one] or [None]
    if len(others) == 1:
        others *= len(found)
    return [(name, port or other) for (name, port), other in zip(found, others, strict=True)]


def _host(spec: str) -> Host:
    if spec.startswith("["):
        name, _, port = spec[1:].partition("]")
        port = port.removeprefix(":")
    else:
        name, _, port = spec.partition(":")
    return unquote(name), _port(port) if port else None


def _port(text: str) -> int:
    if not 0 < int(text) < 65536:
        raise ValueError(text)
    return int(text)


async def connect(dsn: str | None = None, **options: Any) -> asyncpg.Connection[asyncpg.Record]:
    """As the driver does, with our settings; of several hosts, to the first in their order that takes writes.

    Whatever limits the server has, it ends nothing of ours for being long. Raises SettingsLost behind a pooler.
    The driver itself would spend its whole time on a host that does not answer.
    """
    try:
        hosts = hosts_of(dsn or "")
    except ValueError:
        raise asyncpg.ClientConfigurationError("the address has a port that is none") from None
    options["server_settings"] = _SETTINGS | options.get("server_settings", {})
    if len(hosts) < 2:
        return await _connected(dsn, **{"timeout": PATIENCE, **options})
    said: list[Exception] = []
    for host, port in hosts:
        try:
            return await _connected(
                dsn,
                **options
                | {
                    "host": host,
                    "port": port,
                    "timeout": PATIENCE_WITH_EACH,
                    "target_session_attrs": SessionAttribute.read_write,
                },
            )
        except _ANOTHER_MAY as error:
            said.append(error)
    raise next((error for error in said if isinstance(error, asyncpg.TargetServerAttributeNotMatched)), said[-1])


async def _connected(dsn: str | None, **options: Any) -> asyncpg.Connection[asyncpg.Record]:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn, **options)
    asked: dict[str, str] = options["server_settings"]
    others = asked.keys() - {"role"}  # which the view does not show
    try:
        found = await connection.fetchrow(_ITS_SESSION, _LIMITS, others, CLIENT_LOOKED_FOR, timeout=options["timeout"])
        if found is None or found["begun"] != len(others) or found["role"] != asked.get("role", found["role"]):
            raise SettingsLost
    except BaseException:
        connection.terminate()
        raise
    return connection
