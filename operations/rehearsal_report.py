"""A rehearsal on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.plots import spoken
from operations.rehearsed import RATES, Rehearsed, reason_title, sentences, stretch_title
from rehearsal.forecast import WORK, Forecast

COLUMNS = (
    ("mentors reminded", "reminders:mentor"),
    ("mentees reminded", "reminders:mentee"),
    ("coordinator: items, reminders", WORK),
    ("meetings", "meetings"),
)


def print_rehearsal(console: Console, found: Rehearsed) -> None:
    """Sentences first, then the tables behind them."""
    console.print(f"\n[bold]{escape(found.title)}[/bold]  {escape(found.subtitle)}\n", highlight=False)
    for said in sentences(found):
        console.print(f"• {escape(said)}", highlight=False)
    if found.differences:
        console.print(_differences(found))
    console.print(_calendar(found.forecast, found.items_a_week))
    console.print(_pairings(found.forecast))
    console.print(_figures(found.forecast))
    if found.forecast.holidays:
        console.print(_holidays(found.forecast))
    if found.risky:
        console.print(_risky(found))
    console.print("\nIn brackets: the bounds that nine of ten runs keep.", highlight=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _calendar(forecast: Forecast, items_a_week: int) -> Table:
    table = _table("Week by week", "week of", *(title for title, _ in COLUMNS), f"over {items_a_week}")
    away = {stretch.first.isocalendar()[:2] for stretch in forecast.holidays}
    for week in forecast.weeks:
        cells = [spoken(week.load[series]) for _, series in COLUMNS]
        often = f"{100 * week.too_much:.0f} %" if week.too_much else ""
        mark = " *" if week.monday.isocalendar()[:2] in away else ""
        table.add_row(f"{week.monday:%d %b %Y}{mark}", *cells, often)
    table.caption, table.caption_justify = "* holidays that messages wait for begin in this week", "left"
    return table


def _pairings(forecast: Forecast) -> Table:
    table = _table("Pairings", "", "of the runs")
    for step, span in forecast.funnel.items():
        table.add_row(step, spoken(span))
    for outcome, span in forecast.outcomes.items():
        if outcome != "completed":
            table.add_row(f"ended: {outcome.replace('_', ' ')}", spoken(span))
    for reason, span in forecast.reasons.items():
        table.add_row(f"  {reason_title(reason)}", spoken(span))
    return table


def _figures(forecast: Forecast) -> Table:
    table = _table("Figures and conflicts", "", "of the runs")
    for name, span in forecast.figures.items():
        table.add_row(name, spoken(span, percent=name in RATES))
    for name, span in forecast.conflicts.items():
        table.add_row(name, spoken(span))
    return table


def _differences(found: Rehearsed) -> Table:
    table = _table("Two designs, the same luck", "", "first", "second", "second less first", "higher in")
    for difference in found.differences:
        percent = difference.figure in RATES
        spans = (difference.first, difference.second, difference.change)
        often = f"{100 * difference.more_often:.0f} % of runs"
        table.add_row(difference.figure, *(spoken(span, percent=percent) for span in spans), often)
    return table


def _holidays(forecast: Forecast) -> Table:
    table = _table("Holidays", "", "messages wait past them", "pairings too long without a meeting", "on other days")
    for stretch in forecast.holidays:
        table.add_row(
            stretch_title(stretch), spoken(stretch.deferred), spoken(stretch.broken), f"{stretch.usually:.1f}"
        )
    return table


def _risky(found: Rehearsed) -> Table:
    table = Table(title="\nThe riskiest pairings", title_justify="left", box=None, pad_edge=False)
    for column in ("pairing", "does not complete", "how it would end", "why it stands out"):
        table.add_column(column, justify="right" if column == "does not complete" else "left")
    for risk in found.risky:
        table.add_row(risk.pairing, f"{100 * risk.not_completed:.0f} %", risk.likeliest, risk.because)
    return table
