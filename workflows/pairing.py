"""PairingWorkflow: one pairing from its offer to its evaluation, for as many months as that takes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.search_attributes import of_pairing
    from domain.decider import Actor, Role
    from domain.pairing import decider
    from domain.pairing.amending import AmendDesign
    from domain.pairing.checkpoints import AnswerCheckpoint
    from domain.pairing.closing import CloseEarly, ReportLeaver, RequestExit
    from domain.pairing.concern import RaiseConcern, ResolveConcern
    from domain.pairing.conflict import ReportReportingLine
    from domain.pairing.decider import PairingCommand, PairingEvent
    from domain.pairing.escalation import AcknowledgeEscalation, CloseEscalation
    from domain.pairing.evaluating import SubmitEvaluation
    from domain.pairing.goal_setting import CloseGoal, NameDelegate, ProgressGoal, SetGoals, SignAgreement
    from domain.pairing.leave import ReportLeave, ReportReturn
    from domain.pairing.meetings import CancelMeeting, LogMeeting, MoveMeeting, ScheduleMeeting, ScheduleSeries
    from domain.pairing.moves import waiting_for
    from domain.pairing.offer import AcceptOffer, DeclineOffer
    from domain.pairing.pausing import Pause, Resume
    from domain.pairing.state import CloseReason, Health, Pairing, health
    from domain.pairing.training import CompleteTraining, WaiveTraining
    from domain.pairing.undoing import SettleClose, UndoAcceptance, UndoClose
    from domain.pairing.with_cohort import ResumeWithCohort, SuspendWithCohort
    from workflows.commands import answers, hears
    from workflows.contract import ORDERS, PAIRING_WORKFLOW, PairingCarried, PairingInput, PairingResult
    from workflows.engine import Carried, Engine, instant, must_be_named


@workflow.defn(name=PAIRING_WORKFLOW)
@hears(
    training_completed=CompleteTraining,
    participant_leaves=ReportLeaver,
    leave_started=ReportLeave,
    leave_ended=ReportReturn,
    reporting_line_changed=ReportReportingLine,
    meeting_booked=ScheduleMeeting,
    meeting_held=LogMeeting,
    **{name: order for order, name in ORDERS.items()},
)
@answers(
    AcceptOffer,
    DeclineOffer,
    CompleteTraining,
    WaiveTraining,
    SignAgreement,
    SetGoals,
    ProgressGoal,
    CloseGoal,
    NameDelegate,
    ScheduleMeeting,
    ScheduleSeries,
    MoveMeeting,
    CancelMeeting,
    LogMeeting,
    AnswerCheckpoint,
    SubmitEvaluation,
    AcknowledgeEscalation,
    CloseEscalation,
    Pause,
    Resume,
    ReportLeave,
    ReportReturn,
    ReportReportingLine,
    RaiseConcern,
    ResolveConcern,
    SuspendWithCohort,
    ResumeWithCohort,
    AmendDesign,
    RequestExit,
    CloseEarly,
    ReportLeaver,
    UndoAcceptance,
    UndoClose,
)
class PairingWorkflow:
    """Carries one mentor and one mentee through the program. Commands are updates; facts are signals."""

    @workflow.init
    def __init__(self, given: PairingInput) -> None:
        carried = given.carried
        self.engine: Engine[Pairing, PairingCommand, PairingEvent] = Engine(
            decider,
            program=f"cohort/{given.create.cohort}",
            program_version=lambda state: (state.design if state else given.create.design).version,
            show=self._show,
            carried=Carried(carried.version, carried.state, carried.answered, carried.ignored) if carried else None,
        )

    @workflow.run
    async def run(self, given: PairingInput) -> PairingResult:
        """Create the pairing, then obey people and clocks until nothing can happen any more."""
        try:
            if given.carried is None:
                must_be_named(f"pairing/{given.create.cohort}/{given.create.pairing}")
                await self.engine.begin(given.create)
            await self.engine.run(until=lambda: self.engine.state.final)
            await self.engine.settle()
        except asyncio.CancelledError:
            await self._close_as_cancelled()
            raise
        if not self.engine.state.final:
            self._continue_as_new(given)
        state = self.engine.state
        return PairingResult(
            outcome=state.stage.value,
            reason=state.reason or "",
            meetings_held=state.held,
            events=self.engine.version,
        )

    @workflow.query(description="The pairing's state, as folded from its stored events.")
    def state(self) -> Pairing:
        """For support and tests; read models answer everyday questions."""
        return self.engine.state

    @workflow.query(description="The stream version that the state stands at.")
    def version(self) -> int:
        """Number of events folded."""
        return self.engine.version

    async def _close_as_cancelled(self) -> None:
        """An administrator cancelled the workflow: the record says so before the workflow ends."""
        by = Actor(role=Role.COORDINATOR, id="temporal-admin")
        reason = CloseReason.CANCELLED_BY_ADMIN
        with suppress(ApplicationError):  # refused where the pairing has ended by itself meanwhile
            await self.engine.answer(CloseEarly(by=by, key="workflow-cancelled", reason=reason))
        if not self.engine.state.final:
            await self.engine.answer(SettleClose(by=by, key="workflow-cancelled"))
        await self.engine.settle()

    def _continue_as_new(self, given: PairingInput) -> None:
        carried = self.engine.carried
        state = self.engine.state
        following = PairingCarried(
            version=carried.version, state=state, answered=carried.answered, ignored=carried.ignored
        )
        behavior = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
        moves = workflow.info().is_target_worker_deployment_version_changed()
        workflow.continue_as_new(
            PairingInput(create=given.create, carried=following),
            initial_versioning_behavior=behavior if moves else None,
        )

    def _show(self, state: Pairing) -> None:
        now = workflow.now()
        colour, waiting = health(state, now), tuple(role.value for role in waiting_for(state))
        updates = of_pairing(workflow.info().typed_search_attributes, state, now)
        if updates:
            workflow.upsert_search_attributes(updates)
        workflow.set_current_details(_details(state, colour, waiting, self.engine.ignored.total))


def _details(state: Pairing, colour: Health, waiting: tuple[str, ...], ignored: int) -> str:
    """The state in Markdown for the Temporal UI: no names, no answers."""
    plan = state.design.meetings
    goals = f"{sum(goal.level for goal in state.goals):g} of {len(state.goals)}" if state.goals else "none set"
    following = "nothing"
    if state.clocks:
        following = f"{decider.meaning(state, state.clocks[0].name)}, {instant(state.clocks[0].due)}"
    booked = instant(state.meetings[0].starts_at) if state.meetings else "none"
    lines = [
        f"### {state.stage.value} · {colour.value}",
        # Temporal gives a run that carries on another's work no static summary or details.
        f"- **Program:** {state.design.title}, version {state.design.version}",
        f"- **Waits for:** {', '.join(waiting) or 'nobody'}",
        f"- **Next deadline:** {following}",
        f"- **Meetings held:** {state.held} of {plan.planned} · booked: {booked}",
        f"- **Goals reached:** {goals}",
        f"- **Open items:** {', '.join(item.kind.value for item in state.escalations) or 'none'}",
    ]
    if ignored:
        lines.append(f"- **Signals ignored:** {ignored}, see the worker's log")
    if state.reason:
        lines.append(f"- **Ended:** {instant(state.ended_at)}, {state.reason}")
    return "\n".join(lines)
