"""Whether two runs agree: `python -m benchmarks.agreement COMMIT` sets today's results beside those of a commit.

Ratios are compared, for they are what a benchmark claims; figures of one side alone depend on the machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.rounds import RESULTS, Result, saved

WITHIN = 0.2
"""How far a ratio may move from one run to another, as a share of what it was."""


@dataclass(frozen=True)
class Moved:
    """One measure's ratio in both runs."""

    benchmark: str
    measure: str
    before: float
    after: float

    @property
    def by(self) -> float:
        """As a share of what it was; below 0 where the ratio fell."""
        return self.after / self.before - 1

    @property
    def agrees(self) -> bool:
        """Whether the two runs say the same."""
        return abs(self.by) <= WITHIN


def moved(before: Mapping[str, Result], after: Iterable[Result]) -> Iterator[Moved]:
    """Every ratio that both runs have, in the order of the later one."""
    for result in after:
        earlier = _ratios(before[result.name]) if result.name in before else {}
        for measure, ratio in _ratios(result).items():
            if measure in earlier:
                yield Moved(result.name, measure, earlier[measure], ratio)


def _ratios(result: Result) -> dict[str, float]:
    return {f"{row.measure}, beside {row.beside}": row.ratio for row in result.rows if row.ratio is not None}


def results_of(commit: str) -> dict[str, Result]:
    """The results that a commit holds, by name. Raises CalledProcessError for an unknown commit."""
    folder = RESULTS.relative_to(RESULTS.parents[1]).as_posix()
    listed = _git("ls-tree", "--name-only", commit, f"{folder}/").split()
    results = [Result.model_validate_json(_git("show", f"{commit}:{path}")) for path in listed]
    return {result.name: result for result in results}


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(RESULTS.parents[1]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(commit: str) -> int:
    """0 when every ratio agrees, 1 when one does not, 2 for a commit without results."""
    try:
        before = results_of(commit)
    except subprocess.CalledProcessError as error:
        print(f"{commit} has no results to compare with: {error.stderr.strip()}", file=sys.stderr)
        return 2
    after = saved()
    for result in after:
        if result.name in before:
            print(f"{result.name}: {_where(before[result.name])}; {_where(result)}")
    found = list(moved(before, after))
    for each in found:
        mark = "" if each.agrees else "  <- moved"
        print(f"{each.benchmark}: {each.measure}: {each.before:.2f} then, {each.after:.2f} now, {each.by:+.0%}{mark}")
    apart = sum(not each.agrees for each in found)
    print(f"{len(found) - apart} of {len(found)} ratios agree within {WITHIN:.0%}")
    return 1 if apart or not found else 0


def _where(result: Result) -> str:
    return f"{result.measured_at:%d %B %Y} at {result.commit} on {result.machine.processor}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD"))
