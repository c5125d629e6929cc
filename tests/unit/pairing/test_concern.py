"""A safeguarding concern: who hears of it, what stops, and how it ends."""

from __future__ import annotations

import pytest

from domain.decider import Actor, Role
from domain.pairing.clocks import ClockKind
from domain.pairing.closing import CloseEarly, PairingClosedEarly, ReportLeaver, RequestExit
from domain.pairing.concern import ConcernRaised, ConcernResolved, RaiseConcern, ResolveConcern
from domain.pairing.decider import notices
from domain.pairing.escalation import ReminderDue
from domain.pairing.meetings import ScheduleMeeting
from domain.pairing.moves import waiting_for
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason, Side, Stage
from domain.pairing.status import status
from domain.pairing.story import tell
from domain.pairing.undoing import UndoClose
from operations.pairing_views import NextMove, shown

from .given import (
    CONCERN_HANDLER,
    COORDINATOR,
    DELEGATE,
    MENTEE,
    MENTOR,
    SERVICE,
    SPONSOR,
    Story,
    an,
    day,
    having_met,
    hours,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
    side_of,
    with_a_meeting,
)


def raised(by: Actor = MENTOR, on: float = 10) -> Story:
    return with_a_meeting(starts=20).when(RaiseConcern, by, on=on)


@pytest.mark.parametrize("by", [MENTOR, MENTEE], ids=lambda actor: actor.role.value)
def test_a_concern_takes_the_meetings_off_and_stops_every_clock_but_its_own(by: Actor) -> None:
    story = raised(by)

    story.then(an(ConcernRaised, id="concern-1", side=side_of(by), frozen=(1,), at=day(10)))
    assert (story.stage, story.clocks, story.state.meetings) == (Stage.PAUSED, {"concern.remind": 12}, ())


def test_its_handler_and_nobody_else_reads_what_is_to_be_resolved() -> None:
    story = raised()
    resolves = NextMove(role=Role.CONCERN_HANDLER, what="resolve concern-1", commands=("resolve_concern",))
    for reader in Role:
        told = shown(story.state, story.now, reader).moves
        assert (resolves in told) == (reader is Role.CONCERN_HANDLER), reader
    assert "a concern, concern-1;" in tell(story.latest[0])
    story.refuses(ResolveConcern, CONCERN_HANDLER, "unknown", "open concerns: concern-1", id="x", outcome="go_on")
    story.when(ResolveConcern, CONCERN_HANDLER, id="concern-1", outcome="go_on")
    assert (
        shown(story.state, story.now, Role.CONCERN_HANDLER).moves
        == shown(story.state, story.now, Role.COORDINATOR).moves
    )


def test_its_handler_hears_of_it_at_once_and_whoever_raised_it_gets_a_word() -> None:
    story = raised(on=12 + hours(10))  # a Saturday evening

    told = {(notice.to, notice.template): notice.deliver_after for notice in notices(story.state, story.latest[0])}

    assert told == {
        ("role:concern_handler", "ConcernRaised"): day(12 + hours(10)),
        ("junior", "ConcernReceived"): day(14),
    }


def test_neither_the_item_list_nor_the_cancellations_nor_whose_turn_it_is_give_it_away() -> None:
    before, story = with_a_meeting(starts=20).until(10).state, raised()

    assert (story.items, waiting_for(story.state)) == ([], ())
    assert (story.state.cancelled_by_mentor, story.state.cancelled_by_mentee) == (0, 0)
    shown = status(story.state).model_dump_json()
    assert "concern" not in shown
    assert story.state.cancelled_last is before.cancelled_last


def test_the_same_side_has_one_concern_open_and_the_other_may_have_its_own() -> None:
    story = raised().refuses(RaiseConcern, MENTOR, code="duplicate")

    story.when(RaiseConcern, MENTEE, on=11).then(an(ConcernRaised, id="concern-2", side=Side.MENTEE, frozen=()))
    story.when(ResolveConcern, CONCERN_HANDLER, id="concern-1", outcome="go_on").then(an(ConcernResolved, runs=False))
    assert story.stage is Stage.PAUSED

    story.when(ResolveConcern, CONCERN_HANDLER, id="concern-2", outcome="go_on").then(an(ConcernResolved, runs=True))
    assert (story.stage, story.state.concerns) == (Stage.MEETING, ())


@pytest.mark.parametrize("by", [COORDINATOR, SPONSOR, DELEGATE, SERVICE, CONCERN_HANDLER], ids=lambda by: by.role.value)
def test_a_concern_is_raised_by_the_two_alone(by: Actor) -> None:
    in_meetings().refuses(RaiseConcern, by, code="role")


@pytest.mark.parametrize("by", [COORDINATOR, SPONSOR, MENTOR, MENTEE, SERVICE], ids=lambda by: by.role.value)
def test_a_concern_is_resolved_by_its_handler_alone(by: Actor) -> None:
    raised().refuses(ResolveConcern, by, code="role", id="concern-1", outcome="go_on")


def test_what_is_not_open_is_not_resolved() -> None:
    raised().refuses(ResolveConcern, CONCERN_HANDLER, code="unknown", id="concern-2", outcome="close")


@pytest.mark.parametrize("beginning", [offered, in_training, in_goal_setting, in_meetings, in_evaluation, paused])
def test_it_can_be_raised_as_soon_as_the_two_know_of_each_other(beginning: type[Story]) -> None:
    before = beginning()
    phase, holds = before.state.phase, before.state.suspension
    story = before.when(RaiseConcern, MENTEE)
    assert story.stage is Stage.PAUSED

    story.when(ResolveConcern, CONCERN_HANDLER, id="concern-1", outcome="go_on")

    assert (story.state.phase, story.state.suspension) == (phase, holds)


def test_before_the_offer_nobody_knows_whom_it_could_be_about() -> None:
    proposed().refuses(RaiseConcern, MENTOR, code="stage")


def test_every_clock_gets_back_the_time_that_it_had_left_and_a_meeting_must_be_booked_again() -> None:
    before = with_a_meeting(starts=20).until(10).clocks
    story = raised().until(15).when(ResolveConcern, CONCERN_HANDLER, id="concern-1", outcome="go_on")

    assert story.clocks["evaluation.open"] == before["evaluation.open"] + 5
    assert story.clocks["health.amber"] == before["health.amber"] + 5
    assert story.clocks["booking.nudge"] == 10 + 10 + 5
    assert not [name for name in story.clocks if name.startswith("meeting.")]
    story.when(ScheduleMeeting, MENTOR, starts_at=day(20), minutes=60)


def test_a_pairing_without_a_booked_meeting_has_nothing_new_to_book() -> None:
    story = in_evaluation().when(RaiseConcern, MENTOR)

    assert [clock.name for clock in story.latest[0].starts] == ["concern.remind"]


def test_its_handler_is_reminded_every_two_days_until_it_is_resolved() -> None:
    story = raised()

    for turn in (12, 14, 16):
        story.rings("concern.remind").then(
            an(ReminderDue, about=ClockKind.CONCERN_REMIND, to=("concern_handler",), at=day(turn))
        )
    story.when(ResolveConcern, CONCERN_HANDLER, on=17, id="concern-1", outcome="go_on")
    assert "concern.remind" not in story.clocks


def test_the_handler_may_end_the_pairing_for_a_reason_that_nobody_learns() -> None:
    story = raised().when(ResolveConcern, CONCERN_HANDLER, on=12, id="concern-1", outcome="close")

    story.then(an(ConcernResolved, runs=False), an(PairingClosedEarly, reason=CloseReason.CONFIDENTIAL, no_fault=True))
    assert (story.stage, story.clocks, story.state.final) == (Stage.CLOSED_EARLY, {}, True)
    assert tell(story.latest[1]) == (
        "The pairing was closed early: for a reason that stays confidential. Nobody is to blame."
    )
    story.refuses(UndoClose, COORDINATOR, code="rule")


def test_a_close_for_that_reason_is_not_the_coordinators() -> None:
    in_meetings().refuses(CloseEarly, COORDINATOR, code="role", reason="confidential")


def test_the_coordinator_cannot_let_it_go_on_and_does_not_learn_why() -> None:
    story = raised().refuses(Resume, COORDINATOR, code="rule", saying="whatever else holds it")

    story.when(Pause, COORDINATOR, reason=PauseReason.OTHER, until=day(30)).rings("pause.end")
    assert story.stage is Stage.PAUSED


def test_who_wants_to_leave_still_can_and_the_concern_stays_open() -> None:
    story = raised().when(RequestExit, MENTOR, on=11)
    assert set(story.clocks) == {"concern.remind", "exit.close"}

    story.when(ResolveConcern, CONCERN_HANDLER, on=12, id="concern-1", outcome="go_on")

    story.then(an(ConcernResolved, runs=False))
    assert (story.stage, set(story.clocks)) == (Stage.EXIT_REQUESTED, {"exit.close"})


def test_a_concern_after_an_exit_was_asked_for_stops_its_days_too() -> None:
    story = in_meetings().when(RequestExit, MENTOR, on=10).when(RaiseConcern, MENTOR, on=12)
    assert story.clocks == {"concern.remind": 14}

    story.refuses(RequestExit, MENTEE, code="stage", saying="requested already")

    story.when(ResolveConcern, CONCERN_HANDLER, on=14, id="concern-1", outcome="go_on")

    assert (story.stage, story.clocks) == (Stage.EXIT_REQUESTED, {"exit.close": 19})


def test_an_exit_does_not_forget_a_known_leaving_date() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, on=10, participant="junior", leaves_at=day(13))

    story.when(RequestExit, MENTEE, on=11).rings("leaver.effective")

    assert (story.state.reason, story.state.ended_at) == ("left_company", day(13))


def test_days_under_a_concern_are_no_days_of_silence() -> None:
    story = having_met(10).when(RaiseConcern, MENTOR, on=20)

    story.when(ResolveConcern, CONCERN_HANDLER, on=50, id="concern-1", outcome="go_on")

    assert story.clocks["health.amber"] == 10 + 45 + 30
