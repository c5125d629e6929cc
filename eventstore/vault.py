"""The vault: seals people's answers with a key of their own, and makes them unreadable by erasing it.

A key belongs to one person in one cohort. It lies in the database wrapped by the master key, which only workers hold.
Whoever sends a command owns the sealed parts of its events. Values are sealed with AES-256-GCM, bound to their event.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from os import urandom
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from domain.sealing import MARK, is_sealed, with_parts, without_sealed
from eventstore.records import Batch, JsonObject, NewEvent, StoredEvent

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Connecting: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]

KEY_BYTES = 32
NONCE_BYTES = 12


class MasterKeyError(Exception):
    """The master key cannot be used; the message says what to do."""


class Vault:
    """Seals on the way in and opens on the way out, with keys that it keeps in the database of `connection`."""

    def __init__(self, master_key: str, connection: Connecting) -> None:
        """`master_key` is as `new_master_key` writes it. Raises MasterKeyError."""
        self._master = AESGCM(read_master_key(master_key))
        self._connection = connection

    async def check(self) -> None:
        """Raises MasterKeyError where this database's keys were wrapped by another master key."""
        async with self._connection() as connection:
            row = await connection.fetchrow("select * from pairloom.any_key()")
        if row is not None:
            self._unwrapped(row["wrapped"], row["cohort"], row["person_id"])

    async def sealed(self, batch: Batch) -> Batch:
        """The batch as it may be stored. The parts of somebody whose key was erased are left out."""
        if not any(event.sealed for event in batch.events):
            return batch
        key = await self._key(cohort_of(batch.stream), batch.actor_id)
        events = tuple(_sealed(event, key) if event.sealed else event for event in batch.events)
        return batch.model_copy(update={"events": events})

    async def opened(self, events: Sequence[StoredEvent]) -> list[StoredEvent]:
        """The events with every part readable whose key is there, and None where it was erased."""
        closed = [event for event in events if _has_sealed(event.data)]
        if not closed:
            return list(events)
        keys = await self._existing({(cohort_of(event.stream), event.actor_id) for event in closed})
        return [_opened(event, keys.get((cohort_of(event.stream), event.actor_id))) for event in events]

    async def _key(self, cohort: str, person: str) -> AESGCM | None:
        """Asked of the database each time: another worker may have erased it."""
        candidate = self._wrap(urandom(KEY_BYTES), cohort, person)
        async with self._connection() as connection:
            wrapped = await connection.fetchval("select pairloom.key_of($1, $2, $3)", cohort, person, candidate)
        return None if wrapped is None else self._unwrapped(wrapped, cohort, person)

    async def _existing(self, owners: Iterable[tuple[str, str]]) -> dict[tuple[str, str], AESGCM]:
        found: dict[tuple[str, str], AESGCM] = {}
        wanted = set(owners)
        async with self._connection() as connection:
            for cohort in {cohort for cohort, _ in wanted}:
                people = [person for where, person in wanted if where == cohort]
                rows = await connection.fetch("select * from pairloom.keys_of($1, $2)", cohort, people)
                for person, wrapped in rows:
                    found[cohort, person] = self._unwrapped(wrapped, cohort, person)
        return found

    def _wrap(self, key: bytes, cohort: str, person: str) -> bytes:
        nonce = urandom(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, f"{cohort}/{person}".encode())

    def _unwrapped(self, wrapped: bytes, cohort: str, person: str) -> AESGCM:
        try:
            key = self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], f"{cohort}/{person}".encode())
        except InvalidTag:
            raise MasterKeyError(
                "PAIRLOOM_MASTER_KEY is not the key under which this database's answers were sealed: set that one."
            ) from None
        return AESGCM(key)


def new_master_key() -> str:
    """32 random bytes in base64, as the environment holds them."""
    return b64encode(urandom(KEY_BYTES)).decode()


def read_master_key(written: str) -> bytes:
    """The key behind its base64. Raises MasterKeyError, without quoting it."""
    try:
        key = b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyError(
            "PAIRLOOM_MASTER_KEY is not 32 bytes in base64: make one with `pairloom store new-key`, and keep it safe."
        )
    return key


def cohort_of(stream: str) -> str:
    """`pairing/<cohort>/<pair>` and `cohort/<cohort>` belong to the cohort."""
    return stream.split("/")[1]


def _sealed(event: NewEvent, key: AESGCM | None) -> NewEvent:
    if key is None:
        return event.model_copy(update={"data": with_parts(event.data, event.sealed, lambda path, value: None)})
    return event.model_copy(update={"data": with_parts(event.data, event.sealed, partial(_seal, key, event.event_id))})


def _seal(key: AESGCM, event: object, path: str, value: JsonValue) -> JsonValue:
    nonce = urandom(NONCE_BYTES)
    closed = nonce + key.encrypt(nonce, to_json(value), f"{event}:{path}".encode())
    return {MARK: b64encode(closed).decode()}


def _opened(event: StoredEvent, key: AESGCM | None) -> StoredEvent:
    if key is None:
        return event.model_copy(update={"data": without_sealed(event.data)})
    return event.model_copy(update={"data": _open_parts(event.data, key, str(event.event_id), "")})


def _open_parts(data: Mapping[str, JsonValue], key: AESGCM, event: str, above: str) -> JsonObject:
    opened: JsonObject = {}
    for name, value in data.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            sealed = value.get(MARK) if is_sealed(value) else None
            opened[name] = (
                _open(key, sealed, f"{event}:{path}")
                if isinstance(sealed, str)
                else _open_parts(value, key, event, f"{path}.")
            )
        else:
            opened[name] = value
    return opened


def _open(key: AESGCM, sealed: str, bound_to: str) -> JsonValue:
    closed = b64decode(sealed)
    value: JsonValue = from_json(key.decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], bound_to.encode()))
    return value


def _has_sealed(data: Mapping[str, JsonValue]) -> bool:
    return any(isinstance(value, dict) and (is_sealed(value) or _has_sealed(value)) for value in data.values())
