"""Runs and what they say together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.pairing.decider import fold, notices
from domain.pairing.facts import outcome
from rehearsal.assumptions import Assumptions, changed
from rehearsal.comparison import differences
from rehearsal.forecast import Forecast, forecast, interval
from rehearsal.runs import run_seed
from rehearsal.simulation import simulate
from rehearsal.tally import overlaps
from tests.unit.rehearsals.given import START, design, pairs, runs


def summary(number: int, cores: int = 1) -> Forecast:
    return forecast(runs(pairs(), number, cores=cores), left_over=3, items_a_week=15)


def test_a_run_adds_up_to_what_its_streams_say() -> None:
    few = pairs(first=5)
    (_, second) = runs(few, 2)
    streams = [simulate(create, run_seed(7, 1), Assumptions()) for create in few.creates]
    ends = [fold(stream) for stream in streams]
    assert second.tally.endings.keys() == {state.id for state in ends}
    assert second.tally.counts["step:completed"] == sum(outcome(state) == "completed" for state in ends)
    assert second.tally.counts["held"] == sum(state.held for state in ends) == sum(second.tally.weekly["meetings"])
    told = [
        notice
        for stream in streams
        for number, event in enumerate(stream)
        for notice in notices(fold(stream[: number + 1]), event)
    ]
    messages = [weeks for name, weeks in second.tally.weekly.items() if name.startswith("messages:")]
    assert sum(map(sum, messages)) == len(told)


def test_cores_and_parts_change_nothing() -> None:
    assert summary(4, cores=2) == summary(4)


def test_the_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    assert summary(3) == summary(3)
    assert forecast(runs(pairs(), 3, seed=8), left_over=3, items_a_week=15) != summary(3)


def test_the_funnel_narrows_and_every_pairing_ends() -> None:
    found = summary(12)
    medians = [step.median for step in found.funnel.values()]
    assert medians == sorted(medians, reverse=True)
    assert medians[0] == 12
    assert sum(week.load["meetings"].median for week in found.weeks) > 30
    assert found.conflicts["messages deferred: mentee"].median > 0
    assert found.holidays
    assert [risk.not_completed for risk in found.risks] == sorted(
        (risk.not_completed for risk in found.risks), reverse=True
    )


def test_nine_of_ten_runs_lie_in_the_interval() -> None:
    found = interval(range(1, 201))
    assert (found.low, found.median, found.high) == (10, 100.5, 191)
    assert sum(found.low <= value <= found.high for value in range(1, 201)) >= 180


def test_a_coordinator_with_less_time_drowns_more_often() -> None:
    of = runs(pairs(), 10)
    often = [sum(week.too_much for week in forecast(of, left_over=0, items_a_week=n).weeks) for n in (1, 3, 1000)]
    assert often[0] > often[1] > often[2] == 0


def test_overlapping_meetings_of_one_person_are_counted() -> None:
    ten = datetime(2027, 1, 11, 10, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert overlaps([("a", ten, ten + hour), ("a", ten + hour / 2, ten + 2 * hour), ("b", ten, ten + hour)]) == 1
    assert overlaps([("a", ten, ten + hour), ("a", ten + hour, ten + 2 * hour)]) == 0


def test_shared_luck_makes_a_difference_sharper() -> None:
    """A nudge four days earlier: paired, its effect on the load of reminders is beyond doubt; unpaired, it drowns."""
    stricter = pairs(design(training={"remind_after": "6 days"}), first=8)
    first, second = runs(pairs(first=8), 25), runs(stricter, 25)
    other_luck = runs(stricter, 25, seed=1234)
    paired, unpaired = (
        next(d for d in differences(first, against) if d.figure == "reminders to people").change
        for against in (second, other_luck)
    )
    narrower = (paired.high - paired.low) / (unpaired.high - unpaired.low)
    assert narrower < 0.35, narrower
    assert paired.low > 0 > unpaired.low


def test_what_people_do_follows_the_assumptions() -> None:
    calm = changed(Assumptions(), {"mentee.cancels_meeting": 0.0})
    stormy = changed(Assumptions(), {"mentee.cancels_meeting": 0.5})
    rates = [
        forecast(runs(pairs(), 5, assumptions=assumed), left_over=0, items_a_week=9).figures["executive cancel rate"]
        for assumed in (calm, stormy)
    ]
    assert rates[0].high == 0
    assert 0.4 < rates[1].median < 0.6
    assert START.weekday() == 0
