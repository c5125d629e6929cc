"""The trail of who looked: an auditor's reading of a history, and every export, are in the record themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.cohort.state import Cohort
from domain.decider import Command, Event, Rejected, Role
from domain.permissions import only

ReadableStream = Annotated[str, Field(max_length=200, pattern=r"^(cohort|pairing)/[A-Za-z0-9_.~/-]+$")]


class HistoryViewed(Event):
    """An auditor read the metadata history of a stream, for a purpose."""

    type: Literal["HistoryViewed"] = "HistoryViewed"
    viewer: str
    stream: str
    purpose: str


class DataExported(Event):
    """The cohort's events were written to a file."""

    type: Literal["DataExported"] = "DataExported"
    exporter: str
    pseudonymised: bool
    events: int


class ViewHistory(Command):
    """The auditor reads the history of the cohort or of one of its pairings; that is recorded before it is shown."""

    stream: ReadableStream
    purpose: str = Field(min_length=3, max_length=500)


class ReportExport(Command):
    """The coordinator or the auditor has written the cohort's events to a file."""

    pseudonymised: bool
    events: int = Field(ge=0)


def view(state: Cohort, command: ViewHistory, at: datetime) -> tuple[HistoryViewed, ...]:
    """At every stage until the cohort is filed; only streams of this cohort."""
    only(command.by, Role.AUDITOR)
    own = command.stream == f"cohort/{state.id}" or command.stream.startswith(f"pairing/{state.id}/")
    if not own:
        raise Rejected("unknown", f"that is no stream of the cohort '{state.id}'")
    return (HistoryViewed(at=at, viewer=command.by.id, stream=command.stream, purpose=command.purpose),)


def export(state: Cohort, command: ReportExport, at: datetime) -> tuple[DataExported, ...]:
    """Who took the data out, and whether under aliases."""
    only(command.by, Role.COORDINATOR, Role.AUDITOR)
    return (DataExported(at=at, exporter=command.by.id, pseudonymised=command.pseudonymised, events=command.events),)
