"""A cohort's events in sentences, for the people who look after it. Counts and dates only."""

from __future__ import annotations

from typing import assert_never

from domain.cohort import (
    amendment,
    archiving,
    closing,
    eligibility,
    enrolment,
    erasing,
    invitations,
    matching,
    orders,
    overriding,
    rematch,
    running,
    suspending,
    trail,
    waiting,
)
from domain.cohort.decider import CohortEvent


def tell(event: CohortEvent) -> str:
    """What happened, as one sentence. A day is the sender's own day, by the offset that was sent."""
    match event:
        case enrolment.CohortCreated(design=design):
            return f"The cohort was created with the program {design.program}, version {design.version}."
        case enrolment.CohortOpened():
            return "Enrolment was opened."
        case invitations.ParticipantsInvited(participants=people):
            return f"Invitations went out: {len(people)}."
        case invitations.InvitationReminderDue(participants=people):
            return f"Invitations were followed up: {len(people)} had no answer."
        case invitations.InvitationsUnanswered(participants=people):
            return f"Invitations are a matter for the coordinator now: {len(people)} have no answer."
        case invitations.InvitationDeclined():
            return "Somebody does not take part."
        case enrolment.ParticipantEnrolled(participant=participant):
            return f"A {participant.role} enrolled."
        case enrolment.ParticipantWithdrawn():
            return "A participant withdrew."
        case enrolment.EnrolmentExtended():
            return "Enrolment was extended: there are not enough people to match."
        case enrolment.EnrolmentClosed(enrolled=enrolled):
            return f"Enrolment was closed with {enrolled} people."
        case matching.PairingProposed():
            return "A pair was proposed."
        case matching.MatchRunRecorded(pairs=pairs, left_over=left_over):
            left = "1 person is" if len(left_over) == 1 else f"{len(left_over)} people are"
            return f"The matching proposed {pairs} pair{'' if pairs == 1 else 's'}; {left} on the waiting list."
        case matching.MatchesApproved(starts_at=starts_at):
            return f"The pairs were approved; the first offers go out on {starts_at:%a %-d %b %Y}."
        case running.PairingLaunched():
            return "A pairing was launched."
        case running.CohortReviewed(week=week, funnel=funnel):
            return (
                f"Week {week}: {funnel.met} of {funnel.launched} pairings have met, {funnel.completed} completed, "
                f"{funnel.red} RED; open items: {funnel.open_items}."
            )
        case waiting.PairingsEnded(pairings=ended):
            return f"The places of {_pairings(len(ended))} are free again: the end is final."
        case waiting.WaitingListJoined(entry=entry):
            where = "the next cohort's waiting list" if entry.next_cohort else "the waiting list"
            return f"A {entry.role} is on {where}, with priority {entry.priority}."
        case waiting.WaitingListLeft():
            return "Somebody left the waiting list."
        case waiting.LateJoined(participant=participant):
            return f"A {participant.role} joined late."
        case waiting.RematchOverdue(number=number):
            return f"Number {number} of the waiting list has waited for longer than the target."
        case rematch.RematchProposed(planned=planned):
            return f"A re-match was proposed{'' if planned.replaces is None else ' in place of an ended pairing'}."
        case rematch.RematchRunRecorded(pairs=pairs):
            return f"The waiting list was matched: {_pairings(pairs)} proposed."
        case rematch.RematchesApproved(pairings=approved, starts_at=starts_at):
            return f"Re-matches were approved: {_pairings(len(approved))}, to start on {starts_at:%a %-d %b %Y}."
        case rematch.RematchRejected():
            return "A proposed re-match was turned down."
        case suspending.CohortSuspended():
            return "The cohort was suspended: it stands still with all of its pairings."
        case suspending.CohortResumed():
            return "The cohort goes on, with all of its pairings."
        case amendment.DesignAmended(design=design):
            return f"The program's design was amended to version {design.version}."
        case orders.OrderCarriedOut(kind=kind, more=True, refusals=refusals):
            return f"The order to {kind.value} is being reported: {_pairings(len(refusals))} did not carry it out."
        case orders.OrderCarriedOut(kind=kind, obeyed=obeyed, refusals=refusals):
            silent = sum(refusal.waits for refusal in refusals)
            refused = f"; {len(refusals) - silent} refused" if len(refusals) > silent else ""
            unanswered = f"; {silent} gave no answer yet" if silent else ""
            return f"The order to {kind.value} was carried out by {_pairings(obeyed)}{refused}{unanswered}."
        case orders.OrdersGivenAgain():
            return "Whoever had given no answer to an order was asked again."
        case eligibility.EligibilityChanged(eligible=eligible):
            return f"A participant is {'eligible again' if eligible else 'not eligible any more'}."
        case overriding.PairingOverridden(kind=kind):
            return f"The coordinator corrected the proposal ({kind.value}); it is made anew."
        case archiving.FollowUpDue(participants=people):
            return f"The follow-up is due: {len(people)} people are asked what has lasted."
        case erasing.ErasureRequested():
            return "A participant's data are to be erased."
        case erasing.SubjectErased():
            return "A participant's answers, name and address were erased."
        case erasing.AnswersErased(people=people):
            return f"What {people} people had answered was erased; the record of what happened stays."
        case archiving.CohortArchived():
            return "The cohort was archived."
        case trail.HistoryViewed():
            return "An auditor read a history; the purpose is recorded."
        case trail.DataExported(pseudonymised=pseudonymised, events=events):
            return f"{'Under aliases, ' if pseudonymised else 'As they are, '}{events} events were exported."
        case closing.CohortClosed():
            return "The cohort was closed and evaluated."
        case closing.CohortCancelled(closes_pairings=closes):
            return f"The cohort was cancelled{', and its pairings are closed' if closes else ''}."
        case _:
            assert_never(event)


def _pairings(number: int) -> str:
    return f"{number} pairing{'' if number == 1 else 's'}"
