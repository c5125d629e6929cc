"""What `pairloom cohort` answers, and how it looks on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from pydantic import AwareDatetime, Field
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from domain.attention import Attention
from domain.cohort.amendment import AmendmentPreview
from domain.cohort.newcomers import Known
from domain.cohort.state import (
    Cohort,
    CohortStage,
    Funnel,
    Invited,
    PlannedPairing,
    Refusal,
    Waiting,
    WaitsBecause,
)
from domain.cohort.status import CohortStatus, Enrolment, open_enrolment
from domain.cohort.waiting import for_the_next_cohort
from domain.decider import Frozen, ParticipantId, Role
from domain.matching.assignment import LeftOver
from domain.pairing.visibility import visible_clock
from operations.explanation_views import WhatIf
from operations.pairing_views import moment
from operations.today_command import attention_table
from readmodels.questions import WeekOfPerson
from workflows.contract import Receipt

BUSIEST = 3
"""People named of each week's load."""

WAITS = {
    WaitsBecause.REMATCH: "the pairing has ended",
    WaitsBecause.LEFT_OVER: "the matching found no partner",
    WaitsBecause.JOINED_LATE: "joined late",
}

STEPS = {"undoable": "closed, can be undone"}
"""Steps of a funnel whose names do not say it."""

BEFORE_LAUNCH = (CohortStage.DRAFT, CohortStage.ENROLLING, CohortStage.MATCHING, CohortStage.REVIEW)

FIRST = 10
"""Lines of a longer list on the screen of `status`; `--json` and `today` have all of them."""


class CohortShown(Frozen):
    """How a cohort stands: its pairs with their scores and reasons, and who is left over."""

    cohort: str
    title: str
    stage: CohortStage
    mentors: int
    mentees: int
    pairs: tuple[PlannedPairing, ...]
    left_over: tuple[LeftOver, ...] = Field(description="by the matching; who waits since the approval is in `waiting`")
    waiting: tuple[Waiting, ...]
    rematches: tuple[PlannedPairing, ...] = Field(description="proposed; they wait for an approver")
    enrolment: Enrolment | None = Field(description="while it is not over")
    approved_by: str | None
    starts_at: AwareDatetime | None
    launched: int
    reviews: int
    funnel: Funnel
    evaluated: bool = Field(default=False, description="has closed with its figures")
    for_next_cohort: int = Field(default=0, description="of those who wait: who finds no partner here any more")


class Matched(Frozen):
    """The proposal as it stands, and with `--what-if` what other weights would change."""

    proposal: CohortShown
    what_if: WhatIf | None = None


class Approved(Frozen):
    """Pairs that a named approver has published; they are being launched."""

    cohort: str
    approved_by: str
    starts_at: AwareDatetime
    pairs: int


class Launched(Frozen):
    """How many of a cohort's approved pairs have their pairing running."""

    cohort: str
    launched: int
    pairs: int


class CohortWatched(Frozen):
    """A running cohort at a moment: funnel, what needs a person, the load of the next weeks."""

    cohort: CohortStatus
    at: AwareDatetime
    funnel: Funnel
    attention: tuple[Attention, ...]
    load: tuple[WeekOfPerson, ...]


class Decided(Frozen):
    """A decision about a cohort. `refusals` are pairings that did not follow it; `preview` is an amendment's.

    `without_row` are people of the cohort, where somebody was taken in, of whom it has no row of a roster.
    """

    cohort: str
    command: str
    key: str
    done: bool
    receipt: Receipt | None = None
    happened: tuple[str, ...] = ()
    stage: CohortStage | None = None
    refusals: tuple[Refusal, ...] = ()
    preview: AmendmentPreview | None = None
    without_row: tuple[ParticipantId, ...] = ()


def cohort_shown(state: Cohort) -> CohortShown:
    """The state without what only the engine needs."""
    mentors = sum(participant.role == "mentor" for participant in state.participants)
    return CohortShown(
        cohort=state.id,
        title=state.design.title,
        stage=state.stage,
        mentors=mentors,
        mentees=len(state.participants) - mentors,
        pairs=state.proposed,
        left_over=state.left_over,
        waiting=state.waiting,
        rematches=() if state.ended else state.rematches,
        enrolment=open_enrolment(state),
        approved_by=state.approved_by,
        starts_at=state.starts_at,
        launched=len(state.launched),
        reviews=state.reviews,
        funnel=state.funnel,
        evaluated=state.headline is not None,
        for_next_cohort=0 if state.answers_erased else len(for_the_next_cohort(state)),
    )


def print_cohorts(console: Console, found: Sequence[CohortStatus]) -> None:
    """One a line, by id."""
    for one in found:
        console.print(f"{one.cohort}  {one.stage.value}  {one.title}", markup=False, highlight=False)
    if not found:
        console.print("There is no cohort yet: `pairloom cohort create` makes one.", markup=False)


def print_cohort(console: Console, found: CohortShown, names: Mapping[str, str]) -> None:
    """The cohort for the one who decides about it, names and all."""
    console.print(f"[bold]{escape(found.title)}[/bold]  ({found.cohort}): {found.stage.value}")
    console.print(f"{_both(found.mentors, found.mentees)}\n")
    if found.enrolment is not None:
        _print_enrolment(console, found, found.enrolment, names)
        return
    console.print(_pairs(found.pairs, _counted_pairs(len(found.pairs)), names))
    if found.rematches:
        number = len(found.rematches)
        waits = "1 re-match waits" if number == 1 else f"{number} re-matches wait"
        console.print(_pairs(found.rematches, f"\n{waits} for an approver", names))
    if found.approved_by and found.waiting:
        console.print(_waiting(found.waiting, names))
    elif found.left_over and not found.approved_by:
        console.print(_left_over(found.left_over, names))
    if found.reviews:
        console.print(
            f"\nAs of the review of week {found.reviews}; `pairloom cohort status {found.cohort}` has today's:"
        )
        console.print(_funnel(found.funnel))
    if found.approved_by and found.starts_at:
        console.print(f"\nApproved by {found.approved_by}; the first offers go out on {moment(found.starts_at)}.")
    if found.stage is CohortStage.REVIEW:
        console.print(f"\nWhy a pair, why nobody:  pairloom cohort explain {found.cohort} PERSON")
        console.print(f"To publish these pairs:  pairloom cohort approve {found.cohort} --as YOUR-ID")
    if found.for_next_cohort:
        console.print(
            f"\nFor the next cohort's roster:  pairloom cohort hand-over {found.cohort} --to FILE", markup=False
        )
    if found.evaluated:
        console.print(f"\nWhat it has achieved:  pairloom cohort evaluation {found.cohort}")
    if found.rematches:
        act = f"pairloom cohort act {found.cohort}"
        console.print(f"\nTo publish the re-matches:  {act} approve_rematches --as approver:YOUR-ID", markup=False)


def _print_enrolment(console: Console, found: CohortShown, stands: Enrolment, names: Mapping[str, str]) -> None:
    """Who has answered what until now, who has not, and what is to be done until the window closes."""
    here, silent = found.mentors + found.mentees, len(stands.unanswered)
    asked = here + silent + stands.declined + stands.withdrew
    withdrew = f", {stands.withdrew} withdrew" if stands.withdrew else ""
    if silent or stands.declined:
        told = f"{counted(asked)} invited: {here} take part, {stands.declined} declined, {silent} have not answered"
        console.print(f"{told}{withdrew}.")
    if stands.closes_at is not None:
        console.print(
            f"The enrolment is open until {moment(stands.closes_at)}. Then it closes by itself and pairs are proposed."
        )
    if silent:
        console.print(_unanswered(stands.unanswered, names))
    console.print()
    if stands.closes_at is None:
        _next(console, "To let it go on:", f"pairloom cohort resume {found.cohort}")
        return
    if silent:
        one = stands.unanswered[0].participant
        act = f"pairloom cohort act {found.cohort}"
        _next(console, "Somebody says yes:", f"{act} accept_invitation --as {one.role}:{one.id}")
        _next(console, "Somebody says no:", f"{act} decline_invitation --as {one.role}:{one.id} participant={one.id}")
    _next(console, "To close it before:", f"pairloom cohort match {found.cohort}")


def _next(console: Console, when: str, command: str) -> None:
    console.print(f"{when:20}{command}", markup=False, soft_wrap=True)


def counted(people: int) -> str:
    """`1 person`, `2 people`."""
    return f"{people} {'person' if people == 1 else 'people'}"


def _both(mentors: int, mentees: int) -> str:
    """`1 mentor and 2 mentees take part`."""
    return f"{mentors} mentor{'' if mentors == 1 else 's'} and {mentees} mentee{'' if mentees == 1 else 's'} take part"


def _counted_pairs(pairs: int) -> str:
    return f"{pairs} pair{'' if pairs == 1 else 's'}"


def listed_rows(known: Sequence[Known]) -> str:
    """`P004 (grade, site), P007 (zone)`: of values, nothing."""
    return ", ".join(f"{one.person} ({', '.join(one.differs)})" for one in known)


def watched(found: CohortWatched, now: datetime) -> Group:
    """The screen of `cohort status`."""
    waiting = len(found.attention)
    needs = "Nothing needs a person." if not waiting else f"{waiting} thing{'' if waiting == 1 else 's'} to look at:"
    parts: list[Text | Table] = [
        Text.from_markup(f"[bold]{escape(found.cohort.title)}[/bold]  ({found.cohort.cohort}): {found.cohort.stage}\n"),
        _before_launch(found.cohort) if found.cohort.stage in BEFORE_LAUNCH else _funnel(found.funnel),
        Text(f"\n{needs}"),
    ]
    if waiting:
        parts.append(attention_table(found.attention[:FIRST], now))
    if waiting > FIRST:
        parts.append(Text(f"and {waiting - FIRST} more: pairloom today"))
    if found.load:
        parts.append(_load(found.load))
    return Group(*parts)


def _before_launch(cohort: CohortStatus) -> Text:
    """While nothing runs, a funnel would be a column of noughts."""
    told = _both(cohort.mentors, cohort.mentees)
    if cohort.invited:
        told += f"; {counted(cohort.invited)} invited without an answer: pairloom cohort show {cohort.cohort}"
    if cohort.proposed:
        told += f"; {_counted_pairs(cohort.proposed)} proposed: pairloom cohort show {cohort.cohort}"
    return Text(told)


def print_decided(console: Console, found: Decided) -> None:
    """What happened by it, and who did not follow."""
    if not found.done:
        console.print("Nothing was changed: this was a preview.")
        return
    if found.receipt is not None and found.receipt.duplicate:
        console.print("It has been done already; nothing was done again.")
    for sentence in found.happened:
        console.print(sentence, markup=False)
    if found.stage is not None:
        console.print(f"{found.cohort} is {found.stage.value}.")
    for refusal in found.refusals:
        console.print(f"  {refusal.pairing} does not follow: {refusal.reason}", markup=False)
    if found.without_row:
        _print_without_row(console, found)


def _print_without_row(console: Console, found: Decided) -> None:
    """An id alone takes part and is never paired."""
    how = (
        f"`pairloom cohort join {found.cohort}` with them in a roster"
        if found.stage is CohortStage.RUNNING
        else f"`pairloom cohort create {found.cohort}` with a roster that has them"
    )
    console.print(
        f"There is no row of a roster for {', '.join(found.without_row)}: without one they find no partner. Give their "
        f"rows by {how}.",
        markup=False,
        soft_wrap=True,
    )


def print_preview(console: Console, found: AmendmentPreview) -> None:
    """What an amendment would do, clock by clock, with how many pairings it concerns."""
    before, after = found.version
    console.print(f"From version {before} to version {after}:")
    console.print(f"  {len(found.changed)} running pairings take it over; {len(found.notified)} people are told")
    moved = Counter(
        (move.means, "starts" if move.before is None else "stops" if move.after is None else "moves")
        for pairing in found.changed
        for move in pairing.moves
        if visible_clock(move.name, Role.COORDINATOR)
    )
    for (clock, how), pairings in sorted(moved.items()):
        console.print(f'  "{clock}" {how} in {pairings}', markup=False)
    for refusing in found.refusing:
        console.print(f"  {refusing.pairing} would refuse it: {refusing.refused}", markup=False)


def _unanswered(invited: tuple[Invited, ...], names: Mapping[str, str]) -> Table:
    table = Table(title="\nno answer yet", title_justify="left", box=None, pad_edge=False)
    for column in ("id", "person", "role", ""):
        table.add_column(column)
    for one in invited:
        id = one.participant.id
        overdue = "" if one.overdue_since is None else f"yours to ask in person since {moment(one.overdue_since)}"
        table.add_row(id, names.get(id, id), one.participant.role, overdue)
    return table


def _pairs(pairs: tuple[PlannedPairing, ...], title: str, names: Mapping[str, str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("pairing", "mentor (junior)", "mentee (executive)", "score", "why"):
        table.add_column(column, justify="right" if column == "score" else "left", no_wrap=column == "pairing")
    for planned in pairs:
        pair = planned.pair
        mentor, mentee = names.get(pair.mentor, pair.mentor), names.get(pair.mentee, pair.mentee)
        table.add_row(planned.pairing, mentor, mentee, f"{pair.score:.2f}", planned.why)
    return table


def _left_over(left_over: tuple[LeftOver, ...], names: Mapping[str, str]) -> Table:
    return _waiting_list([(left.person, left.role, left.reason) for left in left_over], names)


def _waiting(waiting: tuple[Waiting, ...], names: Mapping[str, str]) -> Table:
    """As it is now, since the matching's is history."""
    return _waiting_list([(one.person, one.role, _why_waiting(one)) for one in waiting], names)


def _why_waiting(one: Waiting) -> str:
    return f"{WAITS[one.because]}; for the next cohort" if one.next_cohort else WAITS[one.because]


def _waiting_list(rows: Sequence[tuple[str, str, str]], names: Mapping[str, str]) -> Table:
    table = Table(title=f"\n{counted(len(rows))} on the waiting list", title_justify="left", box=None, pad_edge=False)
    for column in ("id", "person", "role", "why"):
        table.add_column(column)
    for person, role, why in rows:
        table.add_row(person, names.get(person, person), role, why)
    return table


def _funnel(funnel: Funnel) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for step, count in funnel.model_dump().items():
        table.add_row(f"  {STEPS.get(step, step.replace('_', ' '))}", str(count))
    return table


def _load(load: tuple[WeekOfPerson, ...]) -> Table:
    """Week by week; a cohort may have thousands of people, so only the busiest are named. JSON has everybody."""
    table = Table(title="\nload", title_justify="left", box=None, pad_edge=False)
    for column in ("week of", "people", "messages", "hours in meetings", "busiest"):
        table.add_column(column, justify="left" if column in ("week of", "busiest") else "right")
    for week, of_week in groupby(sorted(load, key=lambda one: one.week), key=lambda one: one.week):
        people = sorted(of_week, key=lambda one: (-one.minutes, -one.messages, one.person))
        messages, hours = sum(one.messages for one in people), sum(one.minutes for one in people) / 60
        busiest = ", ".join(f"{one.person.removeprefix('role:')} ({_burden(one)})" for one in people[:BUSIEST])
        table.add_row(week.isoformat(), str(len(people)), str(messages), f"{hours:g}", busiest)
    return table


def _burden(one: WeekOfPerson) -> str:
    messages = f"{one.messages} message{'' if one.messages == 1 else 's'}"
    return f"{one.minutes} minutes, {messages}" if one.minutes else messages
