"""`pairloom cohort match` and `explain`: the proposal, what would change it, why a person has this partner or none."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from activities.matching import match as match_people
from activities.matching import match_request
from domain.cohort.enrolment import CloseEnrolment
from domain.cohort.state import Cohort, CohortStage, PlannedPairing
from domain.matching.candidates import candidates
from domain.matching.comparison import compared
from domain.matching.explanation import why_barred
from domain.program import MatchingPolicy, MatchingWeights
from domain.roster import Person
from eventstore.people import people
from eventstore.store import EventStore
from intake.expectations import expectation
from intake.problems import nearest, quoted
from operations.answers import answer, gives
from operations.cohort_app import cohort_app, coordinator
from operations.cohort_questions import ask_before
from operations.cohort_views import Matched, cohort_shown, print_cohort
from operations.cohorts import CohortDesk
from operations.endings import BadInput, Refused
from operations.explanation_views import (
    Explained,
    Partner,
    Possible,
    WhatIf,
    print_explained,
    print_what_if,
)
from operations.options import DEV_DATA, AsJson, CohortId, DataDirectory, Yes
from operations.reach import reach
from readmodels.timeline import pairing_state


@cohort_app.command("match")
@gives(Matched)
def match(
    cohort: CohortId,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", metavar="WEIGHT=NUMBER", help="Only show what it would change, such as skills=6."),
    ] = None,
    yes: Yes = False,
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Close the enrolment and propose pairs, or show the proposal. With --what-if, which pairs other weights change."""

    async def run() -> tuple[Matched, dict[str, str]]:
        async with reach(data) as servers:
            desk = CohortDesk(servers.client, cohort, coordinator())
            state, roster = await desk.state(), await people(servers.store, cohort)
            if what_if:
                found = Matched(proposal=cohort_shown(state), what_if=await _what_if(state, roster, what_if))
                return found, _names(roster)
            if state.stage is CohortStage.ENROLLING:
                closing = CloseEnrolment(by=coordinator(), key="close-enrolment")
                ask_before(state, closing, yes=yes)
                await desk.send(closing)
            proposed = await desk.until(lambda state: state.stage is not CohortStage.MATCHING)
            return Matched(proposal=cohort_shown(proposed)), _names(roster)

    found, names = asyncio.run(run())
    if found.what_if is not None:
        changes = found.what_if
        answer(found, as_json, lambda console: print_what_if(console, changes, names))
    else:
        answer(found, as_json, lambda console: print_cohort(console, found.proposal, names))


@cohort_app.command("explain")
@gives(Explained)
def explain(
    cohort: CohortId,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The person's id, from the roster.")],
    data: DataDirectory = DEV_DATA,
    as_json: AsJson = False,
) -> None:
    """Why a person has this partner, or none: the score's parts, and everybody else who was possible or ruled out."""

    async def run() -> tuple[Explained, dict[str, str]]:
        async with reach(data) as servers:
            state = await CohortDesk(servers.client, cohort, coordinator()).state()
            roster = await people(servers.store, cohort)
            over = await _over(servers.store, state, person)
            return explained(state, roster, person, over), _names(roster)

    found, names = asyncio.run(run())
    answer(found, as_json, lambda console: print_explained(console, found, names))


async def _over(store: EventStore, state: Cohort, person: str) -> frozenset[str]:
    """Pairings of a person that have ended: their cohort hears of it by a review, when the end is final."""
    mine = [planned.pairing for planned in state.proposed if person in planned.people]
    states = [await pairing_state(store, state.id, pairing) for pairing in mine]
    return frozenset(pairing.id for pairing in states if pairing is not None and pairing.ended)


def explained(state: Cohort, roster: list[Person], id: str, over: Collection[str] = ()) -> Explained:
    """Why a person has these partners, or none; raises Refused where nothing can be said.

    `over` are pairings that have ended, and of which the cohort need not have heard.
    """
    person = next((person for person in roster if person.id == id), None)
    taking_part = {participant.id: participant.capacity for participant in state.participants}
    if id not in taking_part:
        expected = nearest(id, sorted(taking_part))
        raise Refused(f"Nobody takes part in {state.id} as {quoted(id)}, expected {expected}.", "unknown")
    if person is None:
        raise Refused(
            f"{id} takes part in {state.id}, but {_why_unknown(state, id)}: nothing can be explained.", "rule"
        )
    if not state.proposed and not state.left_over:
        raise Refused(f"{state.id} is {state.stage.value}: nobody has been matched yet.", "stage")
    taken = dict[str, list[str]]()
    standing = (*state.proposed, *(() if state.ended else state.rematches))
    for planned in standing:
        if _stands(state, planned, over) == "ended":
            continue
        taken.setdefault(planned.pair.mentor, []).append(planned.pair.mentee)
        taken.setdefault(planned.pair.mentee, []).append(planned.pair.mentor)
    design = state.design
    found = candidates(person, roster, taking_part, design.matching, design.working_hours, state.since.date())
    mine = {
        planned.pair.mentee if planned.pair.mentor == id else planned.pair.mentor: planned
        for planned in standing
        if id in planned.people
    }
    left = None if id in taken else next((left for left in state.left_over if left.person == id), None)
    return Explained(
        cohort=state.id,
        person=id,
        role=person.role,
        partners=tuple(
            Partner(
                pairing=planned.pairing,
                stands=_stands(state, planned, over),
                person=other,
                score=planned.pair.score,
                parts=planned.pair.parts,
                why=planned.why,
            )
            for other, planned in mine.items()
        ),
        weights=design.matching.weights,
        left_over=left,
        others=tuple(
            Possible(
                person=one.person,
                score=one.score,
                against=tuple(why_barred(bar) for bar in one.bars),
                paired_with=tuple(taken.get(one.person, ())),
            )
            for one in found
            if one.person not in mine
        ),
    )


def _why_unknown(state: Cohort, id: str) -> str:
    if state.answers_erased:
        return "the cohort is archived, and what was known of its people has been erased"
    if id in (*state.erasing, *state.erased):
        return "what was known of this person has been erased"
    return "is in no roster, so nothing is known of this person"


def _stands(state: Cohort, planned: PlannedPairing, over: Collection[str]) -> Literal["paired", "ended", "proposed"]:
    if planned in state.rematches:
        return "proposed"
    return "ended" if state.ended or planned.pairing in (*state.pairings_ended, *over) else "paired"


async def _what_if(state: Cohort, roster: list[Person], texts: list[str]) -> WhatIf:
    if state.stage is not CohortStage.REVIEW:
        raise Refused(f"The cohort is {state.stage.value}: other weights are tried while it is in REVIEW.", "stage")
    policy = _reweighted(state.design.matching, texts)
    asked = match_request(state, state.design.model_copy(update={"matching": policy}))
    found = await asyncio.to_thread(match_people, roster, asked, keep=False)
    pairs = [planned.pair for planned in found.pairs]
    return WhatIf(weights=policy.weights, changes=compared([planned.pair for planned in state.proposed], pairs))


def _reweighted(policy: MatchingPolicy, texts: list[str]) -> MatchingPolicy:
    weights = policy.weights.model_dump()
    for text in texts:
        name, equals, number = text.partition("=")
        if not equals or name not in weights:
            expected = f"{nearest(name, list(weights))} with its number, such as skills=6"
            raise BadInput(f"--what-if: found {quoted(text)}, expected {expected}")
        weights[name] = number
    try:
        return policy.model_copy(update={"weights": MatchingWeights.model_validate(weights)})
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where, found = first["loc"][0], quoted(first["input"])
        raise BadInput(f"--what-if: {where}: found {found}, expected {expectation(first)}") from None


def _names(roster: list[Person]) -> dict[str, str]:
    return {person.id: person.name for person in roster}
