"""The frame of the benchmarks: what counts as met, what a slowed subject looks like, and the page."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import count

import pytest

from benchmarks import agreement
from benchmarks.__main__ import main, names
from benchmarks.agreement import moved
from benchmarks.burst import SPREAD, Firing, peak
from benchmarks.page import DOCS, page
from benchmarks.rounds import RESULTS, Result, Row, compared, paired, saved
from benchmarks.scale import action_price


@pytest.mark.parametrize("name", names())
def test_what_make_bench_runs_is_a_benchmark(name: str) -> None:
    assert "\ndef run() -> Result:\n" in (RESULTS.parent / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row(measure="m", unit="", ours=5, goal=5), True),
        (Row(measure="m", unit="", ours=4.9, goal=5), False),
        (Row(measure="m", unit="", ours=5.1, goal=5, at_most=True), False),
        (Row(measure="m", unit="", ours=900, reference=1000, ratio=0.9, goal=0.8), True),
        (Row(measure="m", unit="", ours=900, reference=1000, ratio=0.9, goal=0.8, at_most=True), False),
        (Row(measure="m", unit="", ours=5), None),
    ],
)
def test_a_goal_is_a_bound_of_the_ratio_or_of_ours(row: Row, met: bool | None) -> None:
    assert row.met is met


def test_a_result_file_says_for_others_what_was_met_and_is_read_back_as_it_was() -> None:
    row = Row(measure="m", unit="/s", ours=900, reference=1000, beside="raw", ratio=0.9, goal=0.95)
    result = saved()[0].model_copy(update={"rows": (row,)})
    written = result.model_dump_json()
    [said] = json.loads(written)["rows"]
    assert {"measure", "ours", "reference", "ratio", "goal"} < said.keys()
    assert said["met"] is False
    assert Result.model_validate_json(written) == result


def test_rounds_turn_the_order_and_leave_the_warm_up_out() -> None:
    calls: list[str] = []
    ticks = count()

    def called(name: str) -> float:
        calls.append(name)
        return next(ticks)

    figures = paired({"a": lambda: called("a"), "b": lambda: called("b")}, 3)
    assert calls == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert figures == {"a": [3, 4, 7], "b": [2, 5, 6]}


def test_the_ratio_is_of_the_rounds_and_not_of_the_medians() -> None:
    """The machine was half as fast in the second round: both sides were."""
    row = compared("m", "/s", [80, 40, 90], [100, 50, 100], beside="raw", goal=0.85)
    assert (row.ours, row.reference, row.ratio, row.spread, row.met) == (80, 100, 0.8, (0.8, 0.9), False)


def test_a_slowed_subject_shows_in_the_ratio() -> None:
    def work(times: int) -> float:
        began = time.process_time()
        for _ in range(times):
            sum(range(20_000))
        return 1 / (time.process_time() - began)

    figures = paired({"ours": lambda: work(40), "reference": lambda: work(10)}, 3)
    assert (compared("m", "/s", figures["ours"], figures["reference"], beside="the same").ratio or 1) < 0.6


def test_the_page_is_what_the_results_say() -> None:
    for name, text in page(saved()).items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/{name} is not current: run make bench"


def test_an_unmet_goal_stands_out_on_the_page() -> None:
    [result, *_] = saved()
    missed = result.model_copy(update={"rows": (Row(measure="m", unit="s", ours=2, goal=1, at_most=True),)})
    assert "| m | 2 s |  |  |  |  | ≤ 1 | **no** |" in page([missed])["benchmarks.md"]


def test_a_benchmark_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events_tore"]) == 2
    said = capsys.readouterr().err
    assert all(name in said.partition("there are: ")[2] for name in ("cost", "event_store", "rehearsal"))


@pytest.mark.parametrize(
    ("actions", "dollars"), [(0, 0), (11_250_000, 525), (200_000_000, 5_925), (201_000_000, 5_950)]
)
def test_actions_are_priced_tier_by_tier(actions: int, dollars: int) -> None:
    """The second is the example of the price list itself."""
    assert action_price(actions) == pytest.approx(dollars)


def test_a_burst_is_counted_by_its_worst_moment_and_spreading_finds_the_same_moment_again() -> None:
    at = datetime(2027, 1, 11, 9, tzinfo=UTC)
    fired = [Firing(f"p{number}", at) for number in range(1000)]
    assert peak([one.at for one in fired], 1) == 1000
    assert peak([one.spread for one in fired], 60) < 60
    assert {one.spread for one in fired} == {Firing(one.pairing, one.at).spread for one in fired}
    assert all(at <= one.spread < at + SPREAD for one in fired)


def measured(**ratios: float) -> Result:
    """A result whose rows have these ratios, and one row without any."""
    rows = [
        Row(measure=name, unit="s", ours=1, reference=1, beside="it", ratio=ratio) for name, ratio in ratios.items()
    ]
    return saved()[0].model_copy(update={"name": "speed", "rows": (*rows, Row(measure="size", unit="B", ours=7))})


def test_two_runs_agree_where_no_ratio_moved_by_more_than_a_fifth() -> None:
    found = list(moved({"speed": measured(read=1.0, write=0.5, gone=2.0)}, [measured(read=1.2, write=0.39, new=1.0)]))
    assert [(each.measure, round(each.by, 2), each.agrees) for each in found] == [
        ("read, beside it", 0.2, True),
        ("write, beside it", -0.22, False),
    ]


def test_a_run_agrees_with_itself_and_an_unknown_commit_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agreement, "results_of", lambda commit: {result.name: result for result in saved()})
        assert agreement.main("HEAD") == 0
    assert "<- moved" not in capsys.readouterr().out
    assert agreement.main("no-such-commit") == 2
    assert "no-such-commit has no results" in capsys.readouterr().err
