"""The trail: an auditor's reading and every export are in the record themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.cohort.trail import DataExported, HistoryViewed, ReportExport, ViewHistory
from domain.decider import Actor

from .given import APPROVER, AUDITOR, COORDINATOR, MENTOR, Story, an, closed, draft, running, suspended

LOOK = {"stream": "pairing/spring/m1~e1", "purpose": "the yearly audit"}


@pytest.mark.parametrize("story", [draft, running, suspended, closed], ids=lambda story: story.__name__)
def test_an_auditor_reads_and_that_is_recorded(story: Callable[[], Story]) -> None:
    told = story()
    before = told.state

    told.when(ViewHistory, AUDITOR, **LOOK)

    told.then(an(HistoryViewed, viewer="audit", stream="pairing/spring/m1~e1", purpose="the yearly audit"))
    assert (told.state.stage, told.state.clocks) == (before.stage, before.clocks)


def test_after_the_archive_nothing_is_recorded_any_more() -> None:
    closed().rings().rings().refuses(ViewHistory, AUDITOR, code="stage", **LOOK)


@pytest.mark.parametrize("stream", ["cohort/autumn", "pairing/spring2/m1~e1"])
def test_only_streams_of_this_cohort(stream: str) -> None:
    running().refuses(ViewHistory, AUDITOR, code="unknown", stream=stream, purpose="the yearly audit")
    running().when(ViewHistory, AUDITOR, stream="cohort/spring", purpose="the yearly audit").then(an(HistoryViewed))


@pytest.mark.parametrize("actor", [COORDINATOR, APPROVER, MENTOR], ids=lambda actor: actor.role.value)
def test_nobody_else_reads_it(actor: Actor) -> None:
    running().refuses(ViewHistory, actor, code="role", **LOOK)


def test_an_export_says_who_and_whether_under_aliases() -> None:
    story = running().when(ReportExport, COORDINATOR, pseudonymised=False, events=210)

    story.then(an(DataExported, exporter="operations", pseudonymised=False, events=210))
    story.refuses(ReportExport, APPROVER, code="role", pseudonymised=True, events=1)
