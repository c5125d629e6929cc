"""Seconds that `mentor-match` takes: `python mentor_match.py SCORES TIMES`, in an environment that has it.

SCORES is a JSON file with a row of whole numbers for each mentor, -1 for a barred pair. Its rules look them up, so
that both sides match by the same numbers; here, they are given.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from matching.match import Match
from matching.mentee import Mentee
from matching.mentor import Mentor
from matching.process import process_data
from matching.rules.rule import Disqualify


@dataclass(frozen=True, slots=True)
class Given:
    """Keeps to its `RuleProtocol`: the score of the pair in the table. The grade is a person's position."""

    scores: list[list[int]]

    def evaluate(self, match_object: Match) -> bool:
        return self.apply(match_object) < 0

    def apply(self, match_object: Match) -> int:
        return self.scores[int(match_object.mentor.grade)][int(match_object.mentee.grade)]


def seconds(scores: list[list[int]]) -> float:
    """One round of matching."""
    mentors = [Mentor(email=f"mentor-{nth}@northlight.example", grade=nth) for nth in range(len(scores))]
    mentees = [Mentee(email=f"mentee-{nth}@northlight.example", grade=nth) for nth in range(len(scores[0]))]
    given = Given(scores)
    began = time.process_time()
    process_data(mentors, mentees, [[given, Disqualify(given.evaluate)]])
    return time.process_time() - began


if __name__ == "__main__":
    table = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for _ in range(int(sys.argv[2])):
        print(seconds(table))
