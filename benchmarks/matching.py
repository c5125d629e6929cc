"""The matching beside the bare arrays and SciPy call for the same numbers, and beside `mentor-match` 7.0.1."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from statistics import median
from typing import Literal

from activities.pair_survey import surveyed
from benchmarks.rounds import Result, Row, compared, paired, save
from benchmarks.subjects.company import HOURS, ON, POLICY, bare, company
from benchmarks.subjects.peer_cohort import as_json
from domain.matching.assignment import Proposal, propose
from domain.matching.compatibility import STEPS

EACH = 1_000
LARGE = 5_000
Rules = Literal["computed", "given"]
PEER_RUNS: dict[tuple[int, Rules], int] = {
    (100, "computed"): 3,
    (300, "computed"): 3,
    (EACH, "computed"): 3,
    (EACH, "given"): 1,
}
ROUNDS = 5
PEER = "mentor-match==7.0.1"

NOTES = (
    "Both sides get invented people as objects and give the same number of people paired and the same total; ours "
    "gives the parts of each score, counts the bars, and tells everybody left over why and what would help.",
    "Bare is NumPy by hand for this one design, and one `linear_sum_assignment`. It multiplies matrices, which NumPy's "
    "library gives to every core; ours counts common bits on one core, in blocks that fit the processor's cache.",
    "`mentor-match` runs in an environment of its own, which this benchmark makes. It has one rule for each part of "
    "the score and each bar, cheapest bars first, which compute from the people as ours do; shared hours and lines of "
    "managers are given, and it explains nothing. In the last row its rules compute nothing either, for they are told "
    "our scores: what its own code takes at least.",
    "Ours holds an auction before SciPy's exact solver: its prices leave the best assignment as it is and spare the "
    "solver two thirds of its time. Where an auction finds nothing to do (all scores equal), it takes 18 ms for 1,000.",
    "Seconds are of the processor, not of the clock: everything here is computation.",
    "The run of 5,000 is a process of its own; its memory is the highest that the system saw, Python included.",
)


def run() -> Result:
    """Every part in turn."""
    rows = [_beside_bare(), *_large()]
    return save("matching", "Matching", [*rows, *_beside_the_peer()], NOTES)


def ours(each: int) -> tuple[float, Proposal]:
    """Seconds, and the proposal."""
    people = company(each)
    began = time.process_time()
    proposal = propose(people, POLICY, seed=1, hours=HOURS, on=ON, surveyor=surveyed)
    return time.process_time() - began, proposal


def _beside_bare() -> Row:
    people = company(EACH)

    def bare_seconds() -> float:
        began = time.process_time()
        bare(people)
        took = time.process_time() - began
        time.sleep(0.3)  # the threads of its matrix products spin on for a while: ours is not to pay for them
        return took

    proposal = ours(EACH)[1]
    found = len({one for pair in proposal.pairs for one in (pair.mentor, pair.mentee)})
    if (found, sum(round(pair.score * STEPS) for pair in proposal.pairs)) != bare(people):
        raise AssertionError("the two sides solve different problems")
    figures = paired({"ours": lambda: ours(EACH)[0], "bare": bare_seconds}, ROUNDS)
    measure = f"match {EACH:,} x {EACH:,} with bars and explanations"
    return compared(measure, "s", figures["ours"], figures["bare"], beside="NumPy and SciPy", goal=3, at_most=True)


def _large() -> list[Row]:
    done = subprocess.run([sys.executable, "-m", "benchmarks.matching"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    size = f"{LARGE:,} x {LARGE:,}"
    return [
        Row(measure=f"match {size}: memory", unit="MiB", ours=found["mib"], goal=2048, at_most=True),
        Row(measure=f"match {size}: time", unit="s", ours=found["seconds"]),
    ]


def _beside_the_peer() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True, capture_output=True)
        theirs = {size: _peer_seconds(python, Path(folder), *size) for size in PEER_RUNS}
    return [_faster(each, rules, seconds) for (each, rules), seconds in theirs.items()]


def _faster(each: int, rules: Rules, theirs: list[float]) -> Row:
    """How many times faster ours is; every run of theirs beside the median of ours."""
    mine = median(ours(each)[0] for _ in range(ROUNDS))
    ratios = [their / mine for their in theirs]
    return Row(
        measure=f"match {each:,} x {each:,}, how many times faster",
        unit="s",
        ours=mine,
        reference=median(theirs),
        beside="mentor-match" if rules == "computed" else "mentor-match, told our scores",
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
        goal=100 if (each, rules) == (EACH, "computed") else None,
    )


def _peer_seconds(python: Path, folder: Path, each: int, rules: Rules) -> list[float]:
    cohort = folder / "cohort.json"
    cohort.write_text(as_json(company(each)), encoding="utf-8")
    script = Path(__file__).parent / "subjects" / "mentor_match.py"
    found = []
    for _ in range(PEER_RUNS[each, rules]):
        done = subprocess.run([python, "-I", script, cohort, rules], capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    _require_as_good(each, found[0]["total"])
    return [one["seconds"] for one in found]


def _require_as_good(each: int, total: int) -> None:
    """A peer that solves an easier problem would be no measure."""
    best = sum(round(pair.score * STEPS) for pair in ours(each)[1].pairs)
    if not 0.999 * best <= total <= best:
        raise AssertionError(f"{PEER} comes to a total of {total}, ours to {best}")


if __name__ == "__main__":
    seconds, _ = ours(LARGE)
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mib": mib}))
