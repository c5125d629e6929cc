"""One random case: a program design, two people of a random roster, how people behave, and a script of commands."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from domain.pairing.decider import PairingEvent, decide, evolve
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import Pairing
from domain.program import ProgramDesign
from domain.roster import BigFive, Person
from rehearsal.acts import Actors
from rehearsal.assumptions import Assumptions, changed
from rehearsal.pairs import matched
from rehearsal.people import people_of
from rehearsal.simulation import carried_on
from tests.differential.meddlers import Meddled, Planned, script

ZONES = {
    "GB": "Europe/London",
    "US": "America/New_York",
    "IN": "Asia/Kolkata",
    "NZ": "Pacific/Auckland",
    "DE": "Europe/Berlin",
    "CA": "America/St_Johns",
    "AU": "Australia/Lord_Howe",
    "BR": "America/Sao_Paulo",
}
LONGEST = timedelta(weeks=60)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that both machines need; `script` is empty where people are left alone."""

    number: int
    create: CreatePairing
    assumptions: Assumptions
    script: tuple[Planned, ...]

    @property
    def until(self) -> datetime:
        """Nothing later is compared: some pairings wait for ever for a person who never comes."""
        return self.create.starts_at + LONGEST

    def actors(self, state: Pairing) -> Actors:
        """Whoever acts on the pairing."""
        people = people_of(state, self.number, self.assumptions)
        return Meddled(people, self.script) if self.script else people

    def simulated(self) -> list[PairingEvent]:
        """What the pure functions tell."""
        state: Pairing | None = None
        events: list[PairingEvent] = list(decide(None, self.create, self.create.starts_at - timedelta(days=1)))
        for event in events:
            state = evolve(state, event)
        assert state is not None
        now = self.create.starts_at - timedelta(days=1)
        return events + [event for _, event in carried_on(state, now, self.actors(state), self.until)]


def case(number: int, seed: int, now: datetime) -> Case:
    """The case of a number; half of them are meddled with."""
    luck = random.Random(f"{seed}/{number}")
    design = random_design(luck)
    start = (now + timedelta(days=luck.randint(2, 300))).replace(minute=0, second=0, microsecond=0)
    pairs = matched(design, roster(luck), cohort=f"case-{number}", seed=number, opened=now, starts_at=start)
    meddled = script(luck, start, luck.randint(15, 60)) if number % 2 else ()
    return Case(number, luck.choice(pairs.creates), assumptions(luck), meddled)


def roster(luck: random.Random) -> list[Person]:
    """Four mentors and four mentees from anywhere."""
    return [_person(luck, number) for number in range(8)]


def _person(luck: random.Random, number: int) -> Person:
    country = luck.choice(sorted(ZONES))
    mentor = number < 4
    trait = {name: round(luck.random(), 2) for name in BigFive.model_fields}
    return Person(
        id=f"P{number:03}",
        name=f"Person {number}",
        email=f"p{number}@example.org",
        role="mentor" if mentor else "mentee",
        grade=luck.randint(3, 8) if mentor else luck.randint(12, 18),
        department=luck.choice(("Finance", "People", "Research")),
        site=luck.choice(("North", "South")),
        country=country,
        zone=ZONES[country],
        birth_year=luck.randint(1990, 2003) if mentor else luck.randint(1960, 1980),
        traits=BigFive(**trait),
    )


def random_design(luck: random.Random) -> ProgramDesign:
    """One that its own rules accept."""
    while True:
        try:
            return ProgramDesign.model_validate(_written(luck))
        except ValidationError:
            continue


def _written(luck: random.Random) -> dict[str, Any]:
    def days(low: int, high: int) -> str:
        return f"{luck.randint(low, high)} days"

    opens = luck.randint(7, 11)
    planned = luck.randint(2, 9)
    amber = luck.randint(15, 50)
    return {
        "program": "random",
        "version": luck.randint(1, 9),
        "title": "A random program",
        "objectives": ["To find a difference"],
        "zone": luck.choice(sorted(ZONES.values())),
        "working_hours": {"start": f"{opens:02}:30", "end": f"{luck.randint(opens + 3, 19):02}:00"},
        "matching": {"shared_working_hours_at_least": 0, "seniority_gap_at_least": 1},
        "backdating": days(10, 40),
        # A report that is dated back may start a clock that is overdue at once: late, it would take effect by the
        # workflow's own clock, to the microsecond, and no two runs would be the same.
        "late_after": "90 days",
        "offer": {"remind_after": days(1, 6), "expire_after": days(7, 15)},
        "training": {"remind_after": days(1, 10), "due_after": days(3, 20)},
        "goals": {
            "at_least": luck.randint(1, 2),
            "at_most": 3,
            "before_meeting": luck.randint(1, 4),
            "due_after": days(10, 40),
        },
        "meetings": {
            "planned": planned,
            "enough": luck.randint(1, planned),
            "over": f"{luck.randint(10, 30)} weeks",
            "first_nudge": days(3, 12),
            "first_escalate": sorted(f"{luck.randint(10, 50)} days" for _ in range(luck.randint(1, 3))),
            "next_nudge": days(5, 20),
            "reminders": [f"{hours} hours" for hours in luck.sample((1, 2, 24, 48, 72), luck.randint(0, 3))],
            "log_reminder": days(1, 4),
            "missed_after": days(3, 9),
        },
        "cancellations": {
            "short_notice": f"{luck.randint(6, 60)} hours",
            "rebook_within": days(4, 20),
            "nudge_at": luck.randint(1, 2),
            "escalate_at": luck.randint(2, 4),
        },
        "health": {
            "amber_after": f"{amber} days",
            "red_after": f"{amber + luck.randint(3, 20)} days",
            "propose_closing_after": f"{amber + luck.randint(21, 60)} days",
            "confirm_within": days(2, 10),
        },
        "checkpoints": {
            "after": [f"{day} days" for day in sorted(luck.sample(range(8, 150), luck.randint(0, 4)))],
            "open_for": days(3, 12),
            "overdue_grace": days(1, 4),
        },
        "pause": {"longest": days(20, 90), "notice": days(2, 15)},
        "conflict": {"working_days": luck.randint(1, 10)},
        "undo": {"within": days(1, 10)},
        "exit": {"close_after": days(2, 10)},
        "evaluation": {"remind_after": days(2, 8), "due_after": days(5, 20), "close_after": days(3, 20)},
    }


def assumptions(luck: random.Random) -> Assumptions:
    """People who cancel, forget and leave more often than usual, so that a case meets more."""
    shares = {
        f"{side}.{trait}": round(luck.random() ** 3 / 2, 3)
        for side in ("mentor", "mentee")
        for trait in ("cancels_meeting", "ignores_survey", "ignores_evaluation")
    }
    rates = {
        f"{side}.{trait}": round(luck.random() ** 3, 3)
        for side in ("mentor", "mentee")
        for trait in ("leaves_company", "goes_on_leave", "asks_to_exit")
    }
    delays: dict[str, object] = {
        f"{side}.{trait}": {"median": round(luck.uniform(0.5, 8), 2), "spread": round(luck.uniform(0.2, 1), 2)}
        for side in ("mentor", "mentee")
        for trait in ("trains", "signs_agreement", "answers_survey", "evaluates")
    }
    pair = {"pair.falls_silent": luck.random() / 3, "pair.forgets_to_log": luck.random() / 3}
    return changed(Assumptions(), {**shares, **rates, **delays, **pair})
