"""What the coordinator is told to do about an open item is what the rules accept."""

from __future__ import annotations

from domain.decider import Role
from domain.pairing.closing import CloseEarly, RequestExit
from domain.pairing.escalation import AcknowledgeEscalation, CloseEscalation
from domain.pairing.leave import ReportLeave, ReportReturn
from domain.pairing.moves import Move, moves, waiting_for
from domain.pairing.pausing import Resume
from domain.pairing.training import WaiveTraining

from .given import COORDINATOR, MENTOR, SERVICE, Story, in_meetings, in_training, paused


def coordinators(story: Story) -> list[Move]:
    return [move for move in moves(story.state) if move.role is Role.COORDINATOR]


def test_an_item_comes_with_the_commands_that_end_its_cause() -> None:
    leaves = in_meetings().when(RequestExit, MENTOR)
    assert coordinators(leaves) == [
        Move(Role.COORDINATOR, "see to exit-1", (CloseEarly, AcknowledgeEscalation, CloseEscalation))
    ]
    untrained = in_training().rings("training.due")
    assert WaiveTraining in coordinators(untrained)[0].by
    assert waiting_for(leaves.state)[-1] is Role.COORDINATOR


def test_what_was_taken_on_is_not_offered_again() -> None:
    story = in_meetings().when(RequestExit, MENTOR).when(AcknowledgeEscalation, COORDINATOR, id="exit-1")
    assert coordinators(story)[0].by == (CloseEarly, CloseEscalation)


def test_no_tick_is_offered_where_the_rules_want_a_decision() -> None:
    without_an_end = in_meetings().when(ReportLeave, SERVICE, participant="junior")
    assert coordinators(without_an_end)[0].by == (ReportReturn, CloseEarly, AcknowledgeEscalation)
    assert coordinators(paused().rings("pause.end"))[0].by == (Resume, CloseEarly, AcknowledgeEscalation)
