"""The timeline's sentences: each event has one, with counts and dates only."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from domain.cohort.decider import EVENT_TYPES, EVENTS
from domain.cohort.matching import MatchesApproved, MatchRunRecorded
from domain.cohort.story import tell
from domain.matching.assignment import LeftOver
from tests.stored_events.samples import SAMPLES
from tests.unit.test_pseudonyms import NOON


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_has_a_sentence(event_type: str) -> None:
    stored = json.loads((SAMPLES / "cohort" / f"{event_type}.v1.json").read_text(encoding="utf-8"))
    sentence = tell(EVENTS.load(stored, 1))
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "P031" not in sentence


def test_a_single_pair_and_a_single_person_are_told_as_such() -> None:
    left = LeftOver(person="P031", role="mentor", reason="nobody shares two working hours")
    event = MatchRunRecorded(at=NOON, input_hash="x", seed=1, pairs=1, left_over=(left,))
    assert tell(event) == "The matching proposed 1 pair; 1 person is on the waiting list."


def test_the_day_of_the_offers_is_the_approvers_own() -> None:
    monday = datetime(2027, 1, 11, tzinfo=timezone(timedelta(hours=13)))
    approved = MatchesApproved(at=NOON, approver="head", starts_at=monday)
    assert tell(approved) == "The pairs were approved; the first offers go out on Mon 11 Jan 2027."


def test_a_matching_says_how_many() -> None:
    event = MatchRunRecorded(at=NOON, input_hash="x", seed=1, pairs=12, left_over=())
    assert tell(event) == "The matching proposed 12 pairs; 0 people are on the waiting list."
