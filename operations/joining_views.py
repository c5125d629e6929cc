"""What `pairloom cohort join` answers, and how it looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import AwareDatetime, Field
from rich.console import Console

from domain.cohort.newcomers import Known, KnownAs
from domain.decider import Frozen
from operations.cohort_views import counted, listed_rows
from operations.pairing_views import moment

ABSENT = {
    KnownAs.DECLINED: "declined",
    KnownAs.WITHDREW: "withdrew",
    KnownAs.NO_ANSWER: "gave no answer",
}
"""What became of the invitation, or of taking part."""

LEFT_ALONE = {
    KnownAs.ENROLLED: "Known already and left as they are",
    KnownAs.INVITED: "Invited already",
    KnownAs.WAITING: "On the waiting list already",
    KnownAs.NEXT_COHORT: "Waiting for the next cohort already",
    KnownAs.ERASED: "Erased before, and not taken in again",
}
"""Whom the roster has and nothing is done about."""

WAITS = (KnownAs.WAITING, KnownAs.NEXT_COHORT)


class Joined(Frozen):
    """Late joiners, and whoever of the roster the cohort knew already. What `differs` there was not taken over.

    `kept` are people who took part without a row of the roster and have one now.
    """

    cohort: str
    joined: tuple[Known, ...]
    known: tuple[Known, ...]
    kept: tuple[str, ...] = ()
    until: AwareDatetime | None = Field(description="who joins later waits for the next cohort")


def print_joined(console: Console, found: Joined) -> None:
    """Who waits where, who was known, and what comes next."""
    _print_new(console, found)
    _print_known(console, found)
    if found.kept:
        _say(console, f"The cohort had no row of {_ids(found.kept)} and has one now: the next re-match knows them.")


def _print_new(console: Console, found: Joined) -> None:
    here = [one.person for one in found.joined if one.known_as is KnownAs.WAITING]
    later = [one.person for one in found.joined if one.known_as is KnownAs.NEXT_COHORT]
    if not found.joined:
        _say(console, f"Nobody in the roster is new to {found.cohort}.")
    if here:
        _say(console, f"On the waiting list of {found.cohort} now, {counted(len(here))}: {_ids(here)}.")
        _say(
            console,
            f"A re-match is proposed as soon as there is a partner: `pairloom cohort show {found.cohort}` shows both.",
        )
    if later:
        until = f", as {found.cohort} took late joiners until {moment(found.until)}" if found.until else ""
        _say(console, f"Waiting for the next cohort{until}, {counted(len(later))}: {_ids(later)}.")


def _print_known(console: Console, found: Joined) -> None:
    absent = [one for one in found.known if one.known_as in ABSENT]
    for known_as, what in LEFT_ALONE.items():
        people = [one.person for one in found.known if one.known_as is known_as]
        if people:
            which = f": {_ids(people)}" if known_as in WAITS else ""
            _say(console, f"{what}, {counted(len(people))}{which}.")
    if absent:
        told = ", ".join(f"{one.person} ({ABSENT[one.known_as]})" for one in absent)
        _say(console, f"Not taken in, as they were asked before: {told}. If one of them wants to join now:")
        one = absent[0]
        _say(
            console,
            f"  pairloom cohort act {found.cohort} join_late --as coordinator:YOUR-ID participants.1.id={one.person} "
            f"participants.1.role={one.role}",
        )
    differing = [one for one in found.known if one.differs]
    if differing:
        _say(
            console,
            f"Rows that read otherwise than the cohort's were not taken over: {listed_rows(differing)}. To do that: "
            f"`pairloom cohort correct {found.cohort}` with this file.",
        )


def _ids(people: Iterable[str]) -> str:
    return ", ".join(people)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
