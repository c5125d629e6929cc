"""Plots as SVG text for a page that needs no network. Colours are the page's own variables: light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from rehearsal.forecast import Interval, Stretch

WIDTH, HEIGHT = 360, 150
LEFT, RIGHT, TOP, BOTTOM = 30, 8, 10, 22
"""Of the plotting area, in the drawing's units: at a phone's width, about one pixel each."""


def course(
    title: str,
    weeks: Sequence[tuple[date, Interval]],
    colour: str,
    holidays: Sequence[Stretch] = (),
    limit: float | None = None,
) -> str:
    """A figure week by week: the median as a line, nine of ten runs as a band, holidays and a limit marked."""
    top = _round_up(max([1.0, *(limit_ for limit_ in [limit] if limit_), *(load.high for _, load in weeks)]))
    across, down = _across(len(weeks)), _down(top)
    bounds = [f"{across(n):.1f},{down(load.high):.1f}" for n, (_, load) in enumerate(weeks)]
    bounds += [f"{across(n):.1f},{down(load.low):.1f}" for n, (_, load) in reversed(list(enumerate(weeks)))]
    line = " ".join(f"{across(n):.1f},{down(load.median):.1f}" for n, (_, load) in enumerate(weeks))
    shapes = [
        *_grid(top, down),
        *_months([monday for monday, _ in weeks], across),
        *_marked(weeks, holidays, across),
        f'<polygon points="{" ".join(bounds)}" fill="var({colour})" opacity=".25"/>',
        f'<polyline points="{line}" fill="none" stroke="var({colour})" stroke-width="2" stroke-linejoin="round"/>',
    ]
    if limit is not None:
        y = down(limit)
        shapes.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="limit"/>')
    shapes += [_hover(monday, load, across(n), across(1) - across(0)) for n, (monday, load) in enumerate(weeks)]
    return _drawing(title, HEIGHT, shapes)


def bars(title: str, rows: Mapping[str, Interval], colour: str, whole: float) -> str:
    """A bar for each row to its median, nine of ten runs as a line over it."""
    shapes, row_height, begin = [], 30, 4
    scale = (WIDTH - 2 * begin) / max(whole, 1e-9)
    for number, (name, span) in enumerate(rows.items()):
        y = number * row_height
        middle = begin + span.median * scale
        shapes += [
            f'<text x="{begin}" y="{y + 11}">{escape(name)}</text>',
            f'<text x="{WIDTH - begin}" y="{y + 11}" text-anchor="end" class="figure">{spoken(span)}</text>',
            f'<rect x="{begin}" y="{y + 16}" width="{WIDTH - 2 * begin}" height="8" rx="4" class="ground"/>',
            f'<rect x="{begin}" y="{y + 16}" width="{max(middle - begin, 0.5):.1f}" height="8" rx="4" '
            f'fill="var({colour})"/>',
            f'<line x1="{begin + span.low * scale:.1f}" x2="{begin + span.high * scale:.1f}" y1="{y + 20}" '
            f'y2="{y + 20}" class="whisker"/>',
        ]
    return _drawing(title, row_height * len(rows) + 2, shapes)


def spoken(span: Interval, *, percent: bool = False) -> str:
    """`12 (9 to 15)`."""
    low, middle, high = (_number(value, percent) for value in (span.low, span.median, span.high))
    unit = " %" if percent else ""
    return f"{middle}{unit}" if low == high else f"{middle}{unit} ({low} to {high})"


def _number(value: float, percent: bool) -> str:
    value = 100 * value if percent else value
    text = f"{value:,.0f}" if percent or abs(value) >= 10 or value == round(value) else f"{value:.1f}"
    return "0" if text in ("-0", "0.0", "-0.0") else text


def _drawing(title: str, height: float, shapes: Sequence[str]) -> str:
    label = escape(title, quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{label}">{"".join(shapes)}</svg>'


def _grid(top: float, down: _Scale) -> list[str]:
    shapes = []
    for share in (0, 0.5, 1):
        y, value = down(top * share), top * share
        shapes.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        shapes.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    return shapes


def _months(mondays: Sequence[date], across: _Scale) -> list[str]:
    firsts = [n for n, monday in enumerate(mondays) if n == 0 or monday.month != mondays[n - 1].month]
    every = max(1, round(len(firsts) / 9))
    return [
        f'<text x="{across(n):.1f}" y="{HEIGHT - 6}">{mondays[n]:%b}</text>'
        for number, n in enumerate(firsts)
        if number % every == 0 and across(n) < WIDTH - 24
    ]


def _marked(weeks: Sequence[tuple[date, Interval]], holidays: Sequence[Stretch], across: _Scale) -> list[str]:
    shapes = []
    for stretch in holidays:
        days = (stretch.first - weeks[0][0]).days if weeks else -1
        if 0 <= days < 7 * len(weeks):
            x = across(days / 7)
            shapes.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" class="holiday">'
                f"<title>holiday: {_days(stretch)}</title></line>"
            )
    return shapes


def _hover(monday: date, load: Interval, x: float, width: float) -> str:
    return (
        f'<rect x="{x - width / 2:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}" class="hover">'
        f"<title>week of {monday:%-d %b %Y}: {spoken(load)}</title></rect>"
    )


def _days(stretch: Stretch) -> str:
    if stretch.first == stretch.last:
        return f"{stretch.first:%-d %b %Y}"
    return f"{stretch.first:%-d %b} to {stretch.last:%-d %b %Y}"


class _Scale:
    """A straight scale from values to places of a drawing."""

    def __init__(self, begin: float, per_unit: float) -> None:
        self._begin, self._per_unit = begin, per_unit

    def __call__(self, value: float) -> float:
        return self._begin + value * self._per_unit


def _across(weeks: int) -> _Scale:
    return _Scale(LEFT, (WIDTH - LEFT - RIGHT) / max(weeks - 1, 1))


def _down(top: float) -> _Scale:
    return _Scale(HEIGHT - BOTTOM, -(HEIGHT - TOP - BOTTOM) / top)


def _round_up(value: float) -> float:
    """The next number that halves nicely."""
    step = next(step for step in (2, 4, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000) if value <= step * 6)
    return -(-value // step) * step
