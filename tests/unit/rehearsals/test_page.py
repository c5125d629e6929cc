"""The page: whole in itself, and saying what the terminal says."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from operations.rehearsal_page import page
from operations.rehearsed import Rehearsed, Risky, as_json, sentences
from rehearsal.assumptions import Assumptions
from rehearsal.comparison import differences
from rehearsal.forecast import forecast
from tests.unit.rehearsals.given import design, pairs, runs


def rehearsed() -> Rehearsed:
    first, second = runs(pairs(), 3), runs(pairs(design(offer={"remind_after": "2 days"})), 3)
    return Rehearsed(
        title="Fluency <& more>",
        subtitle="3 runs",
        forecast=forecast(first, left_over=4, items_a_week=15),
        assumptions=Assumptions(),
        differences=differences(first, second),
        risky=(Risky("P1~P2", 0.75, "closed early: fell silent", "RED; no meeting for 62 days"),),
    )


class Tags(HTMLParser):
    """Every tag closes in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_outside() -> None:
    text = page(rehearsed()).replace("<!doctype html>", "")
    assert not re.search(r"https?:|//|url\(|@import|<script|<link|<img|src=", text)
    assert "prefers-color-scheme:dark" in text
    assert 'name="viewport"' in text


def test_the_page_is_well_formed_and_has_every_part() -> None:
    tags, found = Tags(), rehearsed()
    text = page(found)
    tags.feed(text.replace("<!doctype html>", ""))
    assert tags.open == []
    assert tags.seen.count("svg") >= 6
    assert "Fluency &lt;&amp; more&gt;" in text
    for part in (
        "Two designs",
        "Week by week",
        "Pairings",
        "Capacity and quiet hours",
        "riskiest",
        "Holidays",
        "62 days",
    ):
        assert part in text, part
    assert all(escape(said) in text for said in sentences(found))


def test_the_json_says_the_same() -> None:
    found = rehearsed()
    written = as_json(found)
    assert written["said"] == sentences(found)
    assert written["forecast"]["funnel"]["matched"]["median"] == 12
    assert written["riskiest"][0]["pairing"] == "P1~P2"
    assert Assumptions.model_validate(written["assumptions"]) == Assumptions()
