"""The ends of a pairing: complete, closed early, left by one side."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.decider import Actor
from domain.pairing.closing import (
    CloseEarly,
    EmploymentChanged,
    ExitRequested,
    PairingClosedEarly,
    ReportLeaver,
    RequestExit,
)
from domain.pairing.escalation import EscalationOpened
from domain.pairing.meetings import MeetingCancelled, ScheduleMeeting
from domain.pairing.pausing import Pause, PauseReason
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import CloseReason, EscalationKind, Side, Stage

from .given import (
    APPROVER,
    COORDINATOR,
    DELEGATE,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    an,
    day,
    in_evaluation,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
    side_of,
    with_a_meeting,
)

# --- An exit ---


@pytest.mark.parametrize("actor", [MENTOR, MENTEE], ids=lambda actor: actor.role.value)
def test_an_exit_needs_no_reason_and_stops_everything_but_its_own_clock(actor: Actor) -> None:
    story = with_a_meeting(starts=20).when(RequestExit, actor, on=10)

    story.then(
        an(MeetingCancelled, number=1, side=None),
        an(EscalationOpened, kind=EscalationKind.EXIT),
        an(ExitRequested, side=side_of(actor)),
    )
    assert story.stage is Stage.EXIT_REQUESTED
    assert story.state.leaving is side_of(actor)
    assert story.clocks == {"exit.close": 17}


def test_after_7_days_without_anybody_acting_the_exit_is_granted() -> None:
    story = in_meetings().when(RequestExit, MENTEE, on=10).rings("exit.close")

    story.then(
        an(PairingClosedEarly, reason=CloseReason.EXIT, no_fault=False, at=day(17)),
        an(RematchRequested, sides=(Side.MENTOR,), because="exit"),
    )
    assert story.stage is Stage.CLOSED_EARLY
    assert (story.state.reason, story.clocks, story.items) == ("exit", {}, [])


def test_the_coordinator_may_act_before() -> None:
    story = in_meetings().when(RequestExit, MENTEE, on=10).when(CloseEarly, COORDINATOR, reason=CloseReason.NOT_WORKING)

    assert story.state.reason == "not_working"


@pytest.mark.parametrize("story", [in_training, in_meetings, in_evaluation, paused], ids=lambda story: story.__name__)
def test_one_may_leave_at_any_time_while_the_program_runs(story: type[Story]) -> None:
    left = story().when(RequestExit, MENTOR)

    assert left.stage is Stage.EXIT_REQUESTED
    assert set(left.clocks) == {"exit.close"}
    assert left.state.suspension is None


def test_before_both_have_accepted_one_declines_instead() -> None:
    offered().refuses(RequestExit, MENTOR, code="stage")


def test_one_exit_is_enough_and_nobody_asks_for_another() -> None:
    in_meetings().when(RequestExit, MENTOR).refuses(RequestExit, MENTEE, code="stage")
    in_meetings().refuses(RequestExit, COORDINATOR, code="role").refuses(RequestExit, DELEGATE, code="role")


# --- Closing early ---


BY_THE_COORDINATOR = [r for r in CloseReason if r not in (CloseReason.CONFIDENTIAL, CloseReason.COHORT_CANCELLED)]


@pytest.mark.parametrize("reason", BY_THE_COORDINATOR)
def test_the_coordinator_closes_for_a_reason_that_may_be_nobodys_fault(reason: CloseReason) -> None:
    story = in_meetings().when(CloseEarly, COORDINATOR, reason=reason)

    no_fault = reason in {CloseReason.LEFT_COMPANY, CloseReason.LEAVE, CloseReason.CONFLICT_OF_INTEREST}
    assert story.latest[0] == an(PairingClosedEarly, reason=reason, no_fault=no_fault)
    cancelled = reason is CloseReason.CANCELLED_BY_ADMIN
    assert story.stage is (Stage.CANCELLED if cancelled else Stage.CLOSED_EARLY)
    assert (story.state.reason, story.state.no_fault, story.state.ended_at) == (reason.value, no_fault, day(4))


@pytest.mark.parametrize("story", [proposed, offered, in_training, in_evaluation, paused], ids=lambda s: s.__name__)
def test_closing_is_possible_in_every_stage(story: type[Story]) -> None:
    closed = story().when(CloseEarly, COORDINATOR, reason=CloseReason.NOT_WORKING)

    assert closed.state.ended
    assert set(closed.clocks) == {"undo.end"}


def test_closing_cancels_what_is_booked() -> None:
    story = with_a_meeting().when(ScheduleMeeting, MENTEE, starts_at=day(40), minutes=60)

    story.when(CloseEarly, COORDINATOR, reason=CloseReason.SILENCE)

    story.then(an(MeetingCancelled, side=None), an(MeetingCancelled, side=None), an(PairingClosedEarly))
    assert story.state.meetings == ()


@pytest.mark.parametrize("actor", [MENTOR, MENTEE, SERVICE, APPROVER], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_closes(actor: Actor) -> None:
    in_meetings().refuses(CloseEarly, actor, code="role", reason=CloseReason.EXIT)


@pytest.mark.parametrize(("kind", "by"), [(CloseEarly, COORDINATOR), (RequestExit, MENTOR)])
def test_a_pause_that_ends_with_the_pairing_counts_as_a_pause(kind: type, by: Actor) -> None:
    fields = {"reason": CloseReason.LEAVE} if kind is CloseEarly else {}
    story = in_meetings().when(Pause, COORDINATOR, on=10, reason=PauseReason.LEAVE).when(kind, by, on=40, **fields)

    assert story.state.paused_for == timedelta(days=30)


# --- A leaver ---


def test_a_leaver_to_come_ends_the_pairing_on_the_day() -> None:
    story = with_a_meeting(starts=40).when(ReportLeaver, SERVICE, participant="senior", leaves_at=day(30))
    story.then(an(EmploymentChanged, side=Side.MENTEE, leaves_at=day(30)))
    assert story.clocks["leaver.effective"] == 30

    story.rings("leaver.effective")

    story.then(
        an(MeetingCancelled, side=None),
        an(PairingClosedEarly, reason=CloseReason.LEFT_COMPANY, no_fault=True),
        an(RematchRequested, sides=(Side.MENTOR,), priority=1),
    )
    assert story.state.ended_at == day(30)


def test_a_feed_that_comes_late_carries_its_own_date_and_what_was_before_stays() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, on=40, participant="junior", leaves_at=day(25))

    story.then(
        an(EmploymentChanged, side=Side.MENTOR, leaves_at=day(25), at=day(40)),
        an(PairingClosedEarly, reason=CloseReason.LEFT_COMPANY, at=day(40)),
        an(RematchRequested, priority=1),
    )


def test_a_corrected_date_moves_the_day() -> None:
    story = in_meetings()
    story.when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(30))
    story.refuses(ReportLeaver, SERVICE, code="duplicate", participant="junior", leaves_at=day(30))

    story.when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(50))

    assert story.clocks["leaver.effective"] == 50


def test_when_both_leave_the_first_to_go_ends_the_pairing() -> None:
    story = in_meetings()
    story.when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(30))

    story.when(ReportLeaver, SERVICE, participant="senior", leaves_at=day(60))
    assert story.clocks["leaver.effective"] == 30

    story.when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(90))
    assert story.clocks["leaver.effective"] == 60


@pytest.mark.parametrize("story", [proposed, offered, in_training, in_evaluation, paused], ids=lambda s: s.__name__)
def test_people_leave_in_every_stage(story: type[Story]) -> None:
    left = story()
    left.when(ReportLeaver, COORDINATOR, participant="junior", leaves_at=left.now)

    assert left.state.reason == "left_company"


def test_only_hr_and_the_coordinator_report_leavers_and_only_of_this_pairing() -> None:
    story = in_meetings()

    story.refuses(ReportLeaver, SERVICE, code="unknown", participant="somebody", leaves_at=day(30))
    story.refuses(ReportLeaver, MENTOR, code="role", participant="senior", leaves_at=day(30))


def test_correcting_one_persons_date_leaves_the_others_alone() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="junior", leaves_at=day(60))
    story.when(ReportLeaver, SERVICE, on=11, participant="senior", leaves_at=day(70))
    story.when(ReportLeaver, SERVICE, on=12, participant="junior", leaves_at=day(80))
    assert dict(story.state.leavers) == {Side.MENTOR: day(80), Side.MENTEE: day(70)}
    assert story.clocks["leaver.effective"] == 70


def test_a_leaver_who_has_gone_already_leaves_no_meeting_booked() -> None:
    story = with_a_meeting(starts=20).when(ReportLeaver, SERVICE, on=10, participant="senior", leaves_at=day(9))
    story.then(
        an(EmploymentChanged),
        an(MeetingCancelled, number=1, side=None),
        an(PairingClosedEarly, no_fault=True),
        an(RematchRequested, sides=(Side.MENTOR,)),
    )
    assert (story.state.meetings, story.state.since, story.state.ended_at) == ((), day(10), day(10))


def test_the_item_about_an_exit_has_the_next_number_and_is_not_late() -> None:
    story = in_training().rings("training.due").when(RequestExit, MENTEE, on=15)
    item = next(event for event in story.latest if isinstance(event, EscalationOpened))
    assert (item.id, item.late, item.due) == ("exit-2", False, day(15))
