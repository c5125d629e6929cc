"""Reading what older releases stored: one step after the other, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, JsonValue, ValidationError

from domain.decider import Data, Event
from domain.event_versions import EventFamily, EventUnknown, Upcaster

NOON = "2027-01-11T12:00:00Z"


class Booked(Event):
    """Version 1 had `hour`; version 2 `starts_at`; version 3 has minutes too, which were always 60."""

    schema_version: ClassVar[int] = 3

    type: Literal["Booked"] = "Booked"
    starts_at: datetime
    minutes: int


class Held(Event):
    """Was `Met` in version 1."""

    schema_version: ClassVar[int] = 2

    type: Literal["Held"] = "Held"
    number: int
    note: str = ""


Meeting = Annotated[Booked | Held, Field(discriminator="type")]


def with_start(data: Data) -> dict[str, JsonValue]:
    rest = {name: value for name, value in data.items() if name != "hour"}
    return {**rest, "starts_at": f"2027-01-11T{data['hour']}:00:00Z"}


def with_minutes(data: Data) -> dict[str, JsonValue]:
    return {**data, "minutes": 60}


STEPS = (
    Upcaster("Booked", 1, with_start),
    Upcaster("Booked", 2, with_minutes),
    Upcaster("Held", 1, dict),
    Upcaster("Met", 1, dict, becomes=("Held", 1)),
)


def family(*steps: Upcaster) -> EventFamily[Booked | Held]:
    return EventFamily(Meeting, steps)


def test_every_older_version_is_brought_to_todays() -> None:
    today = Booked(at=datetime.fromisoformat(NOON), starts_at=datetime(2027, 1, 11, 14, tzinfo=UTC), minutes=60)
    stored: list[tuple[int, Data]] = [
        (1, {"type": "Booked", "at": NOON, "hour": 14}),
        (2, {"type": "Booked", "at": NOON, "starts_at": "2027-01-11T14:00:00Z"}),
        (3, {"type": "Booked", "at": NOON, "starts_at": "2027-01-11T14:00:00Z", "minutes": 60}),
    ]
    assert [family(*STEPS).load(data, version) for version, data in stored] == [today] * 3
    assert stored[0][1] == {"type": "Booked", "at": NOON, "hour": 14}, "what was stored is not changed"


def test_a_type_that_was_renamed_is_read() -> None:
    held = family(*STEPS).load({"type": "Met", "at": NOON, "number": 2}, 1)
    assert held == Held(at=datetime.fromisoformat(NOON), number=2)


def test_a_field_with_a_default_needs_no_step() -> None:
    assert family(*STEPS).load({"type": "Held", "at": NOON, "number": 2}, 2).note == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "version"), [("Booked", 4), ("Booked", 0), ("Met", 2), ("Vanished", 1)])
def test_what_this_code_does_not_know_is_refused(name: str, version: int) -> None:
    with pytest.raises(EventUnknown, match=f"{name} of version {version} .* run the release"):
        family(*STEPS).load({"type": name, "at": NOON, "number": 2}, version)


def test_a_wrong_shape_is_not_read() -> None:
    with pytest.raises(ValidationError):
        family(*STEPS).load({"type": "Held", "at": NOON}, 2)


def test_everything_that_can_be_read_is_listed() -> None:
    assert family(*STEPS).known == (("Booked", 1), ("Booked", 2), ("Booked", 3), ("Held", 1), ("Held", 2), ("Met", 1))


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        (STEPS[1:], "Booked is at version 3, and nothing reads its version 1"),
        ((STEPS[0], *STEPS[2:]), "end at Booked 2"),
        ((*STEPS, Upcaster("Met", 1, dict)), "two upcasters begin"),
        ((*STEPS, Upcaster("Seen", 1, dict)), "end at Seen 2"),
        ((*STEPS, Upcaster("A", 1, dict, ("B", 1)), Upcaster("B", 1, dict, ("A", 1))), "circle"),
        ((*STEPS, Upcaster("Held", 2, dict)), "the current one"),
        ((*STEPS, Upcaster("Lost", 1, dict, ("Nowhere", 1))), "end at Nowhere 1"),
    ],
)
def test_a_chain_that_leads_nowhere_is_found_at_the_start(steps: tuple[Upcaster, ...], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        family(*steps)
