"""What many runs say together: medians and 90 % intervals, ready to be shown or written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import ceil, floor
from statistics import fmean, median

from domain.decider import Frozen
from rehearsal.runs import Run
from rehearsal.tally import STEPS

COVERED = 0.90
"""How many of the runs an interval holds."""

WORK = "work:coordinator"
"""New items and reminders for the coordinator together: what they have to do something about."""

SERIES = (
    "reminders:mentor",
    "reminders:mentee",
    "items:coordinator",
    "reminders:coordinator",
    WORK,
    "messages:mentor",
    "messages:mentee",
    "messages:coordinator",
    "meetings",
)
"""What is counted for each week."""

SHOWN = ("reminders:mentor", "reminders:mentee", WORK, "meetings")
"""What the calendar shows of it; it ends with the last week in which any of these is not nothing."""

NEAR = timedelta(days=6)
"""Holidays at most so far apart are one stretch: Christmas and New Year."""


class Interval(Frozen):
    """The median of the runs, and the bounds that nine of ten of them keep."""

    low: float
    median: float
    high: float


class Week(Frozen):
    """The week that begins on Monday `monday` (UTC); `load` by series, such as `reminders:mentee`.

    `too_much` is the share of runs in which the coordinator gets more items and reminders than they can take.
    """

    monday: date
    load: Mapping[str, Interval]
    too_much: float


class Stretch(Frozen):
    """Public holidays close together. `deferred`: messages that wait past them.

    `broken`: pairings in a broken cadence on their last day; `usually`: those on an ordinary day of the program.
    """

    first: date
    last: date
    deferred: Interval
    broken: Interval
    usually: float


class Risk(Frozen):
    """How one pairing ends over the runs: the share that does not complete, and each early end's share."""

    pairing: str
    not_completed: float
    endings: Mapping[str, float]


class Forecast(Frozen):
    """A rehearsed program in figures. Rates are between 0 and 1; counts are of pairings where nothing else is said."""

    runs: int
    pairings: int
    left_over: int
    funnel: Mapping[str, Interval]
    figures: Mapping[str, Interval]
    outcomes: Mapping[str, Interval]
    reasons: Mapping[str, Interval]
    conflicts: Mapping[str, Interval]
    weeks: tuple[Week, ...]
    holidays: tuple[Stretch, ...]
    risks: tuple[Risk, ...]


def forecast(runs: Sequence[Run], *, left_over: int, items_a_week: int) -> Forecast:
    """The summary of at least one run."""
    tallies = [run.tally for run in runs]
    return Forecast(
        runs=len(runs),
        pairings=len(tallies[0].endings),
        left_over=left_over,
        funnel={step: interval(tally.counts[f"step:{step}"] for tally in tallies) for step in STEPS},
        figures={name: interval(measure(run) for run in runs) for name, measure in FIGURES.items()},
        outcomes=_counted(runs, "outcome:"),
        reasons=_counted(runs, "reason:"),
        conflicts={
            **_counted(runs, "deferred:", "messages deferred: "),
            "reminders of a meeting that come once it has begun": _count_of(runs, "reminders_too_late"),
            "meetings of one person that overlap": interval(run.overlaps for run in runs),
        },
        weeks=_weeks(runs, items_a_week),
        holidays=_holidays(runs),
        risks=_risks(runs),
    )


def _share(part: str, whole: str) -> Callable[[Run], float]:
    return lambda run: run.tally.counts[part] / max(1, run.tally.counts[whole])


FIGURES: dict[str, Callable[[Run], float]] = {
    "completion rate": _share("rated:completed", "rated"),
    "meetings held of planned": _share("held", "planned"),
    "days to the first meeting": lambda run: median(run.tally.first_meetings or [0.0]),
    "executive cancel rate": _share("cancelled_by_mentee", "scheduled"),
    "reminders to people": lambda run: float(
        sum(sum(run.tally.weekly.get(f"reminders:{role}", ())) for role in ("mentor", "mentee"))
    ),
    "items for the coordinator": lambda run: float(sum(run.tally.weekly.get("items:coordinator", ()))),
    "most items and reminders for the coordinator in a week": lambda run: float(max(coordinator_weeks(run), default=0)),
}
"""One number for each run: what is compared between two designs."""


def coordinator_weeks(run: Run) -> list[int]:
    """New items and reminders for the coordinator, week by week."""
    items, reminders = (run.tally.weekly.get(f"{kind}:coordinator", []) for kind in ("items", "reminders"))
    return [_at(items, week) + _at(reminders, week) for week in range(max(len(items), len(reminders)))]


def interval(values: Iterable[float]) -> Interval:
    """The median, and the values of two runs between which nine of ten lie: whole numbers stay whole."""
    ordered = sorted(values)
    last = len(ordered) - 1
    tail = (1 - COVERED) / 2
    return Interval(low=ordered[floor(tail * last)], median=median(ordered), high=ordered[ceil((1 - tail) * last)])


def _counted(runs: Sequence[Run], prefix: str, title: str = "") -> dict[str, Interval]:
    names = sorted({name for run in runs for name in run.tally.counts if name.startswith(prefix)})
    return {title + name.removeprefix(prefix): _count_of(runs, name) for name in names}


def _count_of(runs: Sequence[Run], name: str) -> Interval:
    return interval(run.tally.counts[name] for run in runs)


def _at(weeks: Sequence[int], week: int) -> int:
    return weeks[week] if week < len(weeks) else 0


def _weeks(runs: Sequence[Run], items_a_week: int) -> tuple[Week, ...]:
    tallies, first = [run.tally for run in runs], runs[0].tally.first.date()
    length = max((len(weeks) for tally in tallies for weeks in tally.weekly.values()), default=0)
    burdens = [coordinator_weeks(run) for run in runs]
    weeks = [
        Week(
            monday=first + timedelta(weeks=week),
            load={
                name: interval(_at(tally.weekly.get(name, ()), week) for tally in tallies)
                for name in SERIES
                if name != WORK
            }
            | {WORK: interval(_at(burden, week) for burden in burdens)},
            too_much=fmean(_at(burden, week) > items_a_week for burden in burdens),
        )
        for week in range(length)
    ]
    while weeks and not any(weeks[-1].load[series].high for series in SHOWN):
        weeks.pop()  # a rare latecomer's weeks say nothing about the program's
    return tuple(weeks)


def _holidays(runs: Sequence[Run]) -> tuple[Stretch, ...]:
    days = sorted({day for run in runs for day in run.tally.over_holiday})
    stretches: list[list[date]] = []
    for day in days:
        if stretches and day - stretches[-1][-1] <= NEAR:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    usually = _usually_broken(runs)
    return tuple(
        Stretch(
            first=stretch[0],
            last=stretch[-1],
            deferred=interval(sum(run.tally.over_holiday[day] for day in stretch) for run in runs),
            broken=interval(run.tally.broken_on[stretch[-1]] for run in runs),
            usually=usually,
        )
        for stretch in stretches
    )


def _usually_broken(runs: Sequence[Run]) -> float:
    """Pairings in a broken cadence on a day, over all runs and all days on which any is."""
    days = {day for run in runs for day in run.tally.broken_on}
    return fmean(run.tally.broken_on[day] for run in runs for day in days) if days else 0.0


def _risks(runs: Sequence[Run]) -> tuple[Risk, ...]:
    """Every pairing, the riskiest first."""
    endings: dict[str, Counter[str]] = {}
    for run in runs:
        for pairing, ending in run.tally.endings.items():
            endings.setdefault(pairing, Counter())[ending] += 1
    risks = (
        Risk(
            pairing=pairing,
            not_completed=1 - ends["completed"] / len(runs),
            endings={end: count / len(runs) for end, count in ends.most_common() if end != "completed"},
        )
        for pairing, ends in endings.items()
    )
    return tuple(sorted(risks, key=lambda risk: (-risk.not_completed, risk.pairing)))
