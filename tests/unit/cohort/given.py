"""Given events, when a command or a clock, then events: the words in which the cohort's tests are written.

A `Story` is one cohort's stream, told by real decisions from its creation on. Times are days since
`START`, a Monday at nine in London, on which the cohort is created.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from domain.cohort.closing import CloseCohort
from domain.cohort.decider import CohortCommand, CohortEvent, Work, decide, evolve, work
from domain.cohort.enrolment import CloseEnrolment, CreateCohort, EnrolParticipants, OpenEnrolment
from domain.cohort.matching import ApproveMatches, ProposePairs, RecordMatchRun
from domain.cohort.orders import RecordOrder
from domain.cohort.rematch import RecordRematchRun
from domain.cohort.running import RecordLaunch, RecordReview
from domain.cohort.state import (
    Cohort,
    CohortClock,
    CohortStage,
    Funnel,
    Participant,
    PlannedPairing,
    Refusal,
    fire_cohort,
)
from domain.cohort.suspending import SuspendCohort
from domain.cohort.waiting import Owed
from domain.decider import Actor, Command, Event, Rejected, Role
from domain.evaluation import headline
from domain.figures import Headline
from domain.matching.assignment import ProposedPair
from domain.matching.compatibility import Parts
from domain.program import ProgramDesign

START = datetime(2026, 1, 5, 9, tzinfo=UTC)

COORDINATOR = Actor(role=Role.COORDINATOR, id="operations")
APPROVER = Actor(role=Role.APPROVER, id="head-of-people")
ENGINE = Actor(role=Role.SERVICE, id="engine")
MENTOR = Actor(role=Role.MENTOR, id="m1")
AUDITOR = Actor(role=Role.AUDITOR, id="audit")

HALF = Parts(
    skills=0.5,
    interests=0.5,
    personality=0.5,
    generation=0.5,
    working_time=0.5,
    department_mix=0.5,
    site_mix=0.5,
)


def design(**changes: Any) -> ProgramDesign:
    """The program with every figure at its default, but for `changes`."""
    smallest = {
        "program": "reverse-2026",
        "version": 1,
        "title": "Reverse mentoring 2026",
        "objectives": ["Executives learn what the newest colleagues know"],
        "zone": "Europe/London",
    }
    return ProgramDesign.model_validate(smallest | changes)


def day(number: float) -> datetime:
    """So many days after `START`."""
    return START + timedelta(days=number)


def people(pairs: int) -> tuple[Participant, ...]:
    """As many mentors as mentees."""
    mentors = [Participant(id=f"m{number}", role="mentor") for number in range(1, pairs + 1)]
    mentees = [Participant(id=f"e{number}", role="mentee") for number in range(1, pairs + 1)]
    return (*mentors, *mentees)


def planned(number: int, mentee_number: int | None = None) -> PlannedPairing:
    """The pair of mentor and mentee of this number, or of these two."""
    mentor, mentee = f"m{number}", f"e{mentee_number or number}"
    pair = ProposedPair(mentor=mentor, mentee=mentee, score=0.5, parts=HALF)
    return PlannedPairing(pairing=f"{mentor}-{mentee}", pair=pair)


def figures(pairs: int = 2) -> Headline:
    """The headline of a cohort in which nothing happened."""
    return headline([], matched=2 * pairs, eligible=2 * pairs)


def creation(plan: ProgramDesign | None = None) -> CreateCohort:
    """The coordinator's first command."""
    return CreateCohort(by=COORDINATOR, key="create", cohort="spring", design=plan or design(), seed=7)


class Expected:
    """An event of a type, with the fields that the test cares about."""

    def __init__(self, kind: type[Event], fields: dict[str, Any]) -> None:
        self.kind = kind
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return type(other) is self.kind and all(getattr(other, name) == value for name, value in self.fields.items())

    def __repr__(self) -> str:
        return f"{self.kind.__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields.items())}, …)"


def an(kind: type[Event], /, **fields: Any) -> Expected:
    """An event of this type with these fields, whatever its other fields say."""
    return Expected(kind, fields)


class Story:
    """One cohort, from its creation on."""

    def __init__(self, plan: ProgramDesign | None = None) -> None:
        self.now = START
        self.events: list[CohortEvent] = []
        self.latest: tuple[CohortEvent, ...] = ()
        self._state: Cohort | None = None
        self._keys = count(1)
        self._obey(creation(plan))

    @property
    def state(self) -> Cohort:
        assert self._state is not None
        return self._state

    @property
    def stage(self) -> CohortStage:
        return self.state.stage

    @property
    def clocks(self) -> dict[str, float]:
        """The running clocks by name, each with the day on which it is due."""
        return {clock.name: (clock.due - START) / timedelta(days=1) for clock in self.state.clocks}

    def when(self, kind: type[Command], by: Actor, on: float | None = None, **fields: Any) -> Story:
        """Somebody commands something, on a day."""
        if on is not None:
            self.asleep_until(on)
        self._obey(self._command(kind, by, fields))
        return self

    def refuses(self, kind: type[Command], by: Actor, code: str, saying: str | None = None, **fields: Any) -> Story:
        """The command is rejected now, with this code; a rejection has no events to change anything."""
        with pytest.raises(Rejected, match=saying) as refusal:
            decide(self.state, self._command(kind, by, fields), self.now)
        assert refusal.value.code == code, refusal.value.reason
        return self

    def asleep_until(self, on: float) -> Story:
        """Time passes, and nothing rings."""
        assert day(on) >= self.now, "time does not run backwards"
        self.now = day(on)
        return self

    def rings(self) -> Story:
        """The earliest clock rings when it is due, or now if it is overdue."""
        running = self.state.clocks[0]
        self.now = max(self.now, running.due)
        self._obey(fire_cohort(running))
        return self

    def reviewed(self, funnel: Funnel | None = None, *owed: Owed, ended: Sequence[str] = ()) -> Story:
        """The next review rings, with its figures, the pairings that have ended, and who is owed another partner."""
        running = next(clock for clock in self.state.clocks if clock.name.startswith(CohortClock.REVIEW))
        self.now = max(self.now, running.due)
        fired = fire_cohort(running)
        self._obey(
            RecordReview(
                by=fired.by,
                key=fired.key,
                clock=fired.clock,
                due=fired.due,
                funnel=funnel or Funnel(),
                ended=tuple(ended),
                owed=owed,
            )
        )
        return self

    def ends(self, number: int, *survivors: str, priority: int = 1) -> Story:
        """The next review finds the pairing of this number ended, and these people owed another partner."""
        pairing = planned(number).pairing
        owed = [Owed(pairing=pairing, participant=person, priority=priority) for person in survivors]
        return self.reviewed(Funnel(launched=len(self.state.launched)), *owed, ended=(pairing,))

    def rematched(self, *pairs: PlannedPairing) -> Story:
        """The matching finds these pairs for the waiting people."""
        assert work(self.state) is Work.REMATCH, "nobody asks for a run"
        changes = self.state.changes
        return self.when(RecordRematchRun, ENGINE, input_hash="def", changes=changes, pairs=pairs)

    def told(self, obeyed: int, *refusals: Refusal) -> Story:
        """The engine reports that the oldest order has been carried out."""
        order = self.state.orders[0].number
        return self.when(RecordOrder, ENGINE, order=order, obeyed=obeyed, refusals=refusals, asks_again=True)

    def then(self, *expected: Expected) -> Story:
        """Exactly these events came of the last step."""
        assert list(self.latest) == list(expected)
        return self

    def _command(self, kind: type[Command], by: Actor, fields: dict[str, Any]) -> CohortCommand:
        return kind.model_validate({"by": by, "key": f"key-{next(self._keys)}"} | fields)  # type: ignore[return-value]

    def _obey(self, command: CohortCommand) -> None:
        self.latest = decide(self._state, command, self.now)
        for event in self.latest:
            self._state = evolve(self._state, event)
            self.events.append(event)


# --- A cohort at a stage ---


def draft(plan: ProgramDesign | None = None) -> Story:
    """Created on day 0."""
    return Story(plan)


def enrolling(pairs: int = 0, plan: ProgramDesign | None = None) -> Story:
    """Open on day 0, with so many mentors and as many mentees."""
    story = draft(plan).when(OpenEnrolment, COORDINATOR)
    return story.when(EnrolParticipants, COORDINATOR, participants=people(pairs)) if pairs else story


def matching(pairs: int = 2, plan: ProgramDesign | None = None) -> Story:
    """Enrolment closed on day 10."""
    return enrolling(pairs, plan).when(CloseEnrolment, COORDINATOR, on=10)


def in_review(pairs: int = 2, plan: ProgramDesign | None = None) -> Story:
    """The matching proposed every pair and recorded its run, still on day 10."""
    story = matching(pairs, plan).when(ProposePairs, ENGINE, pairs=[planned(number) for number in range(1, pairs + 1)])
    return story.when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[])


def approved(pairs: int = 2) -> Story:
    """Approved on day 12; offers go out on day 14."""
    return in_review(pairs).when(ApproveMatches, APPROVER, on=12, starts_at=day(14))


def running(pairs: int = 2) -> Story:
    """Every pairing runs."""
    story = approved(pairs)
    return story.when(RecordLaunch, ENGINE, pairings=[pair.pairing for pair in story.state.unlaunched])


def suspended(pairs: int = 2) -> Story:
    """Suspended on day 16, and its pairings know."""
    story = running(pairs).when(SuspendCohort, COORDINATOR, on=16, reason="a works council")
    return story.told(obeyed=pairs)


def evaluating(pairs: int = 2) -> Story:
    """Every pairing had ended by the first review, on day 21."""
    return running(pairs).reviewed(Funnel(launched=pairs, completed=pairs))


def closed(pairs: int = 2) -> Story:
    """Evaluated."""
    return evaluating(pairs).when(CloseCohort, ENGINE, headline=figures(pairs))
