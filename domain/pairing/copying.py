"""A changed copy of a pairing: what `evolve` does with every event, so it must cost little."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(of, /, **changes):
        """As `dataclasses.replace` does, at a tenth of its cost for a class of forty fields without slots.

        mypy takes it for that function, so a field that does not exist is a type error.
        """
        copy = object.__new__(type(of))
        copy.__dict__.update(of.__dict__)
        copy.__dict__.update(changes)
        return copy
