"""A value that grows with a cohort fits into one payload, and comes out as it went in."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import pytest
from pydantic import ValidationError
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.journal import PAGE, Page
from activities.matching import MatchResult
from activities.packing import PACKED_FROM
from domain.cohort.state import PlannedPairing
from domain.matching.assignment import ProposedPair
from domain.matching.compatibility import Parts
from eventstore.records import StoredEvent
from tests.unit.cohort.given import running
from workflows.contract import CohortCarried

TEMPORAL_TAKES = 2 * 1024 * 1024
"""Bytes of one payload: the server's `limit.blobSize.error`."""


def result(pairs: int) -> MatchResult:
    """Scores as a matching makes them: digits, which pack badly."""
    return MatchResult(input_hash="a" * 64, left_over=(), pairs=tuple(_planned(number) for number in range(pairs)))


def _planned(number: int) -> PlannedPairing:
    digits = {name: (number + 1) * (nth + 3) * 0.6180339887498949 % 1 for nth, name in enumerate(Parts.model_fields)}
    mentor, mentee = f"p{number:05}", f"e{number:05}"
    score = number * 0.7548776662466927 % 1
    pair = ProposedPair(mentor=mentor, mentee=mentee, score=score, parts=Parts(**digits))
    why = f"They share {number % 7} interests and {number % 11} hours a week; one wants to learn topic {number % 97}."
    return PlannedPairing(pairing=f"{mentor}~{mentee}", pair=pair, why=why)


@pytest.mark.parametrize("pairs", [3, 6000])
async def test_a_matching_of_thousands_fits_into_a_payload(pairs: int) -> None:
    told = result(pairs)
    [payload] = await pydantic_data_converter.encode([told])
    assert (b'"packed"' in payload.data) is (pairs > 1000), "a small one is for people to read"
    assert len(payload.data) < TEMPORAL_TAKES
    assert await pydantic_data_converter.decode([payload], [MatchResult]) == [told]


async def test_a_large_cohort_is_carried_on_as_it_is() -> None:
    state = running(2).state
    carried = CohortCarried(version=7, state=state, answered=())
    assert CohortCarried.model_validate_json(carried.model_dump_json()) == carried
    large = carried.model_copy(update={"state": replace(state, proposed=result(5000).pairs)})
    text = large.model_dump_json()
    assert PACKED_FROM < len(text) < TEMPORAL_TAKES
    assert CohortCarried.model_validate_json(text) == large


@pytest.mark.parametrize("events", [1, PAGE])
async def test_a_page_of_large_events_fits_into_a_payload(events: int) -> None:
    page = Page([_stored(version) for version in range(1, events + 1)])
    [payload] = await pydantic_data_converter.encode([page])
    assert len(payload.data) < TEMPORAL_TAKES
    assert await pydantic_data_converter.decode([payload], [Page]) == [page]


def _stored(version: int) -> StoredEvent:
    """Ten kilobytes, as an event is that lists whom a matching left over."""
    at = datetime(2027, 1, 11, 9, tzinfo=UTC) + timedelta(microseconds=version)
    left = [{"person": f"p{version:04}-{nth}", "reason": "every possible partner is taken"} for nth in range(150)]
    return StoredEvent(
        stream="cohort/spring",
        version=version,
        event_id=uuid5(NAMESPACE_URL, str(version)),
        type="MatchRunRecorded",
        schema_version=1,
        command_id=uuid5(NAMESPACE_URL, f"command {version}"),
        command_seq=0,
        correlation_id=NAMESPACE_URL,
        causation_id=None,
        actor_role="service",
        actor_id="engine",
        source="engine",
        idempotency_key=f"match-run:{version}",
        program_version=1,
        occurred_at=at,
        recorded_at=at,
        data={"type": "MatchRunRecorded", "left_over": left},
    )


@pytest.mark.parametrize("packed", ["", "no base64 §", b64encode(b"no zlib").decode(), 7, None])
def test_what_cannot_be_unpacked_is_refused(packed: object) -> None:
    with pytest.raises(ValidationError):
        MatchResult.model_validate({"packed": packed})
