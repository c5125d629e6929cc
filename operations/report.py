"""What happened, as a person wants to read it, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.figures import BySide, Headline, Shown, ShownSpread, Suppressed
from domain.pairing.facts import outcome
from domain.pairing.state import Pairing
from operations.demo import DemoResult

OUTCOME_STYLE = {"completed": "green", "below_standard": "yellow", "closed_early": "red"}
REASONS = {
    "exit": "one of the two asked to leave",
    "left_company": "one of the two left the company",
    "silence": "fell silent; the coordinator closed it",
}


def print_report(console: Console, result: DemoResult, names: Mapping[str, str], *, kept: bool, data: Path) -> None:
    """Funnel, pairings, evaluation, and where to look. `names` never leaves the operator's terminal."""
    console.print(f"\n[bold]{escape(result.cohort.design.title)}[/bold]  ({result.cohort.id}, {result.weeks} weeks)\n")
    console.print(_funnel(result.headline))
    console.print(_pairings(result, names))
    console.print(_evaluation(result.headline))
    _where(console, result, kept=kept, data=data)


def as_json(result: DemoResult) -> dict[str, Any]:
    """The same for machines: opaque ids only."""
    return {
        "cohort": result.cohort.id,
        "weeks": result.weeks,
        "pairings": [
            {
                "id": pairing.id,
                "outcome": outcome(pairing),
                "reason": pairing.reason,
                "stage": pairing.stage.value,
                "meetings_held": pairing.held,
                "started": _iso(pairing.offered_at),
                "ended": _iso(pairing.ended_at),
                "events": result.events_of[pairing.id],
            }
            for pairing in result.pairings
        ],
        "waiting_list": len(result.cohort.left_over),
        "events": result.events,
        "messages": result.messages,
        "worker_restarts": result.worker_restarts,
        "evaluation": result.headline.model_dump(mode="json"),
    }


def _funnel(headline: Headline) -> Table:
    table = Table(title="The cohort's funnel", title_justify="left", show_header=False, box=None)
    top = max(headline.funnel.matched, 1)
    for step, count in headline.funnel.model_dump().items():
        table.add_row(step, f"{count:3}", "█" * round(32 * count / top))
    return table


def _pairings(result: DemoResult, names: Mapping[str, str]) -> Table:
    table = Table(title="\nEvery pairing", title_justify="left", box=None, pad_edge=False)
    for column in ("mentor (junior)", "mentee (executive)", "outcome", "why", "met", "weeks", "events"):
        table.add_column(column, justify="right" if column in ("met", "weeks", "events") else "left")
    for pairing in result.pairings:
        ending = outcome(pairing)
        table.add_row(
            escape(names.get(pairing.mentor.participant, pairing.mentor.participant)),
            escape(names.get(pairing.mentee.participant, pairing.mentee.participant)),
            f"[{OUTCOME_STYLE.get(ending, 'dim')}]{ending.replace('_', ' ')}[/]",
            REASONS.get(pairing.reason or "", pairing.reason or ""),
            f"{pairing.held}/{pairing.design.meetings.planned}",
            _weeks(pairing),
            str(result.events_of[pairing.id]),
        )
    return table


def _evaluation(headline: Headline) -> Table:
    table = Table(title="\nThe evaluation", title_justify="left", box=None, pad_edge=False)
    for column in ("figure", "mentors", "mentees", "all"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    table.add_row("completion", "", "", _percent(headline.completion_rate))
    table.add_row("adherence: meetings held of planned", "", "", _percent(headline.adherence))
    table.add_row("days to the first meeting, median", "", "", _figure(headline.days_to_first_meeting))
    table.add_row("executive cancel rate", "", "", _percent(headline.executive_cancel_rate))
    table.add_row("goal attainment", "", "", _percent(headline.goal_attainment))
    _by_side(table, "skill change, 1 to 5", headline.skill_change, sign=True)
    effect = headline.skill_effect
    table.add_row("  effect size (Hedges' g_z)", _figure(effect.mentor), _figure(effect.mentee), "")
    for at in headline.safety:
        _by_side(table, f"psychological safety, {at.moment}", at.mean)
    _by_side(table, "NPS", headline.nps, sign=True)
    repeat = headline.would_repeat
    table.add_row("would repeat", _percent(repeat.mentor), _percent(repeat.mentee), _percent(repeat.both))
    return table


def _by_side(table: Table, name: str, figures: BySide, *, sign: bool = False) -> None:
    table.add_row(name, *(_figure(figure, sign=sign) for figure in (figures.mentor, figures.mentee, figures.both)))


def _where(console: Console, result: DemoResult, *, kept: bool, data: Path) -> None:
    console.print(
        f"\n{result.events} events are stored in PostgreSQL; {result.messages} messages to people in its outbox.",
        highlight=False,
    )
    if result.worker_restarts:
        console.print(f"The worker died and was started again {result.worker_restarts} time(s).", highlight=False)
    if not kept:
        console.print(f'To look around: make demo ARGS="--keep". The data of this run is in {data}.', highlight=False)
        return
    address = result.temporal_address
    console.print(f"Temporal UI:  {result.ui_url}/namespaces/default/workflows", highlight=False, soft_wrap=True)
    console.print(f"Temporal CLI: .venv/bin/temporal workflow list --address {address}", highlight=False)
    console.print(f"SQL:          psql {result.database_url}", highlight=False, soft_wrap=True)
    console.print(f"Everything keeps running. To end it: {stop_command(data)}", highlight=False, soft_wrap=True)


def stop_command(data: Path) -> str:
    """What ends the servers of a data directory."""
    usual = data.parts[:1] == (".pairloom",)
    return "make stop" if usual else f".venv/bin/pairloom stop --data {data}"


def _figure(figure: Shown | ShownSpread | Suppressed, *, sign: bool = False) -> str:
    match figure:
        case Shown():
            interval = figure.interval
            span = f" [{interval.low:.1f}, {interval.high:.1f}]" if interval else ""
            return f"{figure.value:+.1f}{span}" if sign else f"{figure.value:.1f}{span}"
        case ShownSpread():
            return " · ".join(f"{count} {name}" for name, count in figure.counts)
        case Suppressed():
            return figure.reason.value.replace("_", " ")


def _percent(figure: Shown | Suppressed) -> str:
    if isinstance(figure, Suppressed):
        return _figure(figure)
    interval = figure.interval
    span = f" [{100 * interval.low:.0f}, {100 * interval.high:.0f}]" if interval else ""
    return f"{100 * figure.value:.0f} %{span}"


def _weeks(pairing: Pairing) -> str:
    if pairing.offered_at is None or pairing.ended_at is None:
        return "-"
    return f"{(pairing.ended_at - pairing.offered_at).days / 7:.0f}"


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
