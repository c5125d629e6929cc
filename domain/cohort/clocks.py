"""What each clock of a cohort waits to do, in words."""

from __future__ import annotations

from domain.cohort.state import CohortClock

TITLES: dict[CohortClock, str] = {
    CohortClock.INVITATION_REMIND: "remind of the invitation",
    CohortClock.INVITATION_UNANSWERED: "invitations without an answer",
    CohortClock.ENROLMENT_CLOSE: "close the enrolment",
    CohortClock.REVIEW: "review of week",
    CohortClock.REMATCH_DUE: "a partner for number",
    CohortClock.ORDER_AGAIN: "ask again who gave no answer",
    CohortClock.FOLLOW_UP: "ask what has lasted",
    CohortClock.ARCHIVE: "archive the cohort",
}

_WHICH: dict[CohortClock, str] = {
    CohortClock.INVITATION_REMIND: " (round {}, reminder {})",
    CohortClock.INVITATION_UNANSWERED: " (round {})",
    CohortClock.REVIEW: " {}",
    CohortClock.REMATCH_DUE: " {} of the waiting list",
}
"""Of several, which one: what stands behind the kind in a clock's name."""


def title(name: str) -> str:
    """What a clock is waiting to do, in words: `review of week 3`."""
    before, _, rest = name.partition(":")
    kind = CohortClock(before)
    return TITLES[kind] + _WHICH.get(kind, "").format(*rest.split("/"))
