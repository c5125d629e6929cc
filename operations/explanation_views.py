"""What `pairloom cohort explain` and `match --what-if` answer, and how it looks on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table

from domain.decider import Frozen, ParticipantId
from domain.matching.assignment import LeftOver, ProposedPair
from domain.matching.comparison import Comparison
from domain.matching.compatibility import Parts
from domain.program import MatchingWeights
from workflows.contract import Receipt

BEST = 5
"""Other candidates on a terminal; `--json` has all of them."""


STANDS = {
    "paired": "is paired with",
    "ended": "was, until that pairing ended, paired with",
    "proposed": "is proposed to be paired anew with",
}


class Partner(Frozen):
    """The partner that the proposal gives, with the parts of the score before weighting.

    `stands`: the pairing has not ended, it has, or it is a re-match that waits for the approver.
    """

    pairing: str
    stands: Literal["paired", "ended", "proposed"] = "paired"
    person: ParticipantId
    score: float
    parts: Parts
    why: str


class Possible(Frozen):
    """Somebody else of the other side: a score, or what speaks against; and with whom they are paired."""

    person: ParticipantId
    score: float | None
    against: tuple[str, ...]
    paired_with: tuple[ParticipantId, ...]


class Explained(Frozen):
    """Why a person has these partners, or is left over."""

    cohort: str
    person: ParticipantId
    role: Literal["mentor", "mentee"]
    partners: tuple[Partner, ...]
    weights: MatchingWeights
    left_over: LeftOver | None
    others: tuple[Possible, ...]


class WhatIf(Frozen):
    """What a proposal with these weights would have instead of the one that stands."""

    weights: MatchingWeights
    changes: Comparison


class Overridden(Frozen):
    """A correction of the proposal, and which pairs it changed."""

    cohort: str
    key: str
    receipt: Receipt
    changes: Comparison


def print_explained(console: Console, found: Explained, names: Mapping[str, str]) -> None:
    """Partner by partner, then who else there was."""
    console.print(f"{_named(found.person, names)}, {found.role} in {found.cohort}\n", markup=False)
    for partner in found.partners:
        console.print(
            f"{STANDS[partner.stands]} {_named(partner.person, names)}, score {partner.score:.2f}", markup=False
        )
        console.print(f"{partner.why}\n", markup=False)
        console.print(_parts(partner.parts, found.weights))
    if found.left_over is not None:
        console.print(f"has no partner. {found.left_over.reason}", markup=False)
        if found.left_over.relaxation is not None:
            console.print(f"The least that would help: {found.left_over.relaxation.says}", markup=False)
    elif all(partner.stands == "ended" for partner in found.partners):
        console.print("has no partner.")
    possible = [one for one in found.others if one.score is not None]
    barred = [one for one in found.others if one.score is None]
    if possible:
        console.print(f"\n{len(possible)} other{'' if len(possible) == 1 else 's'} would have been possible")
        console.print(_possible(possible[:BEST], names))
        _print_more(console, len(possible))
    if barred:
        console.print(f"\n{len(barred)} ruled out")
        for one in barred[:BEST]:
            console.print(f"  {_named(one.person, names)} {' and '.join(one.against)}", markup=False)
        _print_more(console, len(barred))


def _print_more(console: Console, count: int) -> None:
    if count > BEST:
        console.print(f"  and {count - BEST} more: --json has all of them")


def print_what_if(console: Console, found: WhatIf, names: Mapping[str, str]) -> None:
    """The weights, then what goes and what comes."""
    weights = ", ".join(f"{name.replace('_', ' ')} {weight:g}" for name, weight in found.weights)
    console.print(f"With the weights {weights}:")
    _print_changes(console, found.changes, names)
    console.print(
        "\nNothing was changed. A cohort's pairs are made once, by matching.weights of its program design: for pairs "
        "by other weights, create another cohort."
    )


def print_overridden(console: Console, found: Overridden, names: Mapping[str, str]) -> None:
    """What the matching made of the correction."""
    if found.receipt.duplicate:
        console.print("It has been done already; nothing was done again.")
        return
    console.print(f"The proposal of {found.cohort} is made anew around your correction:")
    _print_changes(console, found.changes, names)


def _print_changes(console: Console, changes: Comparison, names: Mapping[str, str]) -> None:
    if not changes.new and not changes.gone:
        console.print("the same pairs.")
        return
    stay = _number(len(changes.kept), "pair stays", "pairs stay")
    go = _number(len(changes.gone), "goes", "go")
    console.print(f"{stay}, {go}, {_number(len(changes.new), 'comes', 'come')} instead\n")
    for title, pairs in (("go", changes.gone), ("come", changes.new)):
        console.print(_changed(title, pairs, names))
    for what, who in (("a partner", changes.gains), ("none", changes.loses)):
        if who:
            have = "has" if len(who) == 1 else "have"
            console.print(f"{', '.join(_named(one, names) for one in who)} {have} {what} then", markup=False)


def _number(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _changed(title: str, pairs: Sequence[ProposedPair], names: Mapping[str, str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("mentor (junior)", "mentee (executive)", "score"):
        table.add_column(column, justify="right" if column == "score" else "left")
    for pair in pairs:
        table.add_row(_named(pair.mentor, names), _named(pair.mentee, names), f"{pair.score:.2f}")
    return table


def _parts(parts: Parts, weights: MatchingWeights) -> Table:
    whole = sum(weight for _, weight in weights) or 1.0
    table = Table(box=None, pad_edge=False)
    for column in ("part", "fit", "weight", "adds"):
        table.add_column(column, justify="left" if column == "part" else "right")
    for name, fit in parts:
        weight = getattr(weights, name)
        table.add_row(name.replace("_", " "), f"{fit:.2f}", f"{weight:g}", f"{fit * weight / whole:.2f}")
    return table


def _possible(others: Sequence[Possible], names: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("  score", "person", "is paired with"):
        table.add_column(column, justify="right" if "score" in column else "left")
    for one in others:
        partners = ", ".join(_named(other, names) for other in one.paired_with) or "nobody"
        table.add_row(f"{one.score:.2f}", _named(one.person, names), partners)
    return table


def _named(person: str, names: Mapping[str, str]) -> str:
    return f"{names[person]} ({person})" if person in names else person
