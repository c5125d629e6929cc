"""Re-matching: the waiting people get partners, everybody else keeps theirs, and a named approver publishes it.

A run sees only who waits, and people with a pairing and a free place. It serves one priority after the other, and
never pairs two of whom neither is served: so it touches the fewest people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from domain.cohort.capacity import free_places, reserve, reserved
from domain.cohort.eligibility import must_be_eligible
from domain.cohort.state import Cohort, CohortStage, EngineReport, PlannedPairing, Waiting, cohort_during
from domain.cohort.waiting import clocks_of, too_late
from domain.decider import Actor, Command, Event, Frozen, Moment, ParticipantId, Rejected, Role
from domain.permissions import only

Match = Callable[[dict[ParticipantId, int], tuple[tuple[ParticipantId, ParticipantId], ...]], Iterable[PlannedPairing]]
"""The matching: places by person, and pairs that are ruled out."""


class Candidate(Frozen):
    """Somebody whom a run may pair. `priority` is that of the waiting list, None for a free place beside a pairing."""

    id: ParticipantId
    role: Literal["mentor", "mentee"]
    places: int = Field(ge=1)
    priority: int | None = None


class RematchProposed(Event):
    """The matching proposes a new pairing for somebody who waits."""

    type: Literal["RematchProposed"] = "RematchProposed"
    planned: PlannedPairing


class RematchRunRecorded(Event):
    """A re-match run is complete. `changes` says up to which change of the waiting list it looked.

    `more`: it had found more pairs than one run proposes, and the next run goes on.
    """

    type: Literal["RematchRunRecorded"] = "RematchRunRecorded"
    input_hash: str
    seed: int
    pairs: int
    changes: int
    more: bool = False


class RematchesApproved(Event):
    """A named approver publishes these re-matches; their offers go out at `starts_at`."""

    type: Literal["RematchesApproved"] = "RematchesApproved"
    approver: str
    starts_at: AwareDatetime
    pairings: tuple[str, ...]


REMATCHES_AT_ONCE = 500
"""Pairs that one run proposes, the first by priority; the next run finds those whom it leaves out."""


class RematchRejected(Event):
    """A proposed re-match does not come about, and is not proposed again."""

    type: Literal["RematchRejected"] = "RematchRejected"
    pairing: str
    reason: str


class RecordRematchRun(EngineReport):
    """The matching reports the pairs for the waiting people. Only the engine sends this."""

    input_hash: str
    changes: int
    pairs: tuple[PlannedPairing, ...] = Field(default=(), max_length=REMATCHES_AT_ONCE)
    more: bool = False


class ApproveRematches(Command):
    """A named approver publishes proposed re-matches, all of them or those named; offers go out at `starts_at`."""

    pairings: tuple[str, ...] = ()
    starts_at: Moment | None = None


class RejectRematch(Command):
    """The approver or the coordinator turns a proposed re-match down; both people go on waiting."""

    pairing: str
    reason: str = Field(min_length=3, max_length=500)


def candidates(state: Cohort) -> tuple[Candidate, ...]:
    """Who waits with a free place, and who has a pairing and a free place beside it."""
    free, taken = free_places(state), reserved(state)
    proposed = {person for planned in state.rematches for person in planned.people}
    waiting = {entry.person: entry for entry in state.waiting if not entry.next_cohort and entry.person not in proposed}
    return tuple(
        Candidate(
            id=person.id,
            role=person.role,
            places=1 if person.id in waiting else free[person.id],
            priority=waiting[person.id].priority if person.id in waiting else None,
        )
        for person in state.participants
        if person.id not in state.ineligible
        and free[person.id] > 0
        and (person.id in waiting or (taken[person.id] > 0 and not _waits(state, person.id)))
    )


def rematch_is_due(state: Cohort) -> bool:
    """Something has changed since the last run, and somebody who waits could find a partner."""
    if state.stage is not CohortStage.RUNNING or state.changes <= state.changes_matched or too_late(state, state.as_of):
        return False
    found = candidates(state)
    served = {candidate.role for candidate in found if candidate.priority is not None}
    return bool(served) and {candidate.role for candidate in found} == {"mentor", "mentee"}


def never_again(state: Cohort) -> tuple[tuple[ParticipantId, ParticipantId], ...]:
    """Pairs that no run may propose: they were or are together, or somebody turned them down."""
    return (*(planned.people for planned in (*state.proposed, *state.rematches)), *state.apart)


def earlier_partners(state: Cohort, person: ParticipantId) -> frozenset[ParticipantId]:
    """Whom the next cohort is not to pair somebody with: a partner of this one, or one whom somebody turned down."""
    pairs = (*(planned.people for planned in state.proposed), *state.apart)
    return frozenset(one for pair in pairs if person in pair for one in pair if one != person)


def by_priority(
    people: tuple[Candidate, ...], apart: tuple[tuple[ParticipantId, ParticipantId], ...], match: Match
) -> Iterator[PlannedPairing]:
    """One round for each priority, the first of them with every place that is free."""
    places = {candidate.id: candidate.places for candidate in people}
    for priority in sorted({candidate.priority for candidate in people if candidate.priority is not None}):
        served = {candidate.id for candidate in people if candidate.priority == priority}
        left = {person: free for person, free in places.items() if free}
        for planned in match(left, (*apart, *_serving_nobody(people, served & set(left), left))):
            for person in planned.people:
                places[person] -= 1
            yield planned


def run_report(state: Cohort, by: Actor, input_hash: str, pairs: Sequence[PlannedPairing]) -> RecordRematchRun:
    """What the matching has found for this state, as far as one run proposes it."""
    return RecordRematchRun(
        by=by,
        key=f"rematch:{state.changes}",
        at=state.as_of,
        input_hash=input_hash,
        changes=state.changes,
        pairs=tuple(pairs[:REMATCHES_AT_ONCE]),
        more=len(pairs) > REMATCHES_AT_ONCE,
    )


def record_run(
    state: Cohort, command: RecordRematchRun, at: datetime
) -> tuple[RematchProposed | RematchRunRecorded, ...]:
    """Reserve what is proposed. A pair whose people have found something else meanwhile is left out."""
    only(command.by, Role.SERVICE)
    cohort_during(state, CohortStage.RUNNING)
    waiting = {entry.person: entry for entry in state.waiting if not entry.next_cohort}
    proposed = list[RematchProposed]()
    for planned in command.pairs:
        linked = _linked(planned, waiting, at)
        try:
            reserve(replace(state, rematches=(*state.rematches, *(event.planned for event in proposed))), (linked,))
        except Rejected:
            continue
        if linked.rematched:
            proposed.append(RematchProposed(at=at, planned=linked))
    run = RematchRunRecorded(
        at=at,
        input_hash=command.input_hash,
        seed=state.seed,
        pairs=len(proposed),
        changes=command.changes,
        more=command.more,
    )
    return (*proposed, run)


def approve(state: Cohort, command: ApproveRematches, at: datetime) -> tuple[RematchesApproved, ...]:
    """Publish, like the first pairs. Of two approvals of one proposal, the second finds it gone."""
    only(command.by, Role.APPROVER)
    cohort_during(state, CohortStage.RUNNING)
    open_ones = [planned.pairing for planned in state.rematches]
    chosen = command.pairings or tuple(open_ones)
    if not chosen:
        raise Rejected("rule", "no re-match waits for an approval")
    unknown = sorted(set(chosen) - set(open_ones))
    if unknown:
        raise Rejected("unknown", f"no proposal (any more): {', '.join(unknown)}")
    must_be_eligible(state, (planned for planned in state.rematches if planned.pairing in chosen))
    starts_at = command.starts_at or at
    if starts_at < at:
        raise Rejected("time", "'starts_at' lies before the approval")
    end = state.program_end
    if end is not None and starts_at >= end:
        raise Rejected("time", "'starts_at' lies behind the end of the program")
    people = tuple(person for planned in state.rematches if planned.pairing in chosen for person in planned.rematched)
    return (
        RematchesApproved(
            at=at,
            approver=command.by.id,
            starts_at=starts_at,
            pairings=tuple(pairing for pairing in open_ones if pairing in chosen),
            stops=clocks_of(state, people),
        ),
    )


def reject(state: Cohort, command: RejectRematch, at: datetime) -> tuple[RematchRejected, ...]:
    """The two are not proposed to each other again."""
    only(command.by, Role.APPROVER, Role.COORDINATOR)
    cohort_during(state, CohortStage.RUNNING)
    if all(planned.pairing != command.pairing for planned in state.rematches):
        raise Rejected("unknown", f"no proposal (any more): {command.pairing}")
    return (RematchRejected(at=at, pairing=command.pairing, reason=command.reason),)


def evolve_run(state: Cohort, event: RematchRunRecorded) -> Cohort:
    """Nothing to do until something changes again; what is left to find counts as a change."""
    return replace(state, changes_matched=event.changes, changes=state.changes + event.more)


def evolve_approved(state: Cohort, event: RematchesApproved) -> Cohort:
    """To be launched; whom they serve waits no longer."""
    taken = [planned for planned in state.rematches if planned.pairing in event.pairings]
    served = {person for planned in taken for person in planned.rematched}
    times = {"approved_at": event.at, "starts_at": event.starts_at}
    return replace(
        state,
        proposed=(*state.proposed, *(planned.model_copy(update=times) for planned in taken)),
        rematches=tuple(planned for planned in state.rematches if planned not in taken),
        waiting=tuple(entry for entry in state.waiting if entry.person not in served),
    )


def evolve_rejected(state: Cohort, event: RematchRejected) -> Cohort:
    """Their places are free, and the next run looks for others."""
    gone = tuple(planned.people for planned in state.rematches if planned.pairing == event.pairing)
    return replace(
        state,
        rematches=tuple(planned for planned in state.rematches if planned.pairing != event.pairing),
        apart=(*state.apart, *gone),
        changes=state.changes + 1,
    )


def _waits(state: Cohort, person: ParticipantId) -> bool:
    return any(entry.person == person for entry in state.waiting)


def _linked(planned: PlannedPairing, waiting: dict[ParticipantId, Waiting], at: datetime) -> PlannedPairing:
    """With the ended pairing that it replaces: that of whoever comes first on the list."""
    served = sorted(
        (waiting[one] for one in planned.people if one in waiting), key=lambda one: (one.priority, one.number)
    )
    replaced = [entry.replaces for entry in served if entry.replaces is not None]
    return planned.model_copy(
        update={
            "replaces": replaced[0] if replaced else None,
            "rematched": tuple(entry.person for entry in served),
            "proposed_at": at,
        }
    )


def _serving_nobody(
    people: tuple[Candidate, ...], served: set[ParticipantId], places: dict[ParticipantId, int]
) -> Iterator[tuple[ParticipantId, ParticipantId]]:
    others = [candidate for candidate in people if candidate.id in places and candidate.id not in served]
    mentees = [candidate.id for candidate in others if candidate.role == "mentee"]
    for mentor in (candidate.id for candidate in others if candidate.role == "mentor"):
        yield from ((mentor, mentee) for mentee in mentees)
