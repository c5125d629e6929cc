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

from activities.pair_survey import surveyed
from benchmarks.rounds import Result, Row, compared, paired, save
from benchmarks.subjects.company import HOURS, ON, POLICY, bare, company
from domain.matching.assignment import Proposal, propose
from domain.matching.compatibility import STEPS
from domain.matching.roster_index import RosterIndex
from domain.matching.survey import Question

EACH = 1_000
LARGE = 5_000
PEER_RUNS = {100: 3, 300: 3, EACH: 1}
ROUNDS = 5
PEER = "mentor-match==7.0.1"

NOTES = (
    "Both sides get invented people as objects and give the same number of people paired and the same total; ours "
    "gives the parts of each score, counts the bars, and tells everybody left over why and what would help.",
    "Bare is NumPy by hand for this one design, and one `linear_sum_assignment`. It multiplies matrices, which NumPy's "
    "library gives to every core; ours counts common bits on one core, in blocks that fit the processor's cache.",
    "`mentor-match` runs in an environment of its own, which this benchmark makes. Its rules look our scores up in a "
    "table: it computes none of them. The goal of 100 cannot be met beside that: bare NumPy and SciPy do not meet it.",
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
        return time.process_time() - began

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
        theirs = {each: _peer_seconds(python, Path(folder), each, times) for each, times in PEER_RUNS.items()}
    return [
        _faster(each, [ours(each)[0] for _ in range(3)], seconds, goal=100 if each == EACH else None)
        for each, seconds in theirs.items()
    ]


def _faster(each: int, mine: list[float], theirs: list[float], goal: float | None) -> Row:
    """How many times faster ours is; every run of theirs beside the median of ours."""
    ratios = [their / median(mine) for their in theirs]
    return Row(
        measure=f"match {each:,} x {each:,}, how many times faster",
        unit="s",
        ours=median(mine),
        reference=median(theirs),
        beside="mentor-match",
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
        goal=goal,
    )


def _peer_seconds(python: Path, folder: Path, each: int, times: int) -> list[float]:
    people = company(each)
    mentors = [person for person in people if person.role == "mentor"]
    mentees = [person for person in people if person.role == "mentee"]
    scores = folder / "scores.json"
    survey = surveyed(Question(mentors, mentees, RosterIndex(people), POLICY, HOURS, ON))
    scores.write_text(json.dumps(survey.steps.tolist()), encoding="utf-8")
    script = Path(__file__).parent / "subjects" / "mentor_match.py"
    done = subprocess.run([python, "-I", script, scores, str(times)], capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


if __name__ == "__main__":
    seconds, _ = ours(LARGE)
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mib": mib}))
