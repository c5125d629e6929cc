"""What happened, as a person wants to read it, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.pairing.facts import outcome
from domain.pairing.state import Pairing
from operations.demo import DemoResult
from operations.evaluation_views import evaluation_table, funnel_table

OUTCOME_STYLE = {"completed": "green", "below_standard": "yellow", "closed_early": "red"}
REASONS = {
    "exit": "one of the two asked to leave",
    "left_company": "one of the two left the company",
    "silence": "fell silent; the coordinator closed it",
}


def print_report(console: Console, result: DemoResult, names: Mapping[str, str], *, kept: bool, data: Path) -> None:
    """Funnel, pairings, evaluation, and where to look. `names` never leaves the operator's terminal."""
    console.print(f"\n[bold]{escape(result.cohort.design.title)}[/bold]  ({result.cohort.id}, {result.weeks} weeks)\n")
    console.print(funnel_table(result.headline))
    console.print(_pairings(result, names))
    console.print(evaluation_table(result.headline))
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


def _weeks(pairing: Pairing) -> str:
    if pairing.offered_at is None or pairing.ended_at is None:
        return "-"
    return f"{(pairing.ended_at - pairing.offered_at).days / 7:.0f}"


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
