"""Who may do what, and since when: the questions that every aggregate asks before it decides."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.decider import Actor, Command, Rejected, Role
from domain.program import ProgramDesign

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may run before its report is refused."""


def effective_time(command: Command, now: datetime, design: ProgramDesign) -> datetime:
    """When the command took effect: its `at` if it has one within the allowed reach, else `now`; never later."""
    if command.at is None:
        return now
    if command.at > now + CLOCK_SKEW:
        raise Rejected("time", f"'at' is {command.at.isoformat()}, which is in the future")
    if command.at < now - design.backdating:
        raise Rejected(
            "time", f"'at' is {command.at.isoformat()}: reports may reach back {design.backdating.days} days"
        )
    return min(command.at, now)


def only(actor: Actor, *roles: Role) -> None:
    """Refuse an actor whose role is not one of these."""
    if actor.role not in roles:
        allowed = " or ".join(sorted(role.value for role in roles))
        raise Rejected("role", f"this is for the {allowed}, not for a {actor.role.value}")
