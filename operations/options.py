"""The options and arguments that several commands share, and what they take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from pydantic import ValidationError

from domain.decider import Actor, Role

DEV_DATA = Path(".pairloom/dev")

DataDirectory = Annotated[Path, typer.Option("--data", help="The data directory of the `pairloom dev` to talk to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def cohort_id(value: str | None) -> str | None:
    """A cohort's id where one is given; raises BadParameter."""
    return None if value is None else _slug(value)


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", value):
        raise typer.BadParameter(f"found {value!r}, expected small letters, digits and hyphens: digital-fluency-2027")
    return value


def _pairing(value: str) -> str:
    found = value.removeprefix("pairing/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}/[A-Za-z0-9_.~-]{1,130}", found):
        raise typer.BadParameter(f"found {value!r}, expected a cohort and a pairing of it: spring/P032~P031")
    return found


def _actor(value: str) -> str:
    role, _, named = value.partition(":")
    try:
        Actor(role=Role(role.replace("-", "_")), id=named)
    except (ValueError, ValidationError):
        roles = ", ".join(one.value for one in Role if one is not Role.CLOCK)
        raise typer.BadParameter(
            f"found {value!r}, expected ROLE:ID, such as coordinator:ops-1; the roles are {roles}"
        ) from None
    return value


def _opaque(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", value):
        raise typer.BadParameter(f"found {value!r}, expected an opaque id: letters, digits, '_', '.', '-'; no address")
    return value


CohortId = Annotated[
    str, typer.Argument(metavar="COHORT", callback=_slug, help="The cohort's id, such as digital-fluency-2027.")
]
PairingId = Annotated[
    str, typer.Argument(metavar="PAIRING", callback=_pairing, help="Cohort and pairing, such as spring/P032~P031.")
]
Sender = Annotated[
    str, typer.Option("--as", metavar="ROLE:ID", callback=_actor, help="Who commands, such as mentor:P032.")
]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Idempotency key, by default a new one. To repeat: the one that was printed."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record: no names.")]
Reader = Annotated[
    str,
    typer.Option("--as", metavar="ROLE:ID", callback=_actor, help="Who reads: each role sees what it may know."),
]
ApproverId = Annotated[
    str, typer.Option("--as", metavar="NAME", callback=_opaque, help="The approver's opaque id, kept in the record.")
]


def actor_of(value: str) -> Actor:
    """The actor that a checked ROLE:ID names."""
    role, _, named = value.partition(":")
    return Actor(role=Role(role.replace("-", "_")), id=named)


def made_key(given: str | None) -> str:
    """The key that was given, or one that nobody has used."""
    return given or f"cli-{uuid4().hex[:12]}"
