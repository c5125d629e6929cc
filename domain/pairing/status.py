"""How a pairing stands, for the people who look after many of them: counts, dates and open items, no answers."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from domain.decider import Clock, Frozen, ParticipantId, Role
from domain.evaluation import Outcome
from domain.pairing.clocks import CONFIDENTIAL, kind_of
from domain.pairing.facts import outcome
from domain.pairing.moves import waiting_for
from domain.pairing.state import (
    Escalation,
    HealthCourse,
    Meeting,
    Pairing,
    RematchOwed,
    Stage,
    health_course,
)


class PairingStatus(Frozen):
    """One pairing at its latest event. What depends on the clock is given as a course, to be read at any moment."""

    pairing: str
    cohort: str
    replaces: str | None
    mentor: ParticipantId
    mentee: ParticipantId
    stage: Stage
    phase: Stage
    outcome: Outcome
    as_of: AwareDatetime
    activated_at: AwareDatetime | None
    trained: bool
    held: int
    planned: int
    scheduled: int
    meetings: tuple[Meeting, ...]
    next_clock: Clock | None
    waiting_for: tuple[Role, ...]
    items: tuple[Escalation, ...]
    health: HealthCourse
    owed: tuple[RematchOwed, ...] = Field(default=(), description="once the end is final: who gets another partner")
    undoable: bool = Field(default=False, description="ended, and the close can still be taken back")

    @property
    def ended(self) -> bool:
        """True when nothing more is expected of anybody, unless the close is taken back."""
        return self.outcome != "running"


def status(state: Pairing) -> PairingStatus:
    """How the pairing stands."""
    return PairingStatus(
        pairing=state.id,
        cohort=state.cohort,
        replaces=state.replaces,
        mentor=state.mentor.participant,
        mentee=state.mentee.participant,
        stage=state.stage,
        phase=state.phase,
        outcome=outcome(state),
        as_of=state.as_of,
        activated_at=state.activated_at,
        trained=state.may_meet,
        held=state.held,
        planned=state.design.meetings.planned,
        scheduled=state.scheduled,
        meetings=state.meetings,
        next_clock=next((c for c in state.clocks if kind_of(c.name) not in CONFIDENTIAL), None),
        waiting_for=waiting_for(state),
        items=() if state.ended else state.escalations,
        health=health_course(state),
        owed=state.owed if state.final else (),
        undoable=state.ended and not state.final,
    )
