"""PAUSED: every clock stops and keeps the time it had left; resuming gives it back exactly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.decider import Actor, Role
from domain.pairing import decider
from domain.pairing.closing import ReportLeaver
from domain.pairing.escalation import EscalationClosed, EscalationOpened, ReminderDue
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.meetings import LogMeeting, MeetingCancelled, ScheduleMeeting
from domain.pairing.pausing import PairingPaused, PairingResumed, Pause, PauseReason, Resume
from domain.pairing.state import EscalationKind, Health, Side, Stage, health
from domain.pairing.story import tell
from domain.pairing.training import CompleteTraining
from operations.pairing_views import shown

from .given import (
    APPROVER,
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    an,
    day,
    evaluation,
    having_met,
    in_evaluation,
    in_meetings,
    in_training,
    offered,
    paused,
    with_a_meeting,
)

LEAVE = {"reason": PauseReason.LEAVE}


def test_every_clock_stops_and_only_the_pauses_own_run() -> None:
    story = paused(on=10)

    story.then(an(PairingPaused, reason=PauseReason.LEAVE, until=None, at=day(10)))
    assert story.stage is Stage.PAUSED
    assert story.clocks == {"pause.notice": 10 + 90 - 14, "pause.end": 10 + 90}


def test_resuming_gives_every_clock_the_time_that_it_had_left() -> None:
    before = in_meetings().until(10).clocks

    story = paused(on=10).when(Resume, COORDINATOR, on=31)

    story.then(an(PairingResumed, by_itself=False, at=day(31)))
    assert story.stage is Stage.MEETING
    assert story.clocks == pytest.approx({name: due + 21 for name, due in before.items()})
    assert story.state.paused_for == timedelta(days=21)


def test_a_clock_that_was_overdue_stays_overdue() -> None:
    story = in_meetings().asleep_until(13).when(Pause, COORDINATOR, **LEAVE).asleep_until(20).when(Resume, COORDINATOR)

    assert story.clocks["booking.nudge"] == pytest.approx(20 - 1)
    story.rings("booking.nudge").then(an(ReminderDue, late=True, at=day(20)))


def test_what_is_booked_is_cancelled_by_the_program_and_counts_for_nobody() -> None:
    story = with_a_meeting(starts=20).when(ScheduleMeeting, MENTOR, starts_at=day(40), minutes=60)

    story.when(Pause, COORDINATOR, on=10, **LEAVE)

    story.then(an(MeetingCancelled, number=1, side=None), an(MeetingCancelled, number=2, side=None), an(PairingPaused))
    assert (story.state.cancelled_by_mentor, story.state.cancelled_by_mentee) == (0, 0)
    story.when(Resume, COORDINATOR, on=30)
    assert story.clocks["booking.nudge"] == 40


@pytest.mark.parametrize("resumed_first", [False, True], ids=["during the pause", "after the pause"])
def test_a_meeting_that_took_place_before_the_pause_is_logged(resumed_first: bool) -> None:
    story = with_a_meeting(starts=9).when(Pause, COORDINATOR, on=10, **LEAVE)
    if resumed_first:
        story.when(Resume, COORDINATOR, on=40)

    story.when(LogMeeting, MENTOR, meeting=1, held_at=day(9), minutes=60)

    assert (story.state.held, story.state.missed) == (1, 0)
    assert not any(name.startswith("meeting.") for name in story.clocks)


def test_an_agreed_return_resumes_by_itself() -> None:
    story = paused(on=10, until=50)
    assert story.clocks == {"pause.notice": 36, "pause.end": 50}

    story.rings("pause.notice").then(an(ReminderDue, to=("mentor", "mentee", "coordinator")))
    story.rings("pause.end").then(an(PairingResumed, by_itself=True, at=day(50), stops=("pause.end",)))
    assert story.stage is Stage.MEETING


def test_a_clock_is_named_for_what_it_does_then() -> None:
    def named(story: Story) -> list[str]:
        return [clock.means for clock in shown(story.state, story.now, Role.COORDINATOR).clocks]

    assert named(paused(on=10, until=50)) == ["announce the end of the pause", "the pause ends"]
    assert named(paused(on=10)) == [
        "remind the coordinator of the pause without an end",
        "ask the coordinator about the pause without an end",
    ]


def test_views_timers_and_messages_name_a_clock_alike() -> None:
    for story in (paused(on=10, until=50), paused(on=10), in_meetings()):
        views = [clock.means for clock in shown(story.state, story.now, Role.COORDINATOR).clocks]
        assert views == [decider.meaning(story.state, clock.name) for clock in story.state.clocks]


def test_of_a_pause_without_an_end_the_coordinator_alone_is_reminded() -> None:
    story = paused(on=10).rings("pause.notice")

    story.then(an(ReminderDue, to=("coordinator",)))
    assert tell(story.events[-1]) == "A reminder that the pause has no agreed end was due for the coordinator."
    agreed = paused(on=10, until=50).rings("pause.notice").events[-1]
    assert tell(agreed) == (
        "A reminder that the pause ends soon was due for the mentor, the mentee and the coordinator."
    )


def test_a_pause_shorter_than_the_notice_is_not_announced() -> None:
    assert paused(on=10, until=20).clocks == {"pause.end": 20}


def test_an_open_pause_asks_a_person_after_90_days_and_resuming_settles_it() -> None:
    story = paused(on=10).rings("pause.end")
    story.then(an(EscalationOpened, kind=EscalationKind.PAUSE_TOO_LONG, at=day(100)))
    assert (story.stage, story.clocks) == (Stage.PAUSED, {})

    story.when(Resume, COORDINATOR, on=120)

    story.then(an(EscalationClosed, resolved_itself=True), an(PairingResumed))
    assert story.state.paused_for == timedelta(days=110)


def test_a_pause_has_its_limits() -> None:
    story = in_meetings().until(10)

    story.refuses(Pause, COORDINATOR, code="time", until=day(10), **LEAVE)
    story.refuses(Pause, COORDINATOR, code="rule", saying="at most 90 days", until=day(101), **LEAVE)
    story.when(Pause, COORDINATOR, until=day(100), **LEAVE)


def test_only_a_running_program_pauses_and_only_a_paused_one_resumes() -> None:
    offered().refuses(Pause, COORDINATOR, code="stage", **LEAVE)
    paused().refuses(Pause, COORDINATOR, code="stage", **LEAVE)
    in_meetings().refuses(Resume, COORDINATOR, code="stage")


@pytest.mark.parametrize("actor", [MENTOR, MENTEE, SERVICE, APPROVER], ids=lambda actor: actor.role.value)
def test_only_the_coordinator_pauses_and_resumes(actor: Actor) -> None:
    in_meetings().refuses(Pause, actor, code="role", **LEAVE)
    paused().refuses(Resume, actor, code="role")


def test_training_finished_in_a_pause_leads_on_after_it_with_full_clocks() -> None:
    story = in_training().when(CompleteTraining, SERVICE, on=3, side=Side.MENTOR)
    story.when(Pause, COORDINATOR, on=5, **LEAVE).when(CompleteTraining, SERVICE, on=9, side=Side.MENTEE)
    assert (story.stage, story.state.phase) == (Stage.PAUSED, Stage.GOAL_SETTING)
    assert set(story.clocks) == {"pause.notice", "pause.end"}

    story.when(Resume, COORDINATOR, on=25)

    assert story.stage is Stage.GOAL_SETTING
    assert story.clocks["goals.due"] == 25 + 30
    assert "training.due" not in story.clocks


def test_what_happens_in_the_world_does_not_pause() -> None:
    story = in_meetings().when(ReportLeaver, SERVICE, participant="junior", leaves_at=day(30))
    story.when(Pause, COORDINATOR, on=10, **LEAVE)
    assert story.clocks["leaver.effective"] == 30

    story.when(Resume, COORDINATOR, on=20)
    assert story.clocks["leaver.effective"] == 30


def test_a_pause_is_no_silence() -> None:
    story = having_met(10).when(Pause, COORDINATOR, on=20, **LEAVE).when(Resume, COORDINATOR, on=80)

    assert health(story.state, day(80)) is Health.GREEN
    assert story.clocks["health.amber"] == 10 + 45 + 60
    assert health(story.state, day(115)) is not Health.GREEN


def test_the_evaluation_pauses_too() -> None:
    story = in_evaluation().when(Pause, COORDINATOR, on=185, **LEAVE)
    story.refuses(SubmitEvaluation, MENTOR, code="stage", **evaluation())

    story.when(Resume, COORDINATOR, on=195)

    assert story.clocks == {"evaluation.remind": 199, "evaluation.due": 206}


def test_a_resumption_never_takes_effect_before_its_pause() -> None:
    story = paused(on=10).when(Resume, COORDINATOR, on=20, at=day(4))

    assert story.latest[0].at == day(10)
    assert story.state.paused_for == timedelta(0)
