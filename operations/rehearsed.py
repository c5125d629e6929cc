"""A finished rehearsal as people ask about it: its sentences, its riskiest pairings, its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.plots import spoken
from rehearsal.assumptions import Assumptions, Delay
from rehearsal.comparison import Difference
from rehearsal.forecast import WORK, Forecast, Stretch

RATES = frozenset({"completion rate", "meetings held of planned", "executive cancel rate"})
"""Figures that are shown in percent."""

_REASONS = {
    "exit": "one of the two asked to leave",
    "left_company": "one of the two left the company",
    "silence": "fell silent",
    "leave": "a leave without a return in time",
    "conflict_of_interest": "a conflict of interest",
    "not_working": "it did not work",
}


@dataclass(frozen=True, slots=True)
class Risky:
    """One of the riskiest pairings of a live cohort. `because` is what stands out about it now."""

    pairing: str
    not_completed: float
    likeliest: str
    because: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal has found, and by what."""

    title: str
    subtitle: str
    forecast: Forecast
    assumptions: Assumptions
    differences: tuple[Difference, ...] = ()
    risky: tuple[Risky, ...] = ()

    @property
    def items_a_week(self) -> int:
        """As many new items and reminders as the coordinator can take in a week."""
        return self.assumptions.coordinator.items_a_week

    @property
    def assumed(self) -> Mapping[str, str]:
        """Every assumption in words, by its name in the file."""
        return {
            f"{section}.{name}": _in_words(getattr(getattr(self.assumptions, section), name))
            for section, model in Assumptions.model_fields.items()
            for name in (model.annotation.model_fields if model.annotation else ())
        }


def sentences(found: Rehearsed) -> list[str]:
    """The answers that people ask for first."""
    forecast = found.forecast
    said = [f"{spoken(forecast.funnel['completed'])} of {forecast.pairings} pairings complete the program."]
    if forecast.left_over:
        said.append(f"{forecast.left_over} people find no partner: they are on the waiting list.")
    busiest = max(forecast.weeks, key=lambda week: week.load[WORK].median, default=None)
    if busiest is not None:
        work, limit = busiest.load[WORK], found.items_a_week
        said.append(
            f"The coordinator's busiest week is that of {busiest.monday:%-d %B %Y}: {spoken(work)} new items and "
            f"reminders."
        )
        drowned = [week for week in forecast.weeks if week.too_much >= 0.1]
        worst = max(drowned, key=lambda week: week.too_much, default=None)
        said.append(
            f"More than the {limit} that they can take is unlikely in any week."
            if worst is None
            else f"In {len(drowned)} week{'s' * (len(drowned) > 1)} that is more than the {limit} that they can take "
            f"in at least every tenth run; in that of {worst.monday:%-d %B}, in {100 * worst.too_much:.0f} % of runs."
        )
    late = forecast.conflicts["reminders of a meeting that come once it has begun"]
    if late.median:
        said.append(f"{spoken(late)} reminders of a meeting wait for the morning until that meeting has begun.")
    worst_holiday = max(forecast.holidays, key=lambda stretch: stretch.broken.median, default=None)
    if worst_holiday is not None and worst_holiday.broken.median > 2 * worst_holiday.usually:
        said.append(
            f"{stretch_title(worst_holiday)} breaks the cadence: {spoken(worst_holiday.broken)} pairings are without a "
            f"meeting for too long then, on an ordinary day {worst_holiday.usually:.1f}."
        )
    return said


def reason_title(reason: str) -> str:
    """Why a pairing closed early, in words."""
    return _REASONS.get(reason, reason.replace("_", " "))


def ending_title(ending: str) -> str:
    """How a pairing ended, in words."""
    kind, _, reason = ending.partition(":")
    return f"closed early: {reason_title(reason)}" if reason else kind.replace("_", " ")


def stretch_title(stretch: Stretch) -> str:
    """`3 to 6 May 2027`."""
    if stretch.first == stretch.last:
        return f"{stretch.first:%-d %B %Y}"
    same = stretch.first.month == stretch.last.month
    return f"{stretch.first:{'%-d' if same else '%-d %B'}} to {stretch.last:%-d %B %Y}"


def as_json(found: Rehearsed) -> dict[str, Any]:
    """The same for machines: opaque ids only."""
    return {
        "title": found.title,
        "said": sentences(found),
        "forecast": found.forecast.model_dump(mode="json"),
        "differences": [difference.model_dump(mode="json") for difference in found.differences],
        "riskiest": _riskiest(found.risky),
        "assumptions": found.assumptions.model_dump(mode="json"),
    }


def _riskiest(risky: Sequence[Risky]) -> list[dict[str, object]]:
    return [
        {"pairing": r.pairing, "not_completed": r.not_completed, "likeliest": r.likeliest, "because": r.because}
        for r in risky
    ]


def _in_words(value: object) -> str:
    if isinstance(value, Delay):
        return f"{value.median:g} working days, spread {value.spread:g}"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
