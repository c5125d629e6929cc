"""One pairing on the real servers, from its offer to its end, as people, services and clocks carry it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from live_pairing import (
    COORDINATOR,
    LEARNING,
    MENTEE,
    MENTOR,
    LivePairing,
    begin,
    days,
    histories,
    of_type,
    replay,
    settings_for,
    summary,
    when,
    working,
)
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowExecutionStatus

from activities.search_attributes import COHORT, HEALTH, PROGRAM, STAGE, WAITING_FOR
from domain.decider import Role
from domain.pairing.checkpoints import AnswerCheckpoint
from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
from domain.pairing.escalation import AcknowledgeEscalation
from domain.pairing.evaluating import SubmitEvaluation
from domain.pairing.goal_setting import GoalDraft, ProgressGoal, SetGoals, SignAgreement
from domain.pairing.meetings import CancelMeeting, LogMeeting, ScheduleMeeting
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.pausing import Pause, PauseReason, Resume
from domain.pairing.state import CloseReason, EscalationKind, Stage
from domain.pairing.training import CompleteTraining
from eventstore.store import EventStore
from workflows.contract import PairingResult


@pytest_asyncio.fixture
async def pairing(temporal_client: Client, database_url: str, store: EventStore) -> AsyncIterator[LivePairing]:
    """A pairing whose offer has just gone out, and a worker for it."""
    settings = settings_for(database_url)
    async with working(temporal_client, settings):
        begun = await begin(temporal_client, store, settings.task_queue)
        await begun.once_stored("PairingOffered")
        yield begun


async def accepted(pairing: LivePairing) -> None:
    await pairing.say(AcceptOffer, MENTOR)
    await pairing.say(AcceptOffer, MENTEE)


async def result(pairing: LivePairing) -> PairingResult:
    return await pairing.skipper.client.get_workflow_handle(pairing.id, result_type=PairingResult).result()


async def test_from_the_offer_to_completion_with_people_who_are_late(pairing: LivePairing) -> None:
    await pairing.say(AcceptOffer, MENTOR)
    await pairing.travel(7.01)
    [reminder] = [e for e in await pairing.once_stored("ReminderDue") if e.type == "ReminderDue"]
    assert (reminder.data["to"], reminder.occurred_at) == (["mentee"], pairing.start + days(7))
    await pairing.say(AcceptOffer, MENTEE)

    training_done = CompleteTraining(by=LEARNING, key="lms-1", side="mentor")
    await pairing.handle.signal("training_completed", training_done)
    await pairing.travel(22)  # two weeks and more after the second acceptance
    late = await pairing.once(lambda state: state.escalations)
    assert [item.kind for item in late.escalations] == [EscalationKind.TRAINING_OVERDUE]
    described = await pairing.handle.describe()
    assert described.typed_search_attributes[WAITING_FOR] == ["mentee", "coordinator"]
    assert described.typed_search_attributes[HEALTH] == "AMBER"
    await pairing.say(AcknowledgeEscalation, COORDINATOR, id=late.escalations[0].id)
    receipt = await pairing.say(CompleteTraining, LEARNING, side="mentee")
    assert receipt.events == ("TrainingCompleted", "EscalationClosed")

    for person in (MENTOR, MENTEE):
        await pairing.say(SignAgreement, person, skill=2)
    await pairing.say(SetGoals, MENTEE, goals=(GoalDraft(text="Read a dashboard without help"),))
    first = pairing.start + days(25)
    await pairing.say(ScheduleMeeting, MENTOR, starts_at=first, minutes=45)
    await pairing.travel(25.5)
    meeting = {"meeting": 1, "held_at": first.isoformat(), "minutes": 50}
    calendar = {"by": {"role": "service", "id": "calendar"}, "key": "cal-1"}
    await pairing.handle.signal("meeting_held", calendar | meeting)  # as a service in any language sends it
    await pairing.once(lambda state: state.held == 1)

    await pairing.travel(7.01 + 30 + 1)  # the checkpoint is open: thirty days after the second acceptance
    assert (await pairing.once(lambda state: state.checkpoints)).checkpoints[0].number == 1
    await pairing.say(AnswerCheckpoint, MENTOR, number=1, safety=4, progress=3)
    await pairing.travel(7.01 + 30 + 13)  # seven days, two more, and to the next working day
    await pairing.once(lambda state: EscalationKind.CHECKPOINT_OVERDUE in {i.kind for i in state.escalations})
    await pairing.say(AnswerCheckpoint, MENTEE, number=1, safety=5, progress=4)
    await pairing.say(LogMeeting, MENTEE, held_at=pairing.start + days(46), minutes=60)
    await pairing.say(ProgressGoal, MENTEE, goal="g1", level=1)

    await pairing.travel(7.01 + 56 + 1)
    evaluating = await pairing.once(lambda state: state.stage is Stage.EVALUATING)
    assert evaluating == await pairing.folded()
    await pairing.say(SubmitEvaluation, MENTOR, skill=4, safety=5, recommend=9, would_repeat=True)
    await pairing.travel(7.01 + 56 + 8)
    await pairing.once_stored("ReminderDue")
    last = await pairing.say(SubmitEvaluation, MENTEE, skill=5, safety=5, recommend=10, would_repeat=True)

    ended = await result(pairing)
    assert ended == PairingResult(outcome="COMPLETED", reason="2 of 2 meetings held", meetings_held=2, events=last.last)
    stream = await pairing.stored()
    assert [event.version for event in stream] == list(range(1, last.last + 1))
    assert [event.occurred_at for event in stream] == sorted(event.occurred_at for event in stream)
    assert stream[-1].type == "PairingCompleted"
    assert stream[-1].data["meets_standard"] is True
    assert {event.idempotency_key for event in stream} >= {"lms-1", "cal-1"}
    assert {event.source for event in stream} == {"mentor", "mentee", "coordinator", "service", "engine"}
    assert len(await pairing.messages()) == await pairing.notices() > 10
    await replay(await when(lambda: histories(pairing.skipper.client, pairing.id)))


async def test_the_temporal_ui_tells_the_story_without_personal_data(pairing: LivePairing) -> None:
    await accepted(pairing)
    goal = "Understand what the analytics team does"
    for side in ("mentor", "mentee"):
        await pairing.say(CompleteTraining, LEARNING, side=side)
    for person in (MENTOR, MENTEE):
        await pairing.say(SignAgreement, person, skill=2)
    await pairing.say(SetGoals, MENTEE, goals=(GoalDraft(text=goal),))
    state = await pairing.state()
    following = state.clocks[0]

    history = await pairing.history()
    timers = of_type(history, EventType.EVENT_TYPE_TIMER_STARTED)
    assert await summary(timers[-1]) == f"nudge to book a meeting · {following.due:%a %d %b %Y %H:%M} UTC"
    assert (await summary(timers[0])).startswith("remind about the offer · ")
    fired = of_type(history, EventType.EVENT_TYPE_TIMER_CANCELED, EventType.EVENT_TYPE_TIMER_FIRED)
    assert len(timers) - len(fired) == 1, "one rolling timer"

    markers = [await summary(event) for event in of_type(history, EventType.EVENT_TYPE_MARKER_RECORDED)]
    assert markers[0] == "coordinator: PairingCreated"
    assert markers[1] == "PairingOffered"
    assert "mentee: OfferAccepted, TrainingAssigned" in markers

    shown: WorkflowMetadata = await pairing.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    text = shown.current_details
    assert text.startswith("### MEETING · GREEN")
    assert f"nudge to book a meeting, {following.due:%a %d %b %Y %H:%M} UTC" in text
    for private in (MENTOR.id, MENTEE.id, goal):
        assert private not in text
        assert all(private not in found for found in markers)
    described = {update.name: update.description for update in shown.definition.update_definitions}
    assert described["log_meeting"].startswith("One of the pair or the calendar reports that the two met")
    assert {signal.name for signal in shown.definition.signal_definitions} >= {"meeting_held"}

    found = (await pairing.handle.describe()).typed_search_attributes
    assert found[COHORT] == "spring"
    assert found[PROGRAM] == "reverse-mentoring"
    assert found[STAGE] == "MEETING"
    assert found[HEALTH] == "GREEN"
    assert found[WAITING_FOR] == ["mentor"]
    client = pairing.skipper.client
    wanted = f"PairloomStage = 'MEETING' AND PairloomWaitingFor = 'mentor' AND WorkflowId = '{pairing.id}'"
    assert await when(lambda: client.count_workflows(wanted), lambda found: found.count == 1)


async def test_a_pause_keeps_the_time_left_and_gives_it_back_exactly(pairing: LivePairing) -> None:
    await accepted(pairing)
    await pairing.travel(3)
    paused = await pairing.say(Pause, COORDINATOR, reason=PauseReason.LEAVE)
    at_pause = (await pairing.stored())[paused.last - 1].occurred_at
    before = {c.name: c.due - at_pause for c in (await pairing.folded(paused.first - 1)).clocks}

    await pairing.travel(60)  # past every deadline of the training: nothing of it fires
    resting = await pairing.once(lambda state: state.stage is Stage.PAUSED)
    assert (await pairing.types())[paused.last :] == []
    assert dict(resting.suspension.left if resting.suspension else ()) == before
    timers = of_type(await pairing.history(), EventType.EVENT_TYPE_TIMER_STARTED)
    assert (await summary(timers[-1])).startswith("remind the coordinator of the pause without an end · ")

    resumed = await pairing.say(Resume, COORDINATOR)
    at_resume = (await pairing.stored())[resumed.last - 1].occurred_at
    running = await pairing.state()
    assert running.stage is Stage.TRAINING
    assert {c.name: c.due - at_resume for c in running.clocks} == before
    assert running == await pairing.folded()

    due = next(c.due for c in running.clocks if c.name == "training.remind")
    await pairing.travel((due - pairing.start) / timedelta(days=1) + 0.01)
    reminded = (await pairing.once_stored("ReminderDue"))[-1]
    assert (reminded.occurred_at, reminded.data["late"]) == (due, False)


async def test_the_coordinator_closes_a_pairing_before_its_plan(pairing: LivePairing) -> None:
    await accepted(pairing)
    await pairing.say(CloseEarly, COORDINATOR, reason=CloseReason.CONFLICT_OF_INTEREST)
    await pairing.travel(4)  # until then it could be taken back
    assert await result(pairing) == PairingResult(
        outcome="CLOSED_EARLY", reason="conflict_of_interest", meetings_held=0, events=8
    )
    assert (await pairing.types())[-3:] == ["PairingClosedEarly", "RematchRequested", "CloseBecameFinal"]
    described = await pairing.handle.describe()
    assert described.status is WorkflowExecutionStatus.COMPLETED
    assert described.typed_search_attributes[STAGE] == "CLOSED_EARLY"
    assert WAITING_FOR not in described.typed_search_attributes or not described.typed_search_attributes[WAITING_FOR]


async def test_a_requested_exit_closes_by_itself(pairing: LivePairing) -> None:
    await accepted(pairing)
    await pairing.say(RequestExit, MENTEE)
    state = await pairing.state()
    assert [clock.name for clock in state.clocks] == ["exit.close"]
    await pairing.travel(8)
    assert (await result(pairing)).reason == "exit"
    ends = ["EscalationOpened", "ExitRequested", "PairingClosedEarly", "RematchRequested"]
    assert (await pairing.types())[-4:] == ends


async def test_a_declined_and_an_expired_offer_end_the_pairing(
    pairing: LivePairing, temporal_client: Client, store: EventStore
) -> None:
    queue = (await pairing.handle.describe()).task_queue
    other = await begin(temporal_client, store, queue)
    await other.once_stored("PairingOffered")
    await pairing.say(DeclineOffer, MENTEE)
    assert (await result(pairing)).outcome == "DECLINED"
    await other.say(AcceptOffer, MENTOR)
    await other.travel(10.5)
    ended = await result(other)
    assert (ended.outcome, ended.reason) == ("EXPIRED", "no answer from the mentee")


async def test_a_leaver_is_a_fact_that_ends_the_pairing_on_the_day(pairing: LivePairing) -> None:
    await accepted(pairing)
    leaves_at = pairing.start + days(20)
    leaving = ReportLeaver(by=LEARNING, key="hr-1", participant=MENTEE.id, leaves_at=leaves_at)
    await pairing.handle.signal("participant_leaves", leaving)
    await pairing.once(lambda state: state.leavers)
    await pairing.say(Pause, COORDINATOR, reason=PauseReason.WORKLOAD)
    await pairing.travel(20.1)
    assert (await result(pairing)).reason == "left_company"
    assert (await pairing.stored())[-1].occurred_at == leaves_at


async def test_an_executive_who_cancels_three_times_meets_coordinator_and_sponsor(
    pairing: LivePairing,
) -> None:
    await accepted(pairing)
    for side in ("mentor", "mentee"):
        await pairing.say(CompleteTraining, LEARNING, side=side)
    counted = []
    for number in (1, 2, 3):
        await pairing.say(ScheduleMeeting, MENTOR, starts_at=pairing.start + days(3 * number), minutes=60)
        await pairing.travel(3 * number - 0.1)
        counted.append((await pairing.say(CancelMeeting, MENTEE, meeting=number)).events)
    assert counted == [
        ("MeetingCancelled", "CancellationCounted"),
        ("MeetingCancelled", "CancellationCounted"),
        ("MeetingCancelled", "CancellationCounted", "EscalationOpened", "EscalationOpened"),
    ]
    state = await pairing.once(lambda state: len(state.escalations) == 2)
    assert [(item.kind, item.to) for item in state.escalations] == [
        (EscalationKind.CANCELLATIONS, Role.COORDINATOR),
        (EscalationKind.CANCELLATIONS, Role.SPONSOR),
    ]
    assert (await pairing.messages()).count("RebookSoon") == 2
