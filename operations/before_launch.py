"""What a cohort needs before its pairings can be launched, one step after the other."""

from __future__ import annotations

from domain.cohort.state import Cohort, CohortStage
from operations.endings import Refused


def must_be_proposed(state: Cohort) -> None:
    """Raise Refused while there are no pairs to approve, with the step that comes first."""
    match state.stage:
        case CohortStage.DRAFT | CohortStage.ENROLLING:
            step = f"`pairloom cohort match {state.id}` closes its enrolment and proposes pairs"
        case CohortStage.MATCHING:
            step = f"its pairs are being proposed, as `pairloom cohort show {state.id}` will say"
        case _:
            return
    raise Refused(f"{state.id} is {state.stage.value}, and there is nothing to approve yet: {step}.", "stage")


def must_be_approved(state: Cohort) -> None:
    """Raise Refused while there is nothing to launch, with the step that comes first."""
    must_be_proposed(state)
    if state.stage is CohortStage.REVIEW:
        raise Refused(
            f"The cohort is {state.stage.value}: its pairs must be approved first, by `pairloom cohort approve "
            f"{state.id} --as NAME`.",
            "stage",
        )
