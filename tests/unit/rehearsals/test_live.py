"""Going on from where pairings stand: what is known shapes what is to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import fmean

from domain.pairing.facts import outcome
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing, Stage
from rehearsal.assumptions import Assumptions, changed
from rehearsal.forecast import forecast
from rehearsal.live import riskiest, why
from rehearsal.runs import Standing, lived, rehearse
from tests.unit.rehearsals.given import START, pairs


def stood(create: CreatePairing, seed: int, now: datetime, assumptions: Assumptions) -> tuple[Pairing, Pairing]:
    """How a pairing stood then, and how it ended."""
    steps = list(lived(create, seed, assumptions))
    return [state for state, event in steps if event.at <= now][-1], steps[-1][0]


def lives(of: int, seeds: range, now: datetime, assumptions: Assumptions) -> Iterator[tuple[Pairing, Pairing]]:
    for create in pairs(first=of).creates:
        for seed in seeds:
            yield stood(create, seed, now, assumptions)


def test_what_is_foretold_from_the_middle_is_right_on_average() -> None:
    """The mean of the chances of completion, given where pairings stand, is the share that completes."""
    hard = changed(Assumptions(), {"mentee.ignores_offer": 0.15, "pair.falls_silent": 0.25, "mentor.asks_to_exit": 0.3})
    for day in (8, 75):
        now = START + timedelta(days=day)
        told, came = list[float](), list[bool]()
        for state, end in lives(10, range(6), now, hard):
            came.append(outcome(end) == "completed")
            alone = [Standing(state, now)]
            runs = rehearse(alone, starts_at=now, seed=99, runs=2, assumptions=hard, cores=1)
            told.append(fmean(run.tally.counts["outcome:completed"] for run in runs))
        assert abs(fmean(told) - fmean(came)) < 0.13, (day, fmean(told), fmean(came))


def test_the_longer_an_offer_waits_the_likelier_it_expires() -> None:
    create = pairs(first=1).creates[0]
    hard = changed(Assumptions(), {"mentee.ignores_offer": 0.1, "mentor.ignores_offer": 0.1})
    waiting = next(state for state, _ in lived(create, 3, hard) if state.stage is Stage.OFFERED)
    expired = []
    for days in (1, 4, 8):
        now = waiting.as_of + timedelta(days=days)
        runs = rehearse([Standing(waiting, now)], starts_at=now, seed=1, runs=60, assumptions=hard, cores=1)
        expired.append(sum(run.tally.counts["outcome:expired"] for run in runs) / 60)
    assert expired[0] < expired[1] < expired[2]
    assert expired[2] > 0.6


def test_a_pairing_without_a_meeting_for_long_is_the_riskiest_and_it_is_said_why() -> None:
    now = START + timedelta(days=110)
    quiet = changed(Assumptions(), {"pair.falls_silent": 1.0})
    standing = [
        Standing(stood(create, 7, now, quiet if number == 4 else Assumptions())[0], now)
        for number, create in enumerate(pairs(first=8).creates)
    ]
    runs = rehearse(standing, starts_at=now, seed=7, runs=20, assumptions=Assumptions(), cores=1)
    found = riskiest(forecast(runs, left_over=0, items_a_week=15).risks, standing)
    silent = standing[4].state
    assert found[0][0].pairing == silent.id
    assert found[0][0].not_completed > 0.9
    reasons = why(silent, now)
    assert found[0][1] == reasons
    assert "RED" in reasons
    assert "days" in reasons
    assert "nothing booked" in reasons
    assert silent.mentor.participant not in reasons


def test_what_has_ended_stays_as_it_ended() -> None:
    _, end = stood(pairs(first=1).creates[0], 7, START, Assumptions())
    [run] = rehearse([Standing(end, end.as_of)], starts_at=START, seed=7, runs=1, assumptions=Assumptions(), cores=1)
    assert run.tally.endings == {end.id: "completed" if outcome(end) == "completed" else outcome(end)}
    assert run.tally.weekly == {}
