"""How a cohort stands, for the people who look after several of them: counts, dates and whose move it is."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.cohort.orders import not_followed
from domain.cohort.state import AbsentBecause, Cohort, CohortClock, CohortStage, Invited, Refusal
from domain.decider import Frozen, Role

AT_WORK = (CohortStage.RUNNING, CohortStage.SUSPENDED)
"""While somebody can still be re-matched."""


class CohortItem(Frozen):
    """One thing about a cohort that a person has to do. It goes away when it is done."""

    id: str
    kind: Literal["invitation_unanswered", "approve_rematch", "rematch_overdue", "order_refused", "order_unanswered"]
    to: Role
    since: AwareDatetime
    pairing: str | None = None


class CohortStatus(Frozen):
    """One cohort at its latest event."""

    cohort: str
    title: str
    stage: CohortStage
    since: AwareDatetime
    mentors: int
    mentees: int
    proposed: int
    left_over: int
    launched: int
    waiting_for: tuple[Role, ...]
    invited: int = Field(default=0, description="invited people who have not answered")
    waiting: int = Field(default=0, description="people on the waiting list, without those for the next cohort")
    for_next_cohort: int = 0
    rematches: int = Field(default=0, description="re-matches that wait for the approver")
    telling: int = Field(default=0, description="orders that its pairings still have to hear of")
    items: tuple[CohortItem, ...] = ()


class Enrolment(Frozen):
    """An enrolment that is not over: who was invited and has not answered, how many have said no, when it closes.

    `closes_at` is None while the cohort is suspended: nobody can answer, and the window keeps the time left.
    """

    closes_at: AwareDatetime | None
    unanswered: tuple[Invited, ...] = ()
    declined: int = 0
    withdrew: int = 0


def open_enrolment(state: Cohort) -> Enrolment | None:
    """None where it has not begun or is over."""
    if (state.suspension.stage if state.suspension else state.stage) is not CohortStage.ENROLLING:
        return None
    because = [one.because for one in state.absent]
    closing = (clock.due for clock in state.clocks if clock.name == CohortClock.ENROLMENT_CLOSE.value)
    return Enrolment(
        closes_at=next(closing, None),
        unanswered=state.invited,
        declined=because.count(AbsentBecause.DECLINED),
        withdrew=because.count(AbsentBecause.WITHDREW),
    )


def cohort_status(state: Cohort) -> CohortStatus:
    """How the cohort stands."""
    mentors = sum(participant.role == "mentor" for participant in state.participants)
    return CohortStatus(
        cohort=state.id,
        title=state.design.title,
        stage=state.stage,
        since=state.since,
        mentors=mentors,
        mentees=len(state.participants) - mentors,
        proposed=len(state.proposed),
        left_over=len(state.left_over),
        launched=len(state.launched),
        waiting_for=state.waiting_for,
        invited=len(state.invited),
        waiting=sum(not entry.next_cohort for entry in state.waiting),
        for_next_cohort=sum(entry.next_cohort for entry in state.waiting),
        rematches=0 if state.ended else len(state.rematches),
        telling=len(state.orders),
        items=_items(state),
    )


def _items(state: Cohort) -> tuple[CohortItem, ...]:
    """Invitations without an answer, re-matches to approve, people who wait too long, pairings that did not obey."""
    proposals = [
        CohortItem(
            id=f"approve_rematch-{planned.pairing}",
            kind="approve_rematch",
            to=Role.APPROVER,
            since=planned.proposed_at or state.since,
            pairing=planned.pairing,
        )
        for planned in state.rematches
        if state.stage in AT_WORK
    ]
    late = {one.batch: one.overdue_since for one in state.invited if one.overdue_since is not None}
    invitations = [
        CohortItem(id=f"invitation_unanswered-{batch}", kind="invitation_unanswered", to=Role.COORDINATOR, since=since)
        for batch, since in late.items()
    ]
    overdue = [
        CohortItem(
            id=f"rematch_overdue-{entry.number}",
            kind="rematch_overdue",
            to=Role.COORDINATOR,
            since=entry.since + state.design.rematch.target,
            pairing=entry.replaces,
        )
        for entry in state.waiting
        if entry.overdue and state.stage in AT_WORK
    ]
    refused = [
        CohortItem(
            id=f"{_kind_of(refusal)}-{refusal.pairing}",
            kind=_kind_of(refusal),
            to=Role.COORDINATOR,
            since=refusal.at,
            pairing=refusal.pairing,
        )
        for refusal in not_followed(state)
    ]
    return (*invitations, *proposals, *overdue, *refused)


def _kind_of(refusal: Refusal) -> Literal["order_refused", "order_unanswered"]:
    return "order_unanswered" if refusal.waits else "order_refused"
