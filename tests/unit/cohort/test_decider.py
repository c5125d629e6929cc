"""The cohort as a whole: what the engine has to do, the round trip of its events, and what always holds."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import domain.cohort
from domain.cohort import decider
from domain.cohort.amendment import AmendProgram
from domain.cohort.capacity import free_places
from domain.cohort.closing import AbandonCohort, CancelCohort, CloseCohort
from domain.cohort.decider import CohortCommand, CohortEvent, Work, agenda, decide, evolve, load, notices, work
from domain.cohort.eligibility import ReportEligibility
from domain.cohort.enrolment import (
    CloseEnrolment,
    CreateCohort,
    EnrolParticipants,
    OpenEnrolment,
    WithdrawParticipant,
)
from domain.cohort.erasing import EraseSubject, RecordErasure
from domain.cohort.invitations import AcceptInvitation, DeclineInvitation, InviteParticipants
from domain.cohort.matching import ApproveMatches, ProposePairs, RecordMatchRun
from domain.cohort.orders import RecordOrder
from domain.cohort.overriding import ForbidPair, PinPair, SwapMentees
from domain.cohort.rematch import ApproveRematches, RecordRematchRun, RejectRematch
from domain.cohort.running import RecordLaunch, RecordReview
from domain.cohort.state import Cohort, CohortClock, CohortStage, EngineReport, FireCohortClock, Funnel, fire_cohort
from domain.cohort.suspending import ResumeCohort, SuspendCohort
from domain.cohort.trail import ReportExport, ViewHistory
from domain.cohort.waiting import EndedPairing, JoinLate, LeaveWaitingList, Owed, RequestRematch
from domain.decider import Command, Event, Rejected
from workflows.cohort import CohortWorkflow
from workflows.commands import update_name

from .given import (
    APPROVER,
    COORDINATOR,
    ENGINE,
    MENTOR,
    Story,
    approved,
    closed,
    creation,
    day,
    design,
    draft,
    enrolling,
    evaluating,
    figures,
    in_review,
    matching,
    people,
    planned,
    running,
    suspended,
)

STATES: TypeAdapter[Cohort] = TypeAdapter(Cohort)
EVENTS: tuple[type[Event], ...] = get_args(get_args(CohortEvent)[0])
COMMANDS: tuple[type[Command], ...] = get_args(CohortCommand)
SENT_BY_THE_ENGINE = {
    CreateCohort,
    ProposePairs,
    RecordMatchRun,
    RecordLaunch,
    RecordReview,
    RecordRematchRun,
    RecordOrder,
    RecordErasure,
    CloseCohort,
    AbandonCohort,
    FireCohortClock,
}


# --- What the engine has to do ---


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (draft, None),
        (enrolling, None),
        (matching, Work.MATCH),
        (in_review, None),
        (approved, Work.LAUNCH),
        (running, None),
        (suspended, None),
        (evaluating, Work.EVALUATE),
        (closed, None),
    ],
)
def test_the_state_says_what_is_to_be_done(story: Callable[[], Story], expected: Work | None) -> None:
    assert work(story().state) is expected


def test_matching_is_not_done_before_its_run_is_recorded() -> None:
    assert work(matching().when(ProposePairs, ENGINE, pairs=[planned(1)]).state) is Work.MATCH


def test_launching_goes_on_until_every_pairing_runs() -> None:
    story = approved(2).when(RecordLaunch, ENGINE, pairings=["m1-e1"])
    assert work(story.state) is Work.LAUNCH

    assert work(story.when(RecordLaunch, ENGINE, pairings=["m2-e2"]).state) is None


# --- Who is told ---


def test_the_approver_hears_of_a_proposal_and_the_coordinator_of_the_rest() -> None:
    told = [
        (notice.to, notice.template)
        for story in (in_review(), running().reviewed(), closed(), enrolling().rings())
        for notice in notices(story.state, story.latest[-1])
    ]

    assert told == [
        ("role:approver", "MatchRunRecorded"),
        ("role:coordinator", "CohortReviewed"),
        ("role:coordinator", "CohortClosed"),
        ("role:coordinator", "EnrolmentExtended"),
    ]


def test_nobody_is_told_at_night_or_on_a_weekend() -> None:
    story = matching().asleep_until(11.5).when(RecordMatchRun, ENGINE, input_hash="abc", left_over=[])

    (notice,) = notices(story.state, story.latest[0])

    assert notice.deliver_after == day(14), "Friday evening moves to Monday at nine"


def test_the_figures_of_a_review_travel_with_its_notice() -> None:
    story = running().reviewed(Funnel(launched=2, red=1, open_items=3))

    (notice,) = notices(story.state, story.latest[0])

    assert notice.about == (("week", "1"), ("red", "1"), ("items", "3"))


@pytest.mark.parametrize("story", [draft, enrolling, matching, approved, running], ids=lambda story: story.__name__)
def test_the_rest_is_told_to_nobody(story: Callable[[], Story]) -> None:
    told = story()

    assert [notice for event in told.latest for notice in notices(told.state, event)] == []


# --- What always holds ---


STORIES = (draft, enrolling, matching, in_review, approved, running, suspended, evaluating, closed)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_stored_events_fold_to_the_same_state_and_continue_as_new_carries_it(story: Callable[[], Story]) -> None:
    told = story()

    state: Cohort | None = None
    for event in told.events:
        state = evolve(state, load(event.model_dump(mode="json"), event.schema_version))

    assert state == told.state
    assert STATES.validate_json(STATES.dump_json(told.state)) == told.state


def test_a_stream_begins_with_the_creation() -> None:
    with pytest.raises(Rejected) as unknown:
        decide(None, OpenEnrolment(by=COORDINATOR, key="k"), day(0))
    with pytest.raises(ValueError, match="begins with CohortCreated"):
        evolve(None, enrolling().latest[0])
    assert unknown.value.code == "unknown"


def test_a_review_never_rings_without_its_figures() -> None:
    story = running()

    with pytest.raises(Rejected, match="needs its figures"):
        decide(story.state, fire_cohort(story.state.clocks[0]), day(21))


def test_the_decider_offers_what_an_aggregate_offers() -> None:
    for name in ("decide", "evolve", "agenda", "notices", "load"):
        assert callable(getattr(decider, name))


OVER = EndedPairing(final=True)

MADE: dict[type[Command], Callable[[int], dict[str, Any]]] = {
    OpenEnrolment: lambda pick: {},
    EnrolParticipants: lambda pick: {"participants": people(pick + 1)},
    WithdrawParticipant: lambda pick: {"participant": f"m{pick + 1}"},
    CloseEnrolment: lambda pick: {},
    ProposePairs: lambda pick: {"pairs": [planned(pick + 1)]},
    RecordMatchRun: lambda pick: {"input_hash": "abc", "left_over": []},
    ApproveMatches: lambda pick: {"starts_at": None},
    RecordLaunch: lambda pick: {"pairings": [planned(pick + 1).pairing]},
    CloseCohort: lambda pick: {"headline": figures()},
    InviteParticipants: lambda pick: {"participants": [{"id": f"e{pick + 20}", "role": "mentee"}]},
    AcceptInvitation: lambda pick: {},
    DeclineInvitation: lambda pick: {"participant": f"e{pick + 20}"},
    ReportEligibility: lambda pick: {"participant": f"m{pick + 1}", "eligible": pick > 1},
    PinPair: lambda pick: {"mentor": f"m{pick + 1}", "mentee": "e1", "reason": "they asked for it"},
    ForbidPair: lambda pick: {"mentor": f"m{pick + 1}", "mentee": "e1", "reason": "they asked for it"},
    SwapMentees: lambda pick: {"one": "m1-e1", "other": f"m{pick + 1}-e{pick + 1}", "reason": "they asked for it"},
    ViewHistory: lambda pick: {"stream": "cohort/spring", "purpose": "the audit"},
    ReportExport: lambda pick: {"pseudonymised": True, "events": pick},
    CancelCohort: lambda pick: {"reason": "budget"},
    SuspendCohort: lambda pick: {"reason": "a works council"},
    ResumeCohort: lambda pick: {},
    AmendProgram: lambda pick: {"design": design(version=pick + 1)},
    RecordOrder: lambda pick: {"order": pick + 1, "obeyed": pick},
    RequestRematch: lambda pick: {"participant": f"m{pick + 1}", "pairing": f"m{pick + 1}-e{pick + 1}", "stands": OVER},
    JoinLate: lambda pick: {"participants": [{"id": f"e{pick + 5}", "role": "mentee"}]},
    LeaveWaitingList: lambda pick: {"participant": f"m{pick + 1}"},
    RecordRematchRun: lambda pick: {
        "input_hash": "def",
        "changes": pick,
        "pairs": [planned(1, 2), planned(2, pick + 3)],
    },
    ApproveRematches: lambda pick: {},
    RejectRematch: lambda pick: {"pairing": planned(1, 2).pairing, "reason": "they know each other"},
    EraseSubject: lambda pick: {"participant": f"m{pick + 1}"},
    RecordErasure: lambda pick: {"participant": f"m{pick}" if pick else None, "people": 1},
    AbandonCohort: lambda pick: {"reason": "the workflow was cancelled"},
}
KINDS = sorted(MADE, key=lambda kind: kind.__name__)
STEP = st.tuples(
    st.sampled_from([*KINDS, FireCohortClock, FireCohortClock]),
    st.sampled_from([COORDINATOR, APPROVER, ENGINE, MENTOR]),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.5, 7.0, 40.0]),
)


@settings(max_examples=150, deadline=None)
@hypothesis_given(beginning=st.sampled_from(STORIES), steps=st.lists(STEP, max_size=25))
def test_whatever_people_do_the_rules_hold(
    beginning: Callable[[], Story], steps: list[tuple[type[Command], Any, int, float]]
) -> None:
    story = beginning()
    rang: set[tuple[str, object]] = set()
    for kind, by, pick, wait in steps:
        before, known = story.state, len(story.events)
        try:
            if kind is FireCohortClock:
                if before.clocks:
                    earliest = before.clocks[0]
                    _ring(story, pick)
                    rang.add((earliest.name, earliest.due))
            else:
                story.asleep_until((story.now - day(0)).total_seconds() / 86_400 + wait)
                back = day(0) if pick == 3 and story.now <= day(30) else None
                story.when(kind, by, **MADE[kind](pick), at=back)
        except Rejected:
            assert kind is not FireCohortClock, "no clock is refused"
            assert story.state is before
            assert len(story.events) == known
        assert all(before.as_of <= event.at <= story.now for event in story.events[known:])
        _is_sound(story, rang)


def _ring(story: Story, pick: int) -> None:
    if story.state.clocks[0].name.startswith(CohortClock.REVIEW.value):
        ended = [planned.pairing for planned in story.state.proposed[:pick]]
        owed = [Owed(pairing=pairing, participant=pairing.partition("-")[0], priority=1) for pairing in ended]
        story.reviewed(Funnel(launched=len(story.state.launched), completed=len(ended)), *owed, ended=ended)
    else:
        story.rings()


def _is_sound(story: Story, rang: set[tuple[str, object]]) -> None:
    state = story.state
    assert not rang & {(clock.name, clock.due) for clock in state.clocks}, "no clock rings twice"
    many = (CohortClock.REMATCH_DUE.value, "invitation.")
    waits = [clock for clock in state.clocks if not clock.name.startswith(many)]
    assert len(waits) <= (2 if state.stage is CohortStage.CLOSED else 1)
    assert len({clock.name for clock in state.clocks}) == len(state.clocks)
    assert all(free >= 0 for free in free_places(state).values()), "capacity is never exceeded"
    pairs = [planned.people for planned in (*state.proposed, *state.rematches)]
    assert len(set(pairs)) == len(pairs), "nobody is paired with the same person again"
    assert len({entry.person for entry in state.waiting}) == len(state.waiting)
    for clock in state.clocks:
        if clock.name.startswith(CohortClock.REMATCH_DUE):
            assert any(clock.name.endswith(f":{entry.number}") for entry in state.waiting), "a clock waits for nobody"
    assert [(deadline.name, deadline.due) for deadline in agenda(state)] == [(c.name, c.due) for c in state.clocks]
    assert len({person.id for person in state.participants}) == len(state.participants)
    assert set(state.launched) <= {pair.pairing for pair in state.proposed}
    if state.final:
        assert state.clocks == ()
        with pytest.raises(Rejected):
            decide(state, creation(), story.now)
        for kind in KINDS:
            with pytest.raises(Rejected):
                decide(state, kind.model_validate({"by": ENGINE, "key": "k"} | MADE[kind](0)), story.now)


# --- Nothing is forgotten ---


def defined(kind: type) -> set[type]:
    """The classes of this kind that the phases define."""
    modules = [import_module(f"domain.cohort.{module.name}") for module in iter_modules(domain.cohort.__path__)]
    return {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, kind) and found.__module__ == module.__name__
    }


def test_the_unions_hold_every_event_and_every_command_that_a_phase_defines() -> None:
    assert set(EVENTS) == defined(Event)
    assert {EngineReport, *COMMANDS} == defined(Command)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_events_type_is_the_name_of_its_class(event: type[Event]) -> None:
    assert event.model_fields["type"].default == event.__name__


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_whatever_somebody_may_send_is_an_update_of_the_workflow(command: type[Command]) -> None:
    handler = getattr(CohortWorkflow, update_name(command), None)

    assert (handler is None) == (command in SENT_BY_THE_ENGINE)
    assert handler is None or handler.__annotations__["command"] is command
