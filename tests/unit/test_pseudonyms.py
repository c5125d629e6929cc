"""What analysts get: nothing in it leads back to a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from domain.decider import Clock, Event
from domain.pairing.checkpoints import CheckpointAnswered
from domain.pairing.decider import PairingEvent
from domain.pairing.goal_setting import GoalSet
from domain.pairing.offer import OfferAccepted
from domain.pairing.state import Goal, Side
from domain.pseudonyms import pseudonymised
from rehearsal.assumptions import Assumptions
from rehearsal.simulation import simulate
from tests.unit.test_simulation import create

NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)


def alias(text: str) -> str:
    return f"<{len(text)}>"


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def lives() -> list[PairingEvent]:
    return [event for number in range(20) for event in simulate(create(f"pair-{number}"), number, Assumptions())]


def test_ids_become_aliases_and_choices_stay() -> None:
    [created] = [event for event in lives() if event.type == "PairingCreated" and event.pairing == "pair-3"]
    shown = pseudonymised(created, alias)
    assert (shown["type"], shown["pairing"], shown["cohort"]) == ("PairingCreated", "<6>", "<6>")
    assert shown["mentor"] == {"participant": "<2>", "zone": "<13>"}
    assert "holidays" not in json.dumps(shown)


def test_a_goals_words_are_gone_and_its_weight_is_not() -> None:
    event = GoalSet(at=NOON, goal=Goal(id="g1", text="Learn to listen to Ada", weight=2.0))
    shown = pseudonymised(event, alias)
    assert "Ada" not in json.dumps(shown)
    assert '"weight": 2.0' in json.dumps(shown)


def test_clocks_times_and_sides_stay() -> None:
    clock = Clock(name="checkpoint.open:2", due=NOON + timedelta(days=2))
    event = OfferAccepted(at=NOON, side=Side.MENTEE, activates=True, starts=(clock,), stops=("offer.expire",))
    assert pseudonymised(event, alias) == {
        "type": "OfferAccepted",
        "at": "2027-01-11T12:00:00Z",
        "side": "mentee",
        "activates": True,
        "starts": [{"name": "checkpoint.open:2", "due": "2027-01-13T12:00:00Z"}],
        "stops": ["offer.expire"],
    }


def test_no_event_of_a_whole_life_shows_an_id() -> None:
    seen: set[str] = set()
    for event in lives():
        shown = list(texts(pseudonymised(event, alias)))
        assert not {"m1", "e1", "spring"} & set(shown)
        assert not any(text.startswith("pair-") for text in shown)
        seen.add(event.type)
        if isinstance(event, CheckpointAnswered):  # what analysts came for
            assert event.safety in pseudonymised(event, alias).values()
    assert len(seen) > 15


class FromTomorrow(Event):
    """A field that nobody has thought about yet."""

    note: str
    notes: tuple[str, ...]
    maybe: str | None


def test_a_field_that_is_added_one_day_is_an_alias_too() -> None:
    shown = pseudonymised(FromTomorrow(type="FromTomorrow", at=NOON, note="Ada", notes=("Bo",), maybe="Cy"), alias)
    assert (shown["note"], shown["notes"], shown["maybe"]) == ("<3>", ["<2>"], "<2>")
