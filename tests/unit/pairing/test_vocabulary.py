"""Nothing is forgotten: every event is in the union, every command that somebody sends is an update."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

import pytest

import domain.pairing
from domain.decider import Command, Event
from domain.pairing.clocks import FireClock, FiredEvent
from domain.pairing.decider import PairingCommand, PairingEvent
from domain.pairing.proposal import CreatePairing
from domain.pairing.undoing import SettleClose
from domain.pairing.with_cohort import CohortOrder
from workflows.commands import update_name
from workflows.pairing import PairingWorkflow

MODULES = [import_module(f"domain.pairing.{module.name}") for module in iter_modules(domain.pairing.__path__)]
EVENTS: tuple[type[Event], ...] = get_args(get_args(PairingEvent)[0])
COMMANDS: tuple[type[Command], ...] = get_args(PairingCommand)
ABSTRACT = {CohortOrder}
SENT_BY_THE_ENGINE = {CreatePairing, FireClock, SettleClose}
SENT = [command for command in COMMANDS if command not in SENT_BY_THE_ENGINE]


def defined(kind: type) -> set[type]:
    """The classes of this kind that the phases define."""
    return {
        found
        for module in MODULES
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, kind) and found.__module__ == module.__name__
    }


def test_the_union_holds_every_event_that_a_phase_defines() -> None:
    assert set(EVENTS) == defined(Event) - {FiredEvent}


def test_the_union_holds_every_command_that_a_phase_defines() -> None:
    assert set(COMMANDS) == defined(Command) - ABSTRACT


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_events_type_is_the_name_of_its_class(event: type[Event]) -> None:
    assert event.model_fields["type"].default == event.__name__
    assert get_args(event.model_fields["type"].annotation) == (event.__name__,)


def test_no_two_events_share_a_type() -> None:
    types = [event.model_fields["type"].default for event in EVENTS]

    assert len(types) == len(set(types))


@pytest.mark.parametrize("command", SENT, ids=lambda command: command.__name__)
def test_whatever_somebody_may_send_is_an_update_of_the_workflow(command: type[Command]) -> None:
    handler = getattr(PairingWorkflow, update_name(command))

    assert handler.__annotations__["command"] is command


@pytest.mark.parametrize("command", sorted(SENT_BY_THE_ENGINE, key=str), ids=lambda command: command.__name__)
def test_what_only_the_engine_sends_is_no_update(command: type[Command]) -> None:
    assert not hasattr(PairingWorkflow, update_name(command))


@pytest.mark.parametrize("described", [*EVENTS, *COMMANDS], ids=lambda described: described.__name__)
def test_every_event_and_command_says_in_a_sentence_what_it_means(described: type) -> None:
    assert (described.__doc__ or "").strip().splitlines()[0].endswith((".", ":"))
