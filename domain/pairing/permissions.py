"""Who may do what in one pairing, and when: the questions that its phases ask before they decide."""

from __future__ import annotations

from domain.decider import Actor, Rejected, Role
from domain.pairing.state import SIDES, Pairing, Side, Stage

_SIDE_OF = {Role.MENTOR: Side.MENTOR, Role.MENTEE: Side.MENTEE}


def own_side(state: Pairing, actor: Actor) -> Side:
    """The side that the actor is of this pairing; refuse everybody else."""
    side = _SIDE_OF.get(actor.role)
    if side is None:
        raise Rejected("role", f"only the mentor or the mentee can do this themselves, not a {actor.role.value}")
    if actor.id != state.party(side).participant:
        raise Rejected("role", f"this participant is not the {side.value} of this pairing")
    return side


def side_of(state: Pairing, participant: str) -> Side:
    """The side on which a participant is; refuse one who is in neither."""
    for side in SIDES:
        if state.party(side).participant == participant:
            return side
    raise Rejected("unknown", "this participant is not in this pairing")


def during(state: Pairing, *stages: Stage) -> None:
    """Refuse unless the pairing stands in one of these stages."""
    if state.stage not in stages:
        expected = ", ".join(stage.value for stage in stages)
        raise Rejected("stage", f"the pairing is {state.stage.value}; this needs {expected}")
