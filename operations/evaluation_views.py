"""What `pairloom cohort evaluation` answers, and how a cohort's figures look on a terminal."""

from __future__ import annotations

from pydantic import AwareDatetime
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.decider import Frozen
from domain.figures import BySide, Headline, Hidden, Shown, ShownSpread, Suppressed
from operations.pairing_views import moment

WITHHELD = {
    Hidden.NOTHING_YET: "nothing to count",
    Hidden.TOO_FEW: "too few answers",
    Hidden.GIVES_SIBLING_AWAY: "would give others away",
    Hidden.NO_VARIATION: "all changed alike",
}


class Evaluated(Frozen):
    """A cohort's figures, as they were recorded when its last pairing had ended. What may not be read is withheld."""

    cohort: str
    title: str
    closed_at: AwareDatetime
    figures: Headline


def print_evaluation(console: Console, found: Evaluated) -> None:
    """From how many came how far to what it has changed."""
    console.print(f"[bold]{escape(found.title)}[/bold]  ({found.cohort}): closed on {moment(found.closed_at)}\n")
    console.print(funnel_table(found.figures))
    console.print(evaluation_table(found.figures))
    _print_closures(console, found.figures)
    console.print("\nIn brackets: the 95 % interval. Figures of answers are withheld where few gave any.", markup=False)


def _print_closures(console: Console, headline: Headline) -> None:
    closures = headline.early_closures
    if closures.reasons or closures.no_fault:
        console.print("\nWhy pairings closed early", markup=False)
    for reasons, note in ((closures.reasons, ""), (closures.no_fault, " (no fault: outside the rates)")):
        for reason, count in reasons:
            console.print(f"  {count:3}  {reason.replace('_', ' ')}{note}", markup=False)


def funnel_table(headline: Headline) -> Table:
    """How many pairings reached each stage, as bars."""
    table = Table(title="The funnel", title_justify="left", show_header=False, box=None)
    top = max(headline.funnel.matched, 1)
    for step, count in headline.funnel.model_dump().items():
        table.add_row(step, f"{count:3}", "█" * round(32 * count / top))
    return table


def evaluation_table(headline: Headline) -> Table:
    """Each figure for the mentors, the mentees, and all."""
    table = Table(title="\nThe evaluation", title_justify="left", box=None, pad_edge=False)
    for column in ("figure", "mentors", "mentees", "all"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    table.add_row("completion", "", "", percent(headline.completion_rate))
    table.add_row("closed early", "", "", percent(headline.early_closures.rate))
    table.add_row("people with a pairing", "", "", percent(headline.match_rate))
    table.add_row("adherence: meetings held of planned", "", "", percent(headline.adherence))
    table.add_row("days to the first meeting, median", "", "", _figure(headline.days_to_first_meeting))
    table.add_row("executive cancel rate", "", "", percent(headline.executive_cancel_rate))
    table.add_row("goal attainment", "", "", percent(headline.goal_attainment))
    _by_side(table, "skill change, 1 to 5", headline.skill_change, sign=True)
    effect = headline.skill_effect
    table.add_row("  effect size (Hedges' g_z)", _figure(effect.mentor), _figure(effect.mentee), "")
    for at in headline.safety:
        _by_side(table, f"psychological safety, {at.moment}", at.mean)
    _by_side(table, "NPS", headline.nps, sign=True)
    repeat = headline.would_repeat
    table.add_row("would repeat", percent(repeat.mentor), percent(repeat.mentee), percent(repeat.both))
    return table


def _by_side(table: Table, name: str, figures: BySide, *, sign: bool = False) -> None:
    table.add_row(name, *(_figure(figure, sign=sign) for figure in (figures.mentor, figures.mentee, figures.both)))


def _figure(figure: Shown | ShownSpread | Suppressed, *, sign: bool = False) -> str:
    match figure:
        case Shown():
            interval = figure.interval
            span = f" [{interval.low:.1f}, {interval.high:.1f}]" if interval else ""
            return f"{figure.value:+.1f}{span}" if sign else f"{figure.value:.1f}{span}"
        case ShownSpread():
            return " · ".join(f"{count} {name}" for name, count in figure.counts)
        case Suppressed():
            return WITHHELD[figure.reason]


def percent(figure: Shown | Suppressed) -> str:
    """A share with its interval, or why it is not shown."""
    if isinstance(figure, Suppressed):
        return _figure(figure)
    interval = figure.interval
    span = f" [{100 * interval.low:.0f}, {100 * interval.high:.0f}]" if interval else ""
    return f"{100 * figure.value:.0f} %{span}"
