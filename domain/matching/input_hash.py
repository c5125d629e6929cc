"""A fingerprint of everything that a match run depended on, for its audit event."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from hashlib import sha256

from domain.decider import ParticipantId
from domain.program import MatchingPolicy, WorkingHours
from domain.roster import Person

_DOES_NOT_MATTER = {"name", "email", "country"}
"""The fields of a person that no score and no bar looks at."""

_LISTS_WITHOUT_ORDER = ("skills_offered", "skills_wanted", "interests", "languages", "conflicts", "earlier_partners")


def input_hash(
    people: Iterable[Person],
    policy: MatchingPolicy,
    *,
    seed: int,
    hours: WorkingHours,
    on: date,
    places: Mapping[ParticipantId, int] | None = None,
    standing: Collection[tuple[ParticipantId, ParticipantId]] = (),
) -> str:
    """SHA-256 as hexadecimal digits over canonical JSON of what `propose` takes, whatever order it comes in.

    The same hash means the same proposal from the same release of Pairloom. It is not a
    pseudonym of the roster: whoever has the roster can recompute it.
    """
    written = {
        "people": [_relevant(person) for person in sorted(people, key=lambda person: person.id)],
        "policy": _without_order(policy),
        "seed": seed,
        "hours": hours.model_dump(mode="json"),
        "on": on.isoformat(),
        "places": None if places is None else dict(places),
    }
    if standing:
        written["standing"] = sorted(standing)
    canonical = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return sha256(canonical.encode()).hexdigest()


def _relevant(person: Person) -> dict[str, object]:
    fields = person.model_dump(mode="json", exclude=_DOES_NOT_MATTER)
    return fields | {name: sorted(fields[name]) for name in _LISTS_WITHOUT_ORDER}


def _without_order(policy: MatchingPolicy) -> dict[str, object]:
    fields = policy.model_dump(mode="json")
    return fields | {
        name: sorted({tuple(sorted(pair)) for pair in getattr(policy, name)}) for name in ("forbidden", "earlier_pairs")
    }
