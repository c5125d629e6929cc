"""What may go wrong between Pairloom and its database, as one sentence each for the person who runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror
from urllib.parse import urlsplit

import asyncpg

from eventstore.addresses import SettingsLost, hosts_of


class StoreUnavailable(Exception):
    """The database cannot serve now; the same call may succeed later. Carries no credentials and no data."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class StoreRefused(Exception):
    """The database will never take this call, however often it is repeated: a defect of the caller."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


_SENTENCES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    (
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError),
        "PostgreSQL at {place} refused the user or the password; correct the database address.",
    ),
    (
        (asyncpg.InvalidCatalogNameError,),
        "PostgreSQL at {server} has no database {database!r}; create it or correct the database address.",
    ),
    (
        (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError),
        "The database at {place} lacks tables of this version of Pairloom; run its migrations first.",
    ),
    (
        (asyncpg.InsufficientPrivilegeError,),
        "PostgreSQL at {place} does not allow this user to do that; grant it the rights on schema pairloom.",
    ),
    (
        (asyncpg.DiskFullError,),
        "The disk of PostgreSQL at {place} is full; free some space, nothing was stored.",
    ),
    (
        (asyncpg.OutOfMemoryError,),
        "PostgreSQL at {place} is out of memory; nothing was stored.",
    ),
    (
        (asyncpg.TooManyConnectionsError,),
        "PostgreSQL at {place} has no connection left; raise max_connections or run fewer workers.",
    ),
    (
        (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.CannotConnectNowError),
        "PostgreSQL at {place} is shutting down or starting up.",
    ),
    (
        (asyncpg.ReadOnlySQLTransactionError,),
        "PostgreSQL at {place} is read-only, probably a replica; give the address of the primary.",
    ),
    (
        (asyncpg.QueryCanceledError,),
        "PostgreSQL at {place} cancelled the call, on an administrator's request.",
    ),
    (
        (asyncpg.LockNotAvailableError,),
        "Somebody holds a table of the database at {place} that is needed whole for a moment, as a dump or a VACUUM "
        "does; it works again when that ends.",
    ),
    (
        (asyncpg.SerializationError, asyncpg.DeadlockDetectedError),
        "PostgreSQL at {place} gave way to another transaction; nothing was stored.",
    ),
    (
        (asyncpg.TargetServerAttributeNotMatched,),
        "None of the servers at {place} takes writes; start the primary, or add its host to the database address.",
    ),
    (
        (SettingsLost, asyncpg.ProtocolViolationError),
        "Something at {place} does not pass on what a session begins with, as a pooler does not: give the server's own "
        "address, for the event store keeps a pool of its own.",
    ),
    (
        (asyncpg.PostgresConnectionError, asyncpg.InternalClientError),
        "The connection to PostgreSQL at {place} broke before it answered.",
    ),
    ((ConnectionRefusedError,), "No PostgreSQL answers at {place}; start it or correct the database address."),
    ((gaierror,), "The host of the database address, {server}, is not known; correct the database address."),
    ((TimeoutError,), "PostgreSQL at {place} did not answer in time."),
    ((OSError,), "PostgreSQL at {place} cannot be reached; check that it runs and that the address is right."),
)

_UNFIT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)


def unavailable(error: BaseException, url: str) -> StoreUnavailable | None:
    """The sentence for `error` from a call to the database at `url`; None where it is not the database's state."""
    server, database = _place(url)
    for kinds, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return StoreUnavailable(sentence.format(place=f"{server}/{database}", server=server, database=database))
    if isinstance(error, asyncpg.ClientConfigurationError):
        return StoreUnavailable("The database address is not one: expected postgresql://user@host:port/database.")
    if isinstance(error, asyncpg.InterfaceError) and "clos" in str(error):
        return StoreUnavailable(f"The connection to PostgreSQL at {server}/{database} is closed.")
    return None


@contextmanager
def in_sentences(url: str) -> Iterator[None]:
    """Turn driver errors into `StoreUnavailable` (the database's state) or `StoreRefused` (the caller's data)."""
    try:
        yield
    except Exception as error:
        sentence = unavailable(error, url)
        if sentence is not None:
            raise sentence from None  # the driver's own words may quote values, and causes travel into histories
        if isinstance(error, _UNFIT):
            raise StoreRefused(f"PostgreSQL does not take this record ({_what(error)}).") from None
        raise


def _place(url: str) -> tuple[str, str]:
    """Each `host:port` and the database's name: never the user, the password or an option."""
    try:
        servers = ",".join(f"{host}:{port or 5432}" for host, port in hosts_of(url) or [("localhost", None)])
        return servers, urlsplit(url).path.lstrip("/") or "postgres"
    except ValueError:
        return "an unreadable address", ""


def _what(error: Exception) -> str:
    """The kind of refusal and the constraint's name; PostgreSQL's own message may quote values."""
    constraint = getattr(error, "constraint_name", None)
    return f"{type(error).__name__} by {constraint}" if constraint else type(error).__name__
