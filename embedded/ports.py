"""Which TCP ports of 127.0.0.1 the servers get."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from dataclasses import dataclass, fields

from embedded.server_process import GroundError


@dataclass(frozen=True)
class Ports:
    """None leaves a port to be picked."""

    temporal: int | None = None
    ui: int | None = None
    postgres: int | None = None


USUAL_PORTS = Ports(temporal=7233, ui=8233, postgres=54329)

_SERVERS = {"temporal": "Temporal", "ui": "Temporal's web UI", "postgres": "PostgreSQL"}


@dataclass(frozen=True)
class Chosen:
    """Three free ports, each of which a moment ago nobody listened on."""

    temporal: int
    ui: int
    postgres: int


def choose(preferred: Ports, required: Ports) -> Chosen:
    """The required ports, or GroundError where one is taken; else the preferred ones where free; else any."""
    chosen: dict[str, int] = {}
    with ExitStack() as held:
        for name in (field.name for field in fields(Ports)):
            wanted = getattr(required, name)
            if wanted is not None:
                chosen[name] = _hold(held, _SERVERS[name], wanted)
        for name in (field.name for field in fields(Ports) if field.name not in chosen):
            try:
                chosen[name] = _hold(held, _SERVERS[name], getattr(preferred, name) or 0)
            except GroundError:
                chosen[name] = _hold(held, _SERVERS[name], 0)
    return Chosen(**chosen)


def _hold(held: ExitStack, server: str, port: int) -> int:
    """Bind the port (0: any free one) until the stack closes, so that no port is chosen twice."""
    holder = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    # Connections of an earlier run linger for a minute; they do not stand in a server's way.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
        holder.listen(1)
    except OverflowError:
        raise GroundError(f"{port} is not a port for {server}: give a number from 1024 to 65535.") from None
    except OSError as error:
        if error.errno == errno.EACCES:
            raise GroundError(f"Port {port} for {server} needs root: give a number from 1024 to 65535.") from error
        raise GroundError(
            f"Port {port} for {server} is taken: stop what listens there, or give another port."
        ) from error
    found: int = holder.getsockname()[1]
    return found
