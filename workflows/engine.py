"""The durable engine: one command at a time, from whoever sends it or from the clock that comes due.

`decide`, append with the expected version, `evolve`, answer. The append is the commit: an answer
means *stored*. The same engine runs every aggregate; all that it knows of one is its decider.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.journal import PAGE, Journal, StreamRange
    from domain.decider import Command, Deadline, Decider, Event, Rejected, Role
    from eventstore.failures import StoreRefused
    from eventstore.records import (
        EVENTS_AT_ONCE,
        AlreadyThere,
        AppendResult,
        Batch,
        Conflict,
        StoredEvent,
    )
    from workflows.batches import StreamIdentity, remembered, short
    from workflows.contract import Receipt, Remembered
    from workflows.counting import CommandCount
    from workflows.reports import Ignored, Malformed, Report

S = TypeVar("S")
T = TypeVar("T")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)

REMEMBERED_AT_MOST = 200
"""Answered keys kept in memory and across continue-as-new. A pairing's whole life has some sixty."""

HISTORY_AT_MOST = 4000
"""History events after which the next quiet moment continues as new, before the server has to ask.

Another value is another path through running histories: change it behind `workflow.patched`.
"""

FACTS_FIRST = "facts-first"
"""Patch: in histories before it a clock's facts are gathered in its turn, and everybody waits for them."""

IN_ONE_GO = 200
"""Signals taken in before the server gets the turn again."""

BYTES_AT_ONCE = 1_000_000
"""Bytes of JSON that one command may store: half of what Temporal takes as one payload (2 MB)."""

REFUSED_BY_THE_STORE = StoreRefused.__name__
"""The activity failure that no repetition cures."""

AT_ONCE = RetryPolicy(
    initial_interval=timedelta(milliseconds=100),
    maximum_attempts=3,
    non_retryable_error_types=[REFUSED_BY_THE_STORE],
)
FOR_EVER = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(minutes=1),
    non_retryable_error_types=[REFUSED_BY_THE_STORE],
)


@dataclass(slots=True)
class Carried(Generic[S]):
    """What an engine takes over from the run before."""

    version: int
    state: S | None
    answered: tuple[Remembered, ...]
    ignored: int = 0


class Engine(Generic[S, C, E]):
    """Runs one aggregate. Only `run` and `answer` wait; `check` never changes anything."""

    def __init__(
        self,
        decider: Decider[S, C, E],
        *,
        program: str,
        program_version: Callable[[S | None], int],
        show: Callable[[S], None],
        prepare: Callable[[Deadline[C]], Awaitable[C]] | None = None,
        gather: Callable[[C], Awaitable[C]] | None = None,
        carried: Carried[S] | None = None,
    ) -> None:
        """`program` is the id of the cohort's workflow: all streams of a cohort share a correlation id.

        `program_version` is that of the design which the state follows, as amendments change it.
        `show` puts the state where people see it;
        `prepare` gathers the facts that a clock's command needs, where it needs any, and `gather` those that somebody's
        command needs: it gives the same command back, with the facts filled in.
        """
        self._decider = decider
        self._show = show
        self._prepare = prepare
        self._gather = gather
        self._stream = workflow.info().workflow_id
        self._identity = StreamIdentity(self._stream, program)
        self._program_version = program_version
        self.version = carried.version if carried else 0
        self._state: S | None = carried.state if carried else None
        self._answered = {known.digest: known for known in carried.answered} if carried else {}
        self.ignored = Ignored(carried.ignored if carried else 0, self._show_state)
        self._has_begun = self._state is not None
        self._inbox: deque[Report] = deque()
        self._in_one_go = 0
        self._refused: dict[str, int] = {}
        self._decided: tuple[tuple[int, datetime, C], tuple[E, ...]] | None = None
        self._agenda_at = -1
        self._deadlines: tuple[Deadline[C], ...] = ()
        self._turn = asyncio.Lock()
        # The server gives a new seed to a reset run alone: what was stored after the reset point is news to it.
        self._outdated = False
        self._loop = asyncio.get_running_loop()
        self._count = CommandCount()
        workflow.register_random_seed_callback(lambda _: self._doubt())

    @property
    def state(self) -> S:
        """The state as stored; raises before the first event."""
        if self._state is None:
            raise ApplicationError("nothing has happened here yet", type="NotCreated", non_retryable=True)
        return self._state

    @property
    def carried(self) -> Carried[S]:
        """What the next run needs."""
        return Carried(self.version, self._state, tuple(self._answered.values()), self.ignored.total)

    def check(self, command: C) -> None:
        """Refuse what the rules refuse, before anything is written to history. For update validators."""
        if self._state is None or self._outdated or self._digest(command) in self._answered:
            return  # before the first event and after a reset nobody knows; `answer` waits and decides
        try:
            self._decide(command)
        except Rejected as rejected:
            self._count.add_rejection(command, rejected)
            raise _refusal(rejected) from None

    async def begin(self, command: C) -> Receipt:
        """Carry the first command out; every other one waits for it."""
        return await to_the_end(self._begin(command))

    async def _begin(self, command: C) -> Receipt:
        try:
            return await self._in_turn(command)
        finally:
            self._has_begun = True  # or never will: who waits gets an answer in either case

    async def answer(self, command: C) -> Receipt:
        """Carry the command out; when this returns, its events are stored. Duplicates get the first answer."""
        await workflow.wait_condition(lambda: self._has_begun)
        return await to_the_end(self._in_turn(command))

    async def _in_turn(self, command: C) -> Receipt:
        async with self._turn:
            try:
                if self._outdated:
                    await self._catch_up()
                known = self._answered.get(self._digest(command))
                if known is not None:
                    self._count.add(command, "duplicate")
                    return self._receipt(known, duplicate=True)
                return await self._commit(await self._gather(command) if self._gather else command)
            except Rejected as rejected:
                self._count.add_rejection(command, rejected)
                raise _refusal(rejected) from None

    def report(self, report: Report) -> None:
        """Take a signal from another service; it is carried out in turn, and nobody waits for the answer.

        Nothing is dropped: the server itself bounds the signals of a run.
        """
        self._inbox.append(report)

    async def run(self, *, until: Callable[[], bool]) -> None:
        """Carry out facts and clocks as they come, until `until()` holds or a new run is due.

        One rolling timer: it waits for the earliest deadline, and is named after it.
        """
        self._show_state()  # a run that carries another one on begins with an empty page
        while not until() and not self.should_continue_as_new():
            deadline = self._next_deadline()
            if deadline is not None and deadline.due <= workflow.now():
                await to_the_end(self._fire(deadline))  # before any fact: no flood of them holds a clock up
            elif self._inbox:
                await self._take_in(self._inbox.popleft())
            else:
                self.ignored.show()
                await self._wait(deadline, until)

    def should_continue_as_new(self) -> bool:
        """The history is long, or a new worker version waits for this workflow to move over."""
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > HISTORY_AT_MOST
            or info.is_target_worker_deployment_version_changed()
        )

    async def settle(self) -> None:
        """Finish what has been accepted: every fact in the inbox, every handler. Before a run ends."""
        while self._inbox or self._outdated or not workflow.all_handlers_finished():
            while self._inbox:
                await self._take_in(self._inbox.popleft())
            await workflow.wait_condition(
                lambda: bool(self._inbox) or (not self._outdated and workflow.all_handlers_finished())
            )

    def _doubt(self) -> None:
        self._outdated = True
        self._refreshing = self._loop.create_task(self._refresh())

    async def _refresh(self) -> None:
        async with self._turn:
            if self._outdated:
                await self._catch_up()

    async def _wait(self, deadline: Deadline[C] | None, until: Callable[[], bool]) -> None:
        def moved() -> bool:
            leaves = until() or self.should_continue_as_new()
            return leaves or bool(self._inbox) or self._next_deadline() != deadline

        if deadline is None:
            await workflow.wait_condition(moved)
            return
        left = deadline.due - workflow.now()
        summary = f"{self._decider.meaning(self.state, deadline.name)} · {instant(deadline.due)}"
        try:
            await workflow.wait_condition(moved, timeout=left, timeout_summary=summary)
        except TimeoutError:
            return

    def _next_deadline(self) -> Deadline[C] | None:
        """The earliest clock that has not been refused at this very version."""
        for deadline in self._agenda():
            if self._refused.get(deadline.name) != self.version:
                return deadline
        return None

    def _agenda(self) -> tuple[Deadline[C], ...]:
        """Of the state at this version: asked for after every step of the workflow, made once."""
        if self._state is None:
            return ()
        if self._agenda_at != self.version:
            self._agenda_at, self._deadlines = self.version, self._decider.agenda(self._state)
        return self._deadlines

    async def _fire(self, deadline: Deadline[C]) -> None:
        prepared = None
        if self._prepare and workflow.patched(FACTS_FIRST):
            prepared = await self._prepared(self._prepare(deadline), deadline)
            if prepared is None:
                return
        async with self._turn:
            if self._next_deadline() != deadline:
                return
            if prepared is None and self._prepare:
                prepared = await self._prepare(deadline)
            command = prepared or deadline.command
            code = "unchanged"
            try:
                await self._commit(command)
            except Rejected as rejected:
                self._count.add_rejection(command, rejected)
                code = rejected.code
            if self._next_deadline() == deadline:
                # A clock that runs on after its firing must not spin: it rests until something else happens.
                self._refused[deadline.name] = self.version
                workflow.logger.warning("clock rests", extra={"clock": deadline.name, "code": code})

    async def _prepared(self, preparing: Awaitable[C], deadline: Deadline[C]) -> C | None:
        """The clock's command with its facts, for which nobody has to wait.

        None where the clock was stopped meanwhile, or where a newer worker can look for them, too.
        """
        facts = asyncio.ensure_future(preparing)
        await workflow.wait_condition(
            lambda: facts.done() or self._next_deadline() != deadline or self.should_continue_as_new()
        )
        if facts.done():
            return facts.result()
        facts.cancel()
        with suppress(asyncio.CancelledError, ActivityError):
            await facts
        return None

    async def _take_in(self, report: Report) -> None:
        """Facts arrive malformed, late, twice and out of order; that is noted and never an error to the sender."""
        try:
            await to_the_end(self.answer(cast(C, report.read())))
        except Malformed as malformed:
            self.ignored.note(report, "malformed", str(malformed))
        except ApplicationError as refused:
            self.ignored.note(report, refused.type, refused.message)
        await self._breathe()

    async def _breathe(self) -> None:
        """Give the server the turn now and then: a flood in one workflow task would look like a deadlock."""
        self._in_one_go += 1
        if self._in_one_go >= IN_ONE_GO:
            self._in_one_go = 0
            await to_the_end(workflow.sleep(timedelta(milliseconds=1), summary="many signals: a pause"))

    def _decide(self, command: C) -> tuple[E, ...]:
        """What the command means now. An update's validator and its handler both ask: the second gets the first's."""
        asked = (self.version, workflow.now(), command)
        if self._decided is not None and self._decided[0] == asked:
            return self._decided[1]
        events = self._decider.decide(self._state, command, workflow.now())
        if len(events) > EVENTS_AT_ONCE:
            raise Rejected("size", f"this would store more than {EVENTS_AT_ONCE} events at once")
        if sum(len(event.model_dump_json()) for event in events) > BYTES_AT_ONCE:
            raise Rejected("size", f"this would store more than {BYTES_AT_ONCE // 1000} kB at once")
        self._decided = (asked, events)
        return events

    async def _commit(self, command: C) -> Receipt:
        while True:
            events = self._decide(command)
            if not events:
                self._count.add(command, "nothing")
                return self._remember(command, Receipt(stream=self._stream, first=0, last=0, events=()))
            batch = self._identity.batch(
                self._decider,
                self._state,
                self.version,
                command,
                events,
                program_version=self._program_version(self._state),
            )
            result = await self._append(batch, command)
            if isinstance(result, Conflict):
                if result.current < self.version:
                    raise _lost(result.current, self.version)
                await self._catch_up()
                continue
            if isinstance(result, AlreadyThere):
                duplicate = result.last <= self.version  # known here already: not a retry, not a reset
                names = await self._adopt(result)
            else:
                duplicate = False
                self._fold(events)
                names = tuple(event.type for event in events)
            receipt = Receipt(stream=self._stream, first=result.first, last=result.last, events=names)
            self._remember(command, receipt)
            self._count.add(command, "duplicate" if duplicate else "stored")
            return receipt.model_copy(update={"duplicate": duplicate})

    async def _append(self, batch: Batch, command: C) -> AppendResult:
        """A local activity while the database answers at once; else an activity that waits for it to come back.

        The local one goes by its first event's name, which the UI's timeline shows.
        """
        who = f"{command.by.role.value}: " if command.by.role is not Role.CLOCK else ""
        names = Counter(event.type for event in batch.events)
        summary = who + ", ".join(name if n == 1 else f"{n} x {name}" for name, n in names.items())[:180]
        try:
            return await self._append_at_once(batch, summary)
        except FailureError as failure:  # a local activity's own failure comes bare, not as an ActivityError
            _raise_if_refused(failure)
        try:
            return await workflow.execute_activity_method(
                Journal.append,
                batch,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=FOR_EVER,
                summary=summary,
            )
        except ActivityError as failure:
            _raise_if_refused(failure)
            raise

    async def _append_at_once(self, batch: Batch, summary: str) -> AppendResult:
        result: AppendResult = await workflow.execute_local_activity(
            batch.events[0].type,
            batch,
            result_type=cast(Any, AppendResult),
            start_to_close_timeout=timedelta(seconds=2),
            schedule_to_close_timeout=timedelta(seconds=4),
            retry_policy=AT_ONCE,
            summary=summary,
        )
        return result

    async def _adopt(self, there: AlreadyThere) -> tuple[str, ...]:
        """The store has this command's events: a retry, a reset, an old duplicate. The stored ones count."""
        if there.last > self.version:
            await self._catch_up()
        return tuple(event.type for event in there.events)

    async def _catch_up(self) -> None:
        """Somebody else wrote the stream (a recovery, a run before a reset): fold what we have not seen."""
        while True:
            found = await workflow.execute_activity_method(
                Journal.read,
                StreamRange(stream=self._stream, after=self.version),
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=FOR_EVER,
                summary="catch up with the stream",
            )
            page = found.root
            self._fold_stored([event for event in page if event.version > self.version])
            if len(page) < PAGE:
                self._outdated = False
                return

    def _fold_stored(self, stored: list[StoredEvent]) -> None:
        """What others wrote counts as answered too: its senders may repeat it."""
        self._fold(tuple(self._decider.load(event.data, event.schema_version) for event in stored))
        for known in remembered(stored):
            self._keep(known)

    def _fold(self, events: tuple[E, ...]) -> None:
        for event in events:
            self._state = self._decider.evolve(self._state, event)
            self.version += 1
        self._decided = None
        self._show_state()

    def _show_state(self) -> None:
        if self._state is not None:
            self._show(self._state)

    def _digest(self, command: C) -> str:
        return short(self._identity.command_id(command))

    def _remember(self, command: C, receipt: Receipt) -> Receipt:
        first, last, events = receipt.first, receipt.last, receipt.events
        self._keep(Remembered(digest=self._digest(command), first=first, last=last, events=events))
        return receipt

    def _keep(self, known: Remembered) -> None:
        self._answered[known.digest] = known
        while len(self._answered) > REMEMBERED_AT_MOST:
            del self._answered[next(iter(self._answered))]

    def _receipt(self, known: Remembered, *, duplicate: bool) -> Receipt:
        return Receipt(
            stream=self._stream, first=known.first, last=known.last, events=known.events, duplicate=duplicate
        )


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """A cancelled workflow still finishes the command that it is at; the cancellation is raised meanwhile."""
    return await asyncio.shield(asyncio.ensure_future(work))


def must_be_named(stream: str) -> None:
    """End a workflow whose id is not that of the stream which its start names: nobody would find it by that."""
    if workflow.info().workflow_id != stream:
        raise ApplicationError(f"the workflow id must be {stream}", type="Rejected:rule", non_retryable=True)


def instant(moment: datetime | None) -> str:
    """A moment for people who read the UI: minutes, UTC, no seconds."""
    return "-" if moment is None else f"{moment.astimezone(UTC):%a %d %b %Y %H:%M} UTC"


def _raise_if_refused(failure: FailureError) -> None:
    """The store will never take this command: its sender is told, and the next one gets its turn."""
    cause = failure.cause if isinstance(failure, ActivityError) else failure
    if isinstance(cause, ApplicationError) and cause.type == REFUSED_BY_THE_STORE:
        raise Rejected("storage", "the event store does not take this record; see the worker's log") from failure


def _lost(current: int, version: int) -> Rejected:
    """A restore or a failover has set the database back: there is nothing to catch up with, however often we ask."""
    return Rejected(
        "storage",
        f"the stored stream ends at version {current}, and {version} was stored: the database has lost events. "
        "Terminate the workflow and run `pairloom reconcile`: it goes on from what is stored",
    )


def _refusal(rejected: Rejected) -> ApplicationError:
    return ApplicationError(rejected.reason, type=f"Rejected:{rejected.code}", non_retryable=True)
