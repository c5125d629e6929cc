"""The reference pairing's lifecycle as one would first write it: an activity for each event, a timer for each reminder.

No rules, no state beyond counts, no search attributes, no recovery: less than Pairloom does, at the price of doing it
the straightforward way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from domain.decider import Command
    from domain.pairing.checkpoints import AnswerCheckpoint
    from domain.pairing.evaluating import SubmitEvaluation
    from domain.pairing.goal_setting import SetGoals, SignAgreement
    from domain.pairing.meetings import LogMeeting, ScheduleSeries
    from domain.pairing.offer import AcceptOffer
    from domain.pairing.training import CompleteTraining
    from workflows.commands import answers
    from workflows.contract import PairingInput, Receipt

AT_MOST = timedelta(seconds=30)
COMMANDS: tuple[type[Command], ...] = (
    AcceptOffer,
    CompleteTraining,
    SignAgreement,
    SetGoals,
    ScheduleSeries,
    LogMeeting,
    AnswerCheckpoint,
    SubmitEvaluation,
)


@activity.defn
async def record(event: str) -> str:
    """Where one would write the event down."""
    return event


@activity.defn
async def remind(what: str) -> str:
    """Where one would write to people."""
    return what


class Recorder:
    """Counts the commands that came, each after its event is recorded; keeps the reminders of booked meetings."""

    def __init__(self, given: PairingInput) -> None:
        self.came = Counter[str]()
        self._policy = given.create.design.meetings
        self._of_meetings: dict[int, list[asyncio.Task[None]]] = {}

    def check(self, command: Command) -> None:
        """Every command is right."""

    async def answer(self, command: Command) -> Receipt:
        """Record it, and start or end what it starts or ends."""
        name = type(command).__name__
        await recorded(name)
        self.came[name] += 1
        if isinstance(command, ScheduleSeries):
            for number, starts_at in enumerate(command.times, start=1):
                self._of_meetings[number] = self._reminders(starts_at, command.minutes)
        if isinstance(command, LogMeeting):
            end(self._of_meetings.pop(command.meeting or 0, []))
        return Receipt(stream=workflow.info().workflow_id, first=1, last=1, events=(name,))

    def both(self, command: type[Command], times: int = 1) -> bool:
        """Whether both sides have sent it so many times."""
        return self.came[command.__name__] >= 2 * times

    def _reminders(self, starts_at: datetime, minutes: int) -> list[asyncio.Task[None]]:
        to_the_start = starts_at - workflow.now()
        to_the_end = to_the_start + timedelta(minutes=minutes)
        before = [to_the_start - ahead for ahead in self._policy.reminders]
        return reminders(*before, to_the_end + self._policy.log_reminder, to_the_end + self._policy.missed_after)


@workflow.defn
@answers(*COMMANDS)
class PlainPairing:
    """From the offer to the evaluations."""

    @workflow.init
    def __init__(self, given: PairingInput) -> None:
        self.engine = Recorder(given)

    @workflow.run
    async def run(self, given: PairingInput) -> str:
        """The phases one after the other; checkpoints and the care about silence beside them."""
        design, come = given.create.design, self.engine
        await recorded("PairingCreated")
        if given.create.starts_at > workflow.now():
            await workflow.sleep(given.create.starts_at - workflow.now())
        await recorded("PairingOffered")
        async with reminding(design.offer.remind_after, design.offer.expire_after):
            await workflow.wait_condition(lambda: come.both(AcceptOffer))
        await recorded("TrainingAssigned")
        surveys = [asyncio.create_task(self._survey(given, number)) for number in range(len(design.checkpoints.after))]
        silence = asyncio.create_task(self._watch_silence(given))
        booking = asyncio.create_task(self._watch_booking(given))
        async with reminding(design.training.remind_after, design.training.due_after):
            await workflow.wait_condition(lambda: come.both(CompleteTraining))
        await recorded("TrainingFinished")
        async with reminding(design.goals.due_after):
            await workflow.wait_condition(lambda: come.both(SignAgreement) and come.came["SetGoals"] > 0)
        await recorded("GoalsAgreed")
        await workflow.wait_condition(lambda: come.came["LogMeeting"] >= design.meetings.planned)
        await asyncio.gather(*surveys, silence, booking)
        await recorded("EvaluationOpened")
        async with reminding(design.evaluation.remind_after, design.evaluation.due_after):
            await workflow.wait_condition(lambda: come.both(SubmitEvaluation))
        await recorded("PairingCompleted")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return "COMPLETED"

    async def _survey(self, given: PairingInput, number: int) -> None:
        policy = given.create.design.checkpoints
        await workflow.sleep(policy.after[number])
        await recorded("CheckpointOpened")
        async with reminding(policy.open_for, policy.open_for + policy.overdue_grace):
            await workflow.wait_condition(lambda: self.engine.both(AnswerCheckpoint, number + 1))

    async def _watch_silence(self, given: PairingInput) -> None:
        policy, planned = given.create.design.health, given.create.design.meetings.planned
        for held in range(1, planned + 1):
            async with reminding(policy.amber_after, policy.red_after, policy.propose_closing_after):
                await self._held(held)

    async def _held(self, meetings: int) -> None:
        await workflow.wait_condition(lambda: self.engine.came["LogMeeting"] >= meetings)

    async def _watch_booking(self, given: PairingInput) -> None:
        policy = given.create.design.meetings
        async with reminding(policy.first_nudge, *policy.first_escalate):
            await workflow.wait_condition(lambda: self.engine.came["ScheduleSeries"] > 0)


async def recorded(event: str) -> None:
    """One event, one activity."""
    await workflow.execute_activity(record, event, start_to_close_timeout=AT_MOST)


def reminders(*after: timedelta) -> list[asyncio.Task[None]]:
    """A timer for each."""
    return [asyncio.create_task(_remind(span)) for span in after if span > timedelta(0)]


def end(running: list[asyncio.Task[None]]) -> None:
    """Nobody has to be reminded any more."""
    for one in running:
        one.cancel()


@asynccontextmanager
async def reminding(*after: timedelta) -> AsyncIterator[None]:
    """Reminders that end with the block."""
    running = reminders(*after)
    try:
        yield
    finally:
        end(running)


async def _remind(after: timedelta) -> None:
    await workflow.sleep(after)
    await workflow.execute_activity(remind, "reminder", start_to_close_timeout=AT_MOST)
