"""docs/scale.md: what 1,000, 100,000 and 10,000,000 running pairings need, worked out from the measured results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from benchmarks.rounds import Result, Row

TEMPLATE = Path(__file__).parent.parent / "docs" / "templates" / "scale.md"

SIZES = (1_000, 100_000, 10_000_000)
LIFE = 182 * 86_400
"""Seconds of a pairing's life: 26 weeks."""

MONTHS = 6
"""Of a life, for a bill: a sixth of the pairings' Actions falls into a month."""

KEPT_DAYS = 30
"""How long a closed workflow's history is kept on the server."""

HOURS_IN_A_MONTH = 744
"""As Temporal Cloud counts a gigabyte's month."""

PRICES = ((5, 50), (5, 45), (10, 40), (30, 35), (50, 30), (100, 25))
"""Temporal Cloud, Business, pay as you go: millions of Actions in the tier, dollars for a million of them."""

OVER_THE_TIERS = 25
"""Dollars for a million Actions beyond 200 million: Temporal names no price there; this is the last tier's."""

ACTIVE, RETAINED = 0.042, 0.00105
"""Dollars for a gigabyte's hour of history, while a workflow runs and when it has closed."""

PLAN_AT_LEAST, PLAN_SHARE = 500, 0.10
"""Dollars a month of the Business plan: a floor, or a share of the rest of the bill."""

ACTIONS_A_SECOND = 500
"""What a namespace of Temporal Cloud takes by default."""

BUSY = 0.6
"""How far a worker's core is used on purpose."""


@dataclass(frozen=True)
class Units:
    """What one pairing costs, in a life where nothing else is said. Times are CPU milliseconds, sizes bytes."""

    actions: float
    history: float
    steps: float
    step_cpu: float
    stored_events: float
    event_size: float
    cached: float
    replay: float
    monday: float
    monday_spread: float
    weekly: float


NEEDED = ("lifecycle", "engine", "idle", "burst")


def scale_page(results: Sequence[Result]) -> str | None:
    """The page's text, or None as long as one of the benchmarks that it needs has no result."""
    found = {result.name: result for result in results}
    if not all(name in found for name in NEEDED):
        return None
    units = _units(found)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        units=_unit_table(units),
        sizes=_size_table(units),
        monday=_monday_table(units),
        burst_now=f"{units.monday:,.0f}",
        burst_spread=f"{units.monday_spread:,.0f}",
        weekly=f"{units.weekly:,.0f}",
        measured=" and ".join(sorted({f"{found[name].measured_at:%-d %B %Y}" for name in NEEDED})),
    )


def _units(found: Mapping[str, Result]) -> Units:
    def ours(name: str, measure: str) -> float:
        return _row(found[name], measure).ours

    burst = _row(found["burst"], "everybody at once: worst second, for 1,000 pairings")
    return Units(
        actions=ours("lifecycle", "Actions"),
        history=ours("lifecycle", "history"),
        steps=ours("lifecycle", "commands and clocks"),
        step_cpu=ours("engine", "the same with sequencer and read models"),
        stored_events=ours("lifecycle", "stored events"),
        event_size=ours("engine", "a stored event with its indexes"),
        cached=ours("idle", "memory of an idle one") * 1024,
        replay=ours("idle", "replaying one that has taken 12 commands"),
        monday=burst.ours,
        monday_spread=burst.reference or 0.0,
        weekly=ours("burst", "a cohort every Monday: worst second, for 1,000 pairings"),
    )


def _row(result: Result, measure: str) -> Row:
    return next(row for row in result.rows if row.measure == measure)


def _unit_table(units: Units) -> str:
    lines = {
        "Actions of Temporal Cloud, a life": f"{units.actions:,.0f}",
        "history on the server, a life": _size(units.history),
        "commands and clocks carried out, a life": f"{units.steps:,.0f}",
        "CPU of the worker for one of them, sequencer and read models included": f"{units.step_cpu:.1f} ms",
        "events in the event store, a life": f"{units.stored_events:,.0f}",
        "a stored event with its indexes and its place in the feed": _size(units.event_size),
        "memory of a cached, idle pairing": _size(units.cached),
        "CPU to bring one back that has taken 12 commands": f"{units.replay:.0f} ms",
    }
    return "\n".join(["| one pairing | |", "|---|--:|", *(f"| {name} | {value} |" for name, value in lines.items())])


def _size_table(units: Units) -> str:
    def per_second(pairings: int) -> float:
        return pairings * units.steps / LIFE

    def cores(pairings: int) -> float:
        return per_second(pairings) * units.step_cpu / 1000 / BUSY

    lines: dict[str, Callable[[int], str]] = {
        "commands and clocks, a second on average": lambda n: _number(per_second(n)),
        f"cores of workers at {BUSY:.0%}, on average": lambda n: _number(cores(n)),
        "the same where each has to be replayed first": lambda n: _number(
            cores(n) * (1 + units.replay / units.step_cpu)
        ),
        "memory to keep every pairing cached": lambda n: _size(n * units.cached),
        "running histories on the server": lambda n: _size(n * units.history / 2),
        f"closed histories, {KEPT_DAYS} days": lambda n: _size(n * units.history * KEPT_DAYS / 182),
        "event store, growth in a year": lambda n: _size(2 * n * units.stored_events * units.event_size),
        "Actions a month": lambda n: _number(n * units.actions / MONTHS),
        "Actions a second, average": lambda n: _number(n * units.actions / LIFE),
        "Temporal Cloud, dollars a month": lambda n: _number(cloud_bill(n, units)),
        "dollars a pairing and life": lambda n: f"{cloud_bill(n, units) * MONTHS / n:,.3f}",
    }
    return _table("running pairings", lines)


def _monday_table(units: Units) -> str:
    def drained(pairings: int, per_thousand: float) -> float:
        return pairings * per_thousand / 1000 * units.step_cpu / 1000 / 60 / BUSY

    lines: dict[str, Callable[[int], str]] = {
        "clocks in the worst second, all launched at once": lambda n: _number(n * units.monday / 1000),
        "the same, spread over an hour": lambda n: _number(n * units.monday_spread / 1000),
        "the worst second, a cohort every Monday": lambda n: _number(n * units.weekly / 1000),
        "cores to be through in a minute, all at once": lambda n: _number(drained(n, units.monday)),
        "cores to be through in a minute, weekly cohorts": lambda n: _number(drained(n, units.weekly)),
        "cores to keep up, spread": lambda n: _number(n * units.monday_spread / 1000 * units.step_cpu / 1000 / BUSY),
        f"times a namespace's {ACTIONS_A_SECOND} Actions a second, all at once": lambda n: _number(
            2 * n * units.monday / 1000 / ACTIONS_A_SECOND
        ),
    }
    return _table("running pairings", lines)


def cloud_bill(pairings: int, units: Units) -> float:
    """Dollars a month on the Business plan, its allocations left out."""
    actions = action_price(pairings * units.actions / MONTHS)
    gigabytes = pairings * units.history / 2 / 1e9
    closed = pairings / MONTHS * units.history * KEPT_DAYS / 30 / 1e9
    storage = HOURS_IN_A_MONTH * (gigabytes * ACTIVE + closed * RETAINED)
    return actions + storage + max(PLAN_AT_LEAST, PLAN_SHARE * (actions + storage))


def action_price(actions: float) -> float:
    """Dollars for so many Actions in a month, tier by tier."""
    millions, dollars = actions / 1e6, 0.0
    for width, price in PRICES:
        dollars += min(millions, width) * price
        millions = max(0.0, millions - width)
    return dollars + millions * OVER_THE_TIERS


def _table(title: str, lines: Mapping[str, Callable[[int], str]]) -> str:
    heads = " | ".join(f"{size:,}" for size in SIZES)
    rows = [f"| {name} | {' | '.join(told(size) for size in SIZES)} |" for name, told in lines.items()]
    return "\n".join([f"| {title} | {heads} |", f"|---|{'--:|' * len(SIZES)}", *rows])


def _number(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:,.1f} million"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _size(octets: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if octets >= size:
            return f"{octets / size:,.1f} {unit}"
    return f"{octets:,.0f} bytes"
