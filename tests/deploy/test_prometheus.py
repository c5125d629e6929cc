"""Prometheus by promtool: its configuration, the alerts, that each fires when it should. Grafana's queries too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from checked import DEPLOY, bites, passes, spoilt

PROMETHEUS = DEPLOY / "compose" / "prometheus.yml"
ALERTS = DEPLOY / "compose" / "alerts.yml"
STORIES = DEPLOY / "compose" / "alerts_test.yml"
DASHBOARD = DEPLOY / "compose" / "grafana" / "pairloom.json"


def queries(dashboard: Path) -> list[str]:
    """Every query of the dashboard, with an interval that PromQL knows."""
    panels: list[dict[str, Any]] = json.loads(dashboard.read_text())["panels"]
    return [target["expr"].replace("$__rate_interval", "5m") for panel in panels for target in panel["targets"]]


def test_the_configuration_and_the_alerts() -> None:
    passes("promtool", "check", "config", PROMETHEUS)
    passes("promtool", "test", "rules", STORIES)


def test_promtool_bites_at_the_configuration(tmp_path: Path) -> None:
    planted = spoilt(tmp_path, PROMETHEUS, "scrape_interval: 15s", "scrape_intervall: 15s")
    bites("scrape_intervall", "promtool", "check", "config", planted)


def test_promtool_bites_at_a_query(tmp_path: Path) -> None:
    planted = spoilt(tmp_path, ALERTS, "max(pairloom_overdue_clocks) > 0", "max(pairloom_overdue_clocks > 0")
    bites("unclosed left parenthesis", "promtool", "check", "rules", planted)


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        ("max(pairloom_overdue_clocks) > 0", "max(pairloom_overdue_clocks) > 9"),
        ('outcome="failed"', 'outcome="broken"'),
        ("max(pairloom_outbox_waiting_messages) > 1000", "max(pairloom_outbox_waiting_messages) > 1"),
    ],
)
def test_the_stories_bite_where_an_alert_is_wrong(tmp_path: Path, found: str, planted: str) -> None:
    alerts = spoilt(tmp_path, ALERTS, found, planted)
    bites("FAILED", "promtool", "test", "rules", alerts.parent / STORIES.name)


@pytest.mark.parametrize("query", queries(DASHBOARD))
def test_grafanas_queries_can_be_read(query: str) -> None:
    promql_parser.parse(query)


def test_a_query_that_cannot_be_read_is_noticed(tmp_path: Path) -> None:
    planted = queries(spoilt(tmp_path, DASHBOARD, "sum by (code) (", "sum by (code) (("))
    [query] = [query for query in planted if "((" in query]
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        promql_parser.parse(query)


def test_the_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (column, row)
        for panel in panels
        for place in [panel["gridPos"]]
        for column in range(place["x"], place["x"] + place["w"])
        for row in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) < 24
