"""The timeline's sentences: each event has one, with counts and dates only."""

from __future__ import annotations

import json

import pytest

from domain.cohort.decider import EVENT_TYPES, EVENTS
from domain.cohort.matching import MatchRunRecorded
from domain.cohort.story import tell
from tests.stored_events.samples import SAMPLES
from tests.unit.test_pseudonyms import NOON


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_has_a_sentence(event_type: str) -> None:
    stored = json.loads((SAMPLES / "cohort" / f"{event_type}.v1.json").read_text(encoding="utf-8"))
    sentence = tell(EVENTS.load(stored, 1))
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "P031" not in sentence


def test_a_matching_says_how_many() -> None:
    event = MatchRunRecorded(at=NOON, input_hash="x", seed=1, pairs=12, left_over=())
    assert tell(event) == "The matching proposed 12 pairs; 0 people are on the waiting list."
