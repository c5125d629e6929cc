"""How a roster file differs from the roster that a cohort has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.roster import Person


def roster_changes(file: Sequence[Person], stored: Sequence[Person], erased: Collection[str]) -> str | None:
    """In numbers, `1 person new, 2 missing`; None where they agree. Who has been erased is in no stored roster."""
    given = {person.id: person for person in file if person.id not in erased}
    known = {person.id: person for person in stored}
    counts = {
        "new": len(given.keys() - known.keys()),
        "missing": len(known.keys() - given.keys()),
        "changed": sum(known[id] != person for id, person in given.items() if id in known),
    }
    found = [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join(found) or None
