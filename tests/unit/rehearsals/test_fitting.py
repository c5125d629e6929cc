"""Estimating the people model: on cohorts whose truth is known, the intervals hold it as often as they claim."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import pytest
from rich.console import Console

from domain.decider import Actor, Role
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Party
from operations.fitting import as_yaml, print_fit
from operations.rehearse_commands import PEOPLE
from rehearsal.assumptions import Assumptions, changed
from rehearsal.fitting import Count, Delays, Estimate, delay, delay_or_never, fitted, rate, share
from rehearsal.observing import observe
from rehearsal.simulation import simulate
from tests.unit.rehearsals.given import START, design

TRUTH = changed(
    Assumptions(),
    {
        "mentor.ignores_offer": 0.05,
        "mentee.ignores_offer": 0.08,
        "mentor.leaves_company": 0.2,
        "mentee.asks_to_exit": 0.2,
        "mentee.goes_on_leave": 0.2,
        "mentee.cancels_meeting": 0.25,
        "pair.falls_silent": 0.12,
        "pair.forgets_to_log": 0.1,
    },
)
COHORTS, PAIRINGS = 10, 60


def create(number: int) -> CreatePairing:
    return CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="launch"),
        key="create",
        at=START,
        pairing=f"M{number}~E{number}",
        cohort="spring",
        design=design(),
        mentor=Party(participant=f"M{number}", zone="Europe/London"),
        mentee=Party(participant=f"E{number}", zone="America/New_York"),
        starts_at=START,
    )


def true_value(name: str) -> float:
    value: object = TRUTH
    for step in name.split("."):
        value = getattr(value, step)
    return float(str(value))


def test_the_intervals_hold_the_truth_as_often_as_they_claim(record_property: pytest.RecordProperty) -> None:
    """Ten cohorts of sixty pairings, some 48 figures each. A longer trial of forty gave 90.3 % of 1,920 intervals."""
    creates = [create(number) for number in range(PAIRINGS)]
    found: dict[str, list[Estimate]] = defaultdict(list)
    for cohort in range(COHORTS):
        for estimate in observe(simulate(each, cohort, TRUTH) for each in creates).estimates():
            found[estimate.name].append(estimate)
    held = [one.low <= true_value(name) <= one.high for name, of in found.items() for one in of]
    record_property("coverage", f"{fmean(held):.3f} of {len(held)}")
    assert len(found) >= 46
    assert 0.86 < fmean(held) < 0.95, fmean(held)
    for name, of in found.items():
        covered = sum(one.low <= true_value(name) <= one.high for one in of)
        assert covered >= 5, f"{name}: {covered} of {COHORTS}; the mean is {fmean(one.value for one in of):.3f}"


def test_what_was_cut_off_counts_as_slower_and_not_as_never() -> None:
    luck = random.Random(4)
    seen = Delays()
    for _ in range(400):
        days = float("inf") if luck.random() < 0.2 else 5 * luck.lognormvariate(0, 0.6)
        cut = luck.uniform(2, 30)
        (seen.done if days < cut else seen.cut).append(min(days, cut))
    median, spread, never = delay_or_never("d", "never", seen)
    assert median.low < 5 < median.high
    assert spread.low < 0.6 < spread.high
    assert never.low < 0.2 < never.high
    as_if_all_came, _ = delay("d", seen)
    assert as_if_all_came.value > median.high


def test_counts_without_hits_still_have_an_upper_bound() -> None:
    none = rate("r", Count(0, 20.0))
    assert none is not None
    assert (none.value, none.low) == (0, 0)
    assert 0.05 < none.high < 0.15
    some = share("s", Count(8, 40))
    assert some is not None
    assert some.low < 0.2 < some.high
    assert share("s", Count()) is None
    assert rate("r", Count()) is None
    assert delay("d", Delays(done=[1.0, 2.0])) == ()


def test_a_fit_becomes_a_file_of_assumptions(tmp_path: Path) -> None:
    estimates = (
        Estimate(name="mentee.cancels_meeting", value=0.31, low=0.2, high=0.4, n=50),
        Estimate(name="mentee.trains.median", value=7.25, low=6, high=9, n=50),
        Estimate(name="mentee.trains.spread", value=0.5, low=0.4, high=0.6, n=50),
    )
    found = fitted(Assumptions(), estimates)
    assert found.mentee.cancels_meeting == 0.31
    assert (found.mentee.trains.median, found.mentee.trains.spread) == (7.25, 0.5)
    assert found.mentor == Assumptions().mentor
    file = tmp_path / "people.yaml"
    file.write_text(as_yaml(found, "spring"))
    assert PEOPLE.read(file) == found


def test_a_cohort_that_bears_nothing_out_is_told_so_and_not_by_an_empty_table() -> None:
    console = Console(width=120)
    with console.capture() as captured:
        print_fit(console, "spring", 29, observe([]).estimates(), Assumptions())
    told = "Nothing happened often enough in the 29 pairings of spring: every assumption stays as it is.\n"
    assert captured.get() == told
