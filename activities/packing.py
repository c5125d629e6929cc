"""Values that grow with a cohort: above a bound they travel compressed, for Temporal takes 2 MB as one payload.

As JSON, a large one is `{"packed": "..."}`: its JSON by zlib, in base64. Read, both forms are the same value.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import Any, TypeVar

from pydantic import RootModel, SerializationInfo, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import from_json, to_json

from domain.decider import Frozen

T = TypeVar("T")

PACKED_FROM = 500_000
"""Bytes of JSON that still travel as they are, for people to read in the Temporal UI."""


def _unpack(cls: type[Any], given: Any) -> Any:
    if not isinstance(given, dict) or given.keys() != {"packed"}:
        return given
    try:
        return from_json(zlib.decompress(b64decode(given["packed"])))
    except (zlib.error, TypeError) as error:
        raise ValueError("expected JSON by zlib, in base64") from error


def _pack(self: Any, plainly: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
    plain = plainly(self)
    if info.mode != "json":
        return plain
    text = to_json(plain)
    return plain if len(text) <= PACKED_FROM else {"packed": b64encode(zlib.compress(text)).decode()}


class Packed(Frozen):
    """A model that may be large."""

    _unpacked = model_validator(mode="before")(_unpack)
    _packed = model_serializer(mode="wrap")(_pack)


class PackedValue(RootModel[T]):
    """A value of any type that may be large: `root`."""

    _unpacked = model_validator(mode="before")(_unpack)
    _packed = model_serializer(mode="wrap")(_pack)
