"""docs/benchmarks.md and its plots, made from the result files alone."""

from __future__ import annotations

from html import escape
from pathlib import Path

from benchmarks.rounds import Machine, Result, Row
from benchmarks.scale import scale_page

DOCS = Path(__file__).parent.parent / "docs"

INTRODUCTION = """\
<!-- Made by `make bench` from benchmarks/results: run it again instead of changing this page. -->

# Benchmarks

Each benchmark runs ours and the reference in turn, several rounds, in one process on one machine. The ratio is the
median of the rounds' own ratios, the spread their lowest and highest: a noisy machine moves both sides, and the ratio
little. `make bench` repeats all of them, `make bench NAME=event_store` one, and
`make bench-agrees WITH=main` says which ratios differ by more than a fifth from those that a commit holds.
"""


def page(results: list[Result]) -> dict[str, str]:
    """File name below docs/ to text: the page, a plot for each benchmark, and docs/scale.md."""
    parts, files = [INTRODUCTION], dict[str, str]()
    for result in results:
        files[f"benchmark-{result.name}.svg"] = _plot(result)
        parts.append(_section(result))
    scale = scale_page(results)
    return {"benchmarks.md": "\n".join(parts), **files, **({"scale.md": scale} if scale else {})}


def write(results: list[Result]) -> None:
    """Write the page and the plots."""
    for name, text in page(results).items():
        (DOCS / name).write_text(text, encoding="utf-8")


def _section(result: Result) -> str:
    lines = [
        f"## {result.title}",
        "",
        f"`benchmarks/{result.name}.py`, {result.measured_at:%-d %B %Y}, commit {result.commit}; "
        f"{_described(result.machine)}.",
        "",
        f"![{result.title}: ratios](benchmark-{result.name}.svg)",
        "",
        "| measure | ours | beside | reference | ratio | spread | goal | met |",
        "|---|--:|---|--:|--:|--:|--:|---|",
        *(_line(row) for row in result.rows),
        "",
        *(f"- {note}" for note in result.notes),
    ]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    goal = "" if row.goal is None else f"{'≤' if row.at_most else '≥'} {row.goal:g}"
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    spread = "" if row.spread is None else f"{row.spread[0]:.2f} to {row.spread[1]:.2f}"
    reference = "" if row.reference is None else _figure(row.reference, row.unit)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    cells = [row.measure, _figure(row.ours, row.unit), row.beside, reference, ratio, spread, goal, met]
    return f"| {' | '.join(cells)} |"


def _figure(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def _described(machine: Machine) -> str:
    where = f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB"
    return f"{where}, {machine.system}, Python {machine.python}"


BARS = 480
"""Where the bars of a plot begin: the longest label ends before."""


def _plot(result: Result) -> str:
    """A bar for each ratio with its spread as a line, and the goal as a tick. Legible on light and dark pages."""
    rows = [row for row in result.rows if row.ratio is not None]
    widest = max([1.0, *(_end(row) for row in rows)])
    height = 26 * len(rows) + 20
    shapes = [shape for number, row in enumerate(rows) for shape in _bar(row, 10 + 26 * number, 420 / widest)]
    size = f'viewBox="0 0 {BARS + 490} {height}" font-size="12" font-family="sans-serif"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<title>{escape(result.title)}</title>",
            *shapes,
            "</svg>",
            "",
        ]
    )


def _end(row: Row) -> float:
    return max(row.ratio or 0.0, row.goal or 0.0, *(row.spread or (0.0, 0.0)))


def _bar(row: Row, top: int, scale: float) -> list[str]:
    ratio = row.ratio or 0.0
    low, high = row.spread or (ratio, ratio)
    colour = "#b3541e" if row.met is False else "#2a7f86"
    label = escape(f"{row.measure} / {row.beside}")
    shapes = [
        f'<text x="{BARS - 10}" y="{top + 14}" text-anchor="end" fill="#808080">{label}</text>',
        f'<rect x="{BARS}" y="{top + 3}" width="{ratio * scale:.1f}" height="14" fill="{colour}"/>',
        f'<line x1="{BARS + low * scale:.1f}" x2="{BARS + high * scale:.1f}" y1="{top + 10}" y2="{top + 10}" '
        'stroke="#808080" stroke-width="2"/>',
        f'<text x="{BARS + 8 + _end(row) * scale:.1f}" y="{top + 14}" fill="#808080">{ratio:.2f}</text>',
    ]
    if row.goal is not None:
        x = BARS + row.goal * scale
        shapes.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + 20}" stroke="#d0a000" stroke-width="2"/>')
    return shapes
