"""What `pairloom pairing` answers, and how it looks on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import fill

from pydantic import AwareDatetime
from rich.console import Console

from domain.decider import Frozen, Role
from domain.pairing.moves import moves, moves_of_the_handler
from domain.pairing.pausing import meaning
from domain.pairing.state import Health, Pairing, health_at
from domain.pairing.status import PairingStatus, status
from domain.pairing.visibility import visible_clock
from workflows.commands import update_name
from workflows.contract import Receipt

LATER = 6
"""Clocks on a terminal; `--json` has all of them."""


class RunningClock(Frozen):
    """A clock that runs, in words, and when it is due."""

    name: str
    means: str
    due: AwareDatetime


class NextMove(Frozen):
    """Whose move it is, to do what, and the commands that do it."""

    role: Role
    what: str
    commands: tuple[str, ...]


class PairingShown(Frozen):
    """How a pairing stands now, as far as the reader may know."""

    status: PairingStatus
    health: Health
    clocks: tuple[RunningClock, ...]
    moves: tuple[NextMove, ...]


class ToldEvent(Frozen):
    """One event. `at` is when it took effect, `recorded_at` when the store got it; `by` is a role.

    It has no number: a gap would tell a reader of what must not be told.
    """

    at: AwareDatetime
    recorded_at: AwareDatetime
    by: str
    type: str
    sentence: str


class Acted(Frozen):
    """A command that was carried out: its receipt, and what happened by it in sentences."""

    command: str
    key: str
    receipt: Receipt
    happened: tuple[str, ...]


def shown(state: Pairing, now: datetime, reader: Role) -> PairingShown:
    """How it stands at a moment, for a reader in this role."""
    stands = status(state)
    clocks = tuple(
        RunningClock(name=clock.name, means=meaning(state, clock.name), due=clock.due)
        for clock in state.clocks
        if visible_clock(clock.name, reader)
    )
    expected = tuple(
        NextMove(role=move.role, what=move.what, commands=tuple(update_name(command) for command in move.by))
        for move in (*moves(state), *(moves_of_the_handler(state) if reader is Role.CONCERN_HANDLER else ()))
    )
    return PairingShown(status=stands, health=health_at(stands.health, now), clocks=clocks, moves=expected)


def print_standing(console: Console, found: PairingShown, now: datetime) -> None:
    """The whole picture, in the order in which a coordinator asks."""
    stands = found.status
    console.print(f"[bold]{stands.pairing}[/bold] of {stands.cohort}: {stands.stage.value}, {found.health.value}")
    console.print(f"mentor {stands.mentor}, mentee {stands.mentee}; latest event {moment(stands.as_of)}")
    booked = "; ".join(f"meeting {one.number} on {moment(one.starts_at)}" for one in stands.meetings) or "none"
    console.print(f"meetings: {stands.held} of {stands.planned} held; booked: {booked}")
    _print_moves(console, found)
    if stands.items:
        console.print("\n[bold]open items[/bold]")
        for item in stands.items:
            taken = ", taken on" if item.acknowledged else ""
            console.print(f"  {item.id}, for the {words(item.to)} since {moment(item.opened_at)}{taken}")
    if found.clocks:
        console.print("\n[bold]clocks[/bold]")
        for clock in found.clocks[:LATER]:
            console.print(f"  {moment(clock.due)}  {clock.means} ({_until(clock.due, now)})")
        if len(found.clocks) > LATER:
            console.print(f"  and {len(found.clocks) - LATER} later")


def _print_moves(console: Console, found: PairingShown) -> None:
    if not found.moves:
        console.print("nobody is waited for")
        return
    console.print("\n[bold]next moves[/bold]")
    for move in found.moves:
        console.print(f"  the {words(move.role)} is expected to {move.what}: {' or '.join(move.commands)}")


def print_story(console: Console, told: tuple[ToldEvent, ...]) -> None:
    """One event a line; a long sentence goes on under itself."""
    if not told:
        console.print("There is nothing in it that this role may read.")
    for entry in told:
        before = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M}  {words(entry.by):12} "
        under = " " * len(before)
        line = fill(entry.sentence, max(console.width, 60), initial_indent=before, subsequent_indent=under)
        console.print(line, markup=False, soft_wrap=True)


def moment(at: datetime) -> str:
    """Minutes, UTC."""
    return f"{at.astimezone(UTC):%a %-d %b %Y %H:%M} UTC"


def words(role: Role | str) -> str:
    """`concern_handler` as people say it."""
    return str(role).replace("_", " ")


def _until(due: datetime, now: datetime) -> str:
    if due < now:
        return "due now"
    days = (due.astimezone(UTC).date() - now.astimezone(UTC).date()).days
    return "today" if days == 0 else f"in {days} day{'' if days == 1 else 's'}"
