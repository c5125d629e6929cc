"""What `pairloom pairing show` says of a pairing."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console

from domain.decider import Role
from operations.pairing_views import print_standing, shown

from .given import Story, offered


def screen(story: Story) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        print_standing(console, shown(story.state, story.now, Role.COORDINATOR), story.now)
    return captured.get()


def test_days_are_those_of_the_calendar_also_a_moment_after_the_clock_was_set() -> None:
    story = offered()
    story.now += timedelta(seconds=5)
    assert "remind about the offer (in 7 days)" in screen(story)
    story.now += timedelta(days=7, minutes=-1)
    assert "remind about the offer (today)" in screen(story)
    story.now += timedelta(minutes=1)
    assert "remind about the offer (due now)" in screen(story)
