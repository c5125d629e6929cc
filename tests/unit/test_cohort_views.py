"""The screen of `pairloom cohort status`, for a cohort of any size."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console

from domain.cohort.state import CohortStage, Funnel
from domain.cohort.status import CohortStatus
from operations.cohort_views import CohortWatched, watched
from readmodels.questions import WeekOfPerson

NOW = datetime(2027, 1, 11, 9, tzinfo=UTC)


def screen(load: tuple[WeekOfPerson, ...], **how: Any) -> str:
    running = CohortStatus(
        cohort="spring",
        title="Digital fluency",
        stage=CohortStage.RUNNING,
        since=NOW,
        mentors=2000,
        mentees=2000,
        proposed=2000,
        left_over=0,
        launched=2000,
        waiting_for=(),
    )
    cohort = running.model_copy(update=how)
    found = CohortWatched(cohort=cohort, at=NOW, funnel=Funnel(), attention=(), load=load)
    console = Console(width=160)
    with console.capture() as captured:
        console.print(watched(found, NOW))
    return captured.get()


def test_the_load_of_a_large_cohort_is_a_line_a_week_with_the_busiest() -> None:
    weeks = date(2027, 1, 11), date(2027, 1, 18)
    of_many = [
        WeekOfPerson(person=f"P{one:04}", week=week, messages=1, meetings=0, minutes=0)
        for week in weeks
        for one in range(2000)
    ]
    coordinator = WeekOfPerson(person="role:coordinator", week=weeks[0], messages=14, meetings=0, minutes=0)
    meets = WeekOfPerson(person="P3000", week=weeks[1], messages=2, meetings=1, minutes=60)
    lines = [" ".join(line.split()) for line in screen((*of_many, coordinator, meets)).splitlines()]
    assert lines[-2:] == [
        "2027-01-11 2001 2014 0 coordinator (14 messages), P0000 (1 message), P0001 (1 message)",
        "2027-01-18 2001 2002 1 P3000 (60 minutes, 2 messages), P0000 (1 message), P0001 (1 message)",
    ]


def test_before_anything_runs_the_screen_says_who_takes_part_and_where_to_look() -> None:
    invites = screen((), stage=CohortStage.ENROLLING, mentors=2, mentees=0, proposed=0, invited=3)
    assert invites.splitlines()[2].rstrip() == (
        "2 mentors and 0 mentees take part; 3 people invited without an answer: pairloom cohort show spring"
    )
    proposes = screen((), stage=CohortStage.REVIEW, mentors=2, mentees=2, proposed=2)
    assert "2 pairs proposed: pairloom cohort show spring" in proposes
    assert not any(step in invites + proposes for step in ("launched", "load"))
    assert "closed, can be undone" in screen(())
