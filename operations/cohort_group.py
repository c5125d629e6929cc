"""All of `pairloom cohort`: importing a module hangs its commands on the group, in the order of the help."""

from __future__ import annotations

from operations import (
    cohort_commands,
    cohort_correcting,
    cohort_decisions,
    cohort_evaluation,
    cohort_handing_over,
    cohort_joining,
    cohort_overrides,
    cohort_proposals,
)
from operations.cohort_app import cohort_app

__all__ = [
    "cohort_app",
    "cohort_commands",
    "cohort_correcting",
    "cohort_decisions",
    "cohort_evaluation",
    "cohort_handing_over",
    "cohort_joining",
    "cohort_overrides",
    "cohort_proposals",
]
