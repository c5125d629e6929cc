"""A decision taken back: an acceptance or a close can be undone within a set window, by a compensating event."""

from __future__ import annotations

from domain.pairing.closing import CloseEarly, PairingClosedEarly, ReportLeaver
from domain.pairing.offer import AcceptOffer, DeclineOffer, OfferAccepted, OfferDeclined
from domain.pairing.rematch import RematchRequested
from domain.pairing.state import CloseReason, Side, Stage
from domain.pairing.training import TrainingAssigned
from domain.pairing.undoing import AcceptanceUndone, CloseBecameFinal, CloseUndone, UndoAcceptance, UndoClose

from ..given import COORDINATOR, MENTEE, MENTOR, SERVICE, Story, an, day, having_met, in_training, offered


def an_acceptance_while_the_executive_still_thinks_it_over() -> Story:
    story = offered().when(AcceptOffer, MENTOR, on=1).when(UndoAcceptance, MENTOR, on=4)
    story.then(an(AcceptanceUndone, side=Side.MENTOR, deactivates=False))
    assert story.clocks == {"offer.remind": 7, "offer.expire": 10}

    return story.when(DeclineOffer, MENTOR, on=5).then(
        an(OfferDeclined, side=Side.MENTOR), an(RematchRequested, sides=(Side.MENTEE,))
    )


def an_acceptance_after_the_program_began() -> Story:
    story = offered().when(AcceptOffer, MENTOR, on=1).when(AcceptOffer, MENTEE, on=2)
    story.when(UndoAcceptance, MENTEE, on=4).then(an(AcceptanceUndone, side=Side.MENTEE, deactivates=True))
    assert story.stage is Stage.OFFERED
    assert story.clocks == {"offer.remind": 11, "offer.expire": 14}
    story.refuses(UndoAcceptance, MENTEE, code="duplicate")

    story.when(AcceptOffer, MENTEE, on=8).then(an(OfferAccepted, activates=True), an(TrainingAssigned))
    assert (story.stage, story.state.activated_at) == (Stage.TRAINING, day(8))
    return story


def an_acceptance_too_late() -> Story:
    return in_training().until(4).refuses(UndoAcceptance, MENTOR, code="time")


def a_close_by_the_wrong_click() -> Story:
    before = having_met(10, 24).until(30)
    clocks, items = before.clocks, before.items
    story = before.when(CloseEarly, COORDINATOR, reason=CloseReason.NOT_WORKING).then(
        an(PairingClosedEarly), an(RematchRequested)
    )
    assert (story.stage, story.clocks) == (Stage.CLOSED_EARLY, {"undo.end": 33})
    story.refuses(UndoClose, MENTOR, code="role")

    story.when(UndoClose, COORDINATOR, on=32).then(an(CloseUndone))

    assert (story.stage, story.items) == (Stage.MEETING, items)
    assert story.clocks == {name: due + 2 for name, due in clocks.items()}
    return story.refuses(UndoClose, COORDINATOR, code="stage")


def a_close_that_nobody_takes_back() -> Story:
    story = having_met(10).when(CloseEarly, COORDINATOR, on=30, reason=CloseReason.SILENCE)
    story.rings("undo.end").then(an(CloseBecameFinal, at=day(33)))
    assert story.state.final
    return story


def a_leaver_is_a_fact_and_no_decision() -> Story:
    story = having_met(10).when(ReportLeaver, SERVICE, on=30, participant="junior", leaves_at=day(29))
    assert (story.state.before_close, story.state.final) == (None, True)
    return story
