"""What the evaluation of a cohort takes from one pairing."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.evaluation import Answers, Outcome, PairingFacts
from domain.pairing.state import Pairing, Side, Stage

OUTCOMES: dict[Stage, Outcome] = {
    Stage.COMPLETED: "completed",
    Stage.DECLINED: "declined",
    Stage.EXPIRED: "expired",
    Stage.CLOSED_EARLY: "closed_early",
    Stage.CANCELLED: "cancelled",
}


def facts(state: Pairing, now: datetime) -> PairingFacts:
    """The facts at `now`, or at the pairing's end if that was before."""
    return PairingFacts(
        pairing=state.id,
        outcome=outcome(state),
        reason=state.reason,
        no_fault=state.no_fault,
        offered_at=state.offered_at,
        activated_at=state.activated_at,
        trained_at=state.trained_at,
        first_held_at=state.first_held_at,
        ended_at=state.ended_at,
        planned=planned_until(state, now),
        held=state.held,
        scheduled=state.scheduled,
        executive_cancellations=state.cancelled_by_mentee,
        enough=state.design.meetings.enough,
        goals=tuple((goal.weight, goal.level) for goal in state.goals),
        mentor=_answers(state, Side.MENTOR),
        mentee=_answers(state, Side.MENTEE),
    )


def outcome(state: Pairing) -> Outcome:
    """Completed means: enough meetings held and both sides evaluated. Running to the end is not enough."""
    if state.stage is Stage.COMPLETED:
        return "completed" if state.meets_standard else "below_standard"
    return OUTCOMES.get(state.stage, "running")


def planned_until(state: Pairing, now: datetime) -> int:
    """Meetings that the plan asks for until `now` or the pairing's end, pauses excluded, spread evenly."""
    if state.activated_at is None:
        return 0
    paused = state.paused_for
    until = min(now, state.ended_at or now)
    if state.suspension is not None:
        paused += max(until - state.suspension.since, timedelta(0))
    share = (until - state.activated_at - paused) / state.design.meetings.over
    return int(state.design.meetings.planned * max(0.0, min(1.0, share)))


def _answers(state: Pairing, side: Side) -> Answers:
    evaluation = next((e for e in state.evaluations if e.side is side), None)
    before = dict(state.baseline).get(side)
    safety = tuple(
        (checkpoint.number, score)
        for checkpoint in state.checkpoints
        for answered, score in checkpoint.safety
        if answered is side
    )
    return Answers(
        evaluated=evaluation is not None,
        skill_before=before,
        skill_after=evaluation.skill if evaluation else None,
        safety=safety,
        safety_at_end=evaluation.safety if evaluation else None,
        recommend=evaluation.recommend if evaluation else None,
        would_repeat=evaluation.would_repeat if evaluation else None,
    )
