"""An amended design reaches a running pairing: which clocks move, and what is refused because it has happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decider import Rejected
from domain.pairing.amending import AmendDesign, DesignAmended, moved_clocks
from domain.pairing.clocks import ClockKind, kind_of
from domain.pairing.closing import CloseEarly, RequestExit
from domain.pairing.decider import decide, notices
from domain.pairing.goal_setting import SetGoals
from domain.pairing.leave import ReportLeave
from domain.pairing.meetings import CancelMeeting, ScheduleMeeting
from domain.pairing.pausing import Pause, Resume
from domain.pairing.story import tell
from domain.pairing.undoing import UndoClose
from domain.program import ProgramDesign

from .given import (
    COHORT,
    COORDINATOR,
    MENTEE,
    MENTOR,
    SERVICE,
    Story,
    an,
    day,
    design,
    having_met,
    hours,
    in_evaluation,
    in_goal_setting,
    in_meetings,
    in_training,
    offered,
    paused,
    proposed,
    with_a_meeting,
)


def second(**changes: Any) -> ProgramDesign:
    return design(version=2, due_on_working_days=False, **changes)


def plain() -> ProgramDesign:
    """Calendar days alone, so that a clock moves by exactly as much as its figure."""
    return design(due_on_working_days=False)


def amended(story: Story, **changes: Any) -> Story:
    return story.when(AmendDesign, COHORT, design=second(**changes))


def moves(story: Story, **changes: Any) -> dict[str, tuple[float | None, float | None]]:
    """The clocks that would move, each with its day before and after."""
    found = moved_clocks(story.state, second(**changes), story.now)
    return {one.name: (_in_days(one.before), _in_days(one.after)) for one in found}


def _in_days(moment: datetime | None) -> float | None:
    return None if moment is None else round((moment - day(0)) / timedelta(days=1), 6)


def rounded(expected: Mapping[str, tuple[float | None, float | None]]) -> dict[str, tuple[float | None, float | None]]:
    return {name: (a and round(a, 6), b and round(b, 6)) for name, (a, b) in expected.items()}


def evaluating(plan: ProgramDesign) -> Story:
    return in_evaluation(10, plan=plan)


@pytest.mark.parametrize(
    ("beginning", "changes", "expected"),
    [
        (offered, {"offer": {"remind_after": "5 days"}}, {"offer.remind": (7, 5)}),
        (offered, {"offer": {"expire_after": "12 days"}}, {"offer.expire": (10, 12)}),
        (in_training, {"training": {"remind_after": "8 days"}}, {"training.remind": (10, 8)}),
        (in_training, {"training": {"due_after": "21 days"}}, {"training.due": (14, 21)}),
        (in_goal_setting, {"goals": {"due_after": "40 days"}}, {"goals.due": (32, 42)}),
        (in_goal_setting, {"meetings": {"first_nudge": "12 days"}}, {"booking.nudge": (12, 14)}),
        (
            in_goal_setting,
            {"meetings": {"first_escalate": ["20 days"]}},
            {"booking.escalate:1": (16, 22), "booking.escalate:2": (30, None)},
        ),
        (lambda plan: having_met(10, plan=plan), {"meetings": {"next_nudge": "10 days"}},
         {"booking.nudge": (24, 20), "booking.escalate:1": (38, 30)}),
        (in_meetings, {"health": {"amber_after": "30 days"}}, {"health.amber": (45, 30)}),
        (in_meetings, {"health": {"red_after": "70 days"}}, {"health.red": (60, 70)}),
        (in_meetings, {"health": {"propose_closing_after": "100 days"}}, {"silence.propose": (90, 100)}),
        (lambda plan: in_meetings(plan).rings("silence.propose"), {"health": {"confirm_within": "10 days"}},
         {"silence.confirm": (97, 100)}),
        (in_meetings, {"meetings": {"over": "200 days"}}, {"evaluation.open": (182, 200)}),
        (in_meetings, {"checkpoints": {"after": ["40 days", "90 days"]}},
         {"checkpoint.open:1": (30, 40), "checkpoint.open:3": (150, None)}),
        (in_meetings, {"checkpoints": {"after": ["30 days", "90 days", "150 days", "170 days"]}},
         {"checkpoint.open:4": (None, 170)}),
        (lambda plan: in_meetings(plan).rings("checkpoint.open:1"), {"checkpoints": {"open_for": "9 days"}},
         {"checkpoint.remind:1": (37, 39), "checkpoint.overdue:1": (39, 41)}),
        (lambda plan: in_meetings(plan).rings("checkpoint.open:1"), {"checkpoints": {"overdue_grace": "5 days"}},
         {"checkpoint.overdue:1": (39, 42)}),
        (lambda plan: with_a_meeting(starts=20, plan=plan), {"meetings": {"missed_after": "9 days"}},
         {"meeting.missed:1": (27 + hours(1), 29 + hours(1))}),
        (lambda plan: with_a_meeting(starts=20, plan=plan), {"meetings": {"log_reminder": "1 day"}},
         {"meeting.log:1": (22 + hours(1), 21 + hours(1))}),
        (lambda plan: with_a_meeting(starts=20, plan=plan), {"meetings": {"reminders": ["48 hours", "1 hour"]}},
         {"meeting.remind:1/24 h before": (19, None), "meeting.remind:1/48 h before": (None, 18)}),
        (lambda plan: with_a_meeting(starts=20, plan=plan).when(CancelMeeting, MENTEE, meeting=1),
         {"cancellations": {"rebook_within": "10 days"}}, {"booking.rebook:1": (19, 15)}),
        (lambda plan: paused(on=10, until=60, plan=plan), {"pause": {"notice": "7 days"}}, {"pause.notice": (46, 53)}),
        (lambda plan: in_meetings(plan).when(ReportLeave, SERVICE, participant="junior", returns_at=day(60)),
         {"pause": {"notice": "7 days"}}, {"leave.notice": (46, 53)}),
        (lambda plan: in_meetings(plan).when(RequestExit, MENTOR, on=10), {"exit": {"close_after": "10 days"}},
         {"exit.close": (17, 20)}),
        (evaluating, {"evaluation": {"remind_after": "5 days"}},
         {"evaluation.remind": (189, 187)}),
        (evaluating, {"evaluation": {"due_after": "21 days"}}, {"evaluation.due": (196, 203)}),
        (lambda plan: in_evaluation(10, plan=plan).rings("evaluation.due"), {"evaluation": {"close_after": "7 days"}},
         {"evaluation.close": (210, 203)}),
        (proposed, {"offer": {"remind_after": "5 days"}}, {}),
        (in_meetings, {"title": "Another title"}, {}),
    ],
)  # fmt: skip
def test_a_clock_moves_by_as_much_as_its_figure(
    beginning: Any, changes: Mapping[str, Any], expected: Mapping[str, tuple[float | None, float | None]]
) -> None:
    story: Story = beginning(plain())
    assert moves(story, **changes) == rounded(expected)

    before = story.clocks
    amended(story, **changes)

    gone = {name for name, (_, after) in expected.items() if after is None}
    moved = {name: after for name, (_, after) in expected.items() if after is not None}
    assert story.clocks == pytest.approx({name: due for name, due in before.items() if name not in gone} | moved)
    assert story.state.design.version == 2


def test_a_moved_clock_is_named_for_what_it_does_then() -> None:
    (moved,) = moved_clocks(paused(on=10, plan=plain()).state, second(pause={"notice": "10 days"}), day(11))
    assert (moved.name, moved.means) == ("pause.notice", "remind the coordinator of the pause without an end")


def test_under_a_pause_the_time_left_changes_by_as_much() -> None:
    story = paused(on=10, until=40, plan=plain())
    assert moves(story, meetings={"over": "200 days"}) == {"evaluation.open": (182, 200)}

    amended(story.until(20), meetings={"over": "200 days"}).when(Resume, COORDINATOR, on=30)

    assert story.clocks["evaluation.open"] == 200 + 20


def test_a_further_checkpoint_leaves_the_days_of_rest_out() -> None:
    story = in_meetings(plain()).when(Pause, COORDINATOR, on=10, reason="other", until=day(30)).until(31)

    after = {"after": ["30 days", "90 days", "150 days", "170 days"]}
    assert moves(story, checkpoints=after) == {"checkpoint.open:4": (None, 190)}
    assert moves(in_evaluation(10, plan=plain()), checkpoints=after) == {}


@pytest.mark.parametrize(
    ("story", "changes", "saying"),
    [
        (lambda: offered(plain()).until(6), {"offer": {"remind_after": "5 days"}}, "remind about the offer"),
        (lambda: in_meetings(plain()).until(100), {"meetings": {"over": "90 days"}, "checkpoints": {"after": []}},
         "checkpoint 1 has been opened"),
        (lambda: in_meetings(plain()).until(100), {"checkpoints": {"after": ["30 days", "90 days", "99 days"]}},
         "open checkpoint 3 would have been due on 14 Apr 2026"),
        (lambda: in_meetings(plain()).until(160),
         {"checkpoints": {"after": ["30 days", "90 days", "150 days", "155 days"]}}, "open checkpoint 4"),
        (lambda: having_met(10, 20, plan=plain()), {"meetings": {"planned": 1, "enough": 1}}, "2 meetings have been"),
        (lambda: in_meetings(plain()), {"program": "another"}, "follows the program 'reverse-2026'"),
    ],
)  # fmt: skip
def test_what_has_happened_is_not_rewritten(story: Any, changes: Mapping[str, Any], saying: str) -> None:
    story().refuses(AmendDesign, COHORT, code="rule", saying=saying, design=second(**changes))


def test_goals_that_are_set_stay_set() -> None:
    story = in_meetings(plain())
    for number in (2, 3):
        story.when(SetGoals, MENTOR, goals=[{"text": f"Goal {number}"}])

    story.refuses(AmendDesign, COHORT, code="rule", saying="3 goals", design=second(goals={"at_most": 2}))


def test_an_overdue_clock_may_be_moved_to_another_time_of_the_past() -> None:
    story = offered(plain()).asleep_until(30)

    assert moves(story, offer={"remind_after": "5 days"}) == {"offer.remind": (7, 5)}


def test_the_same_version_again_is_known_already() -> None:
    story = amended(in_meetings())

    story.refuses(AmendDesign, COHORT, code="duplicate", design=second())
    story.refuses(AmendDesign, COHORT, code="duplicate", design=design())


@pytest.mark.parametrize("by", [COORDINATOR, SERVICE, MENTOR], ids=lambda by: f"{by.role.value} {by.id}")
def test_only_the_cohort_orders_it(by: Any) -> None:
    in_meetings().refuses(AmendDesign, by, code="role", design=second())


def test_fewer_meetings_may_fulfil_the_plan_and_nobody_is_asked_for_more() -> None:
    story = amended(having_met(10, 20, plan=plain()), meetings={"planned": 2, "enough": 2})

    assert not [n for n in story.clocks if n.startswith(("booking.", "health.", "silence."))]
    assert story.state.plan_is_fulfilled


def test_more_meetings_ask_for_the_next_one_from_today() -> None:
    short = design(due_on_working_days=False, meetings={"planned": 2, "enough": 2})
    story = amended(having_met(10, 20, plan=short).until(30), meetings={"planned": 3, "enough": 2})

    asked = {name: due for name, due in story.clocks.items() if name.startswith(("booking.", "health.", "silence."))}
    assert asked == {
        "booking.nudge": 44,
        "booking.escalate:1": 58,
        "health.amber": 75,
        "health.red": 90,
        "silence.propose": 120,
    }


def test_more_meetings_where_one_is_booked_ask_for_no_booking() -> None:
    short = design(due_on_working_days=False, meetings={"planned": 1, "enough": 1})
    story = having_met(10, plan=short).when(ScheduleMeeting, MENTOR, starts_at=day(40), minutes=60)

    amended(story, meetings={"planned": 2, "enough": 2})

    assert "booking.nudge" not in story.clocks
    assert story.clocks["health.amber"] == 10 + 45


def test_the_plan_of_a_pairing_that_evaluates_is_left_alone() -> None:
    story = in_evaluation(10, 20, plan=plain())

    assert moves(story, meetings={"planned": 2, "enough": 2}) == {}


def test_both_hear_of_it_and_the_story_says_how_much_changed() -> None:
    story = amended(in_meetings(plain()), meetings={"over": "200 days"})
    story.then(an(DesignAmended))

    assert [notice.to for notice in notices(story.state, story.latest[0])] == ["junior", "senior"]
    assert tell(story.latest[0]) == "The pairing follows version 2 of the program now; 1 deadline changed."


def test_a_moved_deadline_of_a_person_falls_on_a_working_day() -> None:
    story = offered().when(AmendDesign, COHORT, design=design(version=2, offer={"expire_after": "12 days"}))

    assert story.clocks["offer.expire"] == 14  # the 12th is a Saturday


@given(days=st.integers(1, 300), on=st.floats(5, 29), figure=st.sampled_from(["over", "missed_after", "next_nudge"]))
def test_no_clock_is_lost_and_none_moves_into_the_past(days: int, on: float, figure: str) -> None:
    story = with_a_meeting(starts=20, plan=plain()).until(on)
    before = dict(story.clocks)
    plan = second(meetings={figure: f"{days + 3} days"}, checkpoints={"after": []})
    command = AmendDesign(by=COHORT, key="amend", design=plan)
    try:
        decide(story.state, command, story.now)
    except Rejected:
        return  # it would have rewritten the past
    story.when(AmendDesign, COHORT, design=plan)
    kept = {name for name in before if kind_of(name) is not ClockKind.CHECKPOINT_OPEN}
    assert set(story.clocks) == kept
    assert all(due >= (story.now - day(0)) / timedelta(days=1) - 1e-9 for due in story.clocks.values())


def test_a_close_taken_back_after_an_amendment_was_missed_keeps_its_own_design() -> None:
    story = in_meetings().when(CloseEarly, COORDINATOR, reason="not_working")
    story.refuses(AmendDesign, COHORT, code="stage", design=second())

    assert story.when(UndoClose, COORDINATOR).state.design.version == 1
