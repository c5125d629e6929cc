"""When a clock's firing took effect: on time at its deadline, after an outage now, and saying so."""

from __future__ import annotations

from datetime import datetime

from domain.program import ProgramDesign


def fired(due: datetime, now: datetime, design: ProgramDesign, not_before: datetime) -> tuple[datetime, bool]:
    """The effective time of a firing and whether it is late.

    On time, the deadline itself is the effective time, however many milliseconds the timer took;
    late, it is now: nobody was told when it was due. Never earlier than `not_before`, what has happened already.
    """
    late = now - due > design.late_after
    return max(now if late else due, not_before), late
