"""A rehearsal as one HTML file: no network, no script, light and dark, at a phone's width and a screen's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from operations.plots import bars, course, spoken
from operations.rehearsed import RATES, Rehearsed, reason_title, sentences, stretch_title
from rehearsal.comparison import Difference
from rehearsal.forecast import WORK, Forecast

STYLE = """
:root{color-scheme:light dark;--ground:#fff;--card:#f6f7f9;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;
--mentor:#1f77a8;--mentee:#a8531f;--team:#6b4fa3;--good:#2a7f62;--bad:#b3402e}
@media(prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b212a;--ink:#e7ebf0;--soft:#9aa5b3;--line:#323b47;
--mentor:#5fb3e0;--mentee:#e0935a;--team:#ab90e6;--good:#58bd97;--bad:#e57d6b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.2rem 1rem 3rem;max-width:76rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0}
h2{font-size:1.1rem;margin:2rem 0 .6rem}
h3{font-size:.95rem;margin:0 0 .4rem;font-weight:600}
p{margin:.4rem 0;max-width:46rem}
.soft,.note{color:var(--soft);font-size:.9rem}
ul.said{padding-left:1.1rem;max-width:46rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1rem}
.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr))}
.card{background:var(--card);border-radius:.6rem;padding:.8rem .9rem;min-width:0}
svg{display:block;width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
svg text.figure{fill:var(--ink);font-variant-numeric:tabular-nums}
.grid{stroke:var(--line)}.limit{stroke:var(--bad);stroke-dasharray:5 4}
.holiday{stroke:var(--soft);stroke-dasharray:1 3;stroke-width:1.5}
.whisker{stroke:var(--ink);stroke-width:1.6}.ground{fill:var(--line)}
.hover{fill:var(--ink);opacity:0}.hover:hover{opacity:.08}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .7rem .35rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}
td.n,th.n{text-align:right}td.n{white-space:nowrap}
@media(max-width:32rem){body{padding:.8rem .6rem 2rem}.card{padding:.6rem .6rem}table{font-size:.8rem}}
"""

PANELS = (
    ("Reminders to mentors", "reminders:mentor", "--mentor"),
    ("Reminders to mentees", "reminders:mentee", "--mentee"),
    ("Items and reminders for the coordinator", WORK, "--team"),
    ("Meetings held", "meetings", "--good"),
)


def page(found: Rehearsed) -> str:
    """The whole file."""
    title = escape(found.title)
    forecast = found.forecast
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Rehearsal: {title}</title><style>{STYLE}</style></head><body>",
            f'<p class="soft">Rehearsal</p><h1>{title}</h1><p class="soft">{escape(found.subtitle)}</p>',
            f'<ul class="said">{"".join(f"<li>{escape(said)}</li>" for said in sentences(found))}</ul>',
            *_compared(found.differences),
            *_calendar(forecast, found.items_a_week),
            *_endings(forecast),
            *_figures(forecast),
            *_risky(found),
            *_holidays(forecast),
            '<p class="note">A figure is the median of the runs; in brackets, the bounds that nine of ten runs keep. '
            "People are simulated by the assumptions below, most of which are guesses: compare designs by this page, "
            "and fit the assumptions to a finished cohort before trusting its numbers.</p>",
            f"<details><summary>Assumptions</summary>{_assumed(found.assumed)}</details>",
            "</body></html>",
            "",
        ]
    )


def _calendar(forecast: Forecast, items_a_week: int) -> list[str]:
    cards = []
    for title, series, colour in PANELS:
        weeks = [(week.monday, week.load[series]) for week in forecast.weeks]
        limit = float(items_a_week) if series == WORK else None
        cards.append(_card(title, course(f"{title}, week by week", weeks, colour, forecast.holidays, limit)))
    key = "Line: median. Band: nine of ten runs. Dotted: public holidays. Dashed: as much as the coordinator can take."
    return ["<h2>Week by week</h2>", f'<div class="cards two">{"".join(cards)}</div><p class="note">{key}</p>']


def _endings(forecast: Forecast) -> list[str]:
    early = {reason_title(name): span for name, span in forecast.reasons.items()}
    outcomes = {name.replace("_", " "): span for name, span in forecast.outcomes.items()}
    whole = float(max(forecast.pairings, 1))
    cards = [
        _card("How far pairings come", bars("Funnel", forecast.funnel, "--mentor", whole)),
        _card("How they end", bars("Outcomes", outcomes, "--good", whole)),
    ]
    if early:
        most = max(span.high for span in early.values())
        cards.append(_card("Why they close early", bars("Early closures", early, "--bad", max(most, 1.0))))
    return ["<h2>Pairings</h2>", f'<div class="cards">{"".join(cards)}</div>']


def _figures(forecast: Forecast) -> list[str]:
    rows = [(name, spoken(span, percent=name in RATES)) for name, span in forecast.figures.items()]
    conflicts = [(name, spoken(span)) for name, span in forecast.conflicts.items()]
    return [
        "<h2>Figures and conflicts</h2>",
        '<div class="cards two">',
        _card("Figures", _table(("", "median (9 of 10 runs)"), rows)),
        _card("Capacity and quiet hours", _table(("", "median (9 of 10 runs)"), conflicts)),
        "</div>",
    ]


def _compared(differences: Sequence[Difference]) -> list[str]:
    if not differences:
        return []
    rows = []
    for found in differences:
        percent = found.figure in RATES
        spans = (found.first, found.second, found.change)
        rows.append((found.figure, *(spoken(s, percent=percent) for s in spans), f"{100 * found.more_often:.0f} %"))
    head = ("", "first design", "second design", "second less first", "higher in")
    note = "The same people with the same luck under both designs: the difference is taken run by run."
    return ["<h2>Two designs</h2>", _card("", _table(head, rows)), f'<p class="note">{note}</p>']


def _risky(found: Rehearsed) -> list[str]:
    if not found.risky:
        return []
    rows = [(risk.pairing, f"{100 * risk.not_completed:.0f} %", risk.likeliest, risk.because) for risk in found.risky]
    head = ("pairing", "does not complete", "how it would end", "why it stands out")
    return ["<h2>The riskiest pairings</h2>", _card("", _table(head, rows, numbers=(1,)))]


def _holidays(forecast: Forecast) -> list[str]:
    if not forecast.holidays:
        return []
    rows = [(stretch_title(s), spoken(s.deferred), spoken(s.broken), f"{s.usually:.1f}") for s in forecast.holidays]
    head = ("holidays", "messages that wait past them", "pairings without a meeting for too long", "on an ordinary day")
    return ["<h2>Holidays and the cadence</h2>", _card("", _table(head, rows))]


def _assumed(assumed: Mapping[str, str]) -> str:
    return _card("", _table(("assumption", "value"), list(assumed.items())))


def _card(title: str, body: str) -> str:
    return f'<div class="card">{f"<h3>{escape(title)}</h3>" if title else ""}{body}</div>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] | None = None) -> str:
    right = set(range(1, len(head)) if numbers is None else numbers)

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=n' if number in right else ''}>{escape(cell)}</{tag}>" for number, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead><tbody>{body}</tbody></table></div>'
