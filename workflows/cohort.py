"""CohortWorkflow: enrolment, matching, approval, launch, weekly reviews, evaluation."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import assert_never

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.erasing import Erasing, ErasureRequest
    from activities.launching import Launching, LaunchRequest, launch_request
    from activities.matching import BarsRequest, Matching, RematchRequest, match_request
    from activities.ordering import Ordering
    from activities.reviewing import EvaluationRequest, PairingRequest, Reviewing, ReviewRequest
    from activities.search_attributes import changes
    from domain.cohort import decider
    from domain.cohort.amendment import AmendProgram
    from domain.cohort.closing import AbandonCohort, CancelCohort, CloseCohort
    from domain.cohort.decider import CohortCommand, CohortEvent, Work, work
    from domain.cohort.eligibility import ReportEligibility
    from domain.cohort.enrolment import CloseEnrolment, EnrolParticipants, OpenEnrolment, WithdrawParticipant
    from domain.cohort.erasing import EraseSubject, RecordErasure, everybody
    from domain.cohort.invitations import AcceptInvitation, DeclineInvitation, InviteParticipants
    from domain.cohort.matching import ApproveMatches, ProposePairs, RecordMatchRun
    from domain.cohort.orders import behind, reported_as_ever, reports
    from domain.cohort.overriding import ForbidPair, PinPair, SwapMentees, couples
    from domain.cohort.rematch import (
        ApproveRematches,
        RejectRematch,
        candidates,
        never_again,
        run_report,
    )
    from domain.cohort.running import RecordLaunch, RecordReview
    from domain.cohort.state import Cohort, CohortClock, Refusal
    from domain.cohort.suspending import ResumeCohort, SuspendCohort
    from domain.cohort.trail import ReportExport, ViewHistory
    from domain.cohort.waiting import JoinLate, LeaveWaitingList, RequestRematch
    from domain.decider import Actor, Deadline, Rejected, Role
    from workflows.cohort_orders import order_requests
    from workflows.commands import answers, hears
    from workflows.contract import COHORT_WORKFLOW, CohortCarried, CohortInput, CohortNow, CohortResult
    from workflows.engine import Carried, Engine, instant, must_be_named

LAUNCH_AHEAD = "launch-ahead"
"""Patch: histories before it record each batch of a launch before they start the next one."""

LAUNCH_TO_ITS_END = "launch-to-its-end"
"""Patch: in histories before it a cancellation of the workflow takes the batch with it that is under way."""

ASKS_AGAIN = "asks-again"
"""Patch: in histories before it nobody asks a pairing again that gave no answer to an order."""

GATHERED_WITHIN = timedelta(minutes=1)
"""How long everybody else may have to wait for what one command needs to know."""

HEARTBEAT_TIMEOUT = timedelta(seconds=12)
"""After this long without a sign of life, another worker takes an activity over."""

ENGINE = Actor(role=Role.SERVICE, id="engine")
UNLIMITED = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=COHORT_WORKFLOW)
@hears()
@answers(
    OpenEnrolment,
    InviteParticipants,
    AcceptInvitation,
    DeclineInvitation,
    EnrolParticipants,
    WithdrawParticipant,
    CloseEnrolment,
    ReportEligibility,
    PinPair,
    ForbidPair,
    SwapMentees,
    ApproveMatches,
    RequestRematch,
    JoinLate,
    LeaveWaitingList,
    ApproveRematches,
    RejectRematch,
    SuspendCohort,
    ResumeCohort,
    AmendProgram,
    CancelCohort,
    EraseSubject,
    ViewHistory,
    ReportExport,
)
class CohortWorkflow:
    """Carries one cohort from its first participant to its evaluation."""

    @workflow.init
    def __init__(self, given: CohortInput) -> None:
        carried = given.carried
        self.engine: Engine[Cohort, CohortCommand, CohortEvent] = Engine(
            decider,
            program=f"cohort/{given.create.cohort}",
            program_version=lambda state: (state.design if state else given.create.design).version,
            show=self._show,
            prepare=self._with_facts,
            gather=self._gathered,
            carried=Carried(carried.version, carried.state, carried.answered, carried.ignored) if carried else None,
        )
        self._launching: asyncio.Future[None] | None = None
        self._leaves = False

    @workflow.run
    async def run(self, given: CohortInput) -> CohortResult:
        """Wait for people and clocks; match, launch and evaluate when the state calls for it."""
        try:
            await self._carry(given)
            await self.engine.settle()
        except (asyncio.CancelledError, ActivityError) as error:
            if is_cancelled_exception(error):
                await self._end_as_cancelled()
            raise
        if not self.engine.state.final:
            self._continue_as_new(given)
        state = self.engine.state
        return CohortResult(outcome=state.stage.value, pairings=len(state.launched), events=self.engine.version)

    @workflow.query(description="The cohort's state, as folded from its stored events.")
    def state(self) -> CohortNow:
        """For support and tests; read models answer everyday questions."""
        return CohortNow(self.engine.state)

    @workflow.query(description="The stream version that the state stands at.")
    def version(self) -> int:
        """Number of events folded."""
        return self.engine.version

    async def _carry(self, given: CohortInput) -> None:
        if given.carried is None:
            must_be_named(f"cohort/{given.create.cohort}")
            await self.engine.begin(given.create)
        while not self.engine.state.final:
            await self.engine.run(until=lambda: self.engine.state.final or work(self.engine.state) is not None)
            todo = work(self.engine.state)
            if todo is not None:
                await self._do(todo)
            elif self.engine.should_continue_as_new():
                break

    async def _end_as_cancelled(self) -> None:
        """An administrator cancelled the workflow: the record says so before the workflow ends.

        What is being launched comes first: those pairings run, and an ended cohort takes no report of them.
        """
        self._leaves = True
        if self._launching is not None:
            with suppress(ApplicationError):
                await self._launching
        reason = "the workflow was cancelled by a Temporal administrator"
        with suppress(ApplicationError):  # refused where the cohort has ended by itself meanwhile
            await self.engine.answer(AbandonCohort(by=ENGINE, key="workflow-cancelled", reason=reason))
        await self.engine.settle()

    async def _do(self, todo: Work) -> None:
        try:
            await self._work(todo)
        except ApplicationError:
            # Cancelled meanwhile, the cohort has no place for the report; anything else is a defect.
            if work(self.engine.state) is todo:
                raise

    async def _work(self, todo: Work) -> None:
        match todo:
            case Work.ORDER:
                await self._tell_pairings()
            case Work.ERASE:
                await self._erase()
            case Work.MATCH:
                await self._match()
            case Work.LAUNCH:
                await self._launch()
            case Work.REMATCH:
                await self._rematch()
            case Work.EVALUATE:
                await self._evaluate()
            case _:
                assert_never(todo)

    async def _tell_pairings(self) -> None:
        """Carry the oldest order out, pairing by pairing; a batch that is repeated does nothing twice."""
        state = self.engine.state
        order = state.orders[0]
        obeyed, refusals = 0, list[Refusal]()
        for request in order_requests(state, order):
            told = await workflow.execute_activity_method(
                Ordering.tell_pairings,
                request,
                start_to_close_timeout=timedelta(minutes=5),
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=UNLIMITED,
                summary=f"{order.kind.value} {len(request.pairings)} pairings",
            )
            obeyed, refusals = obeyed + told.obeyed, [*refusals, *told.refusals]
        asks_again = not reported_as_ever(state, order, refusals) and workflow.patched(ASKS_AGAIN)
        for report in reports(ENGINE, order, obeyed, refusals, asks_again=asks_again):
            await self.engine.answer(report)

    async def _erase(self) -> None:
        """One person's data on request, or everybody's answers; then the record says that it is done."""
        state = self.engine.state
        subject = state.erasing[0] if state.erasing else None
        people = () if subject else everybody(state)
        count = await workflow.execute_activity_method(
            Erasing.erase,
            ErasureRequest(cohort=state.id, subject=subject, people=people),
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=UNLIMITED,
            summary="erase one person's data" if subject else f"erase the answers of {len(people)} people",
        )
        key = f"erase:{subject or 'answers'}"
        await self.engine.answer(RecordErasure(by=ENGINE, key=key, at=state.as_of, participant=subject, people=count))

    async def _match(self) -> None:
        """Propose pairs, then wait for the approver."""
        state = self.engine.state
        found = await workflow.execute_activity_method(
            Matching.match_cohort,
            match_request(state),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=UNLIMITED,
            summary=f"match {len(state.participants)} people",
        )
        at, run = state.since, f":{state.match_runs + 1}" if state.match_runs else ""
        for number, start in enumerate(range(0, len(found.pairs), 400), start=1):
            pairs = found.pairs[start : start + 400]
            await self.engine.answer(ProposePairs(by=ENGINE, key=f"propose:{number}{run}", at=at, pairs=pairs))
        done = RecordMatchRun(
            by=ENGINE, key=f"match-run{run}", at=at, input_hash=found.input_hash, left_over=found.left_over
        )
        await self.engine.answer(done)

    async def _launch(self) -> None:
        """Start the pairings; a cancellation finds the batches that are under way started and recorded."""
        if not workflow.patched(LAUNCH_TO_ITS_END):
            await self._launch_in_batches()
            return
        self._launching = asyncio.ensure_future(self._launch_in_batches())
        await asyncio.shield(self._launching)

    async def _launch_in_batches(self) -> None:
        """Batch by batch, the next one while the last is recorded; one that is repeated starts nothing twice."""
        under_way = _started(launch_request(self.engine.state))
        while under_way is not None:
            request, starting = under_way
            launched = tuple(await starting)
            under_way = _started(self._ahead(launched))
            try:
                if under_way is not None:
                    # What was begun leaves with the workflow task, which the append would keep open.
                    await workflow.sleep(timedelta(milliseconds=1), summary="the next batch begins")
            finally:  # these pairings run: the record says so, even of a cohort that is cancelled at this moment
                at, key = request.approved_at, f"launch:{request.pairs[0].pairing}"
                await self.engine.answer(RecordLaunch(by=ENGINE, key=key, at=at, pairings=launched))

    def _ahead(self, launched: tuple[str, ...]) -> LaunchRequest | None:
        """The batch to start before these pairings are recorded, unless an order has come meanwhile, or the end."""
        if self._leaves or work(self.engine.state) is not Work.LAUNCH:
            return None
        following = launch_request(self.engine.state, besides=launched)
        return following if following and workflow.patched(LAUNCH_AHEAD) else None

    async def _rematch(self) -> None:
        """Look for partners for the waiting people; the approver publishes what is found."""
        state = self.engine.state
        people = candidates(state)
        found = await workflow.execute_activity_method(
            Matching.match_waiting,
            RematchRequest(
                cohort=state.id,
                design=state.design,
                seed=state.seed,
                candidates=people,
                apart=never_again(state),
                on=state.as_of,
            ),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=UNLIMITED,
            summary=f"match {sum(person.priority is not None for person in people)} waiting people",
        )
        await self.engine.answer(run_report(state, ENGINE, found.input_hash, found.pairs))

    async def _evaluate(self) -> None:
        """Record the headline figures; that closes the cohort."""
        state = self.engine.state
        found = await workflow.execute_activity_method(
            Reviewing.evaluate_cohort,
            EvaluationRequest(cohort=state.id, enrolled=len(state.participants)),
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=UNLIMITED,
            summary="evaluate the cohort",
        )
        await self.engine.answer(
            CloseCohort(by=ENGINE, key="close", at=state.since, headline=found.headline, completed=found.completed)
        )

    async def _with_facts(self, deadline: Deadline[CohortCommand]) -> CohortCommand:
        """A review needs its figures; every other clock's command is complete as it is."""
        if not deadline.name.startswith(CohortClock.REVIEW.value):
            return deadline.command
        found = await workflow.execute_activity_method(
            Reviewing.review_cohort,
            ReviewRequest(cohort=self.engine.state.id, until=deadline.due),
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=UNLIMITED,
            summary=decider.meaning(self.engine.state, deadline.name),
        )
        command = deadline.command
        return RecordReview(
            by=command.by,
            key=command.key,
            clock=deadline.name,
            due=deadline.due,
            funnel=found.funnel,
            ended=found.ended,
            owed=found.owed,
        )

    async def _gathered(self, command: CohortCommand) -> CohortCommand:
        """What somebody's command needs to know and its sender cannot say; most commands are complete as they are."""
        try:
            match command:
                case RequestRematch():
                    return await self._with_pairing(command)
                case PinPair() | SwapMentees():
                    return await self._with_bars(command)
                case _:
                    return command
        except ActivityError as failure:
            raise Rejected(
                "unavailable", "what this needs to know cannot be read now: send it again later"
            ) from failure

    async def _with_pairing(self, command: RequestRematch) -> RequestRematch:
        """A requested re-match needs to know how the pairing stands."""
        stands = await workflow.execute_activity_method(
            Reviewing.read_pairing,
            PairingRequest(cohort=self.engine.state.id, pairing=command.pairing),
            start_to_close_timeout=timedelta(seconds=30),
            schedule_to_close_timeout=GATHERED_WITHIN,
            retry_policy=UNLIMITED,
            summary="how the ended pairing stands",
        )
        return command.model_copy(update={"stands": stands})

    async def _with_bars(self, command: PinPair | SwapMentees) -> PinPair | SwapMentees:
        """A pair made by hand needs to know what bars it."""
        state = self.engine.state
        found = await workflow.execute_activity_method(
            Matching.bars_between,
            BarsRequest(cohort=state.id, design=state.design, pairs=couples(state, command), on=state.since),
            start_to_close_timeout=timedelta(seconds=30),
            schedule_to_close_timeout=GATHERED_WITHIN,
            retry_policy=UNLIMITED,
            summary="what bars the pair",
        )
        return command.model_copy(update={"bars": tuple(found)})

    def _continue_as_new(self, given: CohortInput) -> None:
        carried = self.engine.carried
        following = CohortCarried(
            version=carried.version, state=self.engine.state, answered=carried.answered, ignored=carried.ignored
        )
        behavior = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
        moves = workflow.info().is_target_worker_deployment_version_changed()
        workflow.continue_as_new(
            CohortInput(create=given.create, carried=following),
            initial_versioning_behavior=behavior if moves else None,
        )

    def _show(self, state: Cohort) -> None:
        updates = changes(
            workflow.info().typed_search_attributes,
            cohort=state.id,
            program=state.design.program,
            stage=state.stage.value,
            health=state.health.value,
            waiting_for=tuple(role.value for role in state.waiting_for),
        )
        if updates:
            workflow.upsert_search_attributes(updates)
        workflow.set_current_details(_details(state))


def _started(request: LaunchRequest | None) -> tuple[LaunchRequest, workflow.ActivityHandle[list[str]]] | None:
    if request is None:
        return None
    starting = workflow.start_activity_method(
        Launching.launch_pairings,
        request,
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=HEARTBEAT_TIMEOUT,
        retry_policy=UNLIMITED,
        summary=f"launch {len(request.pairs)} pairings",
    )
    return request, starting


def _details(state: Cohort) -> str:
    """The state in Markdown for the Temporal UI: counts only."""
    funnel = state.funnel
    following = "nothing"
    if state.clocks:
        following = f"{decider.meaning(state, state.clocks[0].name)}, {instant(state.clocks[0].due)}"
    lines = [f"- **Its pairings are told:** {order.kind.value}, since {instant(order.at)}" for order in state.orders]
    if state.refusals:
        refused, silent = sum(not refusal.waits for refusal in state.refusals), len(behind(state))
        lines.append(f"- **Did not do what they were told:** {refused} · gave no answer: {silent}")
    return "\n".join(
        [
            f"### {state.stage.value}",
            f"- **Program:** {state.design.title}, version {state.design.version}",
            f"- **Next deadline:** {following}",
            f"- **People enrolled:** {len(state.participants)} · invited: {len(state.invited)} "
            f"· waiting list: {len(state.waiting)}",
            f"- **Pairings:** {len(state.proposed)} proposed, {len(state.launched)} launched, "
            f"{len(state.rematches)} re-matches wait for the approver",
            f"- **Funnel, week {state.reviews}:** {funnel.activated} activated, {funnel.trained} trained, "
            f"{funnel.met} met, {funnel.evaluating} evaluating, {funnel.completed} completed, "
            f"{funnel.ended_otherwise} ended otherwise",
            f"- **Health:** {funnel.red} RED, {funnel.amber} AMBER · open items: {funnel.open_items}",
            *lines,
        ]
    )
