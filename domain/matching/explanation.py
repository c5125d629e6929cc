"""Why a pair, why nobody: sentences without names, for the coordinator who reviews a proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from domain.matching.bars import Bar
from domain.matching.compatibility import Parts
from domain.program import MatchingWeights

_SINGULAR_AND_PLURAL = {
    Bar.SAME_PERSON: ("is the same person", "are the same person"),
    Bar.SKIP_LEVEL: ("is two levels away in the same reporting line", "are two levels away in the same reporting line"),
    Bar.REPORTING_LINE: ("is in the same reporting line", "are in the same reporting line"),
    Bar.SAME_MANAGER: ("has the same manager", "have the same manager"),
    Bar.DECLARED_CONFLICT: ("has a declared conflict of interest", "have a declared conflict of interest"),
    Bar.EARLIER_PAIRING: ("was in an earlier pairing with this person", "were in an earlier pairing with this person"),
    Bar.FORBIDDEN_PAIR: ("is ruled out by the program design", "are ruled out by the program design"),
    Bar.LANGUAGE: ("shares no language", "share no language"),
    Bar.SENIORITY_GAP: ("is too close in seniority", "are too close in seniority"),
    Bar.WORKING_TIME: ("shares too few working hours", "share too few working hours"),
}

_STRENGTHS = {
    "skills": "the skills offered are those wanted",
    "interests": "shared interests",
    "personality": "personalities that go together",
    "generation": "a generation apart",
    "working_time": "plenty of shared working hours",
    "department_mix": "different departments",
    "site_mix": "different sites",
    "language": "a shared language",
}

_WORTH_NAMING = 0.5
"""A part below this is not called a strength, however much weight it has."""


def why_left_over(side: Literal["mentor", "mentee"], barred: Mapping[Bar, int], compatible: int) -> str:
    """The binding reason for which somebody on `side` has no pairing.

    `barred` counts the candidates of the other side under the first bar of each; `compatible` counts
    those without any bar, who all have as many pairings as they can take.
    """
    other = "mentee" if side == "mentor" else "mentor"
    ruled_out = sum(barred.values())
    if not ruled_out and not compatible:
        return f"There was no {other} with a free place."
    if not compatible:
        openings = {1: f"The only {other} is", 2: f"Both {other}s are"}
        opening = openings.get(ruled_out, f"All {ruled_out} {other}s are")
        return f"{opening} ruled out: {_counts(barred)}."
    taken = f"everyone compatible was taken ({compatible} of {compatible + ruled_out} {other}s)"
    return f"{taken[0].upper()}{taken[1:]}" + (f"; of the others, {_counts(barred)}." if ruled_out else ".")


def why_away(returns_on: date | Literal["unknown"] | None, days: int) -> str:
    """Why somebody on leave takes no part."""
    back = f"until {returns_on.isoformat()}" if isinstance(returns_on, date) else "without a known return"
    return f"On leave {back}; a return within {days} days of the matching would do."


def why_not_pinned(barred: Sequence[Bar], *, present: bool) -> str:
    """Why a pair that somebody decided on is not made."""
    if not present:
        return "Not a mentor and a mentee who both take part."
    if barred:
        return f"Ruled out: one of the two {_listed([_SINGULAR_AND_PLURAL[bar][0] for bar in barred])} for the other."
    return "One of the two has no free place."


def why_paired(parts: Parts, weights: MatchingWeights) -> str:
    """The up to three parts that carry most of the pair's score, strongest first."""
    carried = {name: getattr(parts, name) * getattr(weights, name) for name in _STRENGTHS}
    strong = [name for name in _STRENGTHS if carried[name] > 0 and getattr(parts, name) >= _WORTH_NAMING]
    strongest = sorted(strong, key=lambda name: -carried[name])[:3]
    if not strongest:
        return "No part stands out: the best that was left for both."
    sentence = _listed([_STRENGTHS[name] for name in strongest])
    return f"{sentence[0].upper()}{sentence[1:]}."


def why_barred(bar: Bar) -> str:
    """What is said of one person of the other side: "is in the same reporting line"."""
    return _SINGULAR_AND_PLURAL[bar][0]


def _counts(barred: Mapping[Bar, int]) -> str:
    most_first = sorted((bar for bar in Bar if barred.get(bar, 0)), key=lambda bar: -barred[bar])
    return _listed([f"{barred[bar]} {_SINGULAR_AND_PLURAL[bar][barred[bar] > 1]}" for bar in most_first])


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
